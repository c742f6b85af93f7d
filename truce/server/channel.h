// SPDX-License-Identifier: Apache-2.0
//
// Channel: the bytes of one TCP connection, plain or TLS, that never blocks and never raises SIGPIPE. TlsContext: whom
// TLS believes. Within this module only. NOT HTTP and NOT a loop: whoever uses it polls fd(). One thread a channel.

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "truce/base/result.h"

struct ssl_ctx_st;
struct ssl_st;
struct bio_st;

namespace truce::server {

// Of a clock that only goes forward; for time limits, never for the record.
[[nodiscard]] std::int64_t steady_us();

class TlsContext {
 public:
  // A server's. PEM files: the certificate with its chain, the private key. Fails with kIo, kInvalidArgument.
  [[nodiscard]] static Result<TlsContext> server(const std::string& certificate_file, const std::string& key_file);
  // A client's. `ca_file`: PEM, whoever is in it is believed, also a server's own certificate; empty: the system's.
  [[nodiscard]] static Result<TlsContext> client(const std::string& ca_file);
  [[nodiscard]] ssl_ctx_st* get() const { return context_.get(); }

 private:
  explicit TlsContext(std::shared_ptr<ssl_ctx_st> context) : context_(std::move(context)) {}
  std::shared_ptr<ssl_ctx_st> context_;
};

enum class Io {
  kDone,       // `bytes` moved, at least one (a handshake: it is complete)
  kWantRead,   // nothing moved; ask again when fd() is readable
  kWantWrite,  // nothing moved; ask again when fd() is writable
  kClosed,     // the peer has ended its side in good order
  kLost,       // reset, TLS failure, or an end that TLS did not announce; what() says more
};

struct IoResult {
  Io io = Io::kLost;
  std::size_t bytes = 0;
};

class Channel {
 public:
  // Owns `fd`, a connected non-blocking socket.
  explicit Channel(int fd);
  ~Channel();
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;

  // To be called before anything moves, then handshake() until it is kDone. A client states the host that the
  // certificate must be for.
  [[nodiscard]] Status use_tls_server(const TlsContext& context);
  [[nodiscard]] Status use_tls_client(const TlsContext& context, const std::string& host, bool host_is_address);
  [[nodiscard]] IoResult handshake();

  // REQUIRES: size > 0.
  [[nodiscard]] IoResult read(char* buffer, std::size_t size);
  // REQUIRES: !bytes.empty(). After kWantWrite the same bytes must be given again, more may stand behind them.
  [[nodiscard]] IoResult write(std::string_view bytes);
  // Tells the peer that nothing more comes. Best effort.
  void end_sending();

  [[nodiscard]] int fd() const { return fd_; }
  // Of the wire: received by us, and acknowledged by the peer's machine.
  [[nodiscard]] std::uint64_t received_bytes() const { return received_; }
  [[nodiscard]] std::uint64_t delivered_bytes() const;
  // Why the last call was kLost, in words for a person.
  [[nodiscard]] const std::string& what() const { return what_; }

 private:
  friend struct ChannelBio;

  [[nodiscard]] Status use_tls(const TlsContext& context);
  [[nodiscard]] IoResult plain_result(std::ptrdiff_t n);
  [[nodiscard]] IoResult tls_result(int n);

  int fd_;
  ssl_st* ssl_ = nullptr;
  bool handshake_done_ = false;
  bool broken_ = false;  // TLS must not be used any more
  std::uint64_t received_ = 0;
  std::uint64_t sent_ = 0;
  std::string what_;
};

}  // namespace truce::server
