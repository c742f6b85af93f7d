// SPDX-License-Identifier: Apache-2.0

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "truce/base/memory_files.h"
#include "truce/base/seed_testing.h"
#include "truce/cmd/verify/bundle.h"
#include "truce/cmd/verify/folder.h"
#include "truce/cmd/verify/report.h"
#include "truce/cmd/verify/server.h"
#include "truce/cmd/verify/source_roots.h"
#include "truce/cmd/verify/verify_testing.h"
#include "truce/record/bundle.h"
#include "truce/record/evidence.h"
#include "truce/record/merkle.h"
#include "truce/record/mirror_testing.h"
#include "truce/record/proof.h"

namespace truce::verify {
namespace {

using record::Head;
using ::testing::HasSubstr;
using ::testing::Not;

const LogId kEast{"east", "main"}, kNorth{"north", "main"}, kSouth{"south", "main"};

class VerifyTest : public ::testing::Test {
 protected:
  VerifyOptions options(std::uint64_t quorum = 0) const { return {quorum, Instant{kBeginMs + 1'000'000}}; }
  Report check(std::uint64_t quorum = 0) {
    const auto subject = folder_subject(files, "/n", 2);
    return verify(*subject, round.founding, options(quorum));
  }
  Report check_served(record::ChangedSource::Change change = {}) {
    record::ChangedSource source(files, "/n", std::move(change));
    const auto subject = server_subject(source);
    return verify(*subject, round.founding, options());
  }
  Report check_bundle(const std::map<std::string, std::string>& members) {
    round.write_bundle("/b", members);
    const auto subject = bundle_subject(files, "/b");
    return verify(*subject, round.founding, options());
  }
  // Everything that a good round has.
  void fill() {
    round.notes(kEast, 600);
    round.notes(kNorth, 3);
    round.desk("north", "desk-a");
    round.notes({"north", "desk-a"}, 300);
    auto e = round.envelope(kSouth, "note", Json::object({{"text", "with a blob"}}));
    e.required_blobs = {round.blob("a blob")};
    round.state(e);
    const std::vector<Head> heads = {round.head(kEast), round.head({"north", "desk-a"}), round.head(kNorth)};
    round.receipt("south", heads);
    round.receipt("north", {round.head(kEast), round.head(kSouth)});
    round.receipt("east", {round.head({"north", "desk-a"}), round.head(kNorth), round.head(kSouth)});
  }
  // Evidence of two versions of south/main, which here has one of them.
  record::ForkEvidence fork() {
    MemoryFileSystem other(clock);
    Round twin(other, "/n");
    twin.notes(kSouth, 2);
    const Head a = twin.head(kSouth);
    const std::string first = other.read("/n/logs/south/main/checkpoint", 1 << 16).value();
    round.state(kSouth, "note", Json::object({{"text", "another"}}));
    round.notes(kSouth, 300);
    const Head b = round.head(kSouth);
    record::ForkEvidence e;
    e.log = kSouth;
    e.first = first;
    e.second = files.read("/n/logs/south/main/checkpoint", 1 << 16).value();
    record::FolderSource source(files, "/n");
    const auto fetch = [&](int level, std::uint64_t i, std::uint32_t width) -> Result<std::vector<Hash>> {
      const auto bytes = files.read("/n/logs/south/main/" + record::TilePath{level, i, width}.to_string(), 1 << 14);
      if (!bytes) return fail(bytes.error());
      std::vector<Hash> out;
      for (std::size_t at = 0; at < bytes->size(); at += 32) out.push_back(Hash::from_raw(bytes->substr(at, 32)));
      return out;
    };
    record::TileNodes nodes(b.size, fetch);
    e.prefix_root = record::root_from_nodes(a.size, nodes.reader()).value();
    e.proof = record::prove_consistency(a.size, b.size, nodes.reader()).value();
    return e;
  }

  FixedClock clock{Instant{kBeginMs}};
  MemoryFileSystem files{clock};
  Round round{files, "/n"};
};

TEST_F(VerifyTest, AGoodRoundIsVerifiedInEveryForm) {
  fill();
  for (const Report& r : {check(), check_served(), check_bundle(round.members())}) {
    EXPECT_TRUE(r.is_verified()) << r.to_text();
    EXPECT_EQ(r.logs.size(), 4U);
    EXPECT_THAT(r.to_text(), HasSubstr("verified: 4 logs, "));
    EXPECT_EQ(r.logs.at(kEast).entries, 602U);
    EXPECT_EQ(r.logs.at(kSouth).blobs, 1U);
    const LogJudgement& east = r.judgement.logs.at(kEast);
    EXPECT_EQ(east.quorum.others, 2);
    EXPECT_EQ(east.quorum.needed, 2);
    EXPECT_EQ(east.settled, 601U);
    EXPECT_EQ(east.receipts, 2U);
    EXPECT_EQ(r.judgement.logs.at({"north", "desk-a"}).settled, 301U);
    EXPECT_EQ(r.judgement.logs.at(kNorth).settled, 5U);
    EXPECT_EQ(r.judgement.logs.at(kSouth).settled, 3U);
  }
}

TEST_F(VerifyTest, OneChangedBitAnywhereIsNeverVerified) {
  fill();
  const auto members = round.members();
  SeededNumbers random(logged_seed());
  for (const auto& [name, bytes] : members) {
    for (int i = 0; i < 12; ++i) {
      std::string bad = bytes;
      bad[random.below(bad.size())] ^= static_cast<char>(1 << random.below(8));
      ASSERT_TRUE(files.write("/n/" + name, bad));
      const Report r = check();
      EXPECT_FALSE(r.is_verified()) << name;
      EXPECT_THAT(r.to_text(), HasSubstr("NOT verified"));
      auto changed = members;
      changed[name] = bad;
      EXPECT_FALSE(check_bundle(changed).is_verified()) << name;
    }
    ASSERT_TRUE(files.write("/n/" + name, bytes));
  }
  EXPECT_TRUE(check().is_verified());
}

TEST_F(VerifyTest, OneChangedBitFromAServerIsNeverVerified) {
  fill();
  std::vector<std::string> names;
  EXPECT_TRUE(check_served([&](const std::string& name, Result<std::string> bytes) {
                names.push_back(name);
                return bytes;
              }).is_verified());
  for (const std::string& name : names) {
    for (const std::size_t bit : {0U, 77U, 1'000U, 9'999'999U}) {
      bool is_there = false;
      const Report r = check_served([&](const std::string& n, Result<std::string> bytes) {
        if (n == name && bytes) {
          is_there = true;
          (*bytes)[bit / 8 % bytes->size()] ^= static_cast<char>(1 << bit % 8);
        }
        return bytes;
      });
      EXPECT_EQ(r.is_verified(), !is_there) << name << " " << bit;
    }
    const Report gone = check_served([&](const std::string& n, Result<std::string> bytes) {
      return n == name ? Result<std::string>(fail(ErrorCode::kNotFound, "gone")) : std::move(bytes);
    });
    const bool is_checkpoint = name.ends_with("/checkpoint");
    if (is_checkpoint) {
      EXPECT_THAT(gone.to_text(), HasSubstr("not served here"));
    }
    const bool is_spare =
        name.find(".p/") != std::string::npos && files.exists("/n/" + name.substr(0, name.find(".p/")));
    if (!is_checkpoint && !is_spare && files.exists("/n/" + name)) {
      EXPECT_FALSE(gone.is_verified()) << name;
    }
  }
}

TEST_F(VerifyTest, AReceiptOfAnotherRootNamesBothAndTheReceipt) {
  fill();
  Head wrong = round.head(kEast);
  const Hash right = wrong.root;
  wrong.root = sha256("another version");
  const StatementRef receipt = round.receipt("south", {wrong});
  for (const Report& r : {check(), check_served(), check_bundle(round.members())}) {
    ASSERT_EQ(r.fault_count(), 1U) << r.to_text();
    const Error& e = r.judgement.faults[0];
    EXPECT_EQ(e.where, receipt.id.to_string());
    EXPECT_THAT(e.message, HasSubstr("two versions of east/main's record exist"));
    EXPECT_THAT(e.message, HasSubstr(right.hex()));
    EXPECT_THAT(e.message, HasSubstr(wrong.root.hex()));
    EXPECT_THAT(r.to_text(), HasSubstr("NOT verified: 1 fault\n"));
  }
}

TEST_F(VerifyTest, ReceiptsBeyondWhatIsHereAreCountedAndNoFault) {
  fill();
  Head beyond = round.head(kEast);
  beyond.size += 5;
  round.receipt("south", {beyond});
  round.receipt("north", {Head{{"nobody", "main"}, 7, sha256("x")}});
  const Report r = check();
  EXPECT_TRUE(r.is_verified()) << r.to_text();
  EXPECT_EQ(r.judgement.logs.at(kEast).unchecked, 1U);
  EXPECT_EQ(r.judgement.logs.at(kEast).settled, 601U);
}

TEST_F(VerifyTest, MoreWrongReceiptsThanAreKeptAreAllCounted) {
  std::vector<std::string> entries;
  for (int i = 0; i < 1100; ++i) {
    const record::Receipt wrong{{Head{kEast, 1, sha256(std::to_string(i))}}};
    entries.push_back(record::encode(round.envelope(kSouth, record::kReceiptType, wrong.to_body())).value());
  }
  round.append(kSouth, entries);
  EXPECT_THAT(check().to_text(), HasSubstr("fault: 100 more\nNOT verified: 1100 faults\n"));
}

TEST_F(VerifyTest, ReceiptsOutOfADamagedLogSettleNothing) {
  fill();
  auto bytes = files.read("/n/logs/north/main/tile/0/000.p/6", 1 << 14).value();
  bytes[5] ^= 1;
  ASSERT_TRUE(files.write("/n/logs/north/main/tile/0/000.p/6", bytes));
  const Report r = check();
  EXPECT_FALSE(r.is_verified());
  EXPECT_EQ(r.judgement.logs.at(kEast).settled, 0U);
}

// A party may sign what is no statement. Everybody holds the same, so that the rest counts, as at every node.
TEST_F(VerifyTest, WhatIsNoStatementIsAFaultAndTheRestOfItsLogCounts) {
  fill();
  round.append(kNorth, {"{}", "not even JSON"});
  round.notes(kNorth, 1);
  const Head end = round.head(kNorth);
  round.receipt("south", {end});
  round.receipt("east", {end});
  for (const Report& r : {check(), check_served(), check_bundle(round.members())}) {
    EXPECT_FALSE(r.is_verified());
    EXPECT_EQ(r.fault_count(), 2U) << r.to_text();
    EXPECT_FALSE(r.logs.at(kNorth).is_good());
    EXPECT_TRUE(r.logs.at(kNorth).counts());
    EXPECT_EQ(r.judgement.logs.at(kNorth).settled, end.size);
    EXPECT_EQ(r.judgement.logs.at(kEast).settled, 601U);
    EXPECT_THAT(r.to_text(), HasSubstr("north/main: BAD, 2 faults"));
    EXPECT_THAT(r.to_text(), HasSubstr(end.root.hex()));
  }
}

TEST_F(VerifyTest, AReceiptOfOnesOwnLogIsAFault) {
  round.receipt("east", {round.head(kEast)});
  EXPECT_THAT(check().to_text(), HasSubstr("its author's own log"));
}

TEST_F(VerifyTest, RootsOfEarlierSizesAreThoseOfTheirLeaves) {
  fill();
  record::FolderSource source(files, "/n");
  auto reader = record::LogReader::open(files, round.place(kEast)).value();
  const auto tree = load_tree(source, reader.head());
  ASSERT_TRUE(tree);
  std::vector<std::uint64_t> sizes;
  std::vector<Hash> wanted;
  record::Frontier frontier;
  ASSERT_TRUE(reader.visit(0, reader.head().size, [&](std::uint64_t i, std::string_view, const Hash& leaf) -> Status {
    frontier.append(leaf, nullptr);
    sizes.push_back(i + 1);
    wanted.push_back(frontier.root());
    return {};
  }));
  const auto subset = [&](std::uint64_t step) {
    std::vector<std::uint64_t> some;
    for (std::uint64_t i = step - 1; i < sizes.size(); i += step) some.push_back(sizes[i]);
    const auto roots = roots_of(source, *tree, some);
    ASSERT_TRUE(roots) << roots.error().to_string();
    ASSERT_EQ(roots->size(), some.size());
    for (std::size_t i = 0; i < some.size(); ++i) EXPECT_EQ((*roots)[i], wanted[some[i] - 1]) << some[i];
  };
  for (const std::uint64_t step : {1U, 2U, 7U, 128U, 255U, 256U, 257U, 300U, 602U}) subset(step);
}

TEST(SettledSizeTest, IsWhatDirectCountingGives) {
  SeededNumbers random(logged_seed());
  for (int round = 0; round < 5000; ++round) {
    mechanism::Quorum q;
    q.others = static_cast<std::int64_t>(random.below(8));
    q.needed = q.others == 0 ? 0 : 1 + static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(q.others)));
    const std::uint64_t size = random.below(12);
    std::vector<std::uint64_t> received;
    for (std::int64_t i = 0; i < q.others; ++i) received.push_back(random.below(size + 1));
    // The largest prefix that at least q of the others hold.
    std::uint64_t wanted = 0;
    for (std::uint64_t s = 0; s <= size; ++s) {
      if (std::ranges::count_if(received, [&](std::uint64_t r) { return r >= s; }) >= q.needed) wanted = s;
    }
    EXPECT_EQ(settled_size(q, size, received), wanted);
  }
}

TEST_F(VerifyTest, CosignaturesAreCountedByKey) {
  fill();
  for (const LogId& log : {kEast, kNorth, kSouth, LogId{"north", "desk-a"}}) {
    for (const char* party : {"east", "north", "south"}) round.cosign(party, log);
    round.cosign("east", log, kBeginMs + 5000);
  }
  const Report r = check(2);
  EXPECT_TRUE(r.is_verified()) << r.to_text();
  EXPECT_THAT(r.to_text(), HasSubstr("cosigned by north, south (2 keys)"));
  EXPECT_THAT(check(3).to_text(), HasSubstr("east/main: 2 of the others cosign its head, 3 are asked for"));
}

TEST_F(VerifyTest, CosignaturesFromTheFutureDoNotCount) {
  round.cosign("north", kEast, kBeginMs + 1'000'000 + 11 * 60 * 1000);
  EXPECT_EQ(check().judgement.logs.at(kEast).cosigned_keys, 0U);
}

TEST_F(VerifyTest, ALogThatNobodyOpenedIsAFault) {
  round.open({"east", "desk-b"});
  round.open({"east", "main-2"});
  const std::string text = check().to_text();
  EXPECT_THAT(text, HasSubstr("fault: east/desk-b: is here, but no document and no statement names its key"));
  EXPECT_THAT(text, HasSubstr("fault: east/main-2: is here"));
}

TEST_F(VerifyTest, AMirrorThatHoldsNothingYetIsNoFault) {
  fill();
  files.remove_folder("/n/logs/south/main");
  ASSERT_TRUE(files.make_folders("/n/logs/south/main/pending"));
  ASSERT_TRUE(files.write("/n/logs/south/main/lock", ""));
  const Report r = check();
  EXPECT_TRUE(r.is_verified()) << r.to_text();
  EXPECT_THAT(r.to_text(), HasSubstr("south/main: nothing is held yet\n"));
  ASSERT_TRUE(files.make_folders("/n/logs/south/main/tile"));
  EXPECT_FALSE(check().is_verified());
}

TEST_F(VerifyTest, AnotherKeyForALogThatIsOpenIsAFault) {
  round.desk("east", "desk-b");
  EXPECT_TRUE(check().is_verified());
  round.state(kEast, record::kLogOpenType, record::LogOpen{"desk-b", public_of("another")}.to_body());
  EXPECT_THAT(check().to_text(), HasSubstr("fault: east/main/2: gives east/desk-b another key"));
}

TEST_F(VerifyTest, ClosedLogsAreHeldAgainstTheirEnd) {
  round.desk("east", "desk-b");
  const LogId desk{"east", "desk-b"};
  round.notes(desk, 4);
  const Head end = round.head(desk);
  round.state(desk, record::kLogCloseType, record::LogClose{"desk-b", end.size, end.root}.to_body());
  round.state(kEast, record::kLogCloseType, record::LogClose{"desk-b", end.size, end.root}.to_body());
  EXPECT_TRUE(check().is_verified()) << check().to_text();
  round.notes(desk, 4);
  EXPECT_THAT(check().to_text(), HasSubstr("counts for nothing"));
  round.state(kEast, record::kLogCloseType, record::LogClose{"desk-b", end.size, sha256("other")}.to_body());
  EXPECT_THAT(check().to_text(), HasSubstr("two versions of east/desk-b's record exist"));
}

TEST_F(VerifyTest, AStatementThatIsNotOfItsFormIsAFault) {
  round.state(kEast, record::kReceiptType, Json::object({{"heads", "\x1b[31m none"}}));
  const std::string text = check().to_text();
  EXPECT_THAT(text, HasSubstr("fault: east/main/1: is not of the form of its type"));
  EXPECT_THAT(text, Not(HasSubstr("\x1b")));
}

TEST_F(VerifyTest, EvidenceIsToldInWordsAndBadEvidenceIsAFault) {
  record::ForkEvidence e = fork();
  round.state(kEast, record::kEvidenceType, e.to_body());
  const Report good = check();
  EXPECT_TRUE(good.is_verified()) << good.to_text();
  EXPECT_EQ(good.judgement.contradictions, 1U);
  EXPECT_THAT(good.to_text(), HasSubstr("the key of south/main signed two versions of its record"));
  EXPECT_THAT(good.to_text(), HasSubstr("1 proven contradiction"));
  e.proof.pop_back();
  round.state(kEast, record::kEvidenceType, e.to_body());
  EXPECT_THAT(check().to_text(), HasSubstr("fault: east/main/2: is evidence that does not hold"));
}

TEST_F(VerifyTest, AnEvidenceFileWithAnyOneByteChangedIsNeverVerified) {
  const std::string body = fork().to_body().to_canonical();
  const auto good = verify_evidence(body + '\n', round.founding);
  ASSERT_TRUE(good) << good.error().to_string();
  EXPECT_THAT(*good, HasSubstr("a stolen key, a restored backup and a lie look alike"));
  for (std::size_t i = 0; i < body.size(); ++i) {
    for (const int change : {1, 2, 32}) {
      std::string bad = body;
      bad[i] = static_cast<char>(bad[i] ^ change);
      EXPECT_FALSE(verify_evidence(bad, round.founding)) << i << ' ' << change;
    }
    EXPECT_FALSE(verify_evidence(body.substr(0, i) + body.substr(i + 1), round.founding)) << i;
  }
  auto other = three_guarantors();
  other.name = "Other";
  EXPECT_FALSE(verify_evidence(body, other.to_bytes().value()));
}

class AmendmentVerifyTest : public VerifyTest {
 protected:
  StatementRef propose(const mechanism::Mechanism& m, record::Amendment& amendment) {
    const std::string bytes = m.to_bytes().value();
    amendment = {*m.amends, round.blob(bytes), m.version};
    auto e = round.envelope(kEast, record::kAmendmentType, amendment.to_body());
    e.required_blobs = {amendment.document};
    return round.state(e);
  }
  void consent(const LogId& log, const StatementRef& to, const record::Amendment& amendment) {
    record::VoiceStatement voice;
    voice.amendment = amendment;
    auto e = round.envelope(log, record::kConsentType, voice.to_body());
    e.references = {{std::string(record::kRelationTo), to}};
    round.state(e);
  }
  mechanism::Mechanism next(const std::string& name) {
    auto m = three_guarantors();
    m.name = name;
    m.amends = round.id;
    m.version = 1;
    return m;
  }
};

TEST_F(AmendmentVerifyTest, KeysOfADocumentCountFromWhenItIsInForce) {
  auto m = next("With a new log");
  const Head end = round.head(kSouth);
  m.parties[2].main = "main-2";
  m.parties[2].keys.log = public_of("south/main-2");
  m.parties[2].ended = {{"main", end.size, end.root, public_of("south/main")}};
  record::Amendment amendment;
  const StatementRef proposal = propose(m, amendment);
  round.open({"south", "main-2"});
  round.notes(kSouth, 3);
  EXPECT_THAT(check().to_text(), HasSubstr("fault: south/main-2: is here, but no document"));
  consent(kNorth, proposal, amendment);
  for (const Report& r : {check(), check_served(), check_bundle(round.members())}) {
    EXPECT_TRUE(r.is_verified()) << r.to_text();
    EXPECT_EQ(r.logs.count({"south", "main-2"}), 1U);
    EXPECT_THAT(r.to_text(), HasSubstr("in force: version 1, document " + amendment.document.hex()));
    EXPECT_THAT(r.to_text(), HasSubstr("counts for nothing"));
  }
}

// Nobody signed what a damaged copy holds: whoever can write to a folder makes no party consent, and opens no log.
TEST_F(AmendmentVerifyTest, ADamagedCopySaysNothing) {
  record::Amendment amendment;
  const StatementRef proposal = propose(next("Another"), amendment);
  round.notes(kSouth, 1);
  record::VoiceStatement voice;
  voice.amendment = amendment;
  auto consent = round.envelope(kSouth, record::kConsentType, voice.to_body());
  consent.references = {{std::string(record::kRelationTo), proposal}};
  const auto opening =
      round.envelope(kSouth, record::kLogOpenType, record::LogOpen{"evil", public_of("south/evil")}.to_body());
  round.open({"south", "evil"});
  const std::string tile = "/n/logs/south/main/tile/entries/000.p/2";
  const std::string good = files.read(tile, 1 << 16).value();
  std::vector<std::string_view> entries;
  ASSERT_TRUE(record::split_bundle(good, 2, entries));
  const std::string first(entries[0]);
  for (const record::Envelope& e : {consent, opening}) {
    std::string forged;
    for (const std::string& entry : {first, record::encode(e).value()}) record::append_entry(forged, entry);
    ASSERT_TRUE(files.write(tile, forged));
    for (const Report& r : {check(), check_served(), check_bundle(round.members())}) {
      EXPECT_FALSE(r.is_verified());
      EXPECT_FALSE(r.logs.at(kSouth).counts());
      EXPECT_EQ(r.version, 0);
      EXPECT_FALSE(r.logs.contains({"south", "evil"})) << r.to_text();
    }
  }
}

// Older partial tiles are of no signed head: a fault of the folder, which takes nothing from the log.
TEST_F(VerifyTest, AnOlderTileThatIsDamagedTakesNothingFromItsLog) {
  fill();
  const std::string tile = "/n/logs/north/main/tile/0/000.p/4";
  ASSERT_TRUE(files.write(tile, files.read(tile, 1 << 14).value().substr(1)));
  for (const Report& r : {check(), check_bundle(round.members())}) {
    EXPECT_FALSE(r.is_verified());
    EXPECT_TRUE(r.logs.at(kNorth).counts());
    EXPECT_EQ(r.judgement.logs.at(kEast).settled, 601U);
  }
}

// Silence is told by a party's log: not by what is no statement, whatever time it names.
TEST_F(AmendmentVerifyTest, TimesOfWhatIsNoStatementEndNoSilence) {
  auto m = three_guarantors();
  m.decisions["amendment"] = {"silence", "guarantors", 0, 1};
  MemoryFileSystem other(clock);
  Round silent(other, "/n", m);
  m.name = "Another";
  m.amends = silent.id;
  m.version = 1;
  const record::Amendment amendment{silent.id, silent.blob(m.to_bytes().value()), 1};
  auto proposal = silent.envelope(kEast, record::kAmendmentType, amendment.to_body());
  proposal.required_blobs = {amendment.document};
  silent.state(proposal);
  for (const char* party : {"north", "south"}) silent.receipt(party, {silent.head(kEast)});
  const auto version = [&] {
    const auto subject = folder_subject(other, "/n", 1);
    return verify(*subject, silent.founding, options()).version;
  };
  const auto later = [&](const LogId& log) {
    auto e = silent.envelope(log, "note", Json::object({{"text", "later"}}));
    e.recorded = Instant{kBeginMs + 2 * 3'600'000};
    return record::encode(e).value();
  };
  for (const LogId& log : {kEast, kNorth}) silent.append(log, {later(log)});
  EXPECT_EQ(version(), 0);
  silent.append(kSouth, {later(kSouth) + ' '});
  EXPECT_EQ(version(), 0);
  silent.append(kSouth, {later(kSouth)});
  EXPECT_EQ(version(), 1);
}

TEST_F(AmendmentVerifyTest, TwoConsentsThatFollowTheSameDocumentAreNamed) {
  record::Amendment a, b;
  const StatementRef one = propose(next("One"), a), two = propose(next("Two"), b);
  consent(kNorth, one, a);
  EXPECT_THAT(check().to_text(), Not(HasSubstr("north consents")));
  consent(kNorth, two, b);
  const Report r = check();
  EXPECT_TRUE(r.is_verified());
  EXPECT_THAT(r.to_text(), HasSubstr("north consents to 2 documents that follow the same one"));
  EXPECT_EQ(r.judgement.contradictions, 2U);  // and east, who proposed both
}

TEST_F(VerifyTest, ABundleSinceACutSaysFromWhereItCanBeChecked) {
  fill();
  auto members = round.members();
  std::erase_if(members, [](const auto& m) {
    return m.first == "logs/east/main/tile/entries/000" || m.first == "logs/east/main/tile/0/000";
  });
  const Report r = check_bundle(members);
  EXPECT_TRUE(r.is_verified()) << r.to_text();
  EXPECT_EQ(r.logs.at(kEast).from, 256U);
  EXPECT_THAT(r.to_text(), HasSubstr("size 602, checked from statement 256 on"));
  // One in the middle may not be missing, nor the tile above.
  members = round.members();
  members.erase("logs/east/main/tile/entries/001");
  EXPECT_THAT(check_bundle(members).to_text(), HasSubstr("a bundle before it is here"));
  members = round.members();
  std::erase_if(members, [](const auto& m) { return m.first.starts_with("logs/east/main/tile/1/"); });
  EXPECT_FALSE(check_bundle(members).is_verified());
  // A head alone says how much there is, and no more.
  members = round.members();
  std::erase_if(members, [](const auto& m) { return m.first.starts_with("logs/east/main/tile/"); });
  const Report head = check_bundle(members);
  EXPECT_TRUE(head.is_verified()) << head.to_text();
  EXPECT_THAT(head.to_text(), HasSubstr("east/main: good, size 602, the head alone"));
}

TEST_F(VerifyTest, ACutOrChangedBundleIsNeverVerified) {
  fill();
  round.write_bundle("/b", round.members());
  const std::string good = files.read("/b", 1 << 26).value();
  const auto is_verified = [&](const std::string& bytes) {
    EXPECT_TRUE(files.write("/b", bytes));
    const auto subject = bundle_subject(files, "/b");
    return verify(*subject, round.founding, options()).is_verified();
  };
  EXPECT_TRUE(is_verified(good));
  for (std::size_t i = 0; i < good.size(); i += 1 + good.size() / 50) {
    EXPECT_FALSE(is_verified(good.substr(0, i))) << i;
  }
  auto other = three_guarantors();
  other.name = "Other";
  EXPECT_TRUE(files.write("/b", good));
  const auto subject = bundle_subject(files, "/b");
  EXPECT_FALSE(verify(*subject, other.to_bytes().value(), options()).is_verified());
}

TEST_F(VerifyTest, ADocumentThatIsNoneIsAFault) {
  const auto subject = folder_subject(files, "/n", 1);
  EXPECT_THAT(verify(*subject, "{}", options()).to_text(), HasSubstr("fault: mechanism.json"));
}

TEST_F(VerifyTest, NothingIsWritten) {
  ReadOnlyFiles only(files);
  EXPECT_FALSE(only.write("/x", "x", 0644));
  EXPECT_FALSE(only.write_atomic("/x", "x", 0644));
  EXPECT_FALSE(only.open_append("/x", 0644));
  EXPECT_FALSE(only.remove("/n/mechanism.json"));
  EXPECT_FALSE(only.rename("/n/mechanism.json", "/x"));
  EXPECT_FALSE(only.make_folders("/y", 0755));
  EXPECT_FALSE(only.lock("/x", 0));
  EXPECT_TRUE(files.exists("/n/mechanism.json"));
  EXPECT_FALSE(files.exists("/x"));
}

}  // namespace
}  // namespace truce::verify
