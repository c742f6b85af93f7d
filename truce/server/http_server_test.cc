// SPDX-License-Identifier: Apache-2.0

#include "truce/server/http_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <chrono>
#include <fstream>
#include <stdexcept>

#include "truce/base/file_testing.h"
#include "truce/server/compression.h"
#include "truce/server/server_testing.h"

namespace truce::server {
namespace {

using std::chrono::steady_clock;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

std::int64_t ms_since(steady_clock::time_point t) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(steady_clock::now() - t).count();
}

// What each target does is plain from its name.
class TestHandler final : public HttpHandler {
 public:
  HttpAnswer handle(const HttpRequest& request) override {
    ++count;
    if (request.target == "/throw") throw std::runtime_error("a bug");
    if (request.target == "/echo") return text_response(200, request.method + ' ' + request.body);
    if (request.target == "/large") {
      HttpResponse response;
      response.content_type = "application/json";
      response.body = std::string(large_bytes, 'a');
      return response;
    }
    if (request.target == "/inject") {
      HttpResponse response = text_response(200, "x");
      response.headers.emplace_back("x-name", "value\r\nset-cookie: evil");
      return response;
    }
    if (request.target == "/status/1") return text_response(1, "");
    if (request.target == "/nothing") {
      HttpResponse response;
      response.status = 204;
      return response;
    }
    if (request.target.substr(0, 6) == "/file/") {
      HttpResponse response;
      response.content_type = "application/octet-stream";
      response.file = request.target.substr(5);
      response.file_size = file_size;
      return response;
    }
    if (request.target == "/wait" || request.target == "/wait-throw") {
      ++wait_count;
      Waiting waiting;
      waiting.timeout_ms = wait_ms;
      waiting.ready = [this, throws = request.target == "/wait-throw"]() -> std::optional<HttpResponse> {
        if (!changed) return std::nullopt;
        if (throws) throw 7;
        return text_response(200, "changed");
      };
      waiting.late = text_response(200, "nothing new");
      return waiting;
    }
    return text_response(404, "no such thing");
  }

  std::atomic<int> count = 0;
  std::atomic<int> wait_count = 0;
  std::atomic<bool> changed = false;
  std::int64_t wait_ms = 60'000;
  std::size_t large_bytes = 10'000;
  std::uint64_t file_size = 0;
};

struct Served {
  explicit Served(HttpServerOptions options = {}) {
    auto started = HttpServer::start(options, handler);
    if (!started) throw std::runtime_error(started.error().to_string());
    server = std::move(*started);
  }
  RawPeer connect() const { return RawPeer::connect(server->port()); }
  // What comes back for these bytes until the server closes; ask for "connection: close".
  std::string answer(std::string_view bytes) const {
    RawPeer peer = connect();
    peer.send(bytes);
    return peer.read_all();
  }
  TestHandler handler;
  std::unique_ptr<HttpServer> server;
};

std::string get(std::string_view target, std::string_view more = "connection: close\r\n") {
  return "GET " + std::string(target) + " HTTP/1.1\r\nhost: x\r\n" + std::string(more) + "\r\n";
}

TEST(HttpServer, AnswersAndCloses) {
  Served served;
  const std::string answer =
      served.answer("POST /echo HTTP/1.1\r\ncontent-length: 5\r\nconnection: close\r\n\r\nhello");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(answer, HasSubstr("content-length: 11\r\n"));
  EXPECT_THAT(answer, HasSubstr("content-type: text/plain; charset=utf-8\r\n"));
  EXPECT_THAT(answer, HasSubstr("\r\n\r\nPOST hello\n"));
  EXPECT_THAT(served.answer(get("/other")), StartsWith("HTTP/1.1 404 Not Found\r\n"));
  EXPECT_THAT(served.answer("GET /echo HTTP/1.0\r\n\r\n"), HasSubstr("GET \n"));
}

TEST(HttpServer, BadRequestsAreToldSo) {
  HttpServerOptions options;
  options.request_body_bytes_max = 100;
  options.request_body_bytes_max_of = [](std::string_view, std::string_view target) -> std::uint64_t {
    return target == "/small" ? 10 : 100;
  };
  Served served(options);
  const std::string chunked = "POST /echo HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n";
  const struct {
    const char* name;
    std::string bytes;
    int status;
  } cases[] = {
      {"garbage", "\x01\x02\x03 garbage\r\n\r\n", 400},
      {"TLS to a plain port", std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11) + "\r\n\r\n", 400},
      {"no version", "GET /\r\n\r\n", 400},
      {"version 2", "GET / HTTP/2.0\r\n\r\n", 400},
      {"blank in the target", "GET /a b HTTP/1.1\r\n\r\n", 400},
      {"control character in the target", "GET /a\x01 HTTP/1.1\r\n\r\n", 400},
      {"header without a colon", "GET / HTTP/1.1\r\nhost\r\n\r\n", 400},
      {"blank in a header name", "GET / HTTP/1.1\r\nho st: x\r\n\r\n", 400},
      {"NUL in a header", std::string("GET / HTTP/1.1\r\nx: a\0b\r\n\r\n", 27), 400},
      {"line feeds alone", "GET / HTTP/1.1\nhost: x\n\n", 400},
      {"length that is no number", "POST /echo HTTP/1.1\r\ncontent-length: x\r\n\r\n", 400},
      {"negative length", "POST /echo HTTP/1.1\r\ncontent-length: -1\r\n\r\n", 400},
      {"two lengths", "POST /echo HTTP/1.1\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab", 400},
      {"length and chunks", "POST /echo HTTP/1.1\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n", 400},
      {"length beyond 64 bits", "POST /echo HTTP/1.1\r\ncontent-length: 99999999999999999999\r\n\r\n", 400},
      {"chunk size that is no number", chunked + "x\r\n", 400},
      {"chunk longer than it says", chunked + "1\r\nabc\r\n", 400},
      {"body too long by its length", "POST /echo HTTP/1.1\r\ncontent-length: 101\r\n\r\n", 413},
      {"body too long for its target", "POST /small HTTP/1.1\r\ncontent-length: 11\r\n\r\n", 413},
      {"chunks too long", chunked + "65\r\n", 413},
      {"chunks too long together", chunked + "64\r\n" + std::string(100, 'x') + "\r\n1\r\nx\r\n", 413},
      {"chunk extension without end", chunked + "1;" + std::string(20'000, 'x'), 413},
      {"long start line", "GET /" + std::string(20'000, 'x') + " HTTP/1.1\r\n\r\n", 431},
      {"long header", "GET / HTTP/1.1\r\nx: " + std::string(20'000, 'x') + "\r\n\r\n", 431},
      {"header without end", "GET / HTTP/1.1\r\nx: " + std::string(40'000, 'x'), 431},
      {"many headers",
       [] {
         std::string text = "GET / HTTP/1.1\r\n";
         for (int i = 0; i < 3000; ++i) text += "a: b\r\n";
         return text + "\r\n";
       }(),
       431},
  };
  for (const auto& c : cases) {
    const std::string answer = served.answer(c.bytes);
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 " + std::to_string(c.status) + ' ')) << c.name;
    EXPECT_THAT(answer, HasSubstr("connection: close\r\n")) << c.name;
  }
  EXPECT_EQ(served.handler.count, 0);
  EXPECT_THAT(served.answer(get("/echo")), StartsWith("HTTP/1.1 200")) << "after all of these";
}

TEST(HttpServer, LongBodyIsToldSoThoughItIsStillSent) {
  Served served({.request_body_bytes_max = 1000});
  RawPeer peer = served.connect();
  peer.send("POST /echo HTTP/1.1\r\ncontent-length: 4000000\r\n\r\n");
  peer.send(std::string(4'000'000, 'x'));
  EXPECT_THAT(peer.read_all(), StartsWith("HTTP/1.1 413 "));
}

TEST(HttpServer, BodiesTogetherHaveALimit) {
  Served served({.bodies_bytes_max = 150'000});
  const auto post = [&](std::size_t size) {
    return served.answer("POST /echo HTTP/1.1\r\nconnection: close\r\ncontent-length: " + std::to_string(size) +
                         "\r\n\r\n" + std::string(size, 'x'));
  };
  for (int i = 0; i < 3; ++i) {
    EXPECT_THAT(post(140'000), StartsWith("HTTP/1.1 200 ")) << "what is done counts no more";
    EXPECT_THAT(post(160'000), StartsWith("HTTP/1.1 503 "));
  }
}

TEST(HttpServer, KeepsAliveAndAnswersPipelinesInOrder) {
  Served served;
  RawPeer peer = served.connect();
  std::string requests;
  for (int i = 0; i < 500; ++i) {
    const std::string body = '#' + std::to_string(i) + '.';
    requests += "PUT /echo HTTP/1.1\r\ncontent-length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  }
  peer.send(requests + get("/echo"));
  const std::string answers = peer.read_all();
  std::size_t at = 0;
  for (int i = 0; i < 500; ++i) {
    at = answers.find("PUT #" + std::to_string(i) + ".\n", at);
    ASSERT_NE(at, std::string::npos) << i;
  }
  EXPECT_EQ(served.handler.count, 501);
}

TEST(HttpServer, RequestByteByByteIsTheSame) {
  Served served;
  RawPeer peer = served.connect();
  for (const char c : "POST /echo HTTP/1.1\r\ncontent-length: 3\r\nconnection: close\r\n\r\nabc" + std::string()) {
    ASSERT_TRUE(peer.send({&c, 1}));
  }
  EXPECT_THAT(peer.read_all(), HasSubstr("POST abc\n"));
}

TEST(HttpServer, HeadIsGetWithoutItsBody) {
  Served served;
  const std::string answer = served.answer("HEAD /echo HTTP/1.1\r\nconnection: close\r\n\r\n");
  EXPECT_THAT(answer, HasSubstr("content-length: 5\r\n"));
  EXPECT_EQ(answer.substr(answer.size() - 4), "\r\n\r\n");
  EXPECT_THAT(served.answer(get("/nothing")), Not(HasSubstr("content-length")));
}

TEST(HttpServer, Http10IsKeptAliveOnlyWhereAsked) {
  Served served;
  RawPeer peer = served.connect();
  peer.send("GET /echo HTTP/1.0\r\nconnection: keep-alive\r\n\r\n");
  ASSERT_TRUE(peer.read_until("GET \n"));
  EXPECT_THAT(peer.received(), HasSubstr("connection: keep-alive\r\n"));
  peer.send("GET /echo HTTP/1.0\r\n\r\n");
  EXPECT_THAT(peer.read_all(), HasSubstr("connection: close\r\n"));
}

TEST(HttpServer, ZstdWhereAskedAndWorthIt) {
  Served served;
  const std::string asks = "accept-encoding: gzip, zstd\r\nconnection: close\r\n";
  const std::string answer = served.answer(get("/large", asks));
  EXPECT_THAT(answer, HasSubstr("content-encoding: zstd\r\n"));
  const std::string body = answer.substr(answer.find("\r\n\r\n") + 4);
  EXPECT_LT(body.size(), 200u);
  EXPECT_EQ(zstd_decompress(body, 20'000).value(), std::string(10'000, 'a'));
  EXPECT_THAT(served.answer(get("/large")), Not(HasSubstr("content-encoding")));
  EXPECT_THAT(served.answer(get("/echo", asks)), Not(HasSubstr("content-encoding"))) << "too small";
}

TEST(HttpServer, HandlerThatThrowsIs500AndTheServerStays) {
  Served served;
  RawPeer peer = served.connect();
  peer.send(get("/throw", "") + get("/status/1", "") + get("/echo"));
  const std::string answers = peer.read_all();
  EXPECT_THAT(answers, StartsWith("HTTP/1.1 500 "));
  EXPECT_THAT(answers, HasSubstr("no valid response"));
  EXPECT_THAT(answers, HasSubstr("GET \n"));
  EXPECT_THAT(answers, Not(HasSubstr("a bug"))) << "what went wrong inside is not for others";
}

TEST(HttpServer, HeaderOfAHandlerCannotEndItsLine) {
  Served served;
  EXPECT_THAT(served.answer(get("/inject")), HasSubstr("x-name: value  set-cookie: evil\r\n"));
}

TEST(HttpServer, ContinueIsSaidBeforeALongBody) {
  Served served;
  RawPeer peer = served.connect();
  peer.send("POST /echo HTTP/1.1\r\nexpect: 100-continue\r\ncontent-length: 3\r\nconnection: close\r\n\r\n");
  ASSERT_TRUE(peer.read_until("HTTP/1.1 100 Continue\r\n\r\n"));
  peer.send("abc");
  EXPECT_THAT(peer.read_all(), HasSubstr("POST abc\n"));
}

TEST(HttpServer, FilesAreStreamed) {
  Served served;
  const TemporaryFolder folder;
  std::string content;
  for (int i = 0; content.size() < 5'000'000; ++i) content += std::to_string(i);
  std::ofstream(folder / "data", std::ios::binary) << content;
  served.handler.file_size = content.size();
  const std::string answer = served.answer(get("/file" + (folder / "data")));
  EXPECT_THAT(answer.substr(0, 300), HasSubstr("content-length: " + std::to_string(content.size())));
  EXPECT_TRUE(answer.substr(answer.find("\r\n\r\n") + 4) == content);

  served.handler.file_size = 10;
  EXPECT_THAT(served.answer(get("/file" + (folder / "data"))), HasSubstr("\r\n\r\n0123456789"))
      << "no more than stated";
  served.handler.file_size = 0;
  EXPECT_THAT(served.answer(get("/file" + (folder / "data"))), HasSubstr("content-length: 0\r\n"));
  served.handler.file_size = content.size() + 1;
  EXPECT_THAT(served.answer(get("/file" + (folder / "data"))), StartsWith("HTTP/1.1 500 ")) << "shorter than stated";
  EXPECT_THAT(served.answer(get("/file" + (folder / "none"))), StartsWith("HTTP/1.1 500 "));
  EXPECT_THAT(served.answer(get("/file" + folder.path())), StartsWith("HTTP/1.1 500 ")) << "a folder";
}

TEST(HttpServer, SenderOfAByteNowAndThenIsToldSo) {
  for (const std::string begin : {"", "POST /echo HTTP/1.1\r\ncontent-length: 100000\r\n\r\n"}) {
    Served served({.request_timeout_ms = 200});
    RawPeer peer = served.connect();
    const auto began = steady_clock::now();
    peer.send(begin);
    const std::string bytes(1000, 'x');
    for (const char c : bytes) {
      if (!peer.send({&c, 1})) break;
      if (peer.closes_within(20)) break;
    }
    EXPECT_LT(ms_since(began), 5000) << begin;
    peer.close();
    EXPECT_TRUE(comes_true([&] { return served.server->connection_count() == 0; }));
  }
  // What it is told.
  Served served({.request_timeout_ms = 200});
  RawPeer peer = served.connect();
  peer.send("GET /echo HT");
  EXPECT_THAT(peer.read_all(), StartsWith("HTTP/1.1 408 "));
}

TEST(HttpServer, SilentConnectionsAreClosed) {
  Served served({.idle_timeout_ms = 150, .request_timeout_ms = 250});
  RawPeer silent = served.connect();
  EXPECT_EQ(silent.read_all(), "");
  RawPeer peer = served.connect();
  peer.send(get("/echo", ""));
  EXPECT_THAT(peer.read_all(), HasSubstr("GET \n")) << "and then nothing more";
}

TEST(HttpServer, ReaderThatDoesNotReadIsCut) {
  Served served({.send_timeout_ms = 300});
  served.handler.large_bytes = std::size_t{32} << 20;
  RawPeer peer = served.connect();
  peer.send(get("/large", ""));
  ASSERT_TRUE(comes_true([&] { return served.handler.count == 1; }));
  EXPECT_TRUE(comes_true([&] { return served.server->connection_count() == 0; }));
  EXPECT_THAT(served.answer(get("/echo")), StartsWith("HTTP/1.1 200"));
}

TEST(HttpServer, ClientThatIsGoneHurtsNobody) {
  Served served;
  served.handler.large_bytes = std::size_t{32} << 20;
  for (int i = 0; i < 5; ++i) {
    RawPeer peer = served.connect();
    peer.send(get("/large", ""));
    ASSERT_TRUE(peer.read_until("\r\n\r\n"));
    peer.reset();
  }
  EXPECT_TRUE(comes_true([&] { return served.server->connection_count() == 0; }));
  EXPECT_THAT(served.answer(get("/echo")), StartsWith("HTTP/1.1 200"));
}

TEST(HttpServer, OneConnectionTooManyIsToldSo) {
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  if (files.rlim_cur < 700) GTEST_SKIP() << "needs 700 file descriptors (ulimit -n)";
  Served served;
  std::vector<RawPeer> peers;
  for (int i = 0; i < 256; ++i) {
    peers.push_back(served.connect());
    peers.back().send(get("/echo", ""));
    ASSERT_TRUE(peers.back().read_until("GET \n")) << i;
  }
  int told = 0;
  std::vector<RawPeer> refused;
  for (int i = 256; i < 300; ++i) {
    refused.push_back(served.connect());
    told += refused.back().read_all().substr(0, 13) == "HTTP/1.1 503 " ? 1 : 0;
  }
  EXPECT_GE(told, 30) << "those beyond are closed without a word";
  for (RawPeer& peer : peers) {
    peer.received().clear();
    peer.send(get("/echo", ""));
    ASSERT_TRUE(peer.read_until("GET \n"));
  }
  refused.clear();
  peers.clear();
  ASSERT_TRUE(comes_true([&] { return served.server->connection_count() == 0; }));
  EXPECT_THAT(served.answer(get("/echo")), StartsWith("HTTP/1.1 200"));
}

TEST(HttpServer, LongPollIsAnsweredAtNotify) {
  Served served;
  std::vector<RawPeer> peers;
  for (int i = 0; i < 20; ++i) {
    peers.push_back(served.connect());
    peers.back().send(get("/wait", ""));
  }
  ASSERT_TRUE(comes_true([&] { return served.handler.wait_count == 20; }));
  EXPECT_THAT(served.answer(get("/echo")), HasSubstr("GET \n")) << "others are served meanwhile";
  served.handler.changed = true;
  const auto told = steady_clock::now();
  served.server->notify();
  for (RawPeer& peer : peers) ASSERT_TRUE(peer.read_until("changed\n"));
  EXPECT_LT(ms_since(told), 200);
}

TEST(HttpServer, LongPollIsAnsweredWithoutNotifyToo) {
  Served served;
  RawPeer peer = served.connect();
  peer.send(get("/wait"));
  ASSERT_TRUE(comes_true([&] { return served.handler.wait_count == 1; }));
  served.handler.changed = true;
  EXPECT_THAT(peer.read_all(), HasSubstr("changed\n"));
}

TEST(HttpServer, LongPollEndsAtItsTimeout) {
  Served served;
  served.handler.wait_ms = 250;
  const auto began = steady_clock::now();
  EXPECT_THAT(served.answer(get("/wait")), HasSubstr("nothing new\n"));
  EXPECT_GE(ms_since(began), 240);
  EXPECT_LT(ms_since(began), 2000);
  served.handler.wait_ms = 0;
  RawPeer peer = served.connect();
  peer.send(get("/wait", "") + get("/echo"));
  const std::string answers = peer.read_all();
  EXPECT_LT(answers.find("nothing new"), answers.find("GET \n")) << "a pipeline stays in order";
}

TEST(HttpServer, LongPollThatThrowsIs500) {
  Served served;
  RawPeer peer = served.connect();
  peer.send(get("/wait-throw"));
  ASSERT_TRUE(comes_true([&] { return served.handler.wait_count == 1; }));
  served.handler.changed = true;
  served.server->notify();
  EXPECT_THAT(peer.read_all(), StartsWith("HTTP/1.1 500 "));
}

TEST(HttpServer, LongPollOfWhoIsGoneIsForgotten) {
  Served served;
  for (const bool floods : {false, true}) {
    RawPeer peer = served.connect();
    peer.send(get("/wait", ""));
    if (floods) peer.send(std::string(100'000, 'x'));
    ASSERT_TRUE(comes_true([&] { return served.handler.wait_count == (floods ? 2 : 1); }));
    if (floods) {
      peer.reset();
    } else {
      peer.close();
    }
    EXPECT_TRUE(comes_true([&] { return served.server->connection_count() == 0; })) << floods;
  }
}

TEST(HttpServer, StopsWithConnectionsUnderWay) {
  Served served;
  RawPeer waits = served.connect();
  waits.send(get("/wait", ""));
  RawPeer half = served.connect();
  half.send("GET /ec");
  ASSERT_TRUE(comes_true([&] { return served.handler.wait_count == 1; }));
  served.server->stop();
  served.server->stop();
  EXPECT_TRUE(waits.closes_within(kPatienceMs));
  EXPECT_TRUE(half.closes_within(kPatienceMs));
}

TEST(HttpServer, StartSaysWhatIsWrong) {
  TestHandler handler;
  const TemporaryFolder folder;
  Served served;
  HttpServerOptions taken;
  taken.port = served.server->port();
  EXPECT_EQ(HttpServer::start(taken, handler).error().code, ErrorCode::kBusy);
  HttpServerOptions name;
  name.address = "localhost";
  EXPECT_EQ(HttpServer::start(name, handler).error().code, ErrorCode::kInvalidArgument);
  HttpServerOptions half;
  half.tls_certificate = folder / "a.pem";
  EXPECT_EQ(HttpServer::start(half, handler).error().code, ErrorCode::kInvalidArgument);
  half.tls_key = folder / "a.key";
  EXPECT_EQ(HttpServer::start(half, handler).error().where, folder / "a.pem");
}

}  // namespace
}  // namespace truce::server
