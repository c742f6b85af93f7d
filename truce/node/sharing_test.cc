// SPDX-License-Identifier: Apache-2.0

#include "truce/node/sharing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "truce/base/encoding.h"
#include "truce/base/file_testing.h"
#include "truce/node/parties_testing.h"
#include "truce/record/private_store.h"
#include "truce/record/statements.h"

namespace truce::node {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

const std::string kPlanted = "Planted Name of nobody";

class SharingTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(all.found());
    id = stated("east", 1);
    ASSERT_TRUE(all.settle());
  }
  // A report whose notes are sealed.
  StatementId stated(const std::string& party, int number) {
    const auto made = all.state(party, {"report",
                                        invented_report(number, all.clock().now()),
                                        {},
                                        Json::object({{"note", kPlanted + std::to_string(number)}}),
                                        {}});
    EXPECT_TRUE(made);
    return *made;
  }
  std::string opened(const std::string& party, const StatementId& of) {
    const auto part = open_part(*all.open(party), of);
    return part ? part->find("note")->as_string() : part.error().message;
  }
  bool opens(const std::string& party, const StatementId& of) { return open_part(*all.open(party), of).has_value(); }
  Result<StatementId> give(const std::string& from, const StatementId& of, std::vector<std::string> to) {
    return share(*all.open(from), of, std::move(to));
  }
  // A bundle of `from` for `to`, taken in by `by`.
  Result<ReceiveReport> carry(const std::string& from, const std::string& to, const std::string& by) {
    BundleRequest request;
    request.for_party = to;
    TRUCE_TRY(const auto facts, export_bundle(*all.open(from), "/stick-" + from + "-" + to, request));
    static_cast<void>(facts);
    return import_bundle(*all.open(by), "/stick-" + from + "-" + to, {});
  }
  bool found_under(const std::string& folder, const std::string& text) {
    const auto names = all.files().list(folder);
    for (const std::string& name : names.value_or(std::vector<std::string>())) {
      const std::string path = folder + '/' + name;
      if (all.files().status(path)->is_directory) {
        if (found_under(path, text)) return true;
      } else if (all.files().read(path, 1 << 30)->find(text) != std::string::npos) {
        return true;
      }
    }
    return false;
  }

  TestParties all;
  StatementId id;
};

TEST_F(SharingTest, GivenToTheAddresseeAloneInABundleMadeForThem) {
  const auto made = give("east", id, {"north"});
  ASSERT_TRUE(made) << made.error().to_string();
  const auto envelope = all.open("east")->envelope(*made).value();
  EXPECT_EQ(envelope.type, record::kShareType);
  EXPECT_EQ(envelope.body.to_canonical(), R"({"to":["north"]})");
  EXPECT_EQ(envelope.reference(record::kRelationOf)->id, id);

  // A bundle for nobody, and one for another, hold nothing of it.
  ASSERT_TRUE(export_bundle(*all.open("east"), "/stick", {}));
  EXPECT_THAT(import_bundle(*all.open("north"), "/stick", {})->parts, IsEmpty());
  EXPECT_THAT(opened("north", id), HasSubstr("has not come"));
  const auto other = carry("east", "south", "south");
  ASSERT_TRUE(other) << other.error().to_string();
  EXPECT_THAT(other->parts, IsEmpty());

  // The addressee's own bundle in another's hands opens nothing.
  const auto stolen = carry("east", "north", "watch");
  ASSERT_TRUE(stolen);
  ASSERT_EQ(stolen->parts.size(), 1U);
  EXPECT_THAT(stolen->parts[0].error->message, HasSubstr("is for north"));
  EXPECT_THAT(opened("watch", id), HasSubstr("never given"));

  const auto got = carry("east", "north", "north");
  ASSERT_TRUE(got) << got.error().to_string();
  ASSERT_EQ(got->parts.size(), 1U);
  EXPECT_EQ(got->parts[0].statement, id);
  EXPECT_FALSE(got->parts[0].error) << got->parts[0].error->to_string();
  EXPECT_EQ(opened("north", id), kPlanted + "1");
  EXPECT_EQ(opened("east", id), kPlanted + "1");
  EXPECT_FALSE(opens("south", id));
  EXPECT_THAT(carry("east", "north", "north")->parts, IsEmpty()) << "here already";

  // The addressee may pass it on, to whom the author did not.
  const auto on = give("north", id, {"watch"});
  ASSERT_TRUE(on) << on.error().to_string();
  ASSERT_TRUE(carry("north", "watch", "watch"));
  EXPECT_EQ(opened("watch", id), kPlanted + "1");
  for (const std::string& party : all.ids()) EXPECT_FALSE(found_under("/" + party, kPlanted)) << party;
}

TEST_F(SharingTest, WrongSharesAreRefused) {
  const auto plain = all.report("east", 9).value();
  ASSERT_TRUE(all.settle());
  const auto before = all.open("east")->cut().value();
  const auto code = [&](const std::string& from, const StatementId& of, std::vector<std::string> to) {
    const auto r = give(from, of, std::move(to));
    return r ? ErrorCode::kFork : r.error().code;
  };
  EXPECT_EQ(code("east", id, {}), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code("east", id, {"east"}), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code("east", id, {"north", "nobody"}), ErrorCode::kUnknownParty);
  EXPECT_EQ(code("east", plain, {"north"}), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code("east", {{"east", "main"}, 999}, {"north"}), ErrorCode::kNotFound);
  EXPECT_EQ(code("south", id, {"north"}), ErrorCode::kNotFound);
  ASSERT_TRUE(record::KeyRing::lock(all.files(), "/east/keys", "x", *all.world().random, {1, 8192}));
  EXPECT_EQ(code("east", id, {"north"}), ErrorCode::kLocked);
  EXPECT_EQ(open_part(*all.open("east"), id).error().code, ErrorCode::kLocked);
  EXPECT_EQ(rotate_sealing_key(*all.open("east"), false).error().code, ErrorCode::kLocked);
  EXPECT_EQ(erase(*all.open("east"), id).error().code, ErrorCode::kLocked);
  EXPECT_EQ(all.open("east")->cut().value(), before) << "nothing was stated";
  EXPECT_FALSE(all.files().exists("/east/private/outbox"));
}

// What lies in the outbox without a stated share does not leave the node.
TEST_F(SharingTest, NothingGoesOutBeforeItsShareIsStated) {
  ASSERT_TRUE(give("east", id, {"north"}));
  const auto second = stated("east", 2);
  ASSERT_TRUE(give("east", second, {"south"}));
  const std::string name = all.files().list("/east/private/outbox/south")->at(0);
  auto h = record::Handover::parse(all.files().read("/east/private/outbox/south/" + name, 1 << 20).value()).value();
  h.to = "north";
  ASSERT_TRUE(all.files().write("/east/private/outbox/north/" + sha256(h.to_bytes()).hex(), h.to_bytes()));
  ASSERT_TRUE(all.files().write("/east/private/outbox/north/garbage", "garbage"));
  const auto parcels = parcels_for(*all.open("east"), "north", 100, 1 << 30).value();
  EXPECT_EQ(parcels.handovers.size(), 1U);
  EXPECT_EQ(parcels.ciphertexts.size(), 1U);
  EXPECT_EQ(parcels_for(*all.open("east"), "nobody", 100, 1 << 30).error().code, ErrorCode::kUnknownParty);
  EXPECT_THAT(parcels_for(*all.open("east"), "north", 0, 1 << 30)->handovers, IsEmpty());
  EXPECT_THAT(parcels_for(*all.open("east"), "north", 100, 10)->handovers, IsEmpty());
}

TEST_F(SharingTest, WhatIsHandedOverIsCheckedNotBelieved) {
  const auto second = stated("east", 2);
  ASSERT_TRUE(give("east", id, {"north"}));
  ASSERT_TRUE(all.settle());
  const auto node = all.open("north");
  const auto e = node->envelope(id).value();
  const std::string text = all.files().read("/east/sealed/" + e.sealed->ciphertext.hex(), 1 << 20).value();
  const std::string name = all.files().list("/east/private/outbox/north")->at(0);
  const std::string good = all.files().read("/east/private/outbox/north/" + name, 1 << 20).value();
  const auto with = [&](const auto& change) {
    auto h = record::Handover::parse(good).value();
    change(h);
    return h.to_bytes();
  };
  const std::string bad[] = {
      "garbage",
      with([](record::Handover& h) { h.to = "south"; }),
      with([](record::Handover& h) { h.from = "stranger"; }),
      with([&](record::Handover& h) { h.statement = second; }),
      with([](record::Handover& h) { h.statement.index = 0; }),
      with([](record::Handover& h) { h.statement.index = 999; }),
      with([](record::Handover& h) { h.wrapped[50] = static_cast<char>(h.wrapped[50] ^ 1); }),
  };
  for (const std::string& b : bad) {
    HandoverTaker taker(*node);
    ASSERT_TRUE(taker.handover(b));
    EXPECT_FALSE(taker.wants(e.sealed->ciphertext)) << b;
    const auto parts = taker.finish();
    ASSERT_EQ(parts.size(), 1U) << b;
    EXPECT_TRUE(parts[0].error) << b;
  }
  {  // another ciphertext under the name, or none
    HandoverTaker taker(*node);
    ASSERT_TRUE(taker.handover(good));
    ASSERT_TRUE(taker.ciphertext(e.sealed->ciphertext, text + "x"));
    ASSERT_TRUE(taker.ciphertext(sha256("other"), "other"));
    const auto parts = taker.finish();
    ASSERT_EQ(parts.size(), 1U);
    EXPECT_THAT(parts[0].error->message, HasSubstr("has not come"));
  }
  EXPECT_FALSE(opens("north", id));
  HandoverTaker taker(*node);
  ASSERT_TRUE(taker.handover(good));
  ASSERT_TRUE(taker.handover(good));
  ASSERT_TRUE(taker.ciphertext(e.sealed->ciphertext, text));
  for (const auto& part : taker.finish()) EXPECT_FALSE(part.error);
  EXPECT_TRUE(opens("north", id));
}

TEST_F(SharingTest, RotatedKeysAreStatedAndThePreviousOneStillOpens) {
  const std::string first = all.open("north")->roster().sealing_key("north").value();
  EXPECT_EQ(first, all.open("north")->mechanism().party("north")->keys.x25519);
  EXPECT_FALSE(all.open("north")->roster().sealing_key("nobody"));
  ASSERT_TRUE(give("east", id, {"north"}));
  ASSERT_TRUE(rotate_sealing_key(*all.open("north"), false));
  const std::string second = all.open("north")->roster().sealing_key("north").value();
  EXPECT_NE(second, first);
  ASSERT_TRUE(carry("east", "north", "north"));
  EXPECT_TRUE(opens("north", id)) << "addressed to the previous key";
  ASSERT_TRUE(all.settle());
  EXPECT_EQ(all.open("east")->roster().sealing_key("north").value(), second);

  const auto late = stated("east", 2);
  ASSERT_TRUE(give("east", late, {"north"}));
  ASSERT_TRUE(rotate_sealing_key(*all.open("north"), true));
  const auto got = carry("east", "north", "north");
  ASSERT_TRUE(got);
  ASSERT_EQ(got->parts.size(), 1U);
  EXPECT_TRUE(got->parts[0].error) << "the key that it was addressed to is destroyed";
  EXPECT_THAT(opened("north", late), HasSubstr("destroyed"));
  ASSERT_TRUE(all.settle());
  ASSERT_TRUE(give("east", late, {"north"}));
  EXPECT_EQ(all.files().list("/east/private/outbox/north")->size(), 2U) << "given anew, not twice";
  ASSERT_TRUE(carry("east", "north", "north"));
  EXPECT_TRUE(opens("north", late));
}

// A key that was replaced and not stated is stated at the next occasion.
TEST_F(SharingTest, AnUnstatedKeyIsStatedWithTheNextReceipts) {
  {
    auto keys = record::KeyRing::open(all.files(), "/north/keys").value();
    ASSERT_TRUE(keys.replace_x25519(all.files(), *all.world().random, true));
  }
  EXPECT_TRUE(is_sealing_key_due(*all.open("north")).value());
  ASSERT_TRUE(all.settle());
  EXPECT_FALSE(is_sealing_key_due(*all.open("north")).value());
  ASSERT_TRUE(give("east", id, {"north"}));
  ASSERT_TRUE(carry("east", "north", "north"));
  EXPECT_TRUE(opens("north", id));
}

TEST_F(SharingTest, ErasedPartsStayErasedWhateverIsRestoredButKeys) {
  const auto other = stated("east", 2);
  ASSERT_TRUE(record::write_private(all.files(), "/north", "drafts", "a draft",
                                    record::KeyRing::open(all.files(), "/north/keys")->private_key(),
                                    *all.world().random));
  ASSERT_TRUE(give("east", id, {"north", "south"}));
  ASSERT_TRUE(give("east", other, {"north"}));
  ASSERT_TRUE(carry("east", "north", "north"));
  ASSERT_TRUE(opens("north", id) && opens("north", other));
  all.files().copy_from("/north", "/backup");
  all.files().copy_from("/stick-east-north", "/old-stick");

  const auto stated = erase(*all.open("north"), id);
  ASSERT_TRUE(stated) << stated.error().to_string();
  const auto envelope = all.open("north")->envelope(*stated).value();
  EXPECT_EQ(envelope.type, record::kErasureType);
  EXPECT_EQ(envelope.reference(record::kRelationOf)->id, id);
  EXPECT_THAT(opened("north", id), HasSubstr("was erased here: " + stated->to_string()));
  EXPECT_EQ(opened("north", other), kPlanted + "2");
  EXPECT_EQ(record::read_private(all.files(), "/north", "drafts",
                                 record::KeyRing::open(all.files(), "/north/keys")->private_key())
                .value(),
            "a draft");
  EXPECT_EQ(opened("east", id), kPlanted + "1") << "each party erases for itself";
  const auto e = all.open("north")->envelope(id).value();
  EXPECT_FALSE(all.files().exists("/north/sealed/" + e.sealed->ciphertext.hex()));
  EXPECT_EQ(erase(*all.open("north"), id).error().code, ErrorCode::kExists);

  // The old bundle again, and the outbox of the giver.
  const auto again = import_bundle(*all.open("north"), "/old-stick", {});
  ASSERT_TRUE(again) << again.error().to_string();
  EXPECT_FALSE(opens("north", id));
  ASSERT_TRUE(carry("east", "north", "north"));
  EXPECT_FALSE(opens("north", id));
  ASSERT_TRUE(all.settle());
  ASSERT_TRUE(give("east", id, {"north"}));
  const auto pressed = carry("east", "north", "north");
  ASSERT_TRUE(pressed);
  ASSERT_FALSE(pressed->parts.empty());
  EXPECT_THAT(pressed->parts[0].error->message, HasSubstr("erased here"));
  EXPECT_FALSE(opens("north", id));

  // Everything but keys/ from a backup: neither this part nor others open, and even the old bundle does not.
  all.files().copy_from("/north/keys", "/keys-now");
  all.files().copy_from("/north", "/north-now");
  all.files().copy_from("/backup", "/north");
  all.files().copy_from("/keys-now", "/north/keys");
  EXPECT_THAT(opened("north", id), HasSubstr("backup"));
  EXPECT_FALSE(opens("north", other));
  const auto restored = import_bundle(*all.open("north"), "/old-stick", {});
  ASSERT_TRUE(restored) << restored.error().to_string();
  EXPECT_FALSE(opens("north", id));
  // With keys/ it does: docs/format/sealed.md says so.
  all.files().copy_from("/backup", "/north");
  EXPECT_TRUE(opens("north", id));
  all.files().copy_from("/north-now", "/north");
  EXPECT_TRUE(opens("north", other));
}

TEST_F(SharingTest, TheAuthorsErasureTakesHandoversAlong) {
  const auto other = stated("east", 2);
  ASSERT_TRUE(give("east", id, {"north", "south"}));
  ASSERT_TRUE(give("east", other, {"north"}));
  ASSERT_TRUE(erase(*all.open("east"), id));
  EXPECT_EQ(all.files().list("/east/private/outbox/north")->size(), 1U);
  EXPECT_THAT(all.files().list("/east/private/outbox/south").value(), IsEmpty());
  EXPECT_EQ(give("east", id, {"watch"}).error().code, ErrorCode::kNotFound);
  EXPECT_TRUE(opens("east", other));
  const auto got = carry("east", "north", "north");
  ASSERT_TRUE(got);
  EXPECT_TRUE(opens("north", other));
  EXPECT_FALSE(opens("north", id));
  EXPECT_EQ(erase(*all.open("south"), id).error().code, ErrorCode::kNotFound) << "nothing of it was ever here";
  EXPECT_EQ(erase(*all.open("east"), all.report("east", 5).value()).error().code, ErrorCode::kInvalidArgument);
}

// Sealed hashes that do not fit, signed by their author.
TEST_F(SharingTest, ALieOfTheAuthorIsKeptAndProven) {
  auto part = record::seal(Json::object({{"note", kPlanted}}), *all.world().random).value();
  part.hashes.payload = sha256("what the author says it is");
  StatementId lie;
  {
    const auto node = all.open("east");
    const auto keys = record::KeyRing::open(all.files(), "/east/keys").value();
    const auto place = node->place_of({"east", "main"}).value();
    record::Envelope e;
    e.type = "report";
    e.mechanism = node->mechanism_id();
    e.author = place.log;
    e.recorded = all.clock().now();
    e.body = invented_report(7, e.recorded);
    e.sealed = part.hashes;
    const auto log = record::Log::open(all.files(), place, keys.log_seed("main").value(), {0, &all.clock()}).value();
    const std::string batch[] = {record::encode(e).value()};
    lie = {place.log, log->append(batch).value()};
    ASSERT_TRUE(log->publish());
  }
  // The honest share() would not pass it on: a handover by hand.
  EXPECT_FALSE(give("east", lie, {"north"}));
  ASSERT_TRUE(all.settle());
  const auto node = all.open("north");
  HandoverTaker taker(*node);
  const auto wrapped = record::wrap_for(node->roster().sealing_key("north").value(), part.content_key,
                                        part.hashes.ciphertext, *all.world().random);
  ASSERT_TRUE(taker.handover(record::Handover{"east", lie, "north", *wrapped}.to_bytes()));
  ASSERT_TRUE(taker.ciphertext(part.hashes.ciphertext, part.ciphertext));
  const auto parts = taker.finish();
  ASSERT_EQ(parts.size(), 1U);
  EXPECT_TRUE(parts[0].is_wrong);
  EXPECT_FALSE(parts[0].error);
  EXPECT_TRUE(all.files().exists("/north/private/wrong/east.main." + std::to_string(lie.index) + ".json"));
  EXPECT_FALSE(found_under("/north", kPlanted));
  EXPECT_THAT(opened("north", lie), HasSubstr("--prove"));
  // Anybody can tell from the file and the log.
  const std::string bytes = reveal(*node, lie)->to_bytes();
  const auto outsider = all.open("watch");
  const auto revealed = record::Revealed::parse(bytes).value();
  EXPECT_EQ(record::check_revealed(lie, outsider->envelope(lie).value(), revealed).value(),
            record::RevealedVerdict::kLie);
  EXPECT_FALSE(record::check_revealed(id, outsider->envelope(id).value(), revealed));
  // An honest part, revealed, proves that it is honest.
  const auto honest = reveal(*all.open("east"), id).value();
  EXPECT_EQ(record::check_revealed(id, outsider->envelope(id).value(), honest).value(), record::RevealedVerdict::kTrue);
  EXPECT_FALSE(reveal(*all.open("south"), id));
}

// Every step of an erasure fails once, and is once the last before the power is cut: whatever was not to be erased
// opens, and a second call gets through.
TEST_F(SharingTest, ErasureSurvivesAFaultAtAnyStep) {
  const std::uint64_t seed = logged_seed();
  const auto other = stated("east", 2);
  ASSERT_TRUE(give("east", id, {"north"}));
  ASSERT_TRUE(give("east", other, {"north"}));
  ASSERT_TRUE(record::write_private(all.files(), "/east", "drafts", "a draft",
                                    record::KeyRing::open(all.files(), "/east/keys")->private_key(),
                                    *all.world().random));
  all.files().copy_from("/east", "/east-before");
  for (const bool power : {false, true}) {
    std::uint64_t n = 1;
    for (;; ++n) {
      all.files().copy_from("/east-before", "/east");
      FaultyFileSystem files(all.files(), seed + n);
      const World world{&files, &all.clock(), all.world().random};
      {
        auto node = Node::open(world, "/east");
        ASSERT_TRUE(node);
        power ? files.cut_power_after(n) : files.fail_at(n);
        static_cast<void>(erase(**node, id));
      }
      const bool struck = files.struck();
      files.power_on();
      const std::string step = "step " + std::to_string(n) + " " + files.struck_step();
      {
        auto node = Node::open(world, "/east");
        ASSERT_TRUE(node) << step << ": " << node.error().to_string();
        const auto part = open_part(**node, other);
        ASSERT_TRUE(part) << step << ": " << part.error().to_string();
        const auto keys = record::KeyRing::open(files, "/east/keys").value();
        auto draft = record::read_private(files, "/east", "drafts", keys.private_key());
        if (!draft) draft = record::read_private(files, "/east", "drafts", keys.next_private_key());
        ASSERT_TRUE(draft) << step;
        // A stated erasure is a done one.
        const auto now = open_part(**node, id);
        if (!(*node)->roster().of_type(record::kErasureType).empty()) {
          ASSERT_FALSE(now) << step;
          ASSERT_TRUE(keys.next_private_key().empty()) << step;
          ASSERT_TRUE(keys.previous_x25519_secret().empty()) << step;
        }
        const auto again = erase(**node, id);
        ASSERT_TRUE(again || again.error().code == ErrorCode::kExists) << step << ": " << again.error().to_string();
        ASSERT_FALSE(open_part(**node, id)) << step;
        ASSERT_TRUE(open_part(**node, other)) << step;
        ASSERT_EQ((*node)->roster().of_type(record::kErasureType).size(), 1U) << step;
        ASSERT_FALSE(is_sealing_key_due(**node).value()) << step;
      }
      if (!struck) break;
    }
    EXPECT_GT(n, 30U);
  }
}

}  // namespace
}  // namespace truce::node
