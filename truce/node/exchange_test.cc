// SPDX-License-Identifier: Apache-2.0

#include "truce/node/exchange.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "truce/base/file_testing.h"
#include "truce/monitor/report.h"
#include "truce/node/parties_testing.h"
#include "truce/node/recover.h"
#include "truce/record/blobs.h"
#include "truce/record/fsck.h"
#include "truce/record/note.h"

namespace truce::node {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class ExchangeTest : public testing::Test {
 protected:
  void SetUp() override {
    const auto ok = all.found();
    ASSERT_TRUE(ok) << ok.error().to_string();
  }
  std::uint64_t size_at(const std::string& holder, const LogId& log) {
    const auto node = all.open(holder);
    const auto it = node->roster().heads().find(log);
    return it != node->roster().heads().end() ? it->second.size : 0;
  }
  std::vector<std::string> alarms(const std::string& id) {
    std::vector<std::string> out;
    const auto found = all.open(id)->alarms();
    EXPECT_TRUE(found);
    for (const Alarm& a : found.value_or(std::vector<Alarm>())) out.push_back(a.kind + ' ' + a.party);
    return out;
  }
  TestParties all;
};

TEST_F(ExchangeTest, EverybodyHoldsAndReceiptsEverything) {
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(all.report("east", i));
    ASSERT_TRUE(all.report("north", 100 + i));
  }
  const auto settled = all.settle();
  ASSERT_TRUE(settled) << settled.error().to_string();
  const auto cut = all.open("east")->cut().value();
  for (const std::string& id : all.ids()) {
    const auto node = all.open(id);
    EXPECT_EQ(node->cut().value(), cut) << id;
    EXPECT_TRUE(node->alarms()->empty());
    for (const auto& [log, head] : node->roster().heads()) {
      EXPECT_GE(node->roster().settled(log).value(), node->roster().counting_size(log)) << id << ' ' << log.to_string();
      const auto bytes = all.files().read("/" + id + "/logs/" + log.to_string() + "/checkpoint", 1 << 16).value();
      const auto note = record::SignedNote::parse(bytes).value();
      EXPECT_GE(record::count_cosigned(note, node->roster().cosigners(), all.clock().now()), 3U) << id << ' ' << bytes;
    }
    const auto report = record::fsck(all.files(), node->place_of({"east", "main"}).value(), {});
    EXPECT_TRUE(report && report->ok());
  }
  // Nothing new: nothing is stated, nobody's log grows for ever.
  EXPECT_TRUE(all.settle(1));
}

TEST_F(ExchangeTest, ReceiptsAloneAskForNoReceipt) {
  ASSERT_TRUE(all.settle());
  const std::uint64_t before = size_at("east", {"east", "main"});
  ASSERT_TRUE(all.report("north", 1));
  ASSERT_TRUE(all.settle());
  EXPECT_EQ(size_at("east", {"east", "main"}), before + 1) << "one receipt for one report";
}

TEST_F(ExchangeTest, AHeadWaitsForItsRequiredBlobs) {
  const std::string blob = "[1,2,3]";
  const Hash hash = sha256(blob);
  {
    const auto node = all.open("east");
    const auto writer = node->writer().value();
    ASSERT_TRUE(writer->put_blob(blob));
    ASSERT_TRUE(writer->add({"zone", Json::object({{"id", "z"}}), {}, {}, {hash}}));
    ASSERT_TRUE(writer->commit());
  }
  ASSERT_TRUE(all.files().rename("/east/blobs/" + hash.hex(), "/east/kept"));
  const auto got = all.pull("north", "east").value();
  ASSERT_EQ(got.logs.size(), 1U);
  EXPECT_EQ(got.logs[0].blobs_missing, 1U);
  EXPECT_EQ(size_at("north", {"east", "main"}), 0U) << "neither held nor receipted";
  EXPECT_FALSE(all.open("north")->roster().received("north", {"east", "main"}));
  ASSERT_TRUE(all.files().rename("/east/kept", "/east/blobs/" + hash.hex()));
  const auto again = all.pull("north", "east").value();
  EXPECT_EQ(again.blobs, 1U);
  EXPECT_EQ(size_at("north", {"east", "main"}), 2U);
  EXPECT_TRUE(all.open("north")->blob(hash));
}

TEST_F(ExchangeTest, BundlesCarryWholeLogsAndWhatIsNew) {
  for (int i = 0; i < 300; ++i) ASSERT_TRUE(all.report("east", i));
  const auto whole = export_bundle(*all.open("east"), "/stick", {});
  ASSERT_TRUE(whole) << whole.error().to_string();
  EXPECT_EQ(whole->statements, 301U);
  auto south = all.open("south");
  const auto got = import_bundle(*south, "/stick", {});
  ASSERT_TRUE(got) << got.error().to_string();
  EXPECT_EQ(size_at("south", {"east", "main"}), 301U);
  EXPECT_THAT(all.files().list("/south").value(), testing::Not(testing::Contains(testing::StartsWith("incoming"))));
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(all.report("east", i));
  FolderPeer at_south(all.files(), "/south");
  BundleRequest since;
  since.since = sizes_at(*all.open("east"), at_south).value();
  const auto more = export_bundle(*all.open("east"), "/stick", since);
  ASSERT_TRUE(more);
  EXPECT_EQ(more->statements, 10U);
  EXPECT_LT(more->bytes, whole->bytes / 2);
  EXPECT_TRUE(import_bundle(*all.open("south"), "/stick", {})->any_new());
  EXPECT_EQ(size_at("south", {"east", "main"}), 311U);
  // A replayed old bundle changes nothing and alarms nobody.
  ASSERT_TRUE(export_bundle(*all.open("south"), "/old", {}));
  ASSERT_TRUE(all.report("east", 1));
  ASSERT_TRUE(all.pull("south", "east"));
  EXPECT_FALSE(import_bundle(*all.open("south"), "/old", {})->any_new());
  EXPECT_THAT(alarms("south"), IsEmpty());
  // Another mechanism's bundle.
  TestParties others({{"east", "north"}, 99});
  ASSERT_TRUE(others.found());
  ASSERT_TRUE(export_bundle(*others.open("east"), "/foreign", {}));
  ASSERT_TRUE(all.files().write("/foreign", others.files().read("/foreign", 1 << 30).value()));
  EXPECT_FALSE(import_bundle(*all.open("south"), "/foreign", {}));
}

// One key on two machines: both go on from the same backup.
TEST_F(ExchangeTest, TwoBranchesAreFoundAndStopNothingElse) {
  ASSERT_TRUE(all.report("east", 1));
  ASSERT_TRUE(all.settle());
  all.files().copy_from("/east", "/east-2");
  ASSERT_TRUE(all.report("east", 2));
  {
    auto twin = Node::open(all.world(), "/east-2").value();
    auto writer = twin->writer().value();
    ASSERT_TRUE(writer->add({"report", invented_report(3, all.clock().now()), {}, {}, {}}));
    ASSERT_TRUE(writer->commit());
  }
  ASSERT_TRUE(all.pull("north", "east"));
  auto south = all.open("south");
  FolderPeer twin(all.files(), "/east-2");
  ASSERT_TRUE(receive(*south, twin, {}));
  EXPECT_THAT(alarms("north"), IsEmpty());
  const auto met = all.pull("north", "south").value();
  EXPECT_TRUE(std::ranges::any_of(met.logs, [](const auto& l) { return l.is_forked; }));
  EXPECT_THAT(alarms("north"), ElementsAre("two-versions east"));
  ASSERT_TRUE(all.report("south", 7));
  ASSERT_TRUE(all.settle());
  for (const std::string& id : all.ids()) {
    EXPECT_THAT(alarms(id), ElementsAre("two-versions east")) << id;
    EXPECT_GE(size_at(id, {"south", "main"}), 2U) << "everything else goes on";
  }
  // Each of the others has stated it once, though the fork is met again and again.
  const auto watch = all.open("watch");
  EXPECT_EQ(watch->roster().of_type(record::kEvidenceType).size(), 3U);
}

TEST_F(ExchangeTest, NothingIsAppendedBehindAHeadThatOthersHold) {
  ASSERT_TRUE(all.report("east", 1));
  ASSERT_TRUE(all.settle());
  all.files().copy_from("/east", "/backup");
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(all.report("east", 10 + i));
  ASSERT_TRUE(all.pull("north", "east"));
  const std::uint64_t published = size_at("north", {"east", "main"});
  all.files().copy_from("/backup", "/east");
  // Without asking anybody nothing may be appended.
  ASSERT_TRUE(mark_restored(*all.open("east")));
  EXPECT_EQ(all.report("east", 99).error().code, ErrorCode::kRolledBack);
  auto east = all.open("east");
  const auto nobody = recover(*east, {}).value();
  EXPECT_EQ(nobody.asked, 0U);
  EXPECT_EQ(all.report("east", 99).error().code, ErrorCode::kRolledBack);
  FolderPeer north(all.files(), "/north"), watch(all.files(), "/watch");
  Peer* peers[] = {&watch, &north};
  const auto report = recover(*east, peers).value();
  ASSERT_EQ(report.logs.size(), 1U);
  EXPECT_EQ(report.logs[0].after, published);
  const auto next = all.report("east", 99);
  ASSERT_TRUE(next) << next.error().to_string();
  EXPECT_EQ(next->index, published);
  ASSERT_TRUE(all.settle());
  for (const std::string& id : all.ids()) EXPECT_THAT(alarms(id), IsEmpty()) << id;
}

// A log without its blobs would be one that nobody can receive.
TEST_F(ExchangeTest, RecoveryBringsBlobsBack) {
  ASSERT_TRUE(all.settle());
  all.files().copy_from("/east", "/backup");
  const std::string blob = "[1,2,3]";
  {
    const auto node = all.open("east");
    const auto writer = node->writer().value();
    ASSERT_TRUE(writer->put_blob(blob));
    ASSERT_TRUE(writer->add({"zone", Json::object({{"id", "z"}}), {}, {}, {sha256(blob)}}));
    ASSERT_TRUE(writer->commit());
  }
  ASSERT_TRUE(all.pull("north", "east"));
  all.files().copy_from("/backup", "/east");
  ASSERT_TRUE(mark_restored(*all.open("east")));
  FolderPeer north(all.files(), "/north");
  Peer* peers[] = {&north};
  ASSERT_TRUE(all.files().rename("/north/blobs/" + sha256(blob).hex(), "/kept"));
  const auto without = recover(*all.open("east"), peers).value();
  ASSERT_EQ(without.logs.size(), 1U);
  EXPECT_TRUE(without.logs[0].error);
  EXPECT_EQ(all.report("east", 9).error().code, ErrorCode::kRolledBack);
  ASSERT_TRUE(all.files().rename("/kept", "/north/blobs/" + sha256(blob).hex()));
  const auto with = recover(*all.open("east"), peers).value();
  EXPECT_FALSE(with.logs[0].error);
  EXPECT_TRUE(all.open("east")->blob(sha256(blob)));
  EXPECT_TRUE(all.report("east", 9));
  ASSERT_TRUE(all.settle());
}

// One peer has the longest head and cannot give what is below it, another one has less and can: nothing may be appended
// behind the longest.
TEST_F(ExchangeTest, AHeadThatCannotBeFetchedIsNotForgotten) {
  ASSERT_TRUE(all.settle());
  all.files().copy_from("/east", "/backup");
  ASSERT_TRUE(all.report("east", 1));
  ASSERT_TRUE(all.pull("north", "east"));
  ASSERT_TRUE(all.report("east", 2));
  ASSERT_TRUE(all.pull("south", "east"));
  all.files().copy_from("/backup", "/east");
  ASSERT_TRUE(mark_restored(*all.open("east")));
  all.files().copy_from("/south/logs/east/main/tile", "/kept");
  all.files().remove_folder("/south/logs/east/main/tile");
  FolderPeer north(all.files(), "/north"), south(all.files(), "/south");
  Peer* peers[] = {&north, &south};
  ASSERT_TRUE(recover(*all.open("east"), peers));
  EXPECT_EQ(all.report("east", 99).error().code, ErrorCode::kRolledBack);
  all.files().copy_from("/kept", "/south/logs/east/main/tile");
  ASSERT_TRUE(recover(*all.open("east"), peers));
  EXPECT_TRUE(all.report("east", 99));
}

// It states nothing before it has recovered, but what comes in is taken in.
TEST_F(ExchangeTest, ARestoredNodeReceives) {
  ASSERT_TRUE(all.settle());
  ASSERT_TRUE(mark_restored(*all.open("east")));
  ASSERT_TRUE(all.report("north", 1));
  const auto got = all.pull("east", "north");
  ASSERT_TRUE(got) << got.error().to_string();
  EXPECT_THAT(got->stated, IsEmpty());
  EXPECT_EQ(size_at("east", {"north", "main"}), size_at("north", {"north", "main"}));
}

// Every step of an exchange fails once; then comes another one, with the same peer or with one that has nothing; and
// then the power goes. What was receipted is there, whole.
TEST(ExchangeFaultTest, WhatIsReceiptedOutlastsAFailedStepAndALossOfPower) {
  TestParties all({{"east", "north"}, 1});
  ASSERT_TRUE(all.found());
  {
    const auto node = all.open("east");
    const auto writer = node->writer().value();
    const std::string blob = "[1,2,3]";
    ASSERT_TRUE(writer->put_blob(blob));
    ASSERT_TRUE(writer->add({"zone", Json::object({{"id", "z"}}), {}, {}, {sha256(blob)}}));
    ASSERT_TRUE(writer->commit());
  }
  all.files().copy_from("/north", "/fresh");
  std::uint64_t seed = 1;
  bool struck = true;
  for (std::uint64_t n = 1; struck; ++n) {
    ASSERT_LT(n, 200U);
    for (const char* second : {"/east", "/east", "/east", "/nobody", "/nobody", "/nobody"}) {
      all.files().copy_from("/fresh", "/north");
      FaultyFileSystem faulty(all.files(), ++seed);
      const World world{&faulty, &all.clock(), all.world().random};
      FolderPeer east(all.files(), "/east"), other(all.files(), second);
      faulty.fail_at(n);
      static_cast<void>(receive(*Node::open(world, "/north").value(), east, {}));
      struck = faulty.struck();
      static_cast<void>(receive(*Node::open(world, "/north").value(), other, {}));
      faulty.cut_power_after(0);
      faulty.power_on();
      const auto north = Node::open(world, "/north").value();
      const auto received = north->roster().received("north", {"east", "main"});
      if (!received) continue;
      const auto held = north->roster().heads().find({"east", "main"});
      ASSERT_NE(held, north->roster().heads().end()) << n << ' ' << seed;
      EXPECT_GE(held->second.size, received->size) << n << ' ' << seed;
      record::FsckOptions options;
      options.blobs_folder = "/north/blobs";
      options.threads = 1;
      const auto report = record::fsck(faulty, north->place_of({"east", "main"}).value(), options);
      ASSERT_TRUE(report) << n << ' ' << seed;
      EXPECT_TRUE(report->ok()) << n << ' ' << seed << ' ' << report->faults[0].error.to_string();
    }
  }
}

// Restored in silence, nobody told: the first exchange finds out.
TEST_F(ExchangeTest, ARestoredNodeLearnsOfItFromItsPeers) {
  ASSERT_TRUE(all.settle());
  all.files().copy_from("/east", "/backup");
  ASSERT_TRUE(all.report("east", 10));
  ASSERT_TRUE(all.pull("north", "east"));
  all.files().copy_from("/backup", "/east");
  const auto got = all.pull("east", "north").value();
  EXPECT_THAT(got.own_behind, ElementsAre(LogId{"east", "main"}));
  EXPECT_THAT(alarms("east"), ElementsAre("behind-own-head east"));
  EXPECT_EQ(all.report("east", 99).error().code, ErrorCode::kRolledBack);
  FolderPeer north(all.files(), "/north");
  Peer* peers[] = {&north};
  ASSERT_TRUE(recover(*all.open("east"), peers));
  EXPECT_THAT(alarms("east"), IsEmpty());
  EXPECT_TRUE(all.report("east", 99));
  ASSERT_TRUE(all.settle());
}

// It stated something before it knew, which could not be published; what the others hold stands in its place.
TEST_F(ExchangeTest, WhatWasStatedBehindALostHeadIsSetAside) {
  ASSERT_TRUE(all.settle());
  all.files().copy_from("/east", "/backup");
  ASSERT_TRUE(all.report("east", 1));
  ASSERT_TRUE(all.pull("north", "east"));
  const LogId log{"east", "main"};
  const std::uint64_t published = size_at("north", log);
  int tried = 0;
  bool struck = true;
  for (std::uint64_t n = 1; struck; ++n) {
    ASSERT_LT(n, 100U);
    all.files().copy_from("/backup", "/east");
    FaultyFileSystem faulty(all.files(), n);
    {
      const auto node = Node::open({&faulty, &all.clock(), all.world().random}, "/east").value();
      const auto writer = node->writer();
      faulty.fail_at(n);
      ASSERT_TRUE(writer && (*writer)->add({"report", invented_report(77, all.clock().now()), {}, {}, {}}));
      static_cast<void>((*writer)->commit());
      struck = faulty.struck();
    }
    if (size_at("east", log) + 1 != published) continue;  // it was published, and forks the log
    FolderPeer north(all.files(), "/north");
    Peer* peers[] = {&north};
    const auto got = recover(*all.open("east"), peers);
    ASSERT_TRUE(got) << got.error().to_string();
    ASSERT_EQ(got->logs.size(), 1U);
    EXPECT_EQ(got->logs[0].after, published);
    const auto lines = all.files().read(got->logs[0].set_aside.file, 1 << 16);
    EXPECT_EQ(lines.has_value(), got->logs[0].set_aside.count == 1) << n;
    if (lines) {
      ++tried;
      EXPECT_EQ(record::decode(lines->substr(0, lines->size() - 1)).value().type, "report");
    }
    const auto more = all.report("east", 78);
    ASSERT_TRUE(more) << more.error().to_string();
    EXPECT_EQ(more->index, published);
  }
  EXPECT_GT(tried, 0);
}

TEST_F(ExchangeTest, DesksSpeakForTheirPartyOnceMainHasOpenedThem) {
  const auto made = keygen(all.world(), {"/east-desk", "east", "", mechanism::Role::kGuarantor, "desk-a"});
  ASSERT_TRUE(made) << made.error().to_string();
  ASSERT_TRUE(accept(all.world(), "/east-desk", all.founding()));
  const record::LogOpen open{"desk-a", made->card.desk_key};
  ASSERT_TRUE(all.state("east", {record::kLogOpenType, open.to_body(), {}, {}, {}}));
  auto desk = Node::open(all.world(), "/east-desk").value();
  EXPECT_EQ(desk->own_log(), (LogId{"east", "desk-a"}));
  EXPECT_FALSE(desk->main_writer()) << "positions and amendments come from main";
  FolderPeer east(all.files(), "/east");
  ASSERT_TRUE(receive(*desk, east, {}));
  auto writer = desk->writer().value();
  ASSERT_TRUE(writer->add({"report", invented_report(5, all.clock().now()), {}, {}, {}}));
  ASSERT_TRUE(writer->commit());
  writer.reset();
  FolderPeer at_desk(all.files(), "/east-desk");
  ASSERT_TRUE(receive(*all.open("north"), at_desk, {}));
  EXPECT_EQ(size_at("north", {"east", "desk-a"}), 2U);
  EXPECT_EQ(size_at("north", {"east", "main"}), 2U);
  ASSERT_TRUE(all.settle());
  EXPECT_GE(all.open("watch")->roster().settled({"east", "desk-a"}).value(), 2U);
}

// A forked log holds two questions under one number: who heard and answered one of them has not heard the other.
TEST_F(ExchangeTest, VoicesAndReceiptsOfTheOtherBranchCountForNothing) {
  ASSERT_TRUE(all.settle());
  all.files().copy_from("/east", "/east-2");
  const auto propose = [&](const std::string& folder, const std::string& use) {
    auto node = Node::open(all.world(), folder).value();
    mechanism::Mechanism next = node->mechanism();
    next.permitted_use = use;
    next.version = 1;
    next.amends = sha256(all.founding());
    const std::string document = next.to_bytes().value();
    auto writer = node->main_writer().value();
    EXPECT_TRUE(writer->put_blob(document));
    const record::Amendment body{*next.amends, sha256(document), 1};
    const auto ref = writer->add({record::kAmendmentType, body.to_body(), {}, {}, {body.document}}).value();
    EXPECT_TRUE(writer->commit());
    return std::pair(ref, body);
  };
  const auto [one, one_body] = propose("/east", "as one says");
  const auto [two, two_body] = propose("/east-2", "as the other says");
  ASSERT_EQ(one.id, two.id);
  ASSERT_TRUE(all.pull("north", "east"));
  record::VoiceStatement voice;
  voice.amendment = one_body;
  ASSERT_TRUE(
      all.state("north", {record::kConsentType, voice.to_body(), {{std::string(record::kRelationTo), one}}, {}, {}}));
  {
    auto south = all.open("south");
    FolderPeer twin(all.files(), "/east-2");
    ASSERT_TRUE(receive(*south, twin, {}));
  }
  ASSERT_TRUE(all.pull("south", "north"));
  const auto south = all.open("south");
  ASSERT_EQ(south->roster().proposals().size(), 1U);
  const mechanism::Proposal& held = south->roster().proposals()[0];
  EXPECT_EQ(held.document, two_body.document);
  EXPECT_FALSE(held.question.voices.contains("north")) << "consented to another document";
  const mechanism::Question heard = south->roster().question(held.id).value();
  EXPECT_FALSE(heard.received.contains("north")) << "received another question";
  EXPECT_TRUE(heard.received.contains("south"));
  const auto north = all.open("north");
  ASSERT_EQ(north->roster().proposals().size(), 1U);
  EXPECT_TRUE(north->roster().proposals()[0].question.voices.contains("north"));
}

// The cache of what was read may outlast what it was read from, when the power goes.
TEST_F(ExchangeTest, ANodeOpensThoughItsCacheKnowsOfMoreThanIsHere) {
  ASSERT_TRUE(all.settle());
  const std::string checkpoint = "/north/logs/east/main/checkpoint";
  const std::string before = all.files().read(checkpoint, 1 << 16).value();
  mechanism::Mechanism next = all.open("east")->mechanism();
  next.permitted_use = "as agreed";
  next.version = 1;
  next.amends = sha256(all.founding());
  const std::string document = next.to_bytes().value();
  {
    const auto node = all.open("east");
    const auto writer = node->main_writer().value();
    ASSERT_TRUE(writer->put_blob(document));
    const record::Amendment body{*next.amends, sha256(document), 1};
    ASSERT_TRUE(writer->add({record::kAmendmentType, body.to_body(), {}, {}, {body.document}}));
    ASSERT_TRUE(writer->commit());
  }
  ASSERT_TRUE(all.settle());
  ASSERT_EQ(all.open("north")->roster().proposals().size(), 1U);
  ASSERT_TRUE(all.files().write(checkpoint, before));
  const std::string cache = all.files().read("/north/roster.json", 1 << 20).value();
  auto shorter = Node::open({&all.files(), &all.clock(), all.world().random}, "/north");
  ASSERT_TRUE(shorter) << shorter.error().to_string();
  EXPECT_TRUE((*shorter)->roster().proposals().empty());
  ASSERT_TRUE(all.files().write("/north/roster.json", cache));
  ASSERT_TRUE(all.files().remove(checkpoint));
  auto without = Node::open({&all.files(), &all.clock(), all.world().random}, "/north");
  ASSERT_TRUE(without) << without.error().to_string();
  ASSERT_TRUE(all.settle());
  EXPECT_EQ(all.open("north")->roster().proposals().size(), 1U);
}

// A first checkpoint whose rename goes with the power was never here: its copy is not damaged.
TEST_F(ExchangeTest, ACheckpointThatGoesWithThePowerIsNoDamage) {
  ASSERT_TRUE(all.settle());
  const std::string folder = "/north/logs/east/main", checkpoint = folder + "/checkpoint";
  for (std::uint64_t seed = 1; seed < 20; ++seed) {
    all.files().copy_from("/north", "/here");
    FaultyFileSystem faulty(all.files(), seed);
    const World world{&faulty, &all.clock(), all.world().random};
    // As after an exchange whose last step, the sync behind the rename, failed.
    ASSERT_TRUE(faulty.rename(checkpoint, checkpoint + ".tmp-1"));
    ASSERT_TRUE(faulty.sync(folder));
    ASSERT_TRUE(faulty.rename(checkpoint + ".tmp-1", checkpoint));
    ASSERT_TRUE(faulty.remove("/north/roster.json"));
    // And whether or not the sync that is tried then fails too.
    if (seed > 10) faulty.fail_at(seed - 10);
    const auto before = Node::open(world, "/north");
    if (before) {
      ASSERT_TRUE((*before)->refresh_roster());
    }
    faulty.cut_power_after(0);
    faulty.power_on();
    const auto north = Node::open(world, "/north").value();
    EXPECT_THAT(north->roster().faults(), IsEmpty()) << seed;
    all.files().copy_from("/here", "/north");
  }
}

// What is settled does not come undone because a party later receipts what is not there.
TEST_F(ExchangeTest, AWrongReceiptTakesNoEarlierOneBack) {
  ASSERT_TRUE(all.report("east", 1));
  ASSERT_TRUE(all.settle());
  const LogId east{"east", "main"};
  const std::uint64_t settled = all.open("watch")->roster().settled(east).value();
  ASSERT_GE(settled, 2U);
  for (const char* id : {"north", "south", "watch"}) {
    record::Receipt wrong;
    wrong.heads = {{east, 99, sha256("no such root")}};
    ASSERT_TRUE(all.state(id, {record::kReceiptType, wrong.to_body(), {}, {}, {}}));
  }
  ASSERT_TRUE(all.settle());
  EXPECT_EQ(all.open("east")->roster().settled(east).value(), settled);
}

// A receipt in a main log that its successor has replaced was a receipt.
TEST_F(ExchangeTest, ReceiptsOfAClosedMainLogCount) {
  ASSERT_TRUE(all.settle());
  const auto south_received = [&] {
    const auto north = all.open("north");
    const StatementId id = north->roster().proposals().at(0).id;
    return north->roster().question(id).value().received.contains("south");
  };
  mechanism::Mechanism next = all.open("east")->mechanism();
  next.permitted_use = "as agreed";
  next.version = 1;
  next.amends = sha256(all.founding());
  const std::string document = next.to_bytes().value();
  {
    const auto node = all.open("east");
    const auto writer = node->main_writer().value();
    ASSERT_TRUE(writer->put_blob(document));
    const record::Amendment body{*next.amends, sha256(document), 1};
    ASSERT_TRUE(writer->add({record::kAmendmentType, body.to_body(), {}, {}, {body.document}}));
    ASSERT_TRUE(writer->commit());
  }
  ASSERT_TRUE(all.settle());
  ASSERT_TRUE(south_received());
  {
    const auto node = all.open("south");
    const LogId main{"south", "main"};
    auto keys = record::KeyRing::open(all.files(), "/south/keys").value();
    ASSERT_TRUE(keys.add_log(all.files(), "main-2", *all.world().random));
    const record::LogOpen open{"main-2", keys.log_public_key("main-2").value()};
    const auto writer = node->writer().value();
    ASSERT_TRUE(writer->add({record::kLogOpenType, open.to_body(), {}, {}, {}}));
    ASSERT_TRUE(writer->commit());
    const record::Head head = node->roster().heads().at(main);
    const record::LogClose close{"main", head.size, head.root};
    ASSERT_TRUE(writer->add({record::kLogCloseType, close.to_body(), {}, {}, {}}));
    ASSERT_TRUE(writer->commit());
  }
  ASSERT_TRUE(all.pull("north", "south"));
  const auto north = all.open("north");
  EXPECT_EQ(north->roster().main_log("south").log, "main-2");
  EXPECT_TRUE(south_received());
  EXPECT_TRUE(north->roster().question(north->roster().proposals().at(0).id).value().newest.contains("south"));
}

// The silence of the others is not over because a party that decides nothing has its clock ahead.
TEST(RosterTest, AHumanitarianPartysClockEndsNoDeadline) {
  TestParties all({{"east", "north", "relief"}, 3});
  ASSERT_TRUE(all.found());
  const Instant start = all.clock().now();
  ASSERT_TRUE(all.settle());
  ASSERT_TRUE(all.report("east", 1));
  all.clock().set(Instant{start.ms + 86'400'000});
  ASSERT_TRUE(all.report("north", 1));
  all.clock().set(Instant{start.ms + 100 * 86'400'000LL});
  ASSERT_TRUE(all.report("relief", 1));
  ReceiveOptions quiet;
  quiet.state = false;
  ASSERT_TRUE(all.pull("east", "north", quiet));
  ASSERT_TRUE(all.pull("east", "relief", quiet));
  EXPECT_EQ(all.open("east")->roster().as_of(), start) << "the lower median of east and north";
}

TEST(TestPartiesTest, InventedReportsAreReports) {
  for (int i = 0; i < 2000; i += 7) {
    const auto report = monitor::Report::from_body(invented_report(i, Instant{1'800'000'000'000 + i}));
    ASSERT_TRUE(report) << i << ' ' << report.error().to_string();
    EXPECT_TRUE(report->check()) << i;
  }
}

TEST_F(ExchangeTest, AmendmentsBringPartiesInAndTheirLogsWithThem) {
  ASSERT_TRUE(all.settle());
  const auto made = keygen(all.world(), {"/west", "west", "Party west", mechanism::Role::kObserver, ""});
  ASSERT_TRUE(made);
  mechanism::Mechanism next = all.open("east")->mechanism();
  next.parties.push_back(made->card.party);
  next.version = 1;
  next.amends = sha256(all.founding());
  const std::string document = next.to_bytes().value();
  StatementRef proposal;
  {
    auto node = all.open("east");
    auto writer = node->main_writer().value();
    ASSERT_TRUE(writer->put_blob(document));
    const record::Amendment body{*next.amends, sha256(document), 1};
    proposal = writer->add({record::kAmendmentType, body.to_body(), {}, {}, {body.document}}).value();
    ASSERT_TRUE(writer->commit());
  }
  ASSERT_TRUE(all.settle());
  EXPECT_EQ(all.open("watch")->mechanism().version, 0);
  for (const char* id : {"north", "south"}) {
    record::VoiceStatement voice;
    voice.amendment = record::Amendment{*next.amends, sha256(document), 1};
    ASSERT_TRUE(
        all.state(id, {record::kConsentType, voice.to_body(), {{std::string(record::kRelationTo), proposal}}, {}, {}}));
  }
  ASSERT_TRUE(all.settle());
  for (const std::string& id : all.ids()) EXPECT_EQ(all.open(id)->mechanism().version, 1) << id;
  // The new party accepts the founding document, and is heard.
  EXPECT_FALSE(accept(all.world(), "/west", all.founding()).value()) << "it is not in the founding document";
  FolderPeer north(all.files(), "/north");
  ASSERT_TRUE(receive(*Node::open(all.world(), "/west").value(), north, {}));
  ASSERT_TRUE(accept(all.world(), "/west", all.founding()).value());
  auto west = Node::open(all.world(), "/west").value();
  auto writer = west->writer().value();
  ASSERT_TRUE(writer->add({"report", invented_report(5, all.clock().now()), {}, {}, {}}));
  ASSERT_TRUE(writer->commit());
  writer.reset();
  FolderPeer at_west(all.files(), "/west");
  ASSERT_TRUE(receive(*all.open("south"), at_west, {}));
  EXPECT_EQ(size_at("south", {"west", "main"}), 2U);
}

}  // namespace
}  // namespace truce::node
