// SPDX-License-Identifier: Apache-2.0

#include "truce/server/server_testing.h"

#include <netinet/in.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <stdexcept>
#include <utility>

namespace truce::server {
namespace {

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  return address;
}

void demand(bool ok, const char* what) {
  if (!ok) throw std::runtime_error(what);
}

}  // namespace

RawPeer RawPeer::connect(std::uint16_t port) {
  RawPeer peer(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const sockaddr_in address = loopback(port);
  demand(::connect(peer.fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0, "cannot connect");
  return peer;
}

RawPeer::~RawPeer() {
  close();
}

RawPeer::RawPeer(RawPeer&& other) noexcept : fd_(std::exchange(other.fd_, -1)), received_(std::move(other.received_)) {}

bool RawPeer::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

int RawPeer::read_some(int timeout_ms) {
  pollfd entry{fd_, POLLIN, 0};
  if (::poll(&entry, 1, timeout_ms) <= 0) return -1;
  char buffer[65536];
  const ssize_t n = ::recv(fd_, buffer, sizeof buffer, 0);
  if (n <= 0) return 0;
  received_.append(buffer, static_cast<std::size_t>(n));
  return 1;
}

bool RawPeer::read_until(std::string_view text) {
  while (received_.find(text) == std::string::npos) {
    if (read_some(kPatienceMs) <= 0) return false;
  }
  return true;
}

std::string RawPeer::read_all() {
  while (read_some(kPatienceMs) > 0) {
  }
  return std::move(received_);
}

bool RawPeer::closes_within(int timeout_ms) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(timeout_ms);
  for (;;) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
    const int got = read_some(static_cast<int>(std::max<std::int64_t>(left.count(), 0)));
    received_.clear();
    if (got <= 0) return got == 0;
  }
}

void RawPeer::close() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

void RawPeer::reset() {
  const linger hard{1, 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
  close();
}

RawServer::RawServer(std::function<void(RawPeer& peer, int n)> play) : play_(std::move(play)) {
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof address;
  demand(::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) == 0 && ::listen(listener_, 64) == 0 &&
             ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) == 0,
         "cannot listen");
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] {
    for (;;) {
      const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (fd < 0) return;
      RawPeer peer(fd);
      {
        const std::lock_guard lock(mutex_);
        if (stopping_) return;
        playing_ = fd;
      }
      play_(peer, count_++);
      const std::lock_guard lock(mutex_);
      playing_ = -1;
      peer.close();
    }
  });
}

RawServer::~RawServer() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    if (playing_ >= 0) ::shutdown(playing_, SHUT_RDWR);
  }
  ::shutdown(listener_, SHUT_RDWR);
  thread_.join();
  ::close(listener_);
}

bool comes_true(const std::function<bool()>& done) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(kPatienceMs);
  while (!done()) {
    if (std::chrono::steady_clock::now() > until) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return true;
}

namespace {

using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;

Key new_key() {
  Key key(EVP_EC_gen("P-256"), EVP_PKEY_free);
  demand(key != nullptr, "no key");
  return key;
}

void add_extension(X509* certificate, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str());
  demand(extension != nullptr, "no extension");
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

Certificate new_certificate(const std::string& name, EVP_PKEY* key, long serial, std::int64_t from_s,
                            std::int64_t to_s) {
  Certificate certificate(X509_new(), X509_free);
  X509_set_version(certificate.get(), X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), serial);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), from_s);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), to_s);
  X509_set_pubkey(certificate.get(), key);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate.get()), "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  return certificate;
}

void sign(X509* certificate, X509* issuer, EVP_PKEY* key) {
  X509_set_issuer_name(certificate, X509_get_subject_name(issuer));
  demand(X509_sign(certificate, key, EVP_sha256()) > 0, "cannot sign");
}

template <typename Write>
void write_pem(const std::string& path, Write write) {
  std::FILE* file = std::fopen(path.c_str(), "w");
  demand(file != nullptr, "cannot write a PEM file");
  const bool ok = write(file) == 1;
  demand(std::fclose(file) == 0 && ok, "cannot write a PEM file");
}

void write_certificate(const std::string& path, X509* certificate) {
  write_pem(path, [certificate](std::FILE* f) { return PEM_write_X509(f, certificate); });
}

}  // namespace

struct TestAuthority::State {
  Key key = new_key();
  Certificate certificate{nullptr, X509_free};
  long serial = 1;
};

TestAuthority::TestAuthority(std::string folder)
    : folder_(std::move(folder)), ca_file_(folder_ + "/ca.pem"), state_(std::make_unique<State>()) {
  state_->certificate =
      new_certificate("authority of " + folder_, state_->key.get(), state_->serial++, -7 * 86400, 7 * 86400);
  X509* ca = state_->certificate.get();
  add_extension(ca, ca, NID_basic_constraints, "critical,CA:TRUE");
  add_extension(ca, ca, NID_key_usage, "critical,keyCertSign");
  add_extension(ca, ca, NID_subject_key_identifier, "hash");
  sign(ca, ca, state_->key.get());
  write_certificate(ca_file_, ca);
}
TestAuthority::~TestAuthority() = default;

TestAuthority::Files TestAuthority::issue(const std::string& name, const CertificateWish& wish) {
  const Key key = new_key();
  const Certificate certificate = new_certificate(name, key.get(), state_->serial++, wish.from_s, wish.to_s);
  X509* issuer = wish.self_signed ? certificate.get() : state_->certificate.get();
  add_extension(certificate.get(), issuer, NID_subject_alt_name, wish.san);
  sign(certificate.get(), issuer, wish.self_signed ? key.get() : state_->key.get());
  Files files{folder_ + '/' + name + ".pem", folder_ + '/' + name + ".key"};
  write_certificate(files.certificate, certificate.get());
  write_pem(files.key,
            [&key](std::FILE* f) { return PEM_write_PrivateKey(f, key.get(), nullptr, nullptr, 0, nullptr, nullptr); });
  return files;
}

}  // namespace truce::server
