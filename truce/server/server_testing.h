// SPDX-License-Identifier: Apache-2.0
//
// For tests only: the other ends of a connection, told byte by byte what to do, and certificates. All on loopback, on
// ports that the system chooses.

#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

namespace truce::server {

// How long a test waits for what must happen, before it fails.
inline constexpr int kPatienceMs = 10'000;

// One end of a TCP connection that does as it is told.
class RawPeer {
 public:
  explicit RawPeer(int fd) : fd_(fd) {}
  // Connects to loopback. Throws where it cannot.
  static RawPeer connect(std::uint16_t port);
  ~RawPeer();
  RawPeer(const RawPeer&) = delete;
  RawPeer& operator=(const RawPeer&) = delete;
  RawPeer(RawPeer&& other) noexcept;
  RawPeer& operator=(RawPeer&&) = delete;

  // False: the other end is gone.
  bool send(std::string_view bytes);
  // Reads until the text has come (true) or the other end has closed (false). What came stays in received().
  bool read_until(std::string_view text);
  // Reads until the other end closes; all that came.
  std::string read_all();
  // Whether the other end closes or has closed within `timeout_ms`; what comes meanwhile is thrown away.
  bool closes_within(int timeout_ms);
  void close();
  // Closes so that the other end sees a reset.
  void reset();

  std::string& received() { return received_; }
  [[nodiscard]] int fd() const { return fd_; }

 private:
  // 1: bytes came; 0: closed; -1: nothing in time.
  int read_some(int timeout_ms);

  int fd_;
  std::string received_;
};

// Accepts connections and plays `play` with each, one after the other. `n` counts them from 0.
class RawServer {
 public:
  explicit RawServer(std::function<void(RawPeer& peer, int n)> play);
  ~RawServer();
  RawServer(const RawServer&) = delete;
  RawServer& operator=(const RawServer&) = delete;

  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] int connection_count() const { return count_; }

 private:
  std::function<void(RawPeer& peer, int n)> play_;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<bool> stopping_ = false;
  std::atomic<int> count_ = 0;
  std::mutex mutex_;
  int playing_ = -1;  // descriptor of the connection under way
  std::thread thread_;
};

// Asks `done` again and again until it is true, at most for kPatienceMs.
[[nodiscard]] bool comes_true(const std::function<bool()>& done);

// What a certificate is to say.
struct CertificateWish {
  std::string san = "IP:127.0.0.1,DNS:localhost";  // subjectAltName
  bool self_signed = false;
  std::int64_t from_s = -3600;  // from now
  std::int64_t to_s = 3600;
};

// A certificate authority in a folder: PEM files.
class TestAuthority {
 public:
  // `folder` must exist.
  explicit TestAuthority(std::string folder);
  ~TestAuthority();
  TestAuthority(const TestAuthority&) = delete;
  TestAuthority& operator=(const TestAuthority&) = delete;

  [[nodiscard]] const std::string& ca_file() const { return ca_file_; }
  struct Files {
    std::string certificate;
    std::string key;
  };
  [[nodiscard]] Files issue(const std::string& name, const CertificateWish& wish = {});

 private:
  struct State;
  std::string folder_;
  std::string ca_file_;
  std::unique_ptr<State> state_;
};

}  // namespace truce::server
