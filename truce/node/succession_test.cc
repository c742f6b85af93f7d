// SPDX-License-Identifier: Apache-2.0

#include "truce/node/succession.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "truce/base/file_testing.h"
#include "truce/node/parties_testing.h"
#include "truce/node/recover.h"
#include "truce/picture/fold.h"
#include "truce/picture/tables.h"
#include "truce/record/statements.h"

namespace truce::node {
namespace {

class SuccessionTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(all.found());
    ASSERT_TRUE(all.report("south", 1));
    ASSERT_TRUE(all.settle());
  }
  // A copy of a party's folder, as a second machine would hold it.
  void copy(const std::string& from, const std::string& to) { all.files().copy_from(from, to); }
  // South's log goes on in two versions, and everybody knows.
  void fork_south() {
    copy("/south", "/twin");
    ASSERT_TRUE(all.report("south", 2));
    auto twin = Node::open(all.world(), "/twin").value();
    const auto writer = twin->writer().value();
    ASSERT_TRUE(writer->add({"report", invented_report(3, all.clock().now()), {}, {}, {}}));
    ASSERT_TRUE(writer->commit());
    ASSERT_TRUE(all.pull("east", "south"));
    ASSERT_TRUE(all.pull("north", "twin"));
    ASSERT_TRUE(all.settle());
  }
  // East proposes that south goes on as its card says; whoever is named consents.
  void amend(const Card& card, const std::vector<std::string>& consenting) {
    const auto east = all.open("east");
    mechanism::Mechanism next = east->mechanism();
    ASSERT_TRUE(put_card(*east, next, card, {}));
    next.amends = east->roster().chain().links.back().document;
    next.version += 1;
    const auto writer = east->main_writer().value();
    const Hash blob = writer->put_blob(next.to_bytes().value()).value();
    const record::Amendment body{*next.amends, blob, next.version};
    const auto ref = writer->add({record::kAmendmentType, body.to_body(), {}, {}, {blob}});
    ASSERT_TRUE(ref && writer->commit());
    ASSERT_TRUE(all.settle());
    for (const std::string& id : consenting) {
      record::VoiceStatement voice;
      voice.amendment = body;
      const StatementRef to = all.open(id)->reference(ref->id).value();
      Draft draft{record::kConsentType, voice.to_body(), {}, {}, {}};
      draft.references = {{std::string(record::kRelationTo), to}};
      ASSERT_TRUE(all.state(id, std::move(draft)));
    }
    ASSERT_TRUE(all.settle());
  }
  Hash digest(const std::string& id, const picture::Cut& cut) {
    const auto node = all.open(id);
    picture::MemoryTables tables;
    const auto source = node->source();
    const auto folded = picture::fold({&node->founding(), cut, {}, {}}, *source, tables);
    EXPECT_TRUE(folded) << id << ": " << folded.error().to_string();
    return folded ? folded->digest : Hash{};
  }
  std::uint64_t settled(const std::string& holder, const LogId& log) {
    return all.open(holder)->roster().settled(log).value();
  }
  TestParties all;
};

TEST_F(SuccessionTest, APartyClosesItsMainLogAndGoesOnInAFreshOne) {
  const auto done = renew_main(*all.open("south"));
  ASSERT_TRUE(done) << done.error().to_string();
  EXPECT_EQ(done->after, (LogId{"south", "main-2"}));
  const auto id = all.report("south", 4);
  ASSERT_TRUE(id);
  EXPECT_EQ(id->log, (LogId{"south", "main-2"}));
  ASSERT_TRUE(all.report("north", 5));
  ASSERT_TRUE(all.settle());
  const auto cut = all.open("east")->cut().value();
  for (const std::string& holder : all.ids()) {
    EXPECT_EQ(all.open(holder)->roster().main_log("south"), done->after) << holder;
    EXPECT_GT(settled(holder, done->after), id->index) << holder;
    EXPECT_EQ(digest(holder, cut), digest("east", cut));
    EXPECT_TRUE(all.open(holder)->alarms()->empty());
  }
  // South's receipts come from the fresh log.
  EXPECT_GT(all.open("east")->roster().received("south", {"north", "main"})->size, 0U);
  // And once more.
  EXPECT_EQ(renew_main(*all.open("south"))->after, (LogId{"south", "main-3"}));
  ASSERT_TRUE(all.settle());
  EXPECT_EQ(all.open("watch")->roster().main_log("south"), (LogId{"south", "main-3"}));
}

TEST_F(SuccessionTest, ARenewalThatIsCutShortGoesOn) {
  copy("/south", "/kept");
  for (std::uint64_t step = 1;; ++step) {
    ASSERT_LT(step, 500U);
    copy("/kept", "/south");
    FaultyFileSystem faulty(all.files(), step);
    faulty.cut_power_after(step - 1);
    World world = all.world();
    world.files = &faulty;
    {
      const auto node = Node::open(world, "/south");
      if (node) static_cast<void>(renew_main(**node));
    }
    const bool struck = faulty.struck();
    faulty.power_on();
    if (!struck) break;
    const auto done = renew_main(*all.open("south"));
    ASSERT_TRUE(done) << step << ": " << done.error().to_string();
    const LogId main = all.open("south")->roster().main_log("south");
    ASSERT_TRUE(main.log == "main-2" || main.log == "main-3") << step << ' ' << main.log;
    const auto id = all.report("south", 9);
    ASSERT_TRUE(id) << step << ": " << id.error().to_string();
    EXPECT_EQ(id->log, main) << step;
  }
}

// The unanimity of three: south has no say about the end of its forked log.
TEST_F(SuccessionTest, TheOthersEndAForkedLogAndItsPartyGoesOn) {
  fork_south();
  for (const std::string& id : all.ids()) ASSERT_FALSE(all.open(id)->alarms()->empty()) << id;
  EXPECT_EQ(renew_main(*all.open("south")).error().code, ErrorCode::kRefused);
  const auto made = next_card(*all.open("south"));
  ASSERT_TRUE(made) << made.error().to_string();
  EXPECT_EQ(next_card(*all.open("south"))->card.to_bytes(), made->card.to_bytes()) << "the same when called again";
  const Card card = Card::parse(all.files().read(made->card_path, 1 << 16).value()).value();
  amend(card, {"north"});
  for (const std::string& id : all.ids())
    EXPECT_EQ(all.open(id)->roster().main_log("south"), (LogId{"south", "main-2"})) << id;
  const auto opened = accept(all.world(), "/south", all.founding());
  ASSERT_TRUE(opened) << opened.error().to_string();
  ASSERT_TRUE(*opened);
  ASSERT_TRUE(state_cause(*all.open("south"), {"main", "two-machines", "a copy of the folder went on"}));
  const auto id = all.report("south", 6);
  ASSERT_TRUE(id) << id.error().to_string();
  ASSERT_TRUE(all.settle());
  const auto cut = all.open("east")->cut().value();
  for (const std::string holder : {"east", "watch"}) {
    EXPECT_GT(settled(holder, id->log), id->index) << holder;
    EXPECT_EQ(digest(holder, cut), digest("east", cut)) << holder;
    const auto alarms = all.open(holder)->alarms().value();
    ASSERT_EQ(alarms.size(), 1U);
    EXPECT_TRUE(alarms[0].is_over);
    EXPECT_THAT(alarms[0].words, testing::HasSubstr("two-machines"));
    EXPECT_THAT(alarms[0].words, testing::HasSubstr("main-2"));
  }
}

TEST_F(SuccessionTest, WithoutAProofUnanimityAsksThePartyItself) {
  const auto made = next_card(*all.open("south")).value();
  amend(made.card, {"north"});
  EXPECT_EQ(all.open("watch")->roster().main_log("south"), (LogId{"south", "main"}));
  EXPECT_FALSE(accept(all.world(), "/south", all.founding()).error().message.empty());
}

// All keys are gone: a new folder, new keys, and south itself cannot consent; by a rule of two of three the others can.
TEST_F(SuccessionTest, APartyThatLostItsKeysComesBackUnderNewOnes) {
  const auto made =
      keygen(all.world(), {"/south-again", "south", "Party south", mechanism::Role::kGuarantor, "", "main-2"});
  ASSERT_TRUE(made) << made.error().to_string();
  EXPECT_FALSE(accept(all.world(), "/south-again", all.founding())) << "not without being told";
  const auto waits = accept(all.world(), "/south-again", all.founding(), true);
  ASSERT_TRUE(waits) << waits.error().to_string();
  EXPECT_FALSE(*waits);
  // South's consent comes out of the copy of the keys that it found after all.
  amend(made->card, {"north", "south"});
  ASSERT_TRUE(Node::open(all.world(), "/south-again"));
  {
    const auto node = Node::open(all.world(), "/south-again").value();
    for (const char* from : {"/east", "/north"}) {
      FolderPeer peer(all.files(), from);
      ASSERT_TRUE(receive(*node, peer, {}));
    }
    FolderPeer peer(all.files(), "/east");
    Peer* const peers[] = {&peer};
    const auto recovered = recover(*node, peers);
    ASSERT_TRUE(recovered) << recovered.error().to_string();
  }
  const auto opened = accept(all.world(), "/south-again", all.founding());
  ASSERT_TRUE(opened) << opened.error().to_string();
  EXPECT_TRUE(*opened);
  const auto node = Node::open(all.world(), "/south-again").value();
  EXPECT_EQ(node->own_log(), (LogId{"south", "main-2"}));
  const auto writer = node->writer();
  ASSERT_TRUE(writer) << writer.error().to_string();
  ASSERT_TRUE((*writer)->add({"report", invented_report(7, all.clock().now()), {}, {}, {}}));
  ASSERT_TRUE((*writer)->commit());
  FolderPeer again(all.files(), "/south-again");
  ASSERT_TRUE(receive(*all.open("watch"), again, {}));
  EXPECT_EQ(all.open("watch")->roster().heads().at({"south", "main-2"}).size, 2U);
}

TEST_F(SuccessionTest, CardsThatChangeTheKeyOfTheSameLogAreRefused) {
  const auto east = all.open("east");
  mechanism::Mechanism next = east->mechanism();
  Card card;
  card.party = *next.party("south");
  card.party.keys.log = std::string(32, 'x');
  EXPECT_EQ(put_card(*east, next, card, {}).error().code, ErrorCode::kInvalidArgument);
  card.party.main = "main-2";
  EXPECT_EQ(put_card(*east, next, card, 1'000).error().code, ErrorCode::kInvalidArgument) << "beyond what is here";
  EXPECT_TRUE(put_card(*east, next, card, {}));
  EXPECT_EQ(next.party("south")->ended.size(), 1U);
}

}  // namespace
}  // namespace truce::node
