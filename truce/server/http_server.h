// SPDX-License-Identifier: Apache-2.0
//
// HttpServer: HTTP/1.1 over TCP or TLS, one thread with one event loop for all connections. What is served is the
// handler's business. NOT a proxy and not a public web server: no HTTP/2, no ranges, no compression of files.
//
//   HttpServerOptions options;
//   options.address = "::1";
//   TRUCE_TRY(const auto server, HttpServer::start(options, handler));
//   server->notify();                                          // something has changed: long polls are asked again
//
// Whoever connects may be an enemy: every length, count and time has a limit below, each cuts that connection only.
// Costs: a connection about 1 KiB, more while a message is under way; a request about 10 microseconds.

#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "truce/base/result.h"
#include "truce/server/http.h"

namespace truce::server {

struct HttpServerOptions {
  std::string address = "127.0.0.1";  // an IPv4 or IPv6 address; "::" is every one of the machine
  std::uint16_t port = 0;             // 0: any that is free; HttpServer::port() tells
  std::string tls_certificate = {};   // PEM, with its chain; both empty: plain HTTP
  std::string tls_key = {};

  // Longest body of a request; answered with 413. Default for all targets: 64 MiB.
  std::uint64_t request_body_bytes_max = std::uint64_t{64} << 20;
  // Not empty: asked instead, with method and target, before the body is read.
  std::function<std::uint64_t(std::string_view method, std::string_view target)> request_body_bytes_max_of = {};
  // Of all bodies that are being received together: stops many large ones. Answered with 503. Default: 256 MiB.
  std::uint64_t bodies_bytes_max = std::uint64_t{256} << 20;
  // Stops a flood of connections: further ones are answered with 503.
  std::size_t connection_count_max = 256;

  // Between requests; the first must begin within request_timeout_ms.
  std::int64_t idle_timeout_ms = 60'000;
  // A whole request must arrive within this, plus 1 s for every request_bytes_per_s_min of its body: stops senders of
  // a byte a minute. Answered with 408.
  std::int64_t request_timeout_ms = 30'000;
  std::uint64_t request_bytes_per_s_min = 512;
  // The same for the reader of a response. It is cut.
  std::int64_t send_timeout_ms = 30'000;
  std::uint64_t send_bytes_per_s_min = 512;
};

class HttpServer {
 public:
  // Listens when it returns. The handler must live as long as the server. Fails with kInvalidArgument (address,
  // certificate, key), kBusy (the port is taken), kIo.
  [[nodiscard]] static Result<std::unique_ptr<HttpServer>> start(const HttpServerOptions& options,
                                                                 HttpHandler& handler);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  // Ends the thread and every connection, also half-sent responses. May be called twice; not from the handler.
  void stop();
  // Has all long polls asked again at once. Any thread, also the handler's.
  void notify();
  [[nodiscard]] std::uint16_t port() const;
  // Open right now, with those that wait for their end. Any thread.
  [[nodiscard]] std::size_t connection_count() const;

 private:
  class Impl;
  explicit HttpServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace truce::server
