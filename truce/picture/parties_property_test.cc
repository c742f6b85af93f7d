// SPDX-License-Identifier: Apache-2.0
//
// Random histories of several parties with everything that they say of each other's reports: copies that are relayed,
// receipts, positions, inquiries, questions, amendments, logs of desks. Going on from an older picture equals folding
// from nothing.

#include <gtest/gtest.h>

#include "truce/base/seed_testing.h"
#include "truce/monitor/inquiry.h"
#include "truce/monitor/position.h"
#include "truce/picture/fold_testing.h"

namespace truce::picture {
namespace {

using monitor::Report;

const LogId kEast{"east", "main"};
const LogId kAid{"aid", "main"};
const LogId kEastDesk{"east", "desk"};

mechanism::Mechanism three_and_a_humanitarian(bool by_silence, std::int64_t quota) {
  mechanism::Mechanism m = two_parties();
  m.parties.insert(m.parties.begin(), party("east", mechanism::Role::kObserver, 'p'));
  m.parties.insert(m.parties.begin(), party("aid", mechanism::Role::kHumanitarian, 'u'));
  m.parties[0].named = false;
  m.path = {"reported", "inquiry", "visit", "finding"};
  m.quota_statements = quota;
  if (by_silence) m.decisions["finding"] = {"silence", "all", 0, 1};
  return m;
}

class PartiesHistory {
 public:
  PartiesHistory(World& w, std::uint64_t seed) : w_(w), draw_(seed) {
    for (const LogId& log : logs_) {
      w_.open(log);
      tell(log);
    }
    std::vector<Hash> blobs;
    Json zone = square_zone(w_, "box", blobs);
    voted_.push_back(w_.say(kNorth, "zone", zone, {}, blobs));
    w_.agree(voted_.back());
  }

  void step() {
    w_.clock_ms += draw_.between(0, 10) * 60'000;
    const std::uint64_t what = draw_.below(100);
    if (what < 34) {
      tell(logs_[draw_.below(logs_.size())]);
    } else if (what < 42) {
      const std::size_t i = draw_.below(refs_.size());
      Report r = draw_.chance(2) ? reports_[i] : next_report(refs_[i].id.log.party);
      r.count = monitor::Range::of(draw_.between(1, 30));
      const StatementRef said = w_.say(refs_[i].id.log, "report", r.to_body(), {{"corrects", refs_[i]}});
      if (draw_.chance(3)) gone_.push_back(said);
    } else if (what < 49) {
      withdraw();
    } else if (what < 68) {
      receive();
    } else if (what < 84) {
      state();
    } else if (what < 91) {
      inquire();
    } else if (what < 94) {
      w_.say(main(), draw_.chance(2) ? "heartbeat" : "digest", Json::object());
    } else if (what < 97) {
      w_.say(main(), "join", Json::object({{"v", 1}}), {{"first", any(refs_)}, {"second", any(refs_)}});
    } else if (what < 98) {
      amend();
    } else if (what < 99) {
      w_.say(main(), draw_.chance(2) ? "consent" : "objection", Json::object(), {{"to", any(voted_)}});
    } else {
      w_.source.add(logs_[draw_.below(logs_.size())], "garbage");
    }
  }

 private:
  const StatementRef& any(const std::vector<StatementRef>& of) { return of[draw_.below(of.size())]; }
  LogId main() { return mains_[draw_.below(mains_.size())]; }

  Report next_report(const std::string& party) {
    Report r =
        report_at(static_cast<int>(draw_.below(7)), 359000000 + static_cast<std::int32_t>(draw_.below(5)) * 200'000,
                  366000000 + static_cast<std::int32_t>(draw_.below(3)) * 3'000);
    r.from.ms += draw_.between(0, 8) * 300'000;
    r.to = r.from;
    r.kind = draw_.chance(4) ? monitor::Kind::kExplosion : monitor::Kind::kShelling;
    if (draw_.chance(2)) {
      r.key = monitor::SourceKey{draw_.chance(6) ? "other" : "list", "r" + std::to_string(draw_.below(25)), {}, 0};
      if (draw_.chance(2)) {
        const LogId other = main();
        if (other.party != party) r.said_by = other.party;
      }
    }
    return r;
  }
  void tell(const LogId& log) {
    reports_.push_back(next_report(log.party));
    refs_.push_back(w_.say(log, "report", reports_.back().to_body()));
  }
  void withdraw() {
    const StatementRef& what = !gone_.empty() && draw_.chance(2) ? any(gone_) : any(refs_);
    const StatementRef said =
        w_.say({what.id.log.party, "main"}, "withdrawal",
               Json::object({{"reason", draw_.chance(4) ? "source-safety" : "mistake"}}), {{"withdraws", what}});
    if (draw_.chance(3)) w_.say({what.id.log.party, "desk"}, "second", Json::object(), {{"seconds", said}});
  }
  void receive() {
    const LogId by = main();
    std::map<LogId, record::Head> heads;
    for (int i = 0; i < 3; ++i) {
      const LogId& log = logs_[draw_.below(logs_.size())];
      if (log.party == by.party) continue;
      const std::uint64_t size = w_.source.logs().at(log).size();
      record::Head head = w_.head(log, draw_.chance(2) ? size : 1 + draw_.below(size));
      if (draw_.chance(8)) head.root = sha256("another branch");
      if (draw_.chance(8)) head.size = size + 1 + draw_.below(4);
      heads[log] = head;
    }
    std::vector<record::Head> list;
    for (const auto& [log, head] : heads) list.push_back(head);
    if (!list.empty()) w_.receive(by.party, std::move(list));
  }
  std::vector<record::Reference> on_reports() {
    std::map<StatementId, StatementRef> on;
    for (std::uint64_t i = draw_.below(3) + 1; i > 0; --i) {
      // Mostly of late, so that parties speak of the same.
      const std::size_t back = draw_.below(std::min<std::size_t>(refs_.size(), draw_.chance(3) ? refs_.size() : 12));
      StatementRef ref = refs_[refs_.size() - 1 - back];
      if (draw_.chance(20)) ref.id.index += 9;
      on.emplace(ref.id, ref);
    }
    std::vector<record::Reference> out;
    for (const auto& [id, ref] : on) out.push_back({"on", ref});
    return out;
  }
  void state() {
    monitor::PositionStatement p{static_cast<monitor::Answer>(draw_.chance(2) ? 0 : draw_.below(5)), "", "r"};
    if (p.answer == monitor::Answer::kAttribute) p.actor = draw_.chance(2) ? "a" : "b";
    const StatementRef said = w_.say(main(), "position", p.to_body(), on_reports());
    if (draw_.chance(8)) gone_.push_back(said);
  }
  void inquire() {
    const auto act = [&](monitor::InquiryAct what, std::vector<record::Reference> refs) {
      return w_.say(main(), "inquiry", monitor::InquiryStatement{what, Instant{w_.clock_ms}, ""}.to_body(),
                    std::move(refs));
    };
    const std::uint64_t what = draw_.below(7);
    if (what == 0 || inquiries_.empty()) {
      inquiries_.push_back(act(monitor::InquiryAct::kOpen, on_reports()));
    } else if (what == 1 || visits_.empty()) {
      visits_.push_back(act(monitor::InquiryAct::kVisit, {{"inquiry", any(inquiries_)}}));
      gone_.push_back(visits_.back());
    } else if (what < 4) {
      const auto word = draw_.chance(3) ? monitor::InquiryAct::kDecline : monitor::InquiryAct::kAttend;
      act(word, {{"inquiry", any(inquiries_)}, {"visit", any(visits_)}});
    } else if (what == 4) {
      act(monitor::InquiryAct::kClose, {{"inquiry", any(inquiries_)}});
    } else if (what == 5 || asks_.empty()) {
      asks_.push_back(
          w_.say(main(), "ask", monitor::AskStatement{main().party, "why?", Instant{1}}.to_body(), on_reports()));
    } else {
      w_.say(main(), "answer", monitor::AnswerStatement{"so"}.to_body(), {{"ask", any(asks_)}});
    }
  }
  void amend() {
    mechanism::Mechanism next = latest_;
    if (next.parties.empty()) next = w_.mechanism;
    next.amends = mechanism::mechanism_id(next.to_bytes().value());
    ++next.version;
    next.quota_statements = draw_.between(3, 40);
    if (draw_.chance(2)) next.days.cutoff_minutes = static_cast<int>(draw_.between(0, 1439));
    const record::Amendment a{*next.amends, w_.source.add_blob(next.to_bytes().value()), next.version};
    const StatementRef said = w_.say(kNorth, "amendment", a.to_body(), {}, {a.document});
    record::VoiceStatement v;
    v.amendment = a;
    if (draw_.chance(3)) return;
    for (const LogId& log : {kSouth, kEast}) w_.say(log, "consent", v.to_body(), {{"to", said}});
    latest_ = next;
  }

  World& w_;
  SeededNumbers draw_;
  const std::vector<LogId> logs_ = {kNorth, kDesk, kSouth, kEast, kEastDesk, kAid};
  const std::vector<LogId> mains_ = {kNorth, kSouth, kEast, kNorth, kSouth, kEast, kAid};
  std::vector<Report> reports_;
  std::vector<StatementRef> refs_, gone_, voted_, inquiries_, visits_, asks_;
  mechanism::Mechanism latest_;  // amended; no parties: none yet
};

struct Seen {
  int batches = 0, incremental = 0, linked = 0, current = 0, joint = 0, settled = 0, amended = 0, held = 0;
};

template <typename T, typename Is>
void count(MemoryTables& tables, int& into, const Is& is) {
  const std::vector<T> rows = read_rows<T>(tables).value();
  into += static_cast<int>(std::ranges::count_if(rows, is));
}

std::string difference(MemoryTables& kept, MemoryTables& scratch) {
  std::vector<std::string> a = lines(kept), b = lines(scratch), only;
  std::ranges::sort(a);
  std::ranges::sort(b);
  std::string text;
  std::ranges::set_difference(a, b, std::back_inserter(only));
  for (const auto& l : only) text += "only incremental: " + l;
  only.clear();
  std::ranges::set_difference(b, a, std::back_inserter(only));
  for (const auto& l : only) text += "only from nothing: " + l;
  return text.substr(0, 5000);
}

void run(std::uint64_t seed, Seen& seen) {
  World w(three_and_a_humanitarian(seed % 2 == 0, seed % 3 == 0 ? 5 : 1'000));
  PartiesHistory history(w, seed);
  MemoryTables kept;
  for (int i = 0; i < 60; ++i) history.step();
  Folded last = w.fold_all(kept);
  for (int batch = 0; batch < 50; ++batch) {
    for (int i = 0; i <= batch % 4; ++i) history.step();
    FoldRequest request{&w.mechanism, w.cut(), {}, {}};
    auto more = fold_more(request, last.cut, last.as_of, w.source, kept, kept);
    ASSERT_TRUE(more.has_value()) << more.error().to_string();
    MemoryTables scratch;
    const Folded all = w.fold_all(scratch);
    ++seen.batches;
    if (!more->has_value()) {
      last = w.fold_all(kept);
      continue;
    }
    ++seen.incremental;
    last = **more;
    ASSERT_EQ(lines(kept), lines(scratch)) << "seed " << seed << " batch " << batch << '\n'
                                           << difference(kept, scratch);
    ASSERT_EQ(last.digests, kept.digests().value()) << "seed " << seed << " batch " << batch;
    ASSERT_EQ(last.digest, all.digest) << "seed " << seed << " batch " << batch;
    ASSERT_EQ(kept.digests().value(), scratch.digests().value()) << "seed " << seed << " batch " << batch;
    ASSERT_EQ(last.as_of, all.as_of) << "seed " << seed << " batch " << batch;
    count<ReportRow>(kept, seen.linked, [](const ReportRow& r) { return r.state == "linked"; });
    count<PositionRow>(kept, seen.current, [](const PositionRow& p) { return p.state == "current"; });
    count<FindingRow>(kept, seen.joint, [](const FindingRow& f) { return f.outcome != "open"; });
    count<StandingRow>(kept, seen.settled, [](const StandingRow& s) { return s.settled > 0; });
    count<AmendmentRow>(kept, seen.amended, [](const AmendmentRow& a) { return a.state == "in-force"; });
    count<ChangeRow>(kept, seen.held, [](const ChangeRow& c) { return c.reason == "needs a second person"; });
  }
}

TEST(PartiesPropertyTest, GoingOnEqualsFoldingFromNothing) {
  const std::uint64_t seed = logged_seed();
  const int runs = std::getenv("TRUCE_FOLD_RUNS") != nullptr ? std::atoi(std::getenv("TRUCE_FOLD_RUNS")) : 12;
  Seen seen;
  for (int i = 0; i < runs; ++i) {
    run(seed + static_cast<std::uint64_t>(i), seen);
    if (HasFatalFailure()) return;
  }
  std::printf("%d batches, %d incremental; %d linked, %d current, %d joint, %d settled, %d amended, %d held\n",
              seen.batches, seen.incremental, seen.linked, seen.current, seen.joint, seen.settled, seen.amended,
              seen.held);
  // Else the test would say little.
  EXPECT_GT(seen.incremental * 4, seen.batches);
  for (const int n : {seen.linked, seen.current, seen.joint, seen.settled, seen.amended, seen.held}) EXPECT_GT(n, runs);
}

}  // namespace
}  // namespace truce::picture
