// SPDX-License-Identifier: Apache-2.0

#include "truce/server/http_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zstd.h>

#include <chrono>
#include <latch>

#include "truce/server/compression.h"
#include "truce/server/http_server.h"
#include "truce/server/server_testing.h"

namespace truce::server {
namespace {

using std::chrono::steady_clock;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr std::uint64_t kMebibyte = std::uint64_t{1} << 20;

std::int64_t ms_since(steady_clock::time_point t) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(steady_clock::now() - t).count();
}

Url loopback_url(std::uint16_t port, const std::string& path = "") {
  return Url::parse("http://127.0.0.1:" + std::to_string(port) + path).value();
}

Result<HttpResponse> get(HttpClient& client, std::string_view target = "/", std::uint64_t limit_bytes = kMebibyte) {
  return client.request("GET", target, "", "", limit_bytes);
}

// Reads one request up to its head's end and takes it off what was received. False: the client is gone.
bool read_head(RawPeer& peer, std::string* head = nullptr) {
  if (!peer.read_until("\r\n\r\n")) return false;
  const std::size_t end = peer.received().find("\r\n\r\n") + 4;
  if (head != nullptr) *head = peer.received().substr(0, end);
  peer.received().erase(0, end);
  return true;
}

std::string response(std::string_view body, std::string_view headers = "") {
  return "HTTP/1.1 200 OK\r\ncontent-length: " + std::to_string(body.size()) + "\r\n" + std::string(headers) + "\r\n" +
         std::string(body);
}

// A small patience, so that tests are short.
HttpClientOptions hasty() {
  HttpClientOptions options;
  options.grace_ms = 200;
  options.rate_bytes_per_s_min = 2000;
  return options;
}

TEST(HttpClient, SendsWhatItIsToldAndKeepsTheConnection) {
  std::string heads;
  RawServer server([&](RawPeer& peer, int) {
    std::string head;
    while (read_head(peer, &head)) {
      heads += head;
      if (head.find("content-length: 4\r\n") != std::string::npos) peer.read_until("body");
      peer.received().clear();
      peer.send(response("ok", "Content-Type: text/plain\r\nX-Name: Value\r\n"));
    }
  });
  {
    HttpClient client(loopback_url(server.port(), "/base"), {});
    HttpRequestOptions options;
    options.headers = {{"x-more", "1"}};
    const auto posted = client.request("POST", "/a?b=c", "body", "application/json", 100, options);
    ASSERT_TRUE(posted) << posted.error().to_string();
    EXPECT_EQ(posted->status, 200);
    EXPECT_EQ(posted->body, "ok");
    EXPECT_EQ(posted->content_type, "text/plain");
    EXPECT_EQ(posted->header("x-name"), "Value");
    for (int i = 0; i < 10; ++i) ASSERT_TRUE(get(client));
  }
  EXPECT_TRUE(comes_true([&] { return server.connection_count() == 1; }));
  EXPECT_THAT(heads,
              StartsWith("POST /base/a?b=c HTTP/1.1\r\nhost: 127.0.0.1:" + std::to_string(server.port()) + "\r\n"));
  EXPECT_THAT(heads, HasSubstr("content-type: application/json\r\nx-more: 1\r\ncontent-length: 4\r\n\r\n"));
  EXPECT_THAT(heads, HasSubstr("GET /base/ HTTP/1.1\r\n"));
}

TEST(HttpClient, RefusesWhatWouldBreakARequest) {
  HttpClient client(loopback_url(1), {});
  for (const std::string_view target : {"", "a", "/a b", "/a\r\nx: y", "/a\x7f", "/\xc3\xb6", "/a#b"}) {
    EXPECT_EQ(client.request("GET", target, "", "", 1).error().code, ErrorCode::kInvalidArgument) << target;
  }
  EXPECT_EQ(client.request("GET x", "/", "", "", 1).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(client.request("PUT", "/", "", "a\r\nb: c", 1).error().code, ErrorCode::kInvalidArgument);
  HttpRequestOptions options;
  options.headers = {{"x y", "1"}};
  EXPECT_EQ(client.request("GET", "/", "", "", 1, options).error().code, ErrorCode::kInvalidArgument);
  const std::vector<std::string> targets{"/good", "bad"};
  const auto take = [](std::size_t, HttpResponse) -> Status { return {}; };
  EXPECT_EQ(client.get_all(targets, 1, take).error().code, ErrorCode::kInvalidArgument);
}

TEST(HttpClient, NobodyListening) {
  std::uint16_t port = 0;
  {
    RawServer gone([](RawPeer&, int) {});
    port = gone.port();
  }
  HttpClient client(loopback_url(port), {});
  const auto answer = get(client);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::kIo);
  EXPECT_THAT(answer.error().to_string(), HasSubstr("cannot connect: Connection refused"));
}

// What a hostile or broken peer says, and how that ends.
TEST(HttpClient, BadAnswersAreRefused) {
  const std::string bomb = zstd_compress(std::string(64 << 20, '\0'));
  ASSERT_LT(bomb.size(), 20'000u);
  std::string wide(2 * ZSTD_compressBound(100), '\0');
  {
    ZSTD_CCtx* context = ZSTD_createCCtx();
    ZSTD_CCtx_setParameter(context, ZSTD_c_windowLog, 27);
    ZSTD_CCtx_setParameter(context, ZSTD_c_contentSizeFlag, 0);
    ZSTD_outBuffer out{wide.data(), wide.size(), 0};
    const std::string text(100, 'a');
    ZSTD_inBuffer in{text.data(), text.size(), 0};
    ZSTD_compressStream2(context, &out, &in, ZSTD_e_continue);
    ZSTD_compressStream2(context, &out, &in, ZSTD_e_end);
    wide.resize(out.pos);
    ZSTD_freeCCtx(context);
  }
  const std::string zstd = "content-encoding: zstd\r\n";
  const struct {
    const char* name;
    std::string answer;  // repeated without end if `endless` is not empty: first this, then that
    std::string endless;
    ErrorCode code;
    const char* words;
  } cases[] = {
      {"endless body", "HTTP/1.1 200 OK\r\n\r\n", std::string(10'000, 'x'), ErrorCode::kLimit,
       "more than 1048576 bytes"},
      {"endless chunks", "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", "5\r\nabcde\r\n", ErrorCode::kLimit,
       "more than 1048576 bytes"},
      {"long body", "HTTP/1.1 200 OK\r\ncontent-length: 1048577\r\n\r\n", "", ErrorCode::kLimit,
       "more than 1048576 bytes"},
      {"absurd length", "HTTP/1.1 200 OK\r\ncontent-length: 18446744073709551615\r\n\r\n", "", ErrorCode::kLimit,
       "more than 1048576 bytes"},
      {"endless headers", "HTTP/1.1 200 OK\r\n", "x: y\r\n", ErrorCode::kLimit, "headers"},
      {"endless header", "HTTP/1.1 200 OK\r\nx: ", "yyyyyyyyyyyyyyyy", ErrorCode::kLimit, "headers"},
      {"endless trailers", "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n", "x: y\r\n", ErrorCode::kLimit,
       ""},
      {"endless interim responses", "", "HTTP/1.1 100 Continue\r\n\r\n", ErrorCode::kIo,
       "does not come to its response"},
      {"switches protocols", "HTTP/1.1 101 Switching Protocols\r\n\r\n", "", ErrorCode::kIo, "does not come"},
      {"empty lines", std::string(100, '\n'), "", ErrorCode::kIo, "not HTTP"},
      {"another protocol", "SSH-2.0-x\r\n", "", ErrorCode::kIo, "not HTTP"},
      {"bad status", "HTTP/1.1 2000 OK\r\n\r\n", "", ErrorCode::kIo, "not HTTP"},
      {"two lengths", "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab", "", ErrorCode::kIo,
       "not HTTP"},
      {"redirect",
       "HTTP/1.1 302 Found\r\nlocation: http://elsewhere.example/\xff" + std::string(500, 'x') +
           "\r\ncontent-length: 0\r\n\r\n",
       "", ErrorCode::kIo, "302, elsewhere: "},
      {"zstd bomb", response(bomb, zstd), "", ErrorCode::kLimit, "more than 1048576 bytes"},
      {"zstd of a wide window", response(wide, zstd), "", ErrorCode::kIo, "not zstd"},
      {"no zstd though it says so", response("hello", zstd), "", ErrorCode::kIo, "not zstd"},
      {"cut zstd", response(bomb.substr(0, 20), zstd), "", ErrorCode::kIo, ""},
      {"another encoding", response("hello", "content-encoding: gzip\r\n"), "", ErrorCode::kIo, "not asked for: "},
  };
  for (const auto& c : cases) {
    RawServer server([&](RawPeer& peer, int) {
      if (!read_head(peer) || !peer.send(c.answer)) return;
      std::string more;
      while (!c.endless.empty() && more.size() < 10'000) more += c.endless;
      while (!more.empty() && peer.send(more)) {
      }
      peer.closes_within(kPatienceMs);
    });
    HttpClient client(loopback_url(server.port()), {});
    const auto answer = get(client);
    ASSERT_FALSE(answer) << c.name;
    EXPECT_EQ(answer.error().code, c.code) << c.name << ": " << answer.error().to_string();
    EXPECT_THAT(answer.error().message, HasSubstr(c.words)) << c.name;
    EXPECT_LT(answer.error().message.size(), 200u) << c.name;
    EXPECT_THAT(answer.error().message, Not(HasSubstr("\xff"))) << c.name;
    EXPECT_EQ(server.connection_count(), 1) << c.name << ": asking again is of no use";
  }
}

TEST(HttpClient, PeerOfAByteNowAndThenIsGivenUp) {
  const std::string begins[] = {"", "HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n"};
  for (const std::string& begin : begins) {
    RawServer server([&](RawPeer& peer, int) {
      if (!read_head(peer)) return;
      peer.send(begin);
      const std::string bytes = "HTTP/1.1 200 OK\r\nx: " + std::string(1000, 'x');
      for (const char c : bytes) {
        if (!peer.send({&c, 1}) || peer.closes_within(20)) return;
      }
    });
    HttpClient client(loopback_url(server.port()), hasty());
    const auto began = steady_clock::now();
    const auto answer = get(client);
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, ErrorCode::kIo);
    EXPECT_THAT(answer.error().message, HasSubstr("too slow: less than 2000 bytes a second after 200 ms"));
    EXPECT_GE(ms_since(began), 190);
    EXPECT_LT(ms_since(began), 3000);
    EXPECT_EQ(server.connection_count(), 1);
  }
}

TEST(HttpClient, MuchAtFirstBuysNoTime) {
  RawServer server([](RawPeer& peer, int) {
    if (!read_head(peer)) return;
    peer.send("HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n" + std::string(900'000, 'x'));
    peer.closes_within(kPatienceMs);
  });
  HttpClient client(loopback_url(server.port()), hasty());
  const auto began = steady_clock::now();
  EXPECT_THAT(get(client).error().message, HasSubstr("too slow"));
  EXPECT_LT(ms_since(began), 3000);
}

TEST(HttpClient, PeerThatTakesNothingIsGivenUp) {
  std::latch given_up(1);
  RawServer server([&](RawPeer& peer, int) {
    static_cast<void>(peer);  // reads nothing
    given_up.wait();
  });
  HttpClient client(loopback_url(server.port()), hasty());
  const auto answer = client.request("POST", "/", std::string(64 << 20, 'x'), "", 100);
  given_up.count_down();
  ASSERT_FALSE(answer);
  EXPECT_THAT(answer.error().message, HasSubstr("too slow"));
}

TEST(HttpClient, SilentPeerHoldsNoTlsHandshake) {
  RawServer server([](RawPeer& peer, int) { peer.closes_within(kPatienceMs); });
  HttpClientOptions options;
  options.connect_timeout_ms = 200;
  HttpClient client(Url::parse("https://127.0.0.1:" + std::to_string(server.port())).value(), options);
  EXPECT_THAT(get(client).error().message, HasSubstr("no TLS connection: the peer is too slow"));
}

TEST(HttpClient, LostGetIsAskedForAgain) {
  const std::string cut[] = {"", "HTTP/1.1 200", "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nabcd",
                             "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nabcde\r\n"};
  for (const std::string& part : cut) {
    RawServer server([&](RawPeer& peer, int n) {
      if (!read_head(peer)) return;
      peer.send(n < 2 ? part : response("whole"));
    });
    HttpClient client(loopback_url(server.port()), {});
    const auto answer = get(client);
    ASSERT_TRUE(answer) << answer.error().to_string();
    EXPECT_EQ(answer->body, "whole");
    EXPECT_EQ(server.connection_count(), 3);
  }
}

TEST(HttpClient, AlwaysLostIsAnErrorInTheEnd) {
  RawServer server([](RawPeer& peer, int) {
    if (read_head(peer)) peer.send("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nabcd");
  });
  HttpClient client(loopback_url(server.port()), {});
  const auto answer = get(client);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::kIo);
  EXPECT_THAT(answer.error().message, HasSubstr("before its response was whole (4 times)"));
  EXPECT_EQ(server.connection_count(), 4);
}

TEST(HttpClient, LostPostIsNotRepeated) {
  RawServer server([](RawPeer& peer, int) { read_head(peer); });
  HttpClient client(loopback_url(server.port()), {});
  EXPECT_EQ(client.request("POST", "/", "x", "", 100).error().code, ErrorCode::kIo);
  EXPECT_EQ(server.connection_count(), 1);
}

TEST(HttpClient, ConnectionThatTheServerClosedIsOpenedAnew) {
  RawServer server([](RawPeer& peer, int) {
    if (read_head(peer)) peer.send(response("one"));
  });
  HttpClient client(loopback_url(server.port()), {});
  for (int i = 1; i <= 3; ++i) {
    // No GET: it must not need a second attempt.
    const auto answer = client.request("PUT", "/", "", "", 100);
    ASSERT_TRUE(answer) << answer.error().to_string();
    // The next connection is taken up after this one was closed.
    RawPeer next = RawPeer::connect(server.port());
    ASSERT_TRUE(next.send("GET / HTTP/1.1\r\n\r\n"));
    next.read_all();
  }
  EXPECT_EQ(server.connection_count(), 6);
}

TEST(HttpClient, WhatWasNotAskedForIsNotBelieved) {
  RawServer server([](RawPeer& peer, int) {
    if (read_head(peer)) peer.send(response("one") + response("poison"));
    if (read_head(peer)) peer.send(response("two"));
  });
  HttpClient client(loopback_url(server.port()), {});
  const auto first = get(client);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->body, "one");
  const auto second = get(client);
  EXPECT_TRUE(!second || second->body != "poison");
}

TEST(HttpClient, AnswerBeforeTheBodyIsSentCounts) {
  RawServer server([](RawPeer& peer, int) {
    if (!read_head(peer)) return;
    peer.send("HTTP/1.1 413 Content Too Large\r\ncontent-length: 3\r\nconnection: close\r\n\r\nno\n");
    peer.closes_within(kPatienceMs);
  });
  HttpClient client(loopback_url(server.port()), {});
  const auto answer = client.request("POST", "/", std::string(30 << 20, 'x'), "", 100);
  ASSERT_TRUE(answer) << answer.error().to_string();
  EXPECT_EQ(answer->status, 413);
}

TEST(HttpClient, FormsOfABody) {
  const struct {
    const char* name;
    std::string answer;
    std::string body;
  } cases[] = {
      {"until the end", "HTTP/1.0 200 OK\r\n\r\nall of it", "all of it"},
      {"chunks", "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nall\r\n6\r\n of it\r\n0\r\n\r\n",
       "all of it"},
      {"none", "HTTP/1.1 204 No Content\r\n\r\n", ""},
      {"interim first", "HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n" + response("all of it"), "all of it"},
      {"zstd", response(zstd_compress("all of it"), "content-encoding: zstd\r\n"), "all of it"},
      {"empty zstd", response("", "content-encoding: zstd\r\n"), ""},
      {"exactly the limit", response(std::string(kMebibyte, 'x')), std::string(kMebibyte, 'x')},
      {"error", "HTTP/1.1 500 Internal Server Error\r\ncontent-length: 2\r\n\r\nno", "no"},
  };
  for (const auto& c : cases) {
    RawServer server([&](RawPeer& peer, int) {
      if (read_head(peer)) peer.send(c.answer);
    });
    HttpClient client(loopback_url(server.port()), {});
    const auto answer = get(client);
    ASSERT_TRUE(answer) << c.name << ": " << answer.error().to_string();
    EXPECT_EQ(answer->body, c.body) << c.name;
  }
  RawServer server([&](RawPeer& peer, int) {
    if (read_head(peer)) peer.send("HTTP/1.1 200 OK\r\ncontent-length: 1000000000\r\n\r\n");
  });
  HttpClient client(loopback_url(server.port()), {});
  const auto head = client.request("HEAD", "/", "", "", 10);
  ASSERT_TRUE(head) << head.error().to_string();
  EXPECT_EQ(head->header("content-length"), "1000000000");
}

class SmallHandler final : public HttpHandler {
 public:
  HttpAnswer handle(const HttpRequest& request) override {
    if (request.target == "/wait") {
      Waiting waiting;
      waiting.timeout_ms = 700;
      waiting.late = text_response(200, "nothing new");
      return waiting;
    }
    HttpResponse response;
    response.body = request.method == "GET" ? request.target : std::to_string(request.body.size());
    if (request.target == "/large") response.body = std::string(300'000, 'x');
    if (request.target == "/json") {
      response.content_type = "application/json";
      response.body = std::string(300'000, ' ');
    }
    return response;
  }
};

TEST(HttpClient, WhatTheServerCompressesIsTheSameAgain) {
  SmallHandler handler;
  const auto server = HttpServer::start({}, handler).value();
  HttpClient client(loopback_url(server->port()), {});
  const auto answer = get(client, "/json");
  ASSERT_TRUE(answer) << answer.error().to_string();
  EXPECT_EQ(answer->header("content-encoding"), "zstd");
  EXPECT_EQ(answer->body, std::string(300'000, ' '));
  EXPECT_EQ(get(client, "/json", 299'999).error().code, ErrorCode::kLimit);
}

TEST(HttpClient, RateIsKeptBothWays) {
  SmallHandler handler;
  const auto server = HttpServer::start({}, handler).value();
  HttpClientOptions options;
  options.max_rate_bytes_per_s = 500'000;
  HttpClient client(loopback_url(server->port()), options);
  auto began = steady_clock::now();
  ASSERT_EQ(get(client, "/large").value().body.size(), 300'000u);
  EXPECT_GE(ms_since(began), 540);
  EXPECT_LT(ms_since(began), 3000);
  began = steady_clock::now();
  ASSERT_EQ(client.request("POST", "/", std::string(300'000, 'x'), "", 100).value().body, "300000");
  EXPECT_GE(ms_since(began), 480);
  EXPECT_LT(ms_since(began), 3000);
}

TEST(HttpClient, LongPollHasItsOwnGrace) {
  SmallHandler handler;
  const auto server = HttpServer::start({}, handler).value();
  HttpClient client(loopback_url(server->port()), hasty());
  EXPECT_THAT(get(client, "/wait").error().message, HasSubstr("too slow"));
  HttpRequestOptions options;
  options.grace_ms = 10'000;
  EXPECT_EQ(client.request("GET", "/wait", "", "", 100, options).value().body, "nothing new\n");
}

std::vector<std::string> many_targets(int count) {
  std::vector<std::string> targets;
  for (int i = 0; i < count; ++i) targets.push_back('/' + std::to_string(i));
  return targets;
}

TEST(HttpClient, ManyGetsComeInOrderAndFast) {
  SmallHandler handler;
  const auto server = HttpServer::start({}, handler).value();
  HttpClient client(loopback_url(server->port()), {});
  const auto targets = many_targets(20'000);
  std::size_t next = 0;
  const auto began = steady_clock::now();
  const Status status = client.get_all(targets, 100, [&](std::size_t i, HttpResponse r) -> Status {
    EXPECT_EQ(i, next++);
    EXPECT_EQ(r.body, targets[i]);
    return {};
  });
  const std::int64_t ms = std::max<std::int64_t>(ms_since(began), 1);
  ASSERT_TRUE(status) << status.error().to_string();
  EXPECT_EQ(next, targets.size());
  const std::int64_t per_s = static_cast<std::int64_t>(targets.size()) * 1000 / ms;
  RecordProperty("responses_per_s", std::to_string(per_s));
  EXPECT_GE(per_s, 1000) << "alone on a machine it is 10,000 and more";
  EXPECT_TRUE(client.get_all({}, 100, [](std::size_t, HttpResponse) -> Status { return {}; }));
}

TEST(HttpClient, ThirtyTwoAreUnderWayBeforeTheFirstAnswer) {
  int most = 0;
  RawServer server([&](RawPeer& peer, int) {
    // Answers only when 32 have been asked for, or the last ones: a line of any latency is used as well.
    for (int left = 96; left > 0; left -= 32) {
      for (int i = 0; i < 32; ++i) {
        if (!read_head(peer)) return;
      }
      most = std::max(most, 32);
      if (!peer.received().empty()) most = 1000;
      std::string answers;
      for (int i = 0; i < 32; ++i) answers += response("x");
      peer.send(answers);
    }
    peer.closes_within(kPatienceMs);
  });
  {
    HttpClient client(loopback_url(server.port()), {});
    int count = 0;
    ASSERT_TRUE(client.get_all(many_targets(96), 100, [&](std::size_t, HttpResponse) -> Status {
      ++count;
      return {};
    }));
    EXPECT_EQ(count, 96);
  }
  EXPECT_EQ(server.connection_count(), 1);
  EXPECT_EQ(most, 32);
}

TEST(HttpClient, ManyGetsGoOnAfterLostConnections) {
  for (const bool announced : {false, true}) {
    int asked = 0;
    RawServer server([&](RawPeer& peer, int n) {
      std::string head;
      for (int i = 0; i < 7; ++i) {
        if (!read_head(peer, &head)) return;
        ++asked;
        const std::string target = head.substr(4, head.find(' ', 4) - 4);
        const bool last = i == 6;
        peer.send(response(target, last && announced ? "connection: close\r\n" : ""));
      }
      // Half of the next one.
      if (!announced && n % 2 == 0 && read_head(peer)) peer.send("HTTP/1.1 200 OK\r\ncontent-len");
      // What the client has sent on is read, so that its end is no reset.
      while (!announced && peer.closes_within(0)) {
      }
    });
    HttpClient client(loopback_url(server.port()), {});
    const auto targets = many_targets(100);
    std::vector<int> taken(100, 0);
    const Status status = client.get_all(targets, 100, [&](std::size_t i, HttpResponse r) -> Status {
      EXPECT_EQ(r.body, targets[i]);
      ++taken[i];
      return {};
    });
    ASSERT_TRUE(status) << status.error().to_string();
    EXPECT_THAT(taken, ::testing::Each(1)) << "each once";
    EXPECT_GE(server.connection_count(), 15);
  }
}

TEST(HttpClient, ManyGetsStopAtTheFirstError) {
  SmallHandler handler;
  const auto server = HttpServer::start({}, handler).value();
  HttpClient client(loopback_url(server->port()), {});
  int count = 0;
  const auto stops = [&](std::size_t i, HttpResponse) -> Status {
    ++count;
    if (i == 40) return fail(ErrorCode::kBadTile, "not what the tree says");
    return {};
  };
  EXPECT_EQ(client.get_all(many_targets(1000), 100, stops).error().code, ErrorCode::kBadTile);
  EXPECT_EQ(count, 41);
  EXPECT_EQ(get(client, "/next").value().body, "/next") << "nothing of before is left over";
  EXPECT_EQ(client.get_all(std::vector<std::string>{"/1", "/large"}, 100, stops).error().code, ErrorCode::kLimit);
}

}  // namespace
}  // namespace truce::server
