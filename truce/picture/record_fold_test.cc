// SPDX-License-Identifier: Apache-2.0
//
// The fold over statements of the record itself: logs opened and closed, receipts, amendments.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "truce/picture/fold_testing.h"
#include "truce/picture/sealed_rows.h"

namespace truce::picture {
namespace {

using testing::ElementsAre;

const LogId kEast{"east", "main"};

std::string why(MemoryTables& t, const StatementRef& ref) {
  const auto rows = read_rows<ChangeRow>(t).value();
  for (const ChangeRow& c : rows) {
    if (c.statement == ref.id.to_string()) return c.what + ": " + c.reason;
  }
  return {};
}

StandingRow standing_of(MemoryTables& t, const LogId& log) {
  const auto rows = read_rows<StandingRow>(t).value();
  for (const StandingRow& s : rows) {
    if (s.party == log.party && s.log == log.log) return s;
  }
  ADD_FAILURE() << "no standing of " << log.to_string();
  return {};
}

// A proposed document, said by `log`.
// "statement given_to erased waits_for" of each row.
TEST(RecordFoldTest, SealedPartsSayWhoHasErasedThem) {
  World w(three_parties());
  const StatementRef report = w.say(kNorth, "report", report_at(0).to_body());
  const auto row = [&] {
    MemoryTables t;
    w.fold_all(t);
    const auto rows = read_rows<SealedRow>(t).value();
    EXPECT_EQ(rows.size(), 1U);
    const auto changes = read_rows<ChangeRow>(t).value();
    EXPECT_TRUE(changes.empty()) << changes.front().reason;
    return rows.empty() ? std::string() : rows[0].given_to + ' ' + rows[0].erased + ' ' + rows[0].waits_for;
  };
  record::Share share;
  share.to = {"east", "south"};
  w.say(kNorth, "share", share.to_body(), {{"of", report}});
  EXPECT_EQ(row(), "east;south  ");
  w.say(kSouth, "erasure", Json::object(), {{"of", report}});
  const std::string at = std::to_string(w.clock_ms);
  EXPECT_EQ(row(), "east;south [[\"south\"," + at + "]] east;north");
  w.say(kSouth, "erasure", Json::object(), {{"of", report}});
  EXPECT_EQ(row(), "east;south [[\"south\"," + at + "]] east;north") << "the first time counts";
}

TEST(RecordFoldTest, ALogThatNobodyOpenedCountsForNothing) {
  World w(two_parties());
  w.open(kNorth);
  // Without World::open: nobody opened this one.
  World other(two_parties());
  other.say(kDesk, "report", report_at(0).to_body());
  for (const std::string& entry : other.source.logs().at(kDesk)) w.source.add(kDesk, entry);
  MemoryTables t;
  w.fold_all(t);
  EXPECT_TRUE(read_rows<IncidentRow>(t).value().empty());
  EXPECT_EQ(why(t, {{kDesk, 0}, {}}), "ignored: log not opened");
  EXPECT_EQ(why(t, {{kDesk, 1}, {}}), "ignored: log not opened");
  EXPECT_EQ(standing_of(t, kDesk).open, 0);
  EXPECT_EQ(standing_of(t, kDesk).newest_ms, std::nullopt);
}

TEST(RecordFoldTest, OfTwoOpeningsTheFirstCounts) {
  World w(two_parties());
  w.say(kDesk, "report", report_at(0).to_body());
  const StatementRef again = w.say(kNorth, "log-open", record::LogOpen{"desk", std::string(32, 'e')}.to_body());
  // Another party's opening opens nothing of north's, and its own desk has no statements.
  const StatementRef foreign = w.say(kSouth, "log-open", record::LogOpen{"desk", std::string(32, 'f')}.to_body());
  MemoryTables t;
  w.fold_all(t);
  EXPECT_EQ(read_rows<IncidentRow>(t).value().size(), 1U);
  EXPECT_EQ(why(t, again), "ignored: log opened already");
  EXPECT_EQ(why(t, foreign), "");
}

TEST(RecordFoldTest, WhatComesAtOrBeyondTheEndOfALogIsIgnored) {
  World w(two_parties());
  w.say(kDesk, "report", report_at(0).to_body());
  const record::Head end = w.head(kDesk);
  w.say(kNorth, "log-close", record::LogClose{"desk", end.size, end.root}.to_body());
  const StatementRef late = w.say(kDesk, "report", report_at(1).to_body());
  MemoryTables t;
  w.fold_all(t);
  EXPECT_EQ(read_rows<IncidentRow>(t).value().size(), 1U);
  EXPECT_EQ(why(t, late), "ignored: log closed");
  EXPECT_EQ(standing_of(t, kDesk).closed_at, 2);
}

TEST(RecordFoldTest, ALogThatClosesItselfEndsThere) {
  for (const LogId& log : {kDesk, kNorth}) {
    World w(two_parties());
    w.say(log, "report", report_at(0).to_body());
    const record::Head end = w.head(log);
    w.say(log, "log-close", record::LogClose{log.log, end.size + 1, end.root}.to_body());  // not the head before it
    const StatementRef still = w.say(log, "report", report_at(1).to_body());
    const record::Head last = w.head(log);
    const StatementRef close = w.say(log, "log-close", record::LogClose{log.log, last.size, last.root}.to_body());
    const StatementRef late = w.say(log, "report", report_at(2).to_body());
    MemoryTables t;
    w.fold_all(t);
    EXPECT_EQ(read_rows<IncidentRow>(t).value().size(), 2U);
    EXPECT_EQ(why(t, still), "");
    EXPECT_EQ(why(t, close), "");
    EXPECT_EQ(why(t, late), "ignored: log closed");
  }
}

TEST(RecordFoldTest, ASuccessorOfTheMainLogIsMain) {
  World w(two_parties());
  const LogId main_2{"north", "main-2"};
  w.say(main_2, "report", report_at(0).to_body());
  w.say(main_2, "log-open", record::LogOpen{"desk", std::string(32, 'e')}.to_body());
  for (const std::string& entry : [] {
         World other(two_parties());
         other.say(kDesk, "report", report_at(1).to_body());
         return other.source.logs().at(kDesk);
       }())
    w.source.add(kDesk, entry);
  MemoryTables t;
  w.fold_all(t);
  EXPECT_EQ(read_rows<IncidentRow>(t).value().size(), 2U);
  EXPECT_EQ(standing_of(t, main_2).main, 1);
  EXPECT_EQ(standing_of(t, kDesk).main, 0);
}

TEST(RecordFoldTest, OwnTypesFromADeskAreIgnored) {
  World w(two_parties());
  w.open(kSouth);
  const record::Head head = w.head(kSouth);
  const StatementRef target = w.say(kNorth, "report", report_at(0).to_body());
  const StatementRef said[] = {
      w.say(kDesk, "receipt", record::Receipt{{head}}.to_body()),
      w.say(kDesk, "heartbeat", Json::object()),
      w.say(kDesk, "digest", Json::object()),
      w.say(kDesk, "evidence", Json::object()),
      w.say(kDesk, "consent", Json::object(), {{"to", target}}),
      w.say(kDesk, "log-open", record::LogOpen{"desk-2", std::string(32, 'e')}.to_body()),
      w.say(kDesk, "log-close", record::LogClose{"main", 1, head.root}.to_body()),
  };
  MemoryTables t;
  w.fold_all(t);
  for (const StatementRef& s : said) EXPECT_EQ(why(t, s), "ignored: not from the main log") << s.id.to_string();
  EXPECT_TRUE(read_rows<ReceiptRow>(t).value().empty());
}

TEST(RecordFoldTest, StatementsOfTheRecordThatBreakTheirFormAreIgnored) {
  World w(two_parties());
  const StatementRef target = w.say(kNorth, "report", report_at(0).to_body());
  const Hash blob = w.source.add_blob("no document");
  const record::Amendment a{Hash{}, blob, 1};
  const StatementRef said[] = {
      w.say(kNorth, "receipt", Json::object()),
      w.say(kNorth, "receipt", record::Receipt{{w.head(kNorth)}}.to_body()),  // of its own log
      w.say(kNorth, "heartbeat", Json::object({{"v", 1}})),
      w.say(kNorth, "heartbeat", Json::object(), {{"corrects", target}}),
      w.say(kNorth, "consent", Json::object()),  // on nothing
      w.say(kNorth, "objection", Json::object({{"reservation", "none"}}), {{"to", target}}),
      w.say(kNorth, "amendment", a.to_body()),  // its document is no required blob
      w.say(kNorth, "log-open", Json::object({{"log", "desk"}})),
      w.say(kNorth, "log-close", Json::object({{"log", "main"}})),
  };
  StatementRef other = target;
  other.leaf.bytes[0] ^= 1;
  const StatementRef mismatch = w.say(kNorth, "consent", Json::object(), {{"to", other}});
  const StatementRef documents = w.say(kNorth, "consent", voice(a), {{"to", target}});
  other.id.index = 99;
  const StatementRef waiting = w.say(kNorth, "consent", Json::object(), {{"to", other}});
  const StatementRef foreign = w.say(kNorth, "log-close", record::LogClose{"desk", 1, Hash{}}.to_body());
  MemoryTables t;
  w.fold_all(t);
  for (const StatementRef& s : said) EXPECT_EQ(why(t, s), "ignored: invalid-statement") << s.id.to_string();
  EXPECT_EQ(why(t, mismatch), "ignored: the reference does not match");
  EXPECT_EQ(why(t, documents), "ignored: names another document");
  EXPECT_EQ(why(t, waiting), "pending: ");
  EXPECT_EQ(why(t, foreign), "ignored: not its log to close");
}

TEST(RecordFoldTest, ReceiptsSettleALogAndChangeNoDigest) {
  World w(three_parties());
  w.say(kNorth, "report", report_at(0).to_body());
  w.open(kSouth);
  w.open(kEast);
  MemoryTables before, t;
  const Folded first = w.fold_all(before);
  EXPECT_EQ(standing_of(before, kNorth).settled, 0);
  const record::Head now = w.head(kNorth);
  w.say(kNorth, "report", report_at(1).to_body());
  record::Head other = w.head(kNorth);
  other.root = sha256("another branch");
  w.receive("south", {now});
  w.receive("south", {other});
  record::Head beyond = now;
  beyond.size = 99;
  w.receive("east", {beyond, w.head(kSouth)});
  w.say(kEast, "heartbeat", Json::object());
  w.say(kSouth, "digest", Json::object({{"v", 1}}));
  w.fold_all(t);
  EXPECT_EQ(standing_of(t, kNorth).received, R"({"south":2})");
  EXPECT_EQ(standing_of(t, kNorth).settled, 0) << "two of the two others are needed";
  w.receive("east", {now});
  const Folded last = w.fold_all(t);
  EXPECT_EQ(standing_of(t, kNorth).settled, 2);
  std::vector<std::string> states;
  const auto rows = read_rows<ReceiptRow>(t).value();
  for (const ReceiptRow& r : rows) states.push_back(r.party + ' ' + std::to_string(r.size) + ' ' + r.state);
  EXPECT_THAT(states,
              ElementsAre("east 99 beyond", "east 3 held", "east 2 held", "south 2 held", "south 3 other-root"));
  for (const DayDigest& d : last.digests) {
    EXPECT_NE(d.table, "receipts");
    EXPECT_NE(d.table, "standing");
  }
  MemoryTables again;
  const Folded same = w.fold_all(again);
  w.receive("east", {w.head(kNorth)});
  EXPECT_EQ(w.fold_all(again).digest, same.digest);
  EXPECT_NE(first.digest, same.digest);
}

TEST(RecordFoldTest, AnAmendmentIsInForceWhenItsRuleIsMet) {
  World w(two_parties());
  w.say(kNorth, "report", report_at(0).to_body());
  mechanism::Mechanism next = follower(w.mechanism);
  next.days.cutoff_minutes = 720;
  next.parties.push_back(party("west", mechanism::Role::kObserver, 'u'));
  const Proposed p = propose(w, kNorth, next);
  const LogId west{"west", "main"};
  const StatementRef stranger = w.say(west, "report", report_at(0, 340000000).to_body());
  MemoryTables t;
  w.fold_all(t);
  auto row = read_rows<AmendmentRow>(t).value().at(0);
  EXPECT_EQ(row.state, "proposed");
  EXPECT_EQ(row.consented, "north");
  EXPECT_EQ(why(t, stranger), "ignored: not a party");
  const std::string day = read_rows<ReportRow>(t).value().at(0).day;

  w.say(kSouth, "consent", Json::object(), {{"to", p.ref}});  // names no documents
  w.fold_all(t);
  EXPECT_EQ(read_rows<AmendmentRow>(t).value().at(0).state, "proposed");
  consent(w, kSouth, p);
  w.fold_all(t);
  row = read_rows<AmendmentRow>(t).value().at(0);
  EXPECT_EQ(row.state, "in-force");
  EXPECT_EQ(row.consented, "north;south");
  EXPECT_EQ(why(t, stranger), "") << "a party by the document in force";
  EXPECT_NE(read_rows<ReportRow>(t).value().at(0).day, day) << "days are cut by the document in force";
  EXPECT_EQ(mechanism_in_force(w.mechanism, t, w.source).value(), next);

  // A second document, by the first one's parties: it needs west's voice only where its rule does.
  mechanism::Mechanism third = follower(next);
  third.quota_statements = 7;
  const Proposed q = propose(w, west, third);
  consent(w, kNorth, q);
  w.fold_all(t);
  EXPECT_EQ(mechanism_in_force(w.mechanism, t, w.source).value().version, 1);
  const StatementRef no = w.say(kSouth, "objection", voice(q.body), {{"to", q.ref}});
  w.fold_all(t);
  EXPECT_EQ(read_rows<AmendmentRow>(t).value().at(1).state, "refused");
  EXPECT_EQ(why(t, no), "");
  consent(w, kSouth, q);  // the last word counts
  w.fold_all(t);
  EXPECT_EQ(mechanism_in_force(w.mechanism, t, w.source).value().quota_statements, 7);
}

TEST(RecordFoldTest, AmendmentsThatCannotFollowAreRefused) {
  World w(two_parties());
  w.say(kNorth, "report", report_at(0).to_body());
  mechanism::Mechanism next = follower(w.mechanism);
  next.exercise = true;
  const Proposed kind = propose(w, kNorth, next);
  consent(w, kSouth, kind);
  record::Amendment garbage{*next.amends, w.source.add_blob("garbage"), 1};
  const StatementRef bad = w.say(kNorth, "amendment", garbage.to_body(), {}, {garbage.document});
  record::Amendment later = kind.body;
  later.amends = sha256("a document that nobody knows");
  const StatementRef unknown = w.say(kNorth, "amendment", later.to_body(), {}, {later.document});
  MemoryTables t;
  const Folded f = w.fold_all(t);
  std::map<std::string, std::string> states;
  const auto rows = read_rows<AmendmentRow>(t).value();
  for (const AmendmentRow& r : rows) states[r.statement] = r.state;
  EXPECT_EQ(states[kind.ref.id.to_string()], "refused");
  EXPECT_EQ(states[bad.id.to_string()], "refused");
  EXPECT_EQ(states[unknown.id.to_string()], "proposed");
  EXPECT_EQ(f.cut, w.cut());
}

TEST(RecordFoldTest, RulesThatThisProgramDoesNotComputeAreSaid) {
  World w(two_parties());
  w.say(kNorth, "report", report_at(0).to_body());
  mechanism::Mechanism next = follower(w.mechanism);
  next.rules_version = mechanism::kRulesVersion + 1;
  const Proposed p = propose(w, kNorth, next);
  MemoryTables t;
  w.fold_all(t);
  consent(w, kSouth, p);
  FoldRequest request{&w.mechanism, w.cut(), {}, {}};
  EXPECT_EQ(fold(request, w.source, t).error().code, ErrorCode::kNotComputable);
}

TEST(RecordFoldTest, TheEndOfAStolenLogDoesNotUndoWhatItsConsentMade) {
  World w(two_parties());
  w.say(kNorth, "report", report_at(0).to_body());
  mechanism::Mechanism next = follower(w.mechanism);
  mechanism::Party& south = next.parties[1];
  ASSERT_EQ(south.id, "south");
  w.say(kSouth, "report", report_at(1).to_body());
  const record::Head end = w.head(kSouth);
  south.ended = {{"main", end.size, end.root, south.keys.log}};
  south.main = "main-2";
  south.keys.log = std::string(32, 'x');
  const Proposed p = propose(w, kNorth, next);
  const StatementRef late = consent(w, kSouth, p);  // beyond the end that it consents to
  const LogId main_2{"south", "main-2"};
  World other(two_parties());
  other.say(main_2, "report", report_at(2).to_body());
  for (const std::string& entry : other.source.logs().at(main_2)) w.source.add(main_2, entry);
  MemoryTables t;
  w.fold_all(t);
  EXPECT_EQ(read_rows<AmendmentRow>(t).value().at(0).state, "in-force");
  EXPECT_EQ(why(t, late), "ignored: log closed");
  EXPECT_EQ(read_rows<IncidentRow>(t).value().size(), 3U);
  EXPECT_EQ(standing_of(t, main_2).main, 1);
}

TEST(RecordFoldTest, SilenceBringsADocumentIntoForceWhereEverybodyWasReached) {
  mechanism::Mechanism m = two_parties();
  m.decisions["amendment"] = {"silence", "guarantors", 0, 24};
  World w(m);
  w.say(kNorth, "report", report_at(0).to_body());
  w.open(kSouth);
  mechanism::Mechanism next = follower(w.mechanism);
  next.quota_statements = 7;
  propose(w, kNorth, next);
  const auto in_force = [&] {
    MemoryTables t;
    w.fold_all(t);
    return mechanism_in_force(w.mechanism, t, w.source).value().version;
  };
  w.clock_ms += 100 * 3'600'000;
  EXPECT_EQ(in_force(), 0) << "nobody received it";
  w.receive("south", {w.head(kNorth)});
  w.say(kNorth, "heartbeat", Json::object());
  EXPECT_EQ(in_force(), 0);
  w.clock_ms += 25 * 3'600'000;
  w.say(kNorth, "heartbeat", Json::object());
  EXPECT_EQ(in_force(), 0) << "nothing of south's since the deadline";
  w.say(kSouth, "heartbeat", Json::object());
  EXPECT_EQ(in_force(), 1);
}

constexpr std::int64_t kHour = 3'600'000;

// Two guarantors, of whom silence brings documents into force after a day; north proposes one, which south receives.
struct BySilence {
  World w;
  Proposed asked;

  static mechanism::Mechanism rules() {
    mechanism::Mechanism m = two_parties();
    m.decisions["amendment"] = {"silence", "guarantors", 0, 24};
    return m;
  }
  BySilence() : w(rules()) {
    w.say(kNorth, "report", report_at(0).to_body());
    w.open(kSouth);
    mechanism::Mechanism next = follower(w.mechanism);
    next.quota_statements = 7;
    asked = propose(w, kNorth, next);
  }
  void receives() { w.receive("south", {w.head(kNorth)}); }
  void is_alive(const LogId& log) { w.say(log, "heartbeat", Json::object()); }
  void objects() { w.say(kSouth, "objection", voice(asked.body), {{"to", asked.ref}}); }
  // State, objections, and who was silent and objected then.
  std::string state() {
    MemoryTables t;
    w.fold_all(t);
    const AmendmentRow row = read_rows<AmendmentRow>(t).value().at(0);
    return row.state + ' ' + row.objected +
           (row.too_late.empty() ? "" : "silent: " + row.silent + ", late: " + row.too_late);
  }
};

// A clock that once ran ahead says nothing of a question that came later.
TEST(RecordFoldTest, WhatAPartyDatedAheadBeforeItsReceiptDoesNotMakeItSilent) {
  BySilence s;
  s.w.clock_ms += 100 * kHour;
  s.is_alive(kSouth);
  s.w.clock_ms -= 100 * kHour;
  s.receives();
  s.w.clock_ms += 1 * kHour;
  s.objects();
  s.w.clock_ms += 48 * kHour;
  s.is_alive(kNorth);
  EXPECT_EQ(s.state(), "refused south");
}
TEST(RecordFoldTest, WhoSaidNothingSinceItsReceiptWasNotReached) {
  BySilence s;
  s.w.clock_ms += 100 * kHour;
  s.is_alive(kSouth);
  s.w.clock_ms -= 100 * kHour;
  s.receives();
  s.w.clock_ms += 48 * kHour;
  s.is_alive(kNorth);
  EXPECT_EQ(s.state(), "proposed ");
  s.is_alive(kSouth);
  EXPECT_EQ(s.state(), "in-force ");
}

TEST(RecordFoldTest, AnObjectionInTimeRefusesAndOneThatIsTooLateDoesNot) {
  for (const bool in_time : {true, false}) {
    BySilence s;
    s.receives();
    s.w.clock_ms += 23 * kHour;
    if (in_time) s.objects();
    s.w.clock_ms += 2 * kHour;
    s.is_alive(kNorth);
    s.is_alive(kSouth);
    s.objects();
    EXPECT_EQ(s.state(), in_time ? "refused south" : "in-force silent: south, late: south");
  }
}

TEST(RecordFoldTest, TheFirstWordAfterTheDeadlineMayStillObject) {
  BySilence s;
  s.receives();
  s.w.clock_ms += 48 * kHour;
  s.objects();
  s.is_alive(kNorth);
  EXPECT_EQ(s.state(), "refused south");
}

TEST(RecordFoldTest, WhoReceivesADatedBackQuestionTodayHasItsHours) {
  BySilence s;
  s.w.clock_ms += 1000 * kHour;
  s.receives();
  s.is_alive(kNorth);
  EXPECT_EQ(s.state(), "proposed ");
  s.w.clock_ms += 23 * kHour;
  s.is_alive(kNorth);
  s.is_alive(kSouth);
  EXPECT_EQ(s.state(), "proposed ");
  s.w.clock_ms += 2 * kHour;
  s.is_alive(kNorth);
  s.is_alive(kSouth);
  EXPECT_EQ(s.state(), "in-force ");
}

// Three parties, and two documents that follow the same one.
struct Rivals {
  World w;
  mechanism::Mechanism first, second;

  static mechanism::Mechanism rules(mechanism::Rule rule) {
    mechanism::Mechanism m = three_parties();
    m.decisions["amendment"] = std::move(rule);
    return m;
  }
  explicit Rivals(mechanism::Rule rule) : w(rules(std::move(rule))) {
    for (const LogId& log : {kEast, kNorth, kSouth}) w.open(log);
    first = second = follower(w.mechanism);
    first.quota_statements = 300;
    second.quota_statements = 1;
  }
  std::string state_of(const Proposed& p) {
    MemoryTables t;
    w.fold_all(t);
    const auto rows = read_rows<AmendmentRow>(t).value();
    for (const AmendmentRow& row : rows) {
      if (row.statement == p.ref.id.to_string()) return row.state;
    }
    return {};
  }
};

// A document that is in force is not put aside by a later one that follows the same one, whatever its name.
TEST(RecordFoldTest, ARivalOfWhatIsInForceIsNotAgreedBySilence) {
  Rivals r({"silence", "all", 0, 24});
  World& w = r.w;
  const auto everybody_hears = [&](const LogId& of) {
    for (const LogId& log : {kEast, kNorth, kSouth}) {
      if (log != of) w.receive(log.party, {w.head(of)});
    }
    w.clock_ms += 30 * kHour;
    for (const LogId& log : {kEast, kNorth, kSouth}) w.say(log, "heartbeat", Json::object());
  };
  const Proposed by_south = propose(w, kSouth, r.first);
  everybody_hears(kSouth);
  ASSERT_EQ(r.state_of(by_south), "in-force");
  const Proposed by_east = propose(w, kEast, r.second);  // of a smaller name, on what is superseded
  everybody_hears(kEast);
  EXPECT_EQ(r.state_of(by_south), "in-force") << "whose silence was complete before it proposed another";
  EXPECT_EQ(r.state_of(by_east), "refused") << "south is for its own";
}

TEST(RecordFoldTest, OfTwoConsentsOfAPartyTheFirstCounts) {
  Rivals r({"k-of-n", "all", 2, 0});
  World& w = r.w;
  const Proposed by_south = propose(w, kSouth, r.first);
  consent(w, kNorth, by_south);
  const Proposed by_east = propose(w, kEast, r.second);
  consent(w, kNorth, by_east);  // evidence against itself, and no more
  EXPECT_EQ(r.state_of(by_south), "in-force");
  EXPECT_EQ(r.state_of(by_east), "refused");
}

TEST(RecordFoldTest, ADeskThatWorksOnDoesNotMakeItsPartySilent) {
  BySilence s;
  s.receives();
  const LogId desk{"south", "desk"};
  s.w.open(desk);
  s.w.clock_ms += 25 * kHour;
  s.is_alive(kNorth);
  s.w.say(desk, "report", report_at(1).to_body());
  EXPECT_EQ(s.state(), "proposed ");
  s.is_alive(kSouth);
  EXPECT_EQ(s.state(), "in-force ");
}

// A party leaves: what it stated up to the ends of its logs stays, and nothing that it says then counts.
TEST(RecordFoldTest, WhatAPartyStatedBeforeItLeftStays) {
  mechanism::Mechanism rules = three_parties();
  rules.decisions["amendment"] = {"k-of-n", "all", 2, 0};
  World w(rules);
  for (const LogId& log : {kEast, kNorth, kSouth}) w.open(log);
  const LogId desk{"south", "desk"};
  w.say(kSouth, "report", report_at(0).to_body());
  w.open(desk);
  w.say(desk, "report", report_at(1).to_body());
  mechanism::Mechanism next = follower(w.mechanism);
  mechanism::Party& south = *std::ranges::find(next.parties, "south", &mechanism::Party::id);
  const record::Head of_main = w.head(kSouth), of_desk = w.head(desk);
  south.left = true;
  south.ended = {{"desk", of_desk.size, of_desk.root, std::string(32, 'd')},
                 {"main", of_main.size, of_main.root, south.keys.log}};
  const Proposed leaving = propose(w, kEast, next);
  consent(w, kNorth, leaving);
  w.say(kSouth, "report", report_at(2).to_body());
  w.say(desk, "report", report_at(3).to_body());
  w.say(kSouth, "log-open", record::LogOpen{"late", std::string(32, 'l')}.to_body());
  w.say({"south", "late"}, "report", report_at(4).to_body());
  MemoryTables t;
  w.fold_all(t);
  const auto amendments = read_rows<AmendmentRow>(t).value();
  ASSERT_EQ(amendments.at(0).state, "in-force");
  std::vector<std::string> reports;
  const auto rows = read_rows<ReportRow>(t).value();
  for (const ReportRow& r : rows) reports.push_back(r.party + '/' + r.log);
  EXPECT_THAT(reports, ::testing::UnorderedElementsAre("south/main", "south/desk"));
}

TEST(RecordFoldTest, GoingOnWithALogsDeskGivesTheSame) {
  World w(two_parties());
  w.mechanism.parties.resize(1);
  w.id = mechanism::mechanism_id(w.mechanism.to_bytes().value());
  w.say(kDesk, "report", report_at(0).to_body());
  const record::Head end = w.head(kDesk);
  w.say(kNorth, "log-close", record::LogClose{"desk", end.size + 1, end.root}.to_body());
  MemoryTables kept, scratch;
  const Folded last = w.fold_all(kept);
  w.say(kDesk, "report", report_at(1).to_body());
  w.say(kNorth, "report", report_at(2).to_body());
  w.say(kNorth, "heartbeat", Json::object());
  FoldRequest request{&w.mechanism, w.cut(), {}, {}};
  const auto more = fold_more(request, last.cut, last.as_of, w.source, kept, kept).value();
  ASSERT_TRUE(more.has_value());
  const Folded all = w.fold_all(scratch);
  EXPECT_EQ(lines(kept), lines(scratch));
  EXPECT_EQ(more->as_of, all.as_of);
  EXPECT_EQ(standing_of(kept, kNorth).settled, standing_of(kept, kNorth).size) << "there are no others";
}

}  // namespace
}  // namespace truce::picture
