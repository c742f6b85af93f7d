// SPDX-License-Identifier: Apache-2.0

#include "truce/server/channel.h"

#include <linux/sockios.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <climits>
#include <system_error>

namespace truce::server {
namespace {

std::string errno_text(int error) {
  return std::system_category().message(error);
}

// The reason of the newest error in OpenSSL's queue, which is emptied.
std::string openssl_text() {
  const unsigned long code = ERR_peek_last_error();
  ERR_clear_error();
  const char* reason = code == 0 ? nullptr : ERR_reason_error_string(code);
  return reason == nullptr ? "unknown reason" : reason;
}

// Why a certificate is not believed, in words that say what to mend.
std::string verify_text(long result) {
  switch (result) {
    case X509_V_ERR_CERT_HAS_EXPIRED: return "the peer's certificate has expired";
    case X509_V_ERR_CERT_NOT_YET_VALID: return "the peer's certificate is not valid yet: look at the clocks of both";
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH: return "the peer's certificate is for another host";
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT: return "the peer's certificate is self-signed and not among the known";
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE: return "the peer's certificate is of an unknown issuer";
    default: return std::string("the peer's certificate is refused: ") + X509_verify_cert_error_string(result);
  }
}

Result<std::shared_ptr<SSL_CTX>> make_context(const SSL_METHOD* method) {
  ERR_clear_error();
  std::shared_ptr<SSL_CTX> context(SSL_CTX_new(method), SSL_CTX_free);
  if (!context || SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION) != 1) {
    return fail(ErrorCode::kIo, "TLS cannot be set up: " + openssl_text());
  }
  SSL_CTX_set_mode(context.get(),
                   SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  return context;
}

}  // namespace

std::int64_t steady_us() {
  using std::chrono::steady_clock;
  const auto now = steady_clock::now();  // style: Clock, because limits of sockets need a clock that only goes forward
  return std::chrono::duration_cast<std::chrono::microseconds>(now.time_since_epoch()).count();
}

Result<TlsContext> TlsContext::server(const std::string& certificate_file, const std::string& key_file) {
  TRUCE_TRY(auto context, make_context(TLS_server_method()));
  if (SSL_CTX_use_certificate_chain_file(context.get(), certificate_file.c_str()) != 1) {
    return fail(ErrorCode::kInvalidArgument, "the certificate cannot be used: " + openssl_text(), certificate_file);
  }
  if (SSL_CTX_use_PrivateKey_file(context.get(), key_file.c_str(), SSL_FILETYPE_PEM) != 1 ||
      SSL_CTX_check_private_key(context.get()) != 1) {
    return fail(ErrorCode::kInvalidArgument, "the private key cannot be used: " + openssl_text(), key_file);
  }
  return TlsContext(std::move(context));
}

Result<TlsContext> TlsContext::client(const std::string& ca_file) {
  TRUCE_TRY(auto context, make_context(TLS_client_method()));
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  if (ca_file.empty()) {
    if (SSL_CTX_set_default_verify_paths(context.get()) != 1) {
      return fail(ErrorCode::kIo, "the system's certificates cannot be read: " + openssl_text());
    }
  } else {
    if (SSL_CTX_load_verify_locations(context.get(), ca_file.c_str(), nullptr) != 1) {
      return fail(ErrorCode::kInvalidArgument, "no certificates can be read: " + openssl_text(), ca_file);
    }
    X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(context.get()), X509_V_FLAG_PARTIAL_CHAIN);
  }
  return TlsContext(std::move(context));
}

// Sockets as OpenSSL sees them; its own would raise SIGPIPE.
struct ChannelBio {
  static int write(BIO* bio, const char* bytes, int size) {
    auto* channel = static_cast<Channel*>(BIO_get_data(bio));
    BIO_clear_retry_flags(bio);
    const ssize_t n = ::send(channel->fd_, bytes, static_cast<std::size_t>(size), MSG_NOSIGNAL);
    if (n > 0) channel->sent_ += static_cast<std::uint64_t>(n);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) BIO_set_retry_write(bio);
    return static_cast<int>(n);
  }
  static int read(BIO* bio, char* buffer, int size) {
    auto* channel = static_cast<Channel*>(BIO_get_data(bio));
    BIO_clear_retry_flags(bio);
    const ssize_t n = ::recv(channel->fd_, buffer, static_cast<std::size_t>(size), 0);
    if (n > 0) channel->received_ += static_cast<std::uint64_t>(n);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) BIO_set_retry_read(bio);
    if (n == 0) BIO_set_flags(bio, BIO_FLAGS_IN_EOF);
    return static_cast<int>(n);
  }
  static long control(BIO* bio, int command, long, void*) {
    if (command == BIO_CTRL_EOF) return BIO_test_flags(bio, BIO_FLAGS_IN_EOF) != 0 ? 1 : 0;
    return command == BIO_CTRL_FLUSH || command == BIO_CTRL_DUP ? 1 : 0;
  }
  static int create(BIO* bio) {
    BIO_set_init(bio, 1);
    return 1;
  }
  static const BIO_METHOD* method() {
    static BIO_METHOD* const made = [] {
      BIO_METHOD* m = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "truce socket");
      if (m == nullptr) return m;
      BIO_meth_set_write(m, write);
      BIO_meth_set_read(m, read);
      BIO_meth_set_ctrl(m, control);
      BIO_meth_set_create(m, create);
      return m;
    }();
    return made;
  }
};

Channel::Channel(int fd) : fd_(fd) {}

Channel::~Channel() {
  if (ssl_ != nullptr) {
    if (handshake_done_ && !broken_) static_cast<void>(SSL_shutdown(ssl_));
    SSL_free(ssl_);
    ERR_clear_error();
  }
  ::close(fd_);
}

Status Channel::use_tls(const TlsContext& context) {
  ERR_clear_error();
  ssl_ = SSL_new(context.get());
  BIO* bio = ssl_ == nullptr || ChannelBio::method() == nullptr ? nullptr : BIO_new(ChannelBio::method());
  if (bio == nullptr) return fail(ErrorCode::kIo, "TLS cannot be set up: " + openssl_text());
  BIO_set_data(bio, this);
  SSL_set_bio(ssl_, bio, bio);
  return {};
}

Status Channel::use_tls_server(const TlsContext& context) {
  TRUCE_CHECK(use_tls(context));
  SSL_set_accept_state(ssl_);
  return {};
}

Status Channel::use_tls_client(const TlsContext& context, const std::string& host, bool host_is_address) {
  TRUCE_CHECK(use_tls(context));
  SSL_set_connect_state(ssl_);
  SSL_set_hostflags(ssl_, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  const bool set = host_is_address
                       ? X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl_), host.c_str()) == 1
                       : SSL_set1_host(ssl_, host.c_str()) == 1 && SSL_set_tlsext_host_name(ssl_, host.c_str()) == 1;
  if (!set) return fail(ErrorCode::kInvalidArgument, "TLS does not take the host name: " + openssl_text(), host);
  return {};
}

IoResult Channel::handshake() {
  ERR_clear_error();
  const int n = SSL_do_handshake(ssl_);
  if (n == 1) {
    handshake_done_ = true;
    return {Io::kDone, 0};
  }
  const long verified = SSL_get_verify_result(ssl_);
  const IoResult result = tls_result(n);
  if (result.io == Io::kClosed || result.io == Io::kLost) {
    broken_ = true;
    if (verified != X509_V_OK) what_ = verify_text(verified);
    return {Io::kLost, 0};
  }
  return result;
}

IoResult Channel::read(char* buffer, std::size_t size) {
  if (ssl_ == nullptr) {
    const ssize_t n = ::recv(fd_, buffer, size, 0);
    if (n > 0) received_ += static_cast<std::uint64_t>(n);
    if (n == 0) return {Io::kClosed, 0};
    return n < 0 && (errno == EAGAIN || errno == EINTR) ? IoResult{Io::kWantRead, 0} : plain_result(n);
  }
  if (broken_) return {Io::kLost, 0};
  ERR_clear_error();
  return tls_result(SSL_read(ssl_, buffer, static_cast<int>(std::min<std::size_t>(size, INT_MAX))));
}

IoResult Channel::write(std::string_view bytes) {
  if (ssl_ == nullptr) {
    const ssize_t n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n > 0) sent_ += static_cast<std::uint64_t>(n);
    return n < 0 && (errno == EAGAIN || errno == EINTR) ? IoResult{Io::kWantWrite, 0} : plain_result(n);
  }
  if (broken_) return {Io::kLost, 0};
  ERR_clear_error();
  return tls_result(SSL_write(ssl_, bytes.data(), static_cast<int>(std::min<std::size_t>(bytes.size(), INT_MAX))));
}

void Channel::end_sending() {
  if (ssl_ != nullptr && handshake_done_ && !broken_) {
    ERR_clear_error();
    static_cast<void>(SSL_shutdown(ssl_));
    ERR_clear_error();
  }
  static_cast<void>(::shutdown(fd_, SHUT_WR));
}

std::uint64_t Channel::delivered_bytes() const {
  int waiting = 0;
  if (::ioctl(fd_, SIOCOUTQ, &waiting) != 0 || waiting < 0) return sent_;
  return sent_ - std::min<std::uint64_t>(sent_, static_cast<std::uint64_t>(waiting));
}

IoResult Channel::plain_result(std::ptrdiff_t n) {
  if (n > 0) return {Io::kDone, static_cast<std::size_t>(n)};
  what_ = errno_text(errno);
  return {Io::kLost, 0};
}

IoResult Channel::tls_result(int n) {
  const int system_error = errno;
  if (n > 0) return {Io::kDone, static_cast<std::size_t>(n)};
  switch (SSL_get_error(ssl_, n)) {
    case SSL_ERROR_WANT_READ: return {Io::kWantRead, 0};
    case SSL_ERROR_WANT_WRITE: return {Io::kWantWrite, 0};
    case SSL_ERROR_ZERO_RETURN: return {Io::kClosed, 0};
    case SSL_ERROR_SYSCALL: what_ = system_error == 0 ? "the connection ended" : errno_text(system_error); break;
    default: what_ = "TLS: " + openssl_text(); break;
  }
  ERR_clear_error();
  broken_ = true;
  return {Io::kLost, 0};
}

}  // namespace truce::server
