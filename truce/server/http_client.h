// SPDX-License-Identifier: Apache-2.0
//
// HttpClient: requests to one peer over HTTP/1.1, plain or TLS, on one connection that is kept open and opened anew
// when it is lost. Calls block. NOT a browser: redirects are errors, no cookies, no proxies. One thread at a time.
//
//   HttpClient peer(url, {});
//   TRUCE_TRY(const HttpResponse head, peer.request("GET", "/checkpoint", "", "", 64 * 1024));
//
// The peer may be an enemy or a bad line: lengths are limited by the caller, times by the options. A name's look-up is
// the system's and has the system's limits. TLS is always verified, chain and host name.

#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "truce/base/result.h"
#include "truce/server/http.h"

namespace truce::server {

// Requests that get_all() has under way at once: at 800 ms there and back 40 responses a second.
inline constexpr std::size_t kInFlightCountMax = 32;

struct HttpClientOptions {
  std::int64_t connect_timeout_ms = 10'000;  // TCP and TLS together
  // A peer may take so long, and 1 s more for every rate_bytes_per_s_min it has taken or sent, but never more than the
  // grace at once. Whoever sends a byte a minute is given up.
  std::int64_t grace_ms = 30'000;
  std::uint64_t rate_bytes_per_s_min = 100;
  std::uint64_t max_rate_bytes_per_s = 0;  // each way; 0: no limit
  std::string ca_file = {};                // PEM; empty: the certificates that the system trusts
  // Set by another thread: whatever waits for the peer gives up with kBusy within 200 ms. Must outlive the client.
  const std::atomic<bool>* cancel = nullptr;
  int retries_max = 3;  // GETs after a lost connection, in a row without a response
};

struct HttpRequestOptions {
  std::int64_t grace_ms = 0;  // 0: the client's; a long poll needs its own timeout and some more
  HttpHeaders headers = {};   // further ones
};

class HttpClient {
 public:
  HttpClient(Url peer, HttpClientOptions options);
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  // `target` begins with '/' and is put behind the URL's path. A response of any status but a redirection is a success.
  // Fails with kIo (no connection, certificate, lost, too slow, redirected, not HTTP), kLimit (a body of more than
  // `limit_bytes`, packed or unpacked; endless headers), kInvalidArgument (blanks or controls in target or headers; the
  // ca_file). After a failure the connection is closed; what is no GET or HEAD may have been done by the peer all the
  // same.
  [[nodiscard]] Result<HttpResponse> request(std::string_view method, std::string_view target, std::string_view body,
                                             std::string_view content_type, std::uint64_t limit_bytes,
                                             const HttpRequestOptions& options = {});

  // GETs all targets, pipelined, and gives each response to `take` once, in order. Those that a lost connection has
  // left without an answer are asked for again. Stops at take's first error and returns it; other failures as
  // request(). `limit_bytes` is of each response. `take` must not use this client.
  [[nodiscard]] Status get_all(std::span<const std::string> targets, std::uint64_t limit_bytes,
                               const std::function<Status(std::size_t i, HttpResponse response)>& take);

  // Closes the connection; the next request opens one.
  void disconnect();
  [[nodiscard]] const Url& url() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace truce::server
