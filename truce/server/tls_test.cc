// SPDX-License-Identifier: Apache-2.0
//
// Client and server over TLS, with certificates made here.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "truce/base/file_testing.h"
#include "truce/server/http_client.h"
#include "truce/server/http_server.h"
#include "truce/server/server_testing.h"

namespace truce::server {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

class TlsHandler final : public HttpHandler {
 public:
  HttpAnswer handle(const HttpRequest& request) override {
    ++count;
    HttpResponse response;
    response.body = request.method == "GET" ? request.target : request.body;
    return response;
  }
  std::atomic<int> count = 0;
};

class Tls : public ::testing::Test {
 protected:
  // A server with such a certificate.
  std::unique_ptr<HttpServer> serve(const CertificateWish& wish = {}) {
    const TestAuthority::Files files = authority_.issue("server", wish);
    HttpServerOptions options;
    options.tls_certificate = files.certificate;
    options.tls_key = files.key;
    return HttpServer::start(options, handler_).value();
  }
  HttpClient client(const HttpServer& server, const std::string& ca_file, const std::string& host = "127.0.0.1") {
    HttpClientOptions options;
    options.ca_file = ca_file;
    return HttpClient(Url::parse("https://" + host + ':' + std::to_string(server.port())).value(), options);
  }

  TemporaryFolder folder_;
  TestAuthority authority_{folder_.path()};
  TlsHandler handler_;
};

TEST_F(Tls, RightCertificateIsAccepted) {
  const auto server = serve();
  for (const std::string host : {"127.0.0.1", "localhost"}) {
    HttpClient peer = client(*server, authority_.ca_file(), host);
    for (int i = 0; i < 3; ++i) {
      const auto answer = peer.request("GET", "/x", "", "", 100);
      ASSERT_TRUE(answer) << host << ": " << answer.error().to_string();
      EXPECT_EQ(answer->body, "/x");
    }
    EXPECT_EQ(server->connection_count(), 1u) << "one connection for all three";
    peer.disconnect();
    ASSERT_TRUE(comes_true([&] { return server->connection_count() == 0; }));
  }
}

TEST_F(Tls, ServersOwnCertificateMayBeNamed) {
  CertificateWish wish;
  wish.self_signed = true;
  const auto server = serve(wish);
  HttpClient peer = client(*server, folder_ / "server.pem");
  const auto answer = peer.request("GET", "/x", "", "", 100);
  ASSERT_TRUE(answer) << answer.error().to_string();
}

TEST_F(Tls, WrongCertificatesAreRefusedInWords) {
  const TemporaryFolder other_folder;
  const TestAuthority other(other_folder.path());
  const struct {
    const char* name;
    CertificateWish wish;
    std::string ca_file;
    std::string host;
    const char* words;
  } cases[] = {
      {"self-signed", {.self_signed = true}, authority_.ca_file(), "127.0.0.1", "is self-signed"},
      {"expired", {.from_s = -7200, .to_s = -3600}, authority_.ca_file(), "127.0.0.1", "has expired"},
      {"not yet valid", {.from_s = 3600, .to_s = 7200}, authority_.ca_file(), "127.0.0.1", "is not valid yet"},
      {"another name", {.san = "DNS:other.example"}, authority_.ca_file(), "localhost", "is for another host"},
      {"another address", {.san = "IP:192.0.2.1"}, authority_.ca_file(), "127.0.0.1", "is for another host"},
      {"a name that looks like the address",
       {.san = "DNS:127.0.0.1"},
       authority_.ca_file(),
       "127.0.0.1",
       "is for another host"},
      {"unknown issuer", {}, other.ca_file(), "127.0.0.1", "is of an unknown issuer"},
      {"not of the system's", {}, "", "127.0.0.1", "is of an unknown issuer"},
  };
  for (const auto& c : cases) {
    const auto server = serve(c.wish);
    HttpClient peer = client(*server, c.ca_file, c.host);
    const auto answer = peer.request("POST", "/secret", "secret", "", 100);
    ASSERT_FALSE(answer) << c.name;
    EXPECT_EQ(answer.error().code, ErrorCode::kIo) << c.name;
    EXPECT_THAT(answer.error().message, HasSubstr(c.words)) << c.name;
    EXPECT_THAT(answer.error().where, StartsWith("https://")) << c.name;
  }
  EXPECT_EQ(handler_.count, 0) << "nothing was said to any of them";
}

TEST_F(Tls, MissingAuthorityFileIsSaid) {
  const auto server = serve();
  HttpClient peer = client(*server, folder_ / "none.pem");
  const auto answer = peer.request("GET", "/", "", "", 100);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(answer.error().where, folder_ / "none.pem");
}

TEST_F(Tls, PlainServerIsNoTlsServer) {
  TlsHandler handler;
  const auto server = HttpServer::start({}, handler).value();
  HttpClient peer = client(*server, authority_.ca_file());
  EXPECT_THAT(peer.request("GET", "/", "", "", 100).error().message, StartsWith("no TLS connection: "));
}

TEST_F(Tls, PlainClientIsNoTlsClient) {
  const auto server = serve();
  RawPeer peer = RawPeer::connect(server->port());
  peer.send("GET / HTTP/1.1\r\n\r\n");
  EXPECT_TRUE(peer.closes_within(kPatienceMs));
  EXPECT_EQ(handler_.count, 0);
}

TEST_F(Tls, LargeBodiesBothWays) {
  const auto server = serve();
  HttpClient peer = client(*server, authority_.ca_file());
  std::string body;
  for (std::uint64_t i = 0; body.size() < 20'000'000; ++i) body += std::to_string(i * i);
  const auto answer = peer.request("PUT", "/", body, "", body.size());
  ASSERT_TRUE(answer) << answer.error().to_string();
  EXPECT_TRUE(answer->body == body);
}

TEST_F(Tls, ManyGets) {
  const auto server = serve();
  HttpClient peer = client(*server, authority_.ca_file());
  std::vector<std::string> targets;
  for (int i = 0; i < 5000; ++i) targets.push_back('/' + std::to_string(i));
  std::size_t count = 0;
  const Status status = peer.get_all(targets, 100, [&](std::size_t i, HttpResponse r) -> Status {
    EXPECT_EQ(r.body, targets[i]);
    ++count;
    return {};
  });
  ASSERT_TRUE(status) << status.error().to_string();
  EXPECT_EQ(count, targets.size());
}

TEST_F(Tls, HandshakeThatDoesNotComeIsCut) {
  const TestAuthority::Files files = authority_.issue("server");
  HttpServerOptions options;
  options.tls_certificate = files.certificate;
  options.tls_key = files.key;
  options.request_timeout_ms = 200;
  const auto server = HttpServer::start(options, handler_).value();
  RawPeer peer = RawPeer::connect(server->port());
  EXPECT_TRUE(peer.closes_within(kPatienceMs));
}

TEST_F(Tls, KeyOfAnotherCertificateIsRefused) {
  HttpServerOptions options;
  options.tls_certificate = authority_.issue("one").certificate;
  options.tls_key = authority_.issue("two").key;
  const auto server = HttpServer::start(options, handler_);
  ASSERT_FALSE(server);
  EXPECT_EQ(server.error().code, ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace truce::server
