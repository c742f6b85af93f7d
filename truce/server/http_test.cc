// SPDX-License-Identifier: Apache-2.0
//
// Values without sockets: URLs, messages, compression, paces.

#include "truce/server/http.h"

#include <gtest/gtest.h>

#include "truce/server/compression.h"
#include "truce/server/http_message.h"
#include "truce/server/pace.h"

namespace truce::server {
namespace {

TEST(Url, TakesWhatAnAddressNeeds) {
  const struct {
    const char* text;
    bool tls;
    const char* host;
    int port;
    const char* path;
    const char* written;
  } cases[] = {
      {"http://node.example.org", false, "node.example.org", 80, "", "http://node.example.org"},
      {"http://node.example.org/", false, "node.example.org", 80, "", "http://node.example.org"},
      {"HTTPS://Node.Example.ORG:443/A/b/", true, "node.example.org", 443, "/A/b", "https://node.example.org/A/b"},
      {"https://host:8443", true, "host", 8443, "", "https://host:8443"},
      {"http://localhost:080", false, "localhost", 80, "", "http://localhost"},
      {"http://192.0.2.7:65535/x", false, "192.0.2.7", 65535, "/x", "http://192.0.2.7:65535/x"},
      {"http://[2001:DB8:0:0:0:0:0:1]:1", false, "2001:db8::1", 1, "", "http://[2001:db8::1]:1"},
      {"https://[::1]/a", true, "::1", 443, "/a", "https://[::1]/a"},
      {"http://a_b.x-y/%41", false, "a_b.x-y", 80, "/%41", "http://a_b.x-y/%41"},
      {"http://host/@/x:1", false, "host", 80, "/@/x:1", "http://host/@/x:1"},
  };
  for (const auto& c : cases) {
    const auto url = Url::parse(c.text);
    ASSERT_TRUE(url) << c.text << ": " << url.error().to_string();
    EXPECT_EQ(url->tls, c.tls) << c.text;
    EXPECT_EQ(url->host, c.host) << c.text;
    EXPECT_EQ(url->port, c.port) << c.text;
    EXPECT_EQ(url->path, c.path) << c.text;
    EXPECT_EQ(url->to_string(), c.written) << c.text;
    EXPECT_EQ(Url::parse(url->to_string()), url) << c.text;
  }
}

TEST(Url, RefusesWhatItIsNot) {
  const std::string_view refused[] = {
      "",
      "node.example.org",
      "ftp://host",
      "http:/host",
      "http//host",
      "://host",
      " http://host",
      "http://",
      "http:///path",
      "http://user@host",
      "http://user:word@host/",
      "http://host/#part",
      "http://host/?q",
      "http://host?q",
      "http://host/a b",
      "http://host/\r\nx: y",
      "http://host/\t",
      std::string_view("http://host/\0", 13),
      "http://h\xc3\xb6st/",
      "http://host/\xc3\xb6",
      "http://host:",
      "http://host:0",
      "http://host:65536",
      "http://host:99999999999",
      "http://host:8x",
      "http://host:-1",
      "http://host:80:80",
      "http://[::1",
      "http://::1/",
      "http://[::1]x",
      "http://[127.0.0.1]",
      "http://[fe80::1%eth0]",
      "http://[]",
      "http://127.1",
      "http://0x7f000001",
      "http://127.0.0.1.",
      "http://256.1.1.1",
      "http://host.",
      "http://.host",
      "http://a..b",
      "http://-a",
      "http://a-",
      "http://ho%73t",
      "http://host/a/../b",
      "http://host/./a",
      "http://host//",
      "http://host/a//b",
      "http://host/..",
      "http://ho\\st",
      "http://host/<x>",
      "http://host\\@other/",
  };
  for (const std::string_view text : refused) {
    const auto url = Url::parse(text);
    ASSERT_FALSE(url) << text << " became " << url->to_string();
    EXPECT_EQ(url.error().code, ErrorCode::kInvalidArgument) << text;
  }
  EXPECT_EQ(Url::parse("http://host/" + std::string(kUrlBytesMax, 'a')).error().code, ErrorCode::kLimit);
  EXPECT_EQ(Url::parse("http://" + std::string(64, 'a')).error().code, ErrorCode::kInvalidArgument);
}

TEST(MessageReader, AnySplitGivesTheSame) {
  const std::string bytes =
      "POST /a?b=c HTTP/1.1\r\nHost: x\r\nX-Twice:  one \r\nX-Twice: two\r\nTransfer-Encoding: chunked\r\n\r\n"
      "3;ext=1\r\nabc\r\nA\r\n0123456789\r\n0\r\nTrailer: ignored\r\n\r\n";
  for (std::size_t size = 1; size <= bytes.size(); ++size) {
    MessageReader reader(MessageReader::Kind::kRequest);
    std::string buffer;
    bool limited = false;
    for (std::size_t i = 0; i < bytes.size(); i += size) {
      buffer += bytes.substr(i, size);
      for (;;) {
        const auto used = reader.put(buffer);
        ASSERT_TRUE(used) << size << ": " << used.error().to_string();
        buffer.erase(0, *used);
        if (reader.head_done() && !std::exchange(limited, true)) {
          ASSERT_TRUE(reader.set_body_limit(13));
          continue;
        }
        break;
      }
    }
    ASSERT_TRUE(reader.done()) << size;
    EXPECT_EQ(buffer, "");
    const HttpRequest request = reader.take_request();
    EXPECT_EQ(request.method, "POST");
    EXPECT_EQ(request.target, "/a?b=c");
    EXPECT_EQ(request.body, "abc0123456789");
    EXPECT_EQ(request.headers,
              (HttpHeaders{{"host", "x"}, {"x-twice", "one"}, {"x-twice", "two"}, {"transfer-encoding", "chunked"}}));
    EXPECT_EQ(request.header("x-twice"), "one");
    EXPECT_EQ(request.header("trailer"), "");
  }
}

TEST(MessageReader, BodyLimitHoldsForChunks) {
  MessageReader reader(MessageReader::Kind::kResponse);
  std::string bytes = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  ASSERT_TRUE(reader.put(bytes));
  ASSERT_TRUE(reader.set_body_limit(10));
  ASSERT_EQ(reader.put("5\r\nabcde\r\n").value(), 8u);
  ASSERT_TRUE(reader.put("\r\n5\r\nabcde\r\n"));
  EXPECT_EQ(reader.put("\r\n1\r\na\r\n").error().code, ErrorCode::kLimit);
}

TEST(MessageReader, ChunkExtensionWithoutEndIsALimit) {
  MessageReader reader(MessageReader::Kind::kResponse);
  ASSERT_TRUE(reader.put("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"));
  ASSERT_TRUE(reader.set_body_limit(10));
  EXPECT_EQ(reader.put("5;" + std::string(20'000, 'x')).error().code, ErrorCode::kLimit);
}

TEST(Zstd, RoundTripsAndRefuses) {
  std::string text;
  for (std::uint64_t i = 0; i < 50'000; ++i) text += std::to_string(i * i);
  const std::string packed = zstd_compress(text);
  ASSERT_FALSE(packed.empty());
  EXPECT_EQ(zstd_decompress(packed, text.size()).value(), text);
  EXPECT_EQ(zstd_decompress(packed + packed, 2 * text.size()).value(), text + text);
  const struct {
    const char* name;
    std::string bytes;
    std::uint64_t bytes_max;
    ErrorCode code;
  } refused[] = {
      {"a byte too long", packed, text.size() - 1, ErrorCode::kLimit},
      {"limit of none", packed, 0, ErrorCode::kLimit},
      {"cut", packed.substr(0, packed.size() - 1), text.size(), ErrorCode::kSyntax},
      {"half a second frame", packed + packed.substr(0, 100), 2 * text.size(), ErrorCode::kSyntax},
      {"something else", "no zstd at all", 100, ErrorCode::kSyntax},
      {"empty", "", 100, ErrorCode::kSyntax},
  };
  for (const auto& c : refused) {
    const auto result = zstd_decompress(c.bytes, c.bytes_max);
    ASSERT_FALSE(result) << c.name;
    EXPECT_EQ(result.error().code, c.code) << c.name;
  }
  const std::string exact(std::size_t{128} << 10, 'a');
  EXPECT_EQ(zstd_decompress(zstd_compress(exact), exact.size()).value(), exact);
}

TEST(Zstd, IsSentOnlyWhereAsked) {
  for (const char* yes : {"zstd", "gzip, zstd", "zstd;q=0.5,gzip", "br , zstd ; q=1"})
    EXPECT_TRUE(accepts_zstd(yes)) << yes;
  for (const char* no : {"", "gzip", "xzstd", "zstd;q=0", "zstd; q=0.000", "*", ",,,", ";"})
    EXPECT_FALSE(accepts_zstd(no)) << no;
}

TEST(Allowance, HoldsTheRateAndNoMoreThanTheGrace) {
  Allowance slow(0, 1000, 100);
  EXPECT_FALSE(slow.expired(999'999));
  EXPECT_TRUE(slow.expired(1'000'000));
  // A byte a second is 10 ms more a second: cut soon after the grace.
  std::int64_t t = 0;
  while (!slow.expired(t)) slow.add(1, t += 1'000'000 / 10);
  EXPECT_LT(t, 1'500'000);
  // The rate exactly: never cut.
  Allowance steady(0, 1000, 100);
  for (t = 0; t < 100'000'000 && !steady.expired(t); t += 100'000) steady.add(10, t);
  EXPECT_GE(t, 100'000'000);
  // Much at first buys no more than the grace.
  Allowance burst(0, 1000, 100);
  burst.add(1'000'000'000, 1000);
  EXPECT_EQ(burst.deadline_us(), 1'001'000);
}

TEST(TokenBucket, KeepsTheAverage) {
  TokenBucket bucket(10'000, 0);
  std::uint64_t moved = 0;
  for (std::int64_t t = 0; t <= 10'000'000; t += 7'001) {
    const std::uint64_t n = bucket.available(t);
    bucket.take(n);
    moved += n;
  }
  EXPECT_NEAR(static_cast<double>(moved), 100'000, 100);
  // A long pause is worth a tenth of a second.
  EXPECT_EQ(bucket.available(1'000'000'000), 1000u);
  bucket.take(1000);
  EXPECT_GT(bucket.wait_us(1'000'000'000), 0);
  EXPECT_EQ(bucket.wait_us(1'000'000'000 + bucket.wait_us(1'000'000'000)), 0);
  TokenBucket none(0, 0);
  EXPECT_GT(none.available(0), std::uint64_t{1} << 60);
}

}  // namespace
}  // namespace truce::server
