// SPDX-License-Identifier: Apache-2.0
//
// The fold over positions, inquiries, questions; findings; withdrawals of what is under a position.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "truce/monitor/brief_statement.h"
#include "truce/monitor/finding.h"
#include "truce/monitor/inquiry.h"
#include "truce/monitor/position.h"
#include "truce/picture/fold_testing.h"
#include "truce/picture/positions.h"

namespace truce::picture {
namespace {

using monitor::Answer;
using monitor::InquiryAct;
using monitor::Report;

mechanism::Mechanism guarantors_and_a_humanitarian() {
  mechanism::Mechanism m = two_parties();
  m.parties.insert(m.parties.begin(), party("aid", mechanism::Role::kHumanitarian, 'p'));
  m.parties[0].named = false;
  m.path = {"reported", "finding"};
  return m;
}
const LogId kAid{"aid", "main"};

std::vector<record::Reference> on(std::initializer_list<StatementRef> reports) {
  std::vector<record::Reference> out;
  for (const StatementRef& r : reports) out.push_back({"on", r});
  return out;
}
StatementRef state(World& w, const LogId& log, Answer answer, std::initializer_list<StatementRef> reports,
                   const std::string& actor = {}) {
  return w.say(log, "position", monitor::PositionStatement{answer, actor, "r"}.to_body(), on(reports));
}
StatementRef act(World& w, const LogId& log, InquiryAct what, std::vector<record::Reference> references) {
  monitor::InquiryStatement i{what, {}, ""};
  if (what == InquiryAct::kVisit) i.at = Instant{w.clock_ms};
  return w.say(log, "inquiry", i.to_body(), std::move(references));
}
StatementRef withdraw(World& w, const LogId& log, const StatementRef& what, const char* reason = "mistake") {
  return w.say(log, "withdrawal", Json::object({{"reason", reason}}), {{"withdraws", what}});
}

std::string why(MemoryTables& t, const StatementRef& ref) {
  const auto rows = read_rows<ChangeRow>(t).value();
  for (const ChangeRow& c : rows) {
    if (c.statement == ref.id.to_string()) return c.what + ": " + c.reason;
  }
  return {};
}
std::map<std::string, PositionRow> positions(MemoryTables& t) {
  std::map<std::string, PositionRow> out;
  const auto rows = read_rows<PositionRow>(t).value();
  for (const PositionRow& p : rows) out[p.statement] = p;
  return out;
}
StatementRef second(World& w, const LogId& log, const StatementRef& withdrawal) {
  return w.say(log, "second", Json::object(), {{"seconds", withdrawal}});
}
std::int64_t recorded_of(MemoryTables& t, const StatementRef& change) {
  return find_rows<ChangeRow>(t, "statement", change.id.to_string()).value().at(0).recorded_ms;
}

FindingRow only_finding(MemoryTables& t) {
  const auto rows = read_rows<FindingRow>(t).value();
  EXPECT_EQ(rows.size(), 1U);
  return rows.empty() ? FindingRow{} : rows[0];
}

TEST(PositionFoldTest, BothConfirmAndTheFindingIsJoint) {
  World w(guarantors_and_a_humanitarian());
  const StatementRef report = w.say(kNorth, "report", report_at(0).to_body());
  const StatementRef north = state(w, kNorth, Answer::kConfirm, {report});
  MemoryTables t;
  const Folded one = w.fold_all(t);
  EXPECT_EQ(only_finding(t).outcome, "open");
  EXPECT_EQ(only_finding(t).missing, "finding");
  const StatementRef south = state(w, kSouth, Answer::kConfirm, {report});
  state(w, kSouth, Answer::kAttribute, {report}, "group-n");
  const Folded two = w.fold_all(t);
  EXPECT_NE(one.digest, two.digest) << "positions are digested";
  const FindingRow f = only_finding(t);
  EXPECT_EQ(f.incident, report.id.to_string());
  EXPECT_EQ(f.day, read_rows<IncidentRow>(t).value().at(0).day);
  EXPECT_EQ(f.outcome, "confirmed");
  EXPECT_EQ(f.looks_agreed, 1);
  EXPECT_EQ(f.attribution, "");
  EXPECT_EQ(f.parties, R"([{"answer":"confirm","attribution":"","not_covered":[],"party":"north"},)"
                       R"({"answer":"confirm","attribution":"attribute:group-n","not_covered":[],"party":"south"}])");
  EXPECT_EQ(positions(t)[north.id.to_string()].state, "current");
  EXPECT_EQ(positions(t)[south.id.to_string()].reports, report.id.to_string());
  for (const DayDigest& d : two.digests) EXPECT_NE(d.table, "findings");
  const auto lines_of_day = monitor::bulletin(w.mechanism, told(t, "", "").value());
  ASSERT_EQ(lines_of_day.size(), 2U);
  EXPECT_EQ(lines_of_day[0].party, "north");
  EXPECT_EQ(lines_of_day[0].recorded, 1);
  EXPECT_EQ(lines_of_day[0].others.at("south").confirmed, 1);
  EXPECT_EQ(lines_of_day[1].recorded, 0);
}

TEST(PositionFoldTest, ALaterPositionThatSharesAReportReplaces) {
  World w(guarantors_and_a_humanitarian());
  const StatementRef a = w.say(kNorth, "report", report_at(0).to_body());
  const StatementRef b = w.say(kNorth, "report", report_at(1).to_body());
  const StatementRef first = state(w, kSouth, Answer::kConfirm, {a, b});
  const StatementRef named = state(w, kSouth, Answer::kAttribute, {a}, "x");
  const StatementRef second = state(w, kSouth, Answer::kNotConfirm, {b});
  const StatementRef other = state(w, kNorth, Answer::kConfirm, {a});
  MemoryTables t;
  w.fold_all(t);
  auto p = positions(t);
  EXPECT_EQ(p[first.id.to_string()].state, "replaced");
  EXPECT_EQ(p[first.id.to_string()].replaced_by, second.id.to_string());
  EXPECT_EQ(p[first.id.to_string()].incident, a.id.to_string()) << "one each: the smallest";
  EXPECT_EQ(p[named.id.to_string()].state, "current") << "an attribution stands beside the answer";
  EXPECT_EQ(p[second.id.to_string()].incident, b.id.to_string());
  EXPECT_EQ(p[other.id.to_string()].state, "current");
  withdraw(w, kSouth, second);
  w.fold_all(t);
  p = positions(t);
  EXPECT_EQ(p[second.id.to_string()].state, "withdrawn");
  EXPECT_EQ(p[first.id.to_string()].state, "current");
}

TEST(PositionFoldTest, TwoPositionsThatFusionBringsTogetherAreOne) {
  World w(guarantors_and_a_humanitarian());
  const StatementRef a = w.say(kNorth, "report", report_at(0).to_body());
  const StatementRef b = w.say(kSouth, "report", report_at(0, 359400000).to_body());  // 44 km away
  const StatementRef one = state(w, kSouth, Answer::kConfirm, {a});
  const StatementRef two = state(w, kSouth, Answer::kCannotEstablish, {b});
  MemoryTables t;
  w.fold_all(t);
  EXPECT_EQ(positions(t)[one.id.to_string()].state, "current");
  EXPECT_EQ(read_rows<FindingRow>(t).value().size(), 2U);
  w.say(kNorth, "join", Json::object({{"v", 1}}), {{"first", a}, {"second", b}});
  w.fold_all(t);
  EXPECT_EQ(read_rows<IncidentRow>(t).value().size(), 1U);
  EXPECT_EQ(positions(t)[one.id.to_string()].state, "replaced");
  EXPECT_EQ(positions(t)[two.id.to_string()].state, "current");
  EXPECT_THAT(only_finding(t).parties, testing::HasSubstr(R"("not_covered":["north/main/1"])"));
}

TEST(PositionFoldTest, PositionsWithoutTheRightOrFormAreIgnored) {
  World w(guarantors_and_a_humanitarian());
  const StatementRef report = w.say(kNorth, "report", report_at(0).to_body());
  const Json body = monitor::PositionStatement{Answer::kConfirm, "", "r"}.to_body();
  const StatementRef aid = state(w, kAid, Answer::kConfirm, {report});
  const StatementRef desk = state(w, kDesk, Answer::kConfirm, {report});
  const StatementRef on_nothing = w.say(kNorth, "position", body);
  const StatementRef formless = w.say(kNorth, "position", Json::object(), on({report}));
  const StatementRef corrects = w.say(kNorth, "position", body, {{"on", report}, {"corrects", report}});
  std::vector<record::Reference> many;
  for (std::uint64_t i = 0; i <= monitor::kOnReportCountMax; ++i) many.push_back({"on", {{kNorth, i}, Hash{}}});
  const StatementRef too_many = w.say(kNorth, "position", body, many);
  MemoryTables t;
  w.fold_all(t);
  EXPECT_EQ(why(t, aid), "ignored: no right");
  EXPECT_EQ(why(t, desk), "ignored: not from the main log");
  for (const StatementRef& s : {on_nothing, formless, corrects, too_many})
    EXPECT_EQ(why(t, s), "ignored: invalid-statement") << s.id.to_string();
  EXPECT_TRUE(positions(t).empty());
  EXPECT_TRUE(read_rows<FindingRow>(t).value().empty());
}

TEST(PositionFoldTest, PositionOnWhatIsNotThereIsPending) {
  World w(guarantors_and_a_humanitarian());
  const StatementRef report = w.say(kNorth, "report", report_at(0).to_body());
  StatementRef later = report;
  later.id.index = 9;
  StatementRef other = report;
  other.leaf.bytes[3] ^= 1;
  const StatementRef waiting = state(w, kSouth, Answer::kConfirm, {later, other});
  MemoryTables t;
  w.fold_all(t);
  EXPECT_EQ(positions(t)[waiting.id.to_string()].state, "pending");
  EXPECT_EQ(positions(t)[waiting.id.to_string()].incident, "");
}

TEST(PositionFoldTest, InquiryWithItsVisitCompletesThePath) {
  mechanism::Mechanism m = guarantors_and_a_humanitarian();
  m.path = {"reported", "inquiry", "visit", "finding"};
  World w(m);
  const StatementRef report = w.say(kNorth, "report", report_at(0).to_body());
  state(w, kNorth, Answer::kConfirm, {report});
  state(w, kSouth, Answer::kConfirm, {report});
  const StatementRef open = act(w, kSouth, InquiryAct::kOpen, on({report}));
  MemoryTables t;
  w.fold_all(t);
  EXPECT_EQ(only_finding(t).missing, "inquiry visit");
  const StatementRef visit = act(w, kNorth, InquiryAct::kVisit, {{"inquiry", open}});
  act(w, kNorth, InquiryAct::kAttend, {{"inquiry", open}, {"visit", visit}});
  act(w, kSouth, InquiryAct::kDecline, {{"inquiry", open}, {"visit", visit}});
  w.fold_all(t);
  EXPECT_EQ(only_finding(t).missing, "inquiry visit:south");
  const StatementRef again = act(w, kSouth, InquiryAct::kVisit, {{"inquiry", open}});
  act(w, kSouth, InquiryAct::kAttend, {{"inquiry", open}, {"visit", again}});
  const StatementRef close = act(w, kNorth, InquiryAct::kClose, {{"inquiry", open}});
  w.fold_all(t);
  EXPECT_EQ(only_finding(t).missing, "");
  EXPECT_EQ(only_finding(t).looks_agreed, 1);
  withdraw(w, kNorth, close);
  w.fold_all(t);
  EXPECT_EQ(only_finding(t).missing, "inquiry");
  withdraw(w, kSouth, open);
  w.fold_all(t);
  EXPECT_EQ(only_finding(t).missing, "inquiry visit");
  std::vector<std::string> states;
  const auto rows = read_rows<InquiryRow>(t).value();
  for (const InquiryRow& i : rows) states.push_back(i.act + ' ' + i.state);
  EXPECT_THAT(states,
              testing::UnorderedElementsAre("open withdrawn", "visit pending", "visit pending", "attend pending",
                                            "attend pending", "decline pending", "close withdrawn"));
}

TEST(PositionFoldTest, ActsOnNoInquiryAreIgnored) {
  World w(guarantors_and_a_humanitarian());
  const StatementRef report = w.say(kNorth, "report", report_at(0).to_body());
  const StatementRef one = act(w, kNorth, InquiryAct::kOpen, on({report}));
  const StatementRef two = act(w, kNorth, InquiryAct::kOpen, on({report}));
  const StatementRef visit = act(w, kNorth, InquiryAct::kVisit, {{"inquiry", one}});
  StatementRef mismatch = one;
  mismatch.leaf.bytes[0] ^= 1;
  StatementRef later = one;
  later.id.index = 99;
  struct Case {
    StatementRef said;
    std::string why;
  };
  const Case cases[] = {
      {act(w, kSouth, InquiryAct::kClose, {{"inquiry", report}}), "ignored: no such inquiry"},
      {act(w, kSouth, InquiryAct::kClose, {{"inquiry", visit}}), "ignored: no such inquiry"},
      {act(w, kSouth, InquiryAct::kClose, {{"inquiry", mismatch}}), "ignored: the reference does not match"},
      {act(w, kSouth, InquiryAct::kAttend, {{"inquiry", two}, {"visit", visit}}), "ignored: no such visit"},
      {act(w, kSouth, InquiryAct::kAttend, {{"inquiry", one}, {"visit", two}}), "ignored: no such visit"},
      {act(w, kSouth, InquiryAct::kAttend, {{"inquiry", one}}), "ignored: invalid-statement"},
      {act(w, kSouth, InquiryAct::kOpen, {{"inquiry", one}}), "ignored: invalid-statement"},
      {act(w, kSouth, InquiryAct::kClose, {{"inquiry", one}, {"visit", visit}}), "ignored: invalid-statement"},
      {act(w, kAid, InquiryAct::kOpen, on({report})), "ignored: no right"},
      {act(w, kSouth, InquiryAct::kClose, {{"inquiry", later}}), ""},  // pending
  };
  MemoryTables t;
  w.fold_all(t);
  for (const Case& c : cases) EXPECT_EQ(why(t, c.said), c.why) << c.said.id.to_string();
}

TEST(PositionFoldTest, WhoWasAskedAnswers) {
  World w(guarantors_and_a_humanitarian());
  const StatementRef report = w.say(kNorth, "report", report_at(0).to_body());
  const auto ask = [&](const LogId& log, const char* to) {
    return w.say(log, "ask", monitor::AskStatement{to, "which calibre?", Instant{w.clock_ms}}.to_body(), on({report}));
  };
  const auto answer = [&](const LogId& log, const StatementRef& to, const char* text) {
    return w.say(log, "answer", monitor::AnswerStatement{text}.to_body(), {{"ask", to}});
  };
  const StatementRef q = ask(kNorth, "south");
  const StatementRef open = ask(kSouth, "north");
  const StatementRef nobody = ask(kNorth, "nowhere");
  const StatementRef self = ask(kNorth, "north");
  answer(kSouth, q, "82 mm");
  const StatementRef last = answer(kSouth, q, "120 mm");
  const StatementRef other = answer(kNorth, q, "I know it too");
  const StatementRef none = answer(kSouth, report, "to what?");
  MemoryTables t;
  w.fold_all(t);
  EXPECT_EQ(why(t, nobody), "ignored: asks nobody");
  EXPECT_EQ(why(t, self), "ignored: asks nobody");
  EXPECT_EQ(why(t, other), "ignored: was not asked");
  EXPECT_EQ(why(t, none), "ignored: no such question");
  const auto rows = read_rows<AskRow>(t).value();
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0].statement, q.id.to_string());
  EXPECT_EQ(rows[0].state, "answered");
  EXPECT_EQ(rows[0].answer, last.id.to_string());
  EXPECT_EQ(rows[0].answer_text, "120 mm");
  EXPECT_EQ(rows[0].incident, report.id.to_string());
  EXPECT_EQ(rows[1].statement, open.id.to_string());
  EXPECT_EQ(rows[1].state, "open");
  withdraw(w, kSouth, last);
  w.fold_all(t);
  EXPECT_EQ(read_rows<AskRow>(t).value().at(0).answer_text, "82 mm");
}

TEST(PositionFoldTest, OnePersonCannotWithdrawWhatAnotherPartyHolds) {
  World w(guarantors_and_a_humanitarian());
  const StatementRef report = w.say(kNorth, "report", report_at(0).to_body());
  const StatementRef free = w.say(kNorth, "report", report_at(5).to_body());
  const StatementRef own = state(w, kNorth, Answer::kConfirm, {report});
  const StatementRef held = state(w, kSouth, Answer::kConfirm, {report});
  w.open(kDesk);
  const StatementRef alone = withdraw(w, kNorth, report);
  const StatementRef nobodys = withdraw(w, kNorth, free);
  MemoryTables t;
  w.fold_all(t);
  EXPECT_EQ(why(t, alone), "requested: needs a second person");
  EXPECT_EQ(why(t, nobodys), "withdrawn: mistake") << "nobody has a position on it";
  EXPECT_EQ(only_finding(t).outcome, "confirmed") << "a request changes nothing";
  const StatementRef seconded = second(w, kDesk, alone);
  w.fold_all(t);
  EXPECT_EQ(why(t, alone), "withdrawn: mistake");
  EXPECT_EQ(why(t, seconded), "seconded: ");
  EXPECT_TRUE(read_rows<IncidentRow>(t).value().empty());
  const FindingRow f = only_finding(t);
  EXPECT_EQ(f.incident, report.id.to_string()) << "the finding does not vanish";
  EXPECT_EQ(f.outcome, "open");
  EXPECT_EQ(f.reason, "withdrawn:" + report.id.to_string());
  EXPECT_EQ(f.reopened, "[[\"" + report.id.to_string() + "\",\"north\",\"" + alone.id.to_string() + "\"," +
                            std::to_string(recorded_of(t, alone)) + ",\"" + seconded.id.to_string() +
                            "\",\"position\"]]");
  EXPECT_EQ(f.day, read_rows<ReportRow>(t).value().at(0).day);
  EXPECT_EQ(positions(t)[held.id.to_string()].state, "current") << "what was said stays said";
  EXPECT_EQ(positions(t)[own.id.to_string()].state, "current");
}

TEST(PositionFoldTest, AWithdrawalNeedsNobodyOnceNobodyHoldsTheReport) {
  World w(guarantors_and_a_humanitarian());
  const StatementRef report = w.say(kNorth, "report", report_at(0).to_body());
  const StatementRef held = state(w, kSouth, Answer::kConfirm, {report});
  const StatementRef alone = withdraw(w, kNorth, report);
  withdraw(w, kSouth, held);
  MemoryTables t;
  w.fold_all(t);
  EXPECT_EQ(why(t, alone), "withdrawn: mistake");
}

TEST(PositionFoldTest, OnesOwnPositionHoldsAReportToo) {
  World w(guarantors_and_a_humanitarian());
  const StatementRef report = w.say(kNorth, "report", report_at(0).to_body());
  state(w, kNorth, Answer::kConfirm, {report});
  const StatementRef alone = withdraw(w, kNorth, report);
  MemoryTables t;
  w.fold_all(t);
  EXPECT_EQ(why(t, alone), "requested: needs a second person");
}

TEST(PositionFoldTest, WhoIsNoSecondPersonSecondsNothing) {
  World w(guarantors_and_a_humanitarian());
  const LogId late{"north", "late"};
  const StatementRef report = w.say(kNorth, "report", report_at(0).to_body());
  state(w, kSouth, Answer::kConfirm, {report});
  w.open(kDesk);
  w.by = "major";
  const StatementRef request = withdraw(w, kNorth, report);
  const StatementRef own_log = second(w, kNorth, request);
  const StatementRef same_person = second(w, kDesk, request);
  w.by = "captain";
  const StatementRef other_party = second(w, kSouth, request);
  const StatementRef opened_later = second(w, late, request);
  const StatementRef no_withdrawal = second(w, kDesk, report);
  StatementRef other_leaf = request;
  other_leaf.leaf.bytes[0] ^= 1;
  const StatementRef mismatch = second(w, kDesk, other_leaf);
  StatementRef beyond = request;
  beyond.id.index += 100;
  const StatementRef waits = second(w, kDesk, beyond);
  const StatementRef says_more = w.say(kDesk, "second", Json::object({{"reason", "mistake"}}), {{"seconds", request}});
  MemoryTables t;
  w.fold_all(t);
  for (const StatementRef& ref : {own_log, same_person, other_party, opened_later})
    EXPECT_EQ(why(t, ref), "ignored: not by a second person") << ref.id.to_string();
  EXPECT_EQ(why(t, no_withdrawal), "ignored: no such withdrawal");
  EXPECT_EQ(why(t, mismatch), "ignored: the reference does not match");
  EXPECT_EQ(why(t, waits), "pending: ");
  EXPECT_EQ(why(t, says_more), "ignored: invalid-statement");
  EXPECT_EQ(why(t, request), "requested: needs a second person");
  second(w, kDesk, request);
  w.fold_all(t);
  EXPECT_EQ(why(t, request), "withdrawn: mistake");
}

// A brief over the day of a report that its cut holds.
StatementRef propose_brief(World& w, const Report& report) {
  monitor::BriefStatement b;
  b.first_day = b.last_day = w.mechanism.days.day_of(report.from);
  b.edition = "parties";
  b.lang = "en";
  b.cut = w.cut().to_json();
  b.as_of = Instant{w.clock_ms};
  return w.say(kSouth, "brief", b.to_body());
}

TEST(PositionFoldTest, ASignedBriefHoldsItsReports) {
  World w(guarantors_and_a_humanitarian());
  w.open(kDesk);
  const StatementRef before = w.say(kNorth, "report", report_at(0, 358000000).to_body());
  const StatementRef known = withdraw(w, kNorth, before);
  const StatementRef report = w.say(kNorth, "report", report_at(0).to_body());
  const StatementRef other_day = w.say(kNorth, "report", report_at(5).to_body());
  const StatementRef brief = propose_brief(w, report_at(0));
  const StatementRef late = w.say(kNorth, "report", report_at(0, 357000000).to_body());
  const StatementRef request = withdraw(w, kNorth, report);
  const StatementRef of_late = withdraw(w, kNorth, late);
  const StatementRef of_other_day = withdraw(w, kNorth, other_day);
  MemoryTables t;
  w.fold_all(t);
  EXPECT_EQ(why(t, request), "withdrawn: mistake") << "nothing is signed yet";
  w.agree(brief);
  w.fold_all(t);
  EXPECT_EQ(why(t, request), "requested: needs a second person");
  EXPECT_EQ(why(t, known), "withdrawn: mistake") << "the brief knew of it";
  EXPECT_EQ(why(t, of_late), "withdrawn: mistake") << "the brief's cut does not hold it";
  EXPECT_EQ(why(t, of_other_day), "withdrawn: mistake");
  EXPECT_TRUE(read_rows<FindingRow>(t).value().empty());
  const StatementRef seconded = second(w, kDesk, request);
  w.fold_all(t);
  EXPECT_EQ(why(t, request), "withdrawn: mistake");
  const FindingRow f = only_finding(t);
  EXPECT_EQ(f.incident, report.id.to_string());
  EXPECT_EQ(f.outcome, "open");
  EXPECT_EQ(f.reason, "withdrawn:" + report.id.to_string());
  EXPECT_EQ(f.parties, "[]");
  EXPECT_TRUE(f.reopened.ends_with("\"" + seconded.id.to_string() + "\",\"brief\"]]")) << f.reopened;
  // Going on from there keeps it open.
  const Folded last = w.fold_all(t);
  w.say(kNorth, "report", report_at(7).to_body());
  FoldRequest request_more{&w.mechanism, w.cut(), {}, {}};
  const auto more = fold_more(request_more, last.cut, last.as_of, w.source, t, t).value();
  ASSERT_TRUE(more.has_value());
  MemoryTables scratch;
  w.fold_all(scratch);
  EXPECT_EQ(lines(t), lines(scratch));
  EXPECT_EQ(only_finding(t).reason, f.reason);
}

TEST(PositionFoldTest, ALaterPositionHoldsNothingThatIsGone) {
  World w(guarantors_and_a_humanitarian());
  const StatementRef report = w.say(kNorth, "report", report_at(0).to_body());
  const StatementRef gone = withdraw(w, kNorth, report);
  state(w, kSouth, Answer::kConfirm, {report});
  MemoryTables t;
  w.fold_all(t);
  EXPECT_EQ(why(t, gone), "withdrawn: mistake");
  EXPECT_EQ(only_finding(t).reason, "withdrawn:" + report.id.to_string());
}

TEST(PositionFoldTest, ImportsOfHeldReportsNeedASecondPersonToo) {
  World w(guarantors_and_a_humanitarian());
  const Json import = monitor::ImportStatement{Hash{}, "reports", "north", 1, 0, 0, {}}.to_body();
  const StatementRef i = w.say(kNorth, "import", import);
  const StatementRef report = w.say(kNorth, "report", report_at(0).to_body(), {{"import", i}});
  const StatementRef first = state(w, kSouth, Answer::kConfirm, {report});
  const StatementRef alone = withdraw(w, kNorth, i);
  MemoryTables t;
  w.fold_all(t);
  EXPECT_EQ(why(t, alone), "requested: needs a second person");
  EXPECT_EQ(read_rows<IncidentRow>(t).value().size(), 1U);
  w.open(kDesk);
  second(w, kDesk, withdraw(w, kNorth, i));
  w.fold_all(t);
  EXPECT_TRUE(read_rows<IncidentRow>(t).value().empty());
  EXPECT_EQ(positions(t)[first.id.to_string()].state, "current");
}

TEST(PositionFoldTest, SourceSafetyTakesTheSealedPartAlone) {
  World w(guarantors_and_a_humanitarian());
  const StatementRef report = w.say(kNorth, "report", report_at(0).to_body());
  const Json import = monitor::ImportStatement{Hash{}, "reports", "north", 1, 0, 0, {}}.to_body();
  const StatementRef i = w.say(kNorth, "import", import);
  w.say(kNorth, "report", report_at(1).to_body(), {{"import", i}});
  const StatementRef sealed = withdraw(w, kNorth, report, "source-safety");
  const StatementRef sealed_import = withdraw(w, kNorth, i, "source-safety");
  MemoryTables t;
  w.fold_all(t);
  EXPECT_EQ(read_rows<IncidentRow>(t).value().size(), 2U);
  EXPECT_EQ(read_rows<ReportRow>(t).value().at(0).state, "effective");
  EXPECT_EQ(why(t, sealed), "sealed-withdrawn: source-safety");
  EXPECT_EQ(why(t, sealed_import), "sealed-withdrawn: source-safety");
  withdraw(w, kNorth, report);
  w.fold_all(t);
  EXPECT_EQ(read_rows<IncidentRow>(t).value().size(), 1U);
}

TEST(PositionFoldTest, SourceSafetyGoesOnFromAnOlderPicture) {
  World w(two_parties());
  const StatementRef report = w.say(kNorth, "report", report_at(0).to_body());
  MemoryTables kept, scratch;
  const auto go_on = [&](const Folded& last) {
    FoldRequest request{&w.mechanism, w.cut(), {}, {}};
    const auto more = fold_more(request, last.cut, last.as_of, w.source, kept, kept).value();
    EXPECT_TRUE(more.has_value());
    w.fold_all(scratch);
    EXPECT_EQ(lines(kept), lines(scratch));
    return *more;
  };
  Folded last = w.fold_all(kept);
  withdraw(w, kNorth, report, "source-safety");
  last = go_on(last);
  Report better = report_at(0);
  better.count = monitor::Range::of(9);
  w.say(kNorth, "report", better.to_body(), {{"corrects", report}});
  last = go_on(last);
  withdraw(w, kNorth, report);
  go_on(last);
  EXPECT_TRUE(read_rows<IncidentRow>(kept).value().empty());
}

TEST(PositionFoldTest, SilenceCountsByTheReceiptsOfTheCut) {
  mechanism::Mechanism m = guarantors_and_a_humanitarian();
  m.decisions["finding"] = {"silence", "guarantors", 0, 24};
  World w(m);
  const StatementRef report = w.say(kNorth, "report", report_at(0).to_body());
  w.open(kSouth);
  state(w, kNorth, Answer::kConfirm, {report});
  w.receive("south", {w.head(kNorth)});
  w.clock_ms += 30 * 3'600'000;
  w.say(kNorth, "heartbeat", Json::object());
  MemoryTables t;
  w.fold_all(t);
  EXPECT_EQ(only_finding(t).outcome, "open");
  EXPECT_EQ(only_finding(t).reached, "south") << "it has received the question";
  EXPECT_EQ(only_finding(t).waited_for, "south");
  EXPECT_TRUE(only_finding(t).clock_started_ms.has_value());
  w.say(kSouth, "heartbeat", Json::object());
  const Folded now = w.fold_all(t);
  EXPECT_EQ(only_finding(t).outcome, "confirmed");
  EXPECT_EQ(only_finding(t).silent, "south");
  // Asked at an earlier time it was open, and the digest is the same.
  FoldRequest request{&w.mechanism, w.cut(), Instant{w.clock_ms - 20 * 3'600'000}, {}};
  const Folded then = fold(request, w.source, t).value();
  EXPECT_EQ(only_finding(t).outcome, "open");
  EXPECT_EQ(then.digest, now.digest);
}

}  // namespace
}  // namespace truce::picture
