// SPDX-License-Identifier: Apache-2.0
//
// A node over real sockets: what it serves, what it refuses, and two nodes in exchange.

#include "truce/server/site.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "truce/base/encoding.h"
#include "truce/base/file_testing.h"
#include "truce/node/parties_testing.h"
#include "truce/node/sharing.h"
#include "truce/record/note.h"
#include "truce/server/http_peer.h"
#include "truce/server/http_server.h"
#include "truce/server/sync.h"

namespace truce::server {
namespace {

using testing::HasSubstr;

// Two parties, founded in a real folder; east is served.
class SiteTest : public testing::Test {
 protected:
  void SetUp() override {
    mechanism::Mechanism m;
    m.name = "invented line";
    for (const char* id : {"east", "north"}) {
      auto made = node::keygen(world(), {folder / id, id, id, mechanism::Role::kGuarantor, ""});
      ASSERT_TRUE(made) << made.error().to_string();
      m.parties.push_back(made->card.party);
    }
    founding = m.to_bytes().value();
    for (const char* id : {"east", "north"}) ASSERT_TRUE(node::accept(world(), folder / id, founding).value());
    site = std::make_unique<Site>(open("east"), [this](const std::string& path) {
      pushed.push_back(path);
      return pushed.size() <= 2;
    });
    HttpServerOptions options;
    options.request_body_bytes_max_of = &Site::body_bytes_max;
    auto started = HttpServer::start(options, *site);
    ASSERT_TRUE(started) << started.error().to_string();
    server = std::move(started).value();
  }
  node::World world() { return {&system_files(), &system_clock(), &system_random()}; }
  // A report of the party with a note that only it can read.
  StatementId sealed_report(const std::string& id) {
    const auto node = open(id);
    const auto writer = node->writer().value();
    const auto ref = writer->add({"report",
                                  node::invented_report(1, Instant{1'700'000'000'000}),
                                  {},
                                  Json::object({{"note", "Planted Name of nobody"}}),
                                  {}});
    EXPECT_TRUE(ref && writer->commit());
    return ref->id;
  }
  std::unique_ptr<node::Node> open(const std::string& id) { return node::Node::open(world(), folder / id).value(); }
  Url url() { return Url::parse("http://127.0.0.1:" + std::to_string(server->port())).value(); }
  HttpResponse ask(const std::string& method, const std::string& target, const std::string& body = {}) {
    HttpClient client(url(), {});
    auto r = client.request(method, target, body, "application/json", 1 << 24);
    EXPECT_TRUE(r) << target << ": " << r.error().to_string();
    return r ? std::move(r).value() : HttpResponse{};
  }
  StatementId report(const std::string& id, int number) {
    auto node = open(id);
    auto writer = node->writer().value();
    auto ref = writer->add({"report", node::invented_report(number, Instant{1'700'000'000'000}), {}, {}, {}});
    EXPECT_TRUE(ref && writer->commit());
    return ref->id;
  }

  TemporaryFolder folder;
  std::string founding;
  std::vector<std::string> pushed;
  std::unique_ptr<Site> site;
  std::unique_ptr<HttpServer> server;
};

TEST_F(SiteTest, ServesStaticTilesAsOutsidersReadThem) {
  report("east", 1);
  const HttpResponse checkpoint = ask("GET", "/logs/east/main/checkpoint");
  EXPECT_EQ(checkpoint.status, 200);
  EXPECT_EQ(checkpoint.body, system_files().read(folder / "east/logs/east/main/checkpoint", 1 << 16).value());
  EXPECT_EQ(ask("GET", "/logs/east/main/tile/entries/000.p/2").status, 200);
  EXPECT_EQ(ask("GET", "/logs/east/main/tile/0/000.p/2").body.size(), 64U);
  EXPECT_EQ(ask("GET", "/mechanism.json").body, founding);
}

// Nothing but what everybody may have, whatever is asked for.
TEST_F(SiteTest, GivesNothingPrivateAway) {
  for (const char* target : {"/",
                             "/keys/cosign.key",
                             "/keys/log-main.key",
                             "/private/wrapped-keys",
                             "/truce.toml",
                             "/roster.json",
                             "/witness/memory",
                             "/logs/east/main/journal",
                             "/logs/east/main/lock",
                             "/logs/east/main/../../../keys/cosign.key",
                             "/logs/east/main/%2e%2e/%2e%2e/keys/cosign.key",
                             "//etc/passwd",
                             "/blobs/../keys/cosign.key",
                             "/blobs/" /* a folder */,
                             "/logs/east/main/tile/entries/000.p/0",
                             "/logs/east/main/tile/entries/0",
                             "/sealed/0000000000000000000000000000000000000000000000000000000000000000",
                             "/handover/0000000000000000000000000000000000000000000000000000000000000000",
                             "/logs/EAST/main/checkpoint",
                             "/truce-bundle.json",
                             "/evidence",
                             "/logs/east/main/checkpoint/"}) {
    EXPECT_EQ(ask("GET", target).status, 404) << target;
  }
  EXPECT_EQ(ask("DELETE", "/logs/east/main/checkpoint").status, 405);
  EXPECT_EQ(ask("POST", "/logs/east/main/checkpoint", "x").status, 404);
}

TEST_F(SiteTest, CosignsOverHttp) {
  report("north", 1);
  const std::string checkpoint = system_files().read(folder / "north/logs/north/main/checkpoint", 1 << 16).value();
  const HttpResponse good = ask("POST", "/add-checkpoint", "old 0\n\n" + checkpoint);
  EXPECT_EQ(good.status, 200) << good.body;
  const auto note = record::SignedNote::parse(checkpoint + good.body);
  ASSERT_TRUE(note);
  const auto cosigners = open("east")->roster().cosigners();
  EXPECT_TRUE(record::cosigned_at(*note, cosigners.at(0), system_clock().now()));
  const HttpResponse again = ask("POST", "/add-checkpoint", "old 1\n\n" + checkpoint);
  EXPECT_EQ(again.status, 409);
  EXPECT_EQ(again.body, "2\n");
  EXPECT_EQ(again.content_type, "text/x.tlog.size");
  EXPECT_EQ(ask("POST", "/add-checkpoint", "nonsense").status, 400);
  EXPECT_EQ(ask("POST", "/add-checkpoint",
                "old 0\n\n" + record::sign_checkpoint({"example.com/log", 1, sha256("x"), {}}, std::string(32, 's')))
                .status,
            404);
}

TEST_F(SiteTest, HeadsWaitForNews) {
  HttpPeer peer(url(), {});
  const auto first = peer.heads();
  ASSERT_TRUE(first) << first.error().to_string();
  EXPECT_EQ(first->size(), 1U);
  EXPECT_FALSE(peer.wait_for_news(0).value());
  report("east", 1);
  EXPECT_TRUE(peer.wait_for_news(20).value());
  EXPECT_NE(peer.heads().value(), *first);
}

TEST_F(SiteTest, BadBodiesAreRefused) {
  for (const char* body : {"", "{}", "[1]", "[\"xyz\"]", "[\"0\"]", "[[]]"})
    EXPECT_EQ(ask("POST", "/sizes", body).status, 400) << body;
  EXPECT_EQ(ask("POST", "/sizes", "[]").body, "[]");
  EXPECT_EQ(ask("POST", "/bundle", "no bundle").status, 202) << "taken; looked into elsewhere";
  EXPECT_EQ(ask("POST", "/bundle", "no bundle").status, 202);
  EXPECT_EQ(ask("POST", "/bundle", "no bundle").status, 503) << "too many wait";
  EXPECT_EQ(pushed.size(), 3U);
  EXPECT_FALSE(system_files().exists(pushed[2]));
}

TEST_F(SiteTest, TwoNodesExchangeBothWays) {
  for (int i = 0; i < 300; ++i) {
    if (i % 100 == 0) report("east", i);
  }
  report("north", 7);
  auto north = open("north");
  HttpPeer peer(url(), {});
  SyncOptions options;
  options.push = true;
  const auto got = sync(*north, peer, options);
  ASSERT_TRUE(got) << got.error().to_string();
  EXPECT_EQ(north->roster().heads().at({"east", "main"}).size, 4U);
  EXPECT_GT(got->pushed_statements, 0U);
  ASSERT_EQ(pushed.size(), 1U);
  auto east = open("east");
  const auto taken = node::import_bundle(*east, pushed[0], {});
  ASSERT_TRUE(taken) << taken.error().to_string();
  EXPECT_GE(east->roster().heads().at({"north", "main"}).size, 2U);
  // Nothing new: one request.
  HttpPeer quiet(url(), {});
  const auto none = sync(*north, quiet, {});
  ASSERT_TRUE(none);
}

// What was given to a party goes to whoever signs for it, and to nobody else.
TEST_F(SiteTest, GivesPartsToTheAddresseeAlone) {
  const StatementId id = sealed_report("east");
  ASSERT_TRUE(node::share(*open("east"), id, {"north"}));
  auto north = open("north");
  const auto keys = record::KeyRing::open(system_files(), folder / "north/keys").value();
  const auto ask_as = [&](const std::string& party, std::int64_t off_ms, std::string_view seed) {
    const Instant time{system_clock().now().ms + off_ms};
    return ask("POST", "/handovers", record::HandoverQuery::make(north->mechanism_id(), party, time, seed).to_bytes());
  };
  const std::string_view seed = keys.cosign_seed().view();
  const HttpResponse good = ask_as("north", 0, seed);
  EXPECT_EQ(good.status, 200) << good.body;
  EXPECT_EQ(ask_as("north", -3'600'000, seed).status, 403);
  EXPECT_EQ(ask_as("north", 3'600'000, seed).status, 403);
  EXPECT_EQ(ask_as("north", 0, std::string(32, 'x')).status, 403);
  EXPECT_EQ(ask_as("east", 0, seed).status, 403);
  EXPECT_EQ(ask_as("stranger", 0, seed).status, 404);
  for (const char* body : {"", "{}", "[]", R"({"party":"north","time":1})"})
    EXPECT_EQ(ask("POST", "/handovers", body).status, 400) << body;
  const std::string ciphertext = open("east")->envelope(id)->sealed->ciphertext.hex();
  EXPECT_EQ(ask("GET", "/sealed/" + ciphertext).status, 404);
  const auto outbox = system_files().list(folder / "east/private/outbox/north").value();
  ASSERT_EQ(outbox.size(), 1U);
  for (const std::string& name : outbox) {
    EXPECT_EQ(ask("GET", "/handover/" + name).status, 404);
    EXPECT_EQ(ask("GET", "/private/outbox/north/" + name).status, 404);
  }

  HttpPeer peer(url(), {});
  const auto got = sync(*north, peer, {});
  ASSERT_TRUE(got) << got.error().to_string();
  ASSERT_EQ(got->received.parts.size(), 1U);
  EXPECT_FALSE(got->received.parts[0].error);
  const auto opened = node::open_part(*north, id);
  ASSERT_TRUE(opened) << opened.error().to_string();
  EXPECT_EQ(opened->find("note")->as_string(), "Planted Name of nobody");
  EXPECT_FALSE(node::is_part_awaited(*north).value());
  for (const char* party : {"east", "north"}) {  // nothing is left of the bundle
    const auto names = system_files().list(folder / party).value();
    for (const std::string& name : names) EXPECT_EQ(name.find("handovers"), std::string::npos) << name;
  }
}

// Whom nobody can connect to pushes what was given to the party that answers, once.
TEST_F(SiteTest, PushesPartsToTheAddresseeAlone) {
  const StatementId id = sealed_report("north");
  ASSERT_TRUE(node::share(*open("north"), id, {"east"}));
  auto north = open("north");
  HttpPeer peer(url(), {});
  SyncOptions options;
  options.push = true;
  const auto first = sync(*north, peer, options);
  ASSERT_TRUE(first) << first.error().to_string();
  EXPECT_EQ(first->pushed_parts, 1U);
  ASSERT_EQ(pushed.size(), 1U);
  auto east = open("east");
  const auto taken = node::import_bundle(*east, pushed[0], {});
  ASSERT_TRUE(taken) << taken.error().to_string();
  ASSERT_EQ(taken->parts.size(), 1U);
  EXPECT_EQ(node::open_part(*east, id)->find("note")->as_string(), "Planted Name of nobody");
  // It came: nothing goes a second time, with other statements neither.
  report("north", 2);
  const auto second = sync(*open("north"), peer, options);
  ASSERT_TRUE(second) << second.error().to_string();
  EXPECT_EQ(second->pushed_parts, 0U);
  EXPECT_GT(second->pushed_statements, 0U);
}

TEST_F(SiteTest, ATakerSaysWhoItIsAndSignsIt) {
  for (const char* body : {"", "00", "{}", "zz00000000000000000000000000000000000000000000000000000000000000"})
    EXPECT_EQ(ask("POST", "/taker", body).status, 400) << body;
  const std::string nonce(32, 'n');
  const HttpResponse answer = ask("POST", "/taker", to_hex(nonce));
  ASSERT_EQ(answer.status, 200) << answer.body;
  const auto word = record::Taker::parse(answer.body);
  ASSERT_TRUE(word) << word.error().to_string();
  EXPECT_EQ(word->party, "east");
  EXPECT_FALSE(word->awaits);
  const auto east = open("east");
  const std::string key = east->mechanism().party("east")->keys.cosign;
  EXPECT_TRUE(word->check(east->mechanism_id(), key, nonce));
  EXPECT_FALSE(word->check(east->mechanism_id(), key, std::string(32, 'm')));
  EXPECT_FALSE(word->check(east->mechanism_id(), east->mechanism().party("north")->keys.cosign, nonce));
}

TEST_F(SiteTest, APeerThatIsNoneIsSaidSo) {
  auto north = open("north");
  HttpPeer wrong(Url::parse(url().to_string() + "/elsewhere").value(), {});
  const auto got = sync(*north, wrong, {});
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code, ErrorCode::kRefused);
  EXPECT_THAT(got.error().to_string(), HasSubstr("404"));
}

}  // namespace
}  // namespace truce::server
