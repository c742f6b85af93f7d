// SPDX-License-Identifier: Apache-2.0

#include "truce/picture/positions.h"

#include <algorithm>
#include <iterator>
#include <tuple>

#include "truce/base/json.h"
#include "truce/picture/log_book.h"

namespace truce::picture {
namespace {

using monitor::Answer;
using monitor::InquiryAct;

Status bad(std::string message) {
  return fail(ErrorCode::kInvalidStatement, std::move(message));
}

std::string joined(std::span<const std::string> ids, char between = ';') {
  std::string out;
  for (const std::string& id : ids) {
    if (!out.empty()) out += between;
    out += id;
  }
  return out;
}

std::vector<std::string> split(std::string_view list, char between) {
  std::vector<std::string> out;
  while (!list.empty()) {
    const std::size_t end = list.find(between);
    out.emplace_back(list.substr(0, end));
    list.remove_prefix(end == std::string_view::npos ? list.size() : end + 1);
  }
  return out;
}

// The incident that some reports are of, and which of them count.
struct Located {
  bool is_pending = true;
  std::string incident;
  std::string day;                              // of a report, where the incident is gone
  std::vector<std::string> reports, withdrawn;  // ascending
  std::vector<StatementId> ids;                 // of `reports`
};

class ViewFolder {
 public:
  ViewFolder(const mechanism::Mechanism& mechanism, const std::set<StatementId>& withdrawn, const ViewLookup& lookup)
      : mechanism_(mechanism), withdrawn_(withdrawn), lookup_(lookup) {}

  // Needs positions: a report that one of them names opens the finding on their incident.
  void taken_from_brief(const std::map<StatementId, std::string>& reports);

  Status positions(std::vector<StatedPosition> stated);
  Status inquiries(std::vector<StatedInquiry> stated);
  Status asks(std::vector<StatedAsk> stated, std::vector<StatedAnswer> answers);
  Status findings(const Weigher& weigher, Instant as_of);
  ViewRows rows;

 private:
  Result<Located> locate(const std::vector<StatementRef>& on);
  void ignored(const StatementId& id, std::string_view type, std::int64_t recorded_ms, std::string reason,
               std::string_view what = "ignored") {
    ChangeRow row;
    row.statement = id.to_string();
    row.type = type;
    row.what = what;
    row.reason = std::move(reason);
    row.recorded_ms = recorded_ms;
    rows.no_effect.push_back(std::move(row));
  }

  const mechanism::Mechanism& mechanism_;
  const std::set<StatementId>& withdrawn_;
  const ViewLookup& lookup_;
  struct OnIncident {
    std::vector<monitor::HeldPosition> positions;
    std::vector<monitor::HeldInquiry> inquiries;
    std::vector<std::string> taken_from_brief;
    std::string day;
  };
  Result<monitor::Finding> finding_of(const monitor::FindingInput& input, const Weigher& weigher, Instant as_of);
  // Which withdrawals opened it again.
  Result<std::string> reopened(const monitor::FindingInput& input) const;
  std::map<std::string, OnIncident> on_;
};

Result<Located> ViewFolder::locate(const std::vector<StatementRef>& on) {
  Located out;
  std::map<StatementId, NamedReport> named;
  for (const StatementRef& ref : on) {
    TRUCE_TRY(auto report, lookup_.report(ref));
    if (report) named.emplace(ref.id, std::move(*report));
  }
  if (named.empty()) return out;
  out.is_pending = false;
  std::map<StatementId, int> held;  // incident -> how many of the reports
  for (const auto& [id, report] : named) {
    out.ids.push_back(id);
    out.reports.push_back(id.to_string());
    if (report.is_withdrawn) out.withdrawn.push_back(id.to_string());
    if (report.is_withdrawn || report.incident.empty()) continue;
    TRUCE_TRY(const StatementId incident, StatementId::parse(report.incident));
    ++held[incident];
  }
  std::ranges::sort(out.reports);
  std::ranges::sort(out.withdrawn);
  int most = 0;
  for (const auto& [incident, count] : held) {
    if (count <= most) continue;
    most = count;
    out.incident = incident.to_string();
  }
  if (most == 0) {
    out.incident = named.begin()->first.to_string();
    out.day = named.begin()->second.day;
  }
  return out;
}

Status ViewFolder::positions(std::vector<StatedPosition> stated) {
  std::ranges::sort(stated, before_in_main, &StatedPosition::id);
  struct Later {
    std::map<StatementId, const StatedPosition*> by_report;
    std::map<std::string, const StatedPosition*> by_incident;
  };
  std::map<std::pair<std::string, bool>, Later> later;  // party, attribution or answer
  for (auto it = stated.rbegin(); it != stated.rend(); ++it) {
    const StatedPosition& p = *it;
    TRUCE_TRY(Located at, locate(p.on));
    PositionRow row;
    row.statement = p.id.to_string();
    row.party = p.id.log.party;
    row.answer = monitor::answer_code(p.body.answer);
    row.actor = p.body.actor;
    row.reason = p.body.reason;
    row.recorded_ms = p.recorded_ms;
    row.incident = at.incident;
    row.reports = joined(at.reports);
    if (withdrawn_.contains(p.id)) {
      row.state = "withdrawn";
    } else if (at.is_pending) {
      row.state = "pending";
    } else {
      Later& after = later[{row.party, monitor::is_attribution(p.body.answer)}];
      const StatedPosition* by = nullptr;
      const auto look = [&](const StatedPosition* other) {
        if (by == nullptr || before_in_main(other->id, by->id)) by = other;
      };
      for (const StatementId& report : at.ids) {
        if (const auto found = after.by_report.find(report); found != after.by_report.end()) look(found->second);
      }
      if (const auto found = after.by_incident.find(at.incident); found != after.by_incident.end()) look(found->second);
      row.state = by == nullptr ? "current" : "replaced";
      if (by != nullptr) row.replaced_by = by->id.to_string();
      for (const StatementId& report : at.ids) after.by_report[report] = &p;
      after.by_incident[at.incident] = &p;
      if (by == nullptr) {
        OnIncident& on = on_[at.incident];
        if (!at.day.empty()) on.day = at.day;
        on.positions.push_back({p.id, Instant{p.recorded_ms}, p.body, at.reports, at.withdrawn, {}});
      }
    }
    rows.positions.push_back(std::move(row));
  }
  std::ranges::sort(rows.positions, {}, &PositionRow::statement);
  return {};
}

Status ViewFolder::inquiries(std::vector<StatedInquiry> stated) {
  std::ranges::sort(stated, {}, &StatedInquiry::id);
  struct Inquiry {
    monitor::HeldInquiry held;
    std::string incident, day;
    std::map<std::pair<StatementId, std::string>, const StatedInquiry*> words;  // on a visit, of a party: its last
  };
  std::map<StatementId, const StatedInquiry*> by_id;
  std::map<StatementId, Inquiry> open;
  for (const StatedInquiry& i : stated) by_id.emplace(i.id, &i);
  std::map<StatementId, std::string> states;
  // What it refers to: nullptr with the state or reason why not.
  const auto target = [&](const StatementRef& ref, InquiryAct act, std::string_view none,
                          std::string& why) -> Result<const StatedInquiry*> {
    TRUCE_TRY(const RefState state, lookup_.reference(ref));
    const auto it = by_id.find(ref.id);
    const auto own = states.find(ref.id);  // none: it is ignored itself
    if (state == RefState::kMissing) {
      why = "pending";
    } else if (state == RefState::kOtherLeaf) {
      why = "the reference does not match";
    } else if (it == by_id.end() || it->second->body.act != act || own == states.end()) {
      why = none;
    } else {
      why = own->second == "effective" ? "" : "pending";
    }
    return why.empty() ? it->second : nullptr;
  };
  const auto fold_act = [&](const StatedInquiry& i) -> Status {
    InquiryRow row;
    row.statement = i.id.to_string();
    row.party = i.id.log.party;
    row.act = monitor::inquiry_act_code(i.body.act);
    if (i.body.at) row.at_ms = i.body.at->ms;
    row.reason = i.body.reason;
    row.recorded_ms = i.recorded_ms;
    row.state = "effective";
    Located at;
    std::string why;
    const StatedInquiry* visit = nullptr;
    if (i.body.act == InquiryAct::kOpen) {
      TRUCE_TRY(at, locate(i.on));
      row.inquiry = row.statement;
      row.incident = at.incident;
      row.reports = joined(at.reports);
      if (at.is_pending) why = "pending";
    } else {
      row.inquiry = i.inquiry->id.to_string();
      TRUCE_TRY(const StatedInquiry* of, target(*i.inquiry, InquiryAct::kOpen, "no such inquiry", why));
      if (i.visit) {
        row.visit = i.visit->id.to_string();
        if (of != nullptr) {
          TRUCE_TRY(visit, target(*i.visit, InquiryAct::kVisit, "no such visit", why));
        }
        if (visit != nullptr && visit->inquiry->id != i.inquiry->id) why = "no such visit";
      }
    }
    if (!why.empty() && why != "pending") {
      ignored(i.id, monitor::kTypeInquiry, i.recorded_ms, why);
      return {};
    }
    if (!why.empty()) row.state = "pending";
    if (withdrawn_.contains(i.id)) row.state = "withdrawn";
    states[i.id] = row.state;
    if (row.state == "effective") {
      Inquiry& inquiry = open[i.body.act == InquiryAct::kOpen ? i.id : i.inquiry->id];
      switch (i.body.act) {
        case InquiryAct::kOpen: inquiry.incident = at.incident, inquiry.day = at.day; break;
        case InquiryAct::kClose: inquiry.held.is_closed = true; break;
        case InquiryAct::kVisit: inquiry.held.has_visit = true; break;
        default: {
          const StatedInquiry*& word = inquiry.words[{visit->id, row.party}];
          if (word == nullptr || before_in_main(word->id, i.id)) word = &i;
        }
      }
    }
    rows.inquiries.push_back(std::move(row));
    return {};
  };
  // First what others refer to.
  for (const int turn : {0, 1, 2}) {
    for (const StatedInquiry& i : stated) {
      const int own = i.body.act == InquiryAct::kOpen ? 0 : i.body.act == InquiryAct::kVisit ? 1 : 2;
      if (own == turn) TRUCE_CHECK(fold_act(i));
    }
  }
  for (auto& [id, inquiry] : open) {
    std::set<std::string> attended, declined;
    for (const auto& [key, word] : inquiry.words)
      (word->body.act == InquiryAct::kAttend ? attended : declined).insert(key.second);
    inquiry.held.attended.assign(attended.begin(), attended.end());
    std::ranges::set_difference(declined, attended, std::back_inserter(inquiry.held.declined));
    OnIncident& on = on_[inquiry.incident];
    if (!inquiry.day.empty()) on.day = inquiry.day;
    on.inquiries.push_back(std::move(inquiry.held));
  }
  std::ranges::sort(rows.inquiries, {}, &InquiryRow::statement);
  return {};
}

Status ViewFolder::asks(std::vector<StatedAsk> stated, std::vector<StatedAnswer> answers) {
  std::ranges::sort(stated, {}, &StatedAsk::id);
  std::ranges::sort(answers, before_in_main, &StatedAnswer::id);
  std::map<StatementId, std::size_t> row_of;
  std::map<StatementId, const StatedAsk*> by_id;
  for (const StatedAsk& a : stated) {
    const mechanism::Party* to = mechanism_.party(a.body.to);
    if (to == nullptr || a.body.to == a.id.log.party) {
      ignored(a.id, monitor::kTypeAsk, a.recorded_ms, "asks nobody");
      continue;
    }
    TRUCE_TRY(const Located at, locate(a.on));
    AskRow row;
    row.statement = a.id.to_string();
    row.party = a.id.log.party;
    row.to = a.body.to;
    row.state = withdrawn_.contains(a.id) ? "withdrawn" : at.is_pending ? "pending" : "open";
    row.incident = at.incident;
    row.reports = joined(at.reports);
    row.text = a.body.text;
    row.by_ms = a.body.by.ms;
    row.recorded_ms = a.recorded_ms;
    row_of[a.id] = rows.asks.size();
    by_id[a.id] = &a;
    rows.asks.push_back(std::move(row));
  }
  for (const StatedAnswer& a : answers) {
    TRUCE_TRY(const RefState state, lookup_.reference(a.ask));
    const auto it = row_of.find(a.ask.id);
    if (state == RefState::kMissing) {
      ignored(a.id, monitor::kTypeAnswer, a.recorded_ms, "", "pending");
    } else if (state == RefState::kOtherLeaf) {
      ignored(a.id, monitor::kTypeAnswer, a.recorded_ms, "the reference does not match");
    } else if (it == row_of.end()) {
      ignored(a.id, monitor::kTypeAnswer, a.recorded_ms, "no such question");
    } else if (by_id.at(a.ask.id)->body.to != a.id.log.party) {
      ignored(a.id, monitor::kTypeAnswer, a.recorded_ms, "was not asked");
    } else if (!withdrawn_.contains(a.id)) {
      AskRow& row = rows.asks[it->second];
      row.answer = a.id.to_string();
      row.answer_text = a.body.text;
      if (row.state == "open") row.state = "answered";
    }
  }
  std::ranges::sort(rows.asks, {}, &AskRow::statement);
  return {};
}

void ViewFolder::taken_from_brief(const std::map<StatementId, std::string>& reports) {
  std::map<std::string, std::string> incident_of;  // of reports under positions
  for (const auto& [incident, on] : on_) {
    for (const monitor::HeldPosition& p : on.positions) {
      for (const std::string& report : p.withdrawn) incident_of.try_emplace(report, incident);
    }
  }
  for (const auto& [id, day] : reports) {
    const std::string report = id.to_string();
    const auto named = incident_of.find(report);
    OnIncident& on = on_[named != incident_of.end() ? named->second : report];
    if (named == incident_of.end()) on.day = day;
    on.taken_from_brief.push_back(report);
  }
}

Result<std::string> ViewFolder::reopened(const monitor::FindingInput& input) const {
  std::map<std::string, std::string_view> under;  // report -> position or brief
  for (const monitor::HeldPosition& p : input.positions) {
    for (const std::string& report : p.withdrawn) under.emplace(report, "position");
  }
  for (const std::string& report : input.taken_from_brief) under.insert_or_assign(report, "brief");
  if (under.empty()) return std::string();
  Json out = Json::array();
  for (const auto& [report, what] : under) {
    TRUCE_TRY(const auto w, lookup_.withdrawal(report));
    const Withdrawn by = w.value_or(Withdrawn{});
    out.push_back(Json(Json::Array{Json(report), Json(by.party), Json(by.statement), Json(by.recorded_ms),
                                   Json(by.seconded_by), Json(what)}));
  }
  return out.to_canonical();
}

// By the document in force; where that leaves it open, by the last one before under which the positions that were
// stated then were received and agreed.
Result<monitor::Finding> ViewFolder::finding_of(const monitor::FindingInput& input, const Weigher& weigher,
                                                Instant as_of) {
  std::optional<monitor::Finding> now;
  for (std::size_t version = weigher.versions(); version-- > 0;) {
    monitor::FindingInput then = input;
    std::erase_if(then.positions, [&](const auto& p) { return !weigher.counts(version, p.id); });
    const auto first =
        std::ranges::min_element(then.positions, {}, [](const auto& p) { return std::tie(p.recorded, p.id); });
    if (now && (first == then.positions.end() || !weigher.is_asked(version, first->id))) break;
    for (monitor::HeldPosition& p : then.positions) {
      TRUCE_TRY(p.question, weigher.question(version, "finding", p.id, p.recorded.ms, {}));
    }
    monitor::Finding f = monitor::finding_of(weigher.document(version), then, as_of);
    if (now) {
      if (f.outcome == monitor::FindingOutcome::kOpen) continue;
      // Who says what is told of all.
      f.parties = now->parties;
      f.dissent.clear();
      const std::string_view joint = monitor::answer_of(f.outcome);
      for (const monitor::PartyView& v : f.parties) {
        if (!v.answer.empty() && v.answer != joint) f.dissent.push_back(v.party);
      }
      return f;
    }
    if (f.outcome != monitor::FindingOutcome::kOpen || !f.reason.empty()) return f;
    now = std::move(f);
  }
  return std::move(*now);
}

Status ViewFolder::findings(const Weigher& weigher, Instant as_of) {
  for (auto& [incident, on] : on_) {
    TRUCE_TRY(ViewLookup::Incident found, lookup_.incident(incident));
    std::ranges::sort(found.members);
    const bool is_signed_off = lookup_.is_signed_off && lookup_.is_signed_off(found.day.empty() ? on.day : found.day);
    std::ranges::sort(on.taken_from_brief);
    monitor::FindingInput input{std::move(found.members), std::move(on.positions), std::move(on.inquiries),
                                is_signed_off, std::move(on.taken_from_brief)};
    TRUCE_TRY(const monitor::Finding f, finding_of(input, weigher, as_of));
    FindingRow row;
    row.day = found.day.empty() ? on.day : found.day;
    row.incident = incident;
    row.outcome = monitor::finding_outcome_code(f.outcome);
    row.reason = f.reason;
    row.attribution = f.attribution;
    Json parties = Json::array();
    for (const monitor::PartyView& v : f.parties) {
      Json not_covered = Json::array();
      for (const std::string& id : v.not_covered) not_covered.push_back(id);
      parties.push_back(Json::object({{"answer", v.answer},
                                      {"attribution", v.attribution},
                                      {"not_covered", std::move(not_covered)},
                                      {"party", v.party}}));
    }
    row.parties = parties.to_canonical();
    row.dissent = joined(f.dissent);
    row.silent = joined(f.silent);
    row.not_reached = joined(f.not_reached);
    row.reached = joined(f.reached);
    row.waited_for = joined(f.waited_for);
    if (f.clock_started) row.clock_started_ms = f.clock_started->ms;
    if (f.deadline) row.deadline_ms = f.deadline->ms;
    row.missing = joined(f.missing, ' ');
    row.looks_agreed = f.looks_agreed ? 1 : 0;
    TRUCE_TRY(row.reopened, reopened(input));
    rows.findings.push_back(std::move(row));
  }
  std::ranges::sort(rows.findings, {}, [](const FindingRow& r) { return std::tie(r.day, r.incident); });
  return {};
}

}  // namespace

bool is_view_type(std::string_view type) {
  return type == monitor::kTypePosition || type == monitor::kTypeInquiry || type == monitor::kTypeAsk ||
         type == monitor::kTypeAnswer;
}

Status take_view(const record::Envelope& e, const StatementId& id, const Hash& leaf, Views& out) {
  if (e.reference("corrects") != nullptr || e.reference("withdraws") != nullptr)
    return bad("changes another statement");
  std::vector<StatementRef> on;
  for (const record::Reference& r : e.references) {
    if (r.relation == monitor::kOnReport) on.push_back(r.target);
  }
  const auto check_on = [&](bool wanted) -> Status {
    if (on.empty() == wanted) return bad(wanted ? "is on no report" : "is on reports");
    if (on.size() > monitor::kOnReportCountMax) return bad("is on more reports than 64");
    return {};
  };
  if (e.type == monitor::kTypePosition) {
    TRUCE_TRY(monitor::PositionStatement body, monitor::PositionStatement::from_body(e.body));
    TRUCE_CHECK(check_on(true));
    out.positions.push_back({id, e.recorded.ms, std::move(body), std::move(on)});
  } else if (e.type == monitor::kTypeInquiry) {
    TRUCE_TRY(monitor::InquiryStatement body, monitor::InquiryStatement::from_body(e.body));
    const StatementRef* inquiry = e.reference(monitor::kOfInquiry);
    const StatementRef* visit = e.reference(monitor::kOfVisit);
    const bool opens = body.act == InquiryAct::kOpen;
    const bool on_visit = body.act == InquiryAct::kAttend || body.act == InquiryAct::kDecline;
    TRUCE_CHECK(check_on(opens));
    if ((inquiry == nullptr) != opens || (visit != nullptr) != on_visit) return bad("refers to another thing");
    StatedInquiry stated{id, leaf, e.recorded.ms, std::move(body), std::move(on), {}, {}};
    if (inquiry != nullptr) stated.inquiry = *inquiry;
    if (visit != nullptr) stated.visit = *visit;
    out.inquiries.push_back(std::move(stated));
  } else if (e.type == monitor::kTypeAsk) {
    TRUCE_TRY(monitor::AskStatement body, monitor::AskStatement::from_body(e.body));
    TRUCE_CHECK(check_on(true));
    out.asks.push_back({id, leaf, e.recorded.ms, std::move(body), std::move(on)});
  } else {
    TRUCE_TRY(monitor::AnswerStatement body, monitor::AnswerStatement::from_body(e.body));
    const StatementRef* ask = e.reference(monitor::kOfAsk);
    TRUCE_CHECK(check_on(false));
    if (ask == nullptr) return bad("answers nothing");
    out.answers.push_back({id, e.recorded.ms, std::move(body), *ask});
  }
  return {};
}

std::map<StatementId, std::vector<Hold>> holds(std::span<const StatedPosition> positions,
                                               const std::set<StatementId>& withdrawn,
                                               const std::function<bool(const StatementRef&)>& is_here) {
  std::vector<const StatedPosition*> order;
  for (const StatedPosition& p : positions) {
    if (!withdrawn.contains(p.id)) order.push_back(&p);
  }
  std::ranges::sort(order,
                    [](const StatedPosition* a, const StatedPosition* b) { return before_in_main(b->id, a->id); });
  std::map<StatementId, std::vector<Hold>> out;
  std::set<std::tuple<std::string, bool, StatementId>> later;  // reports of later positions
  for (const StatedPosition* p : order) {
    const std::string& party = p->id.log.party;
    const bool attributes = monitor::is_attribution(p->body.answer);
    bool is_replaced = false;
    std::vector<const StatementId*> reports;
    for (const StatementRef& ref : p->on) {
      if (!is_here(ref)) continue;
      is_replaced = is_replaced || later.contains({party, attributes, ref.id});
      reports.push_back(&ref.id);
    }
    for (const StatementId* report : reports) {
      later.insert({party, attributes, *report});
      if (!is_replaced) out[*report].push_back({party, p->recorded_ms});
    }
  }
  return out;
}

Result<ViewRows> fold_views(const mechanism::Mechanism& mechanism, Views views, const std::set<StatementId>& withdrawn,
                            const std::map<StatementId, std::string>& taken_from_brief, const ViewLookup& lookup,
                            const Weigher& weigher, Instant as_of) {
  if (views.empty() && taken_from_brief.empty()) return ViewRows{};
  ViewFolder folder(mechanism, withdrawn, lookup);
  TRUCE_CHECK(folder.positions(std::move(views.positions)));
  TRUCE_CHECK(folder.inquiries(std::move(views.inquiries)));
  folder.taken_from_brief(taken_from_brief);
  TRUCE_CHECK(folder.asks(std::move(views.asks), std::move(views.answers)));
  TRUCE_CHECK(folder.findings(weigher, as_of));
  return std::move(folder.rows);
}

Result<std::vector<monitor::PartyView>> parties_of(const FindingRow& finding) {
  const auto bad = [&] { return fail(ErrorCode::kBadDatabase, "a finding without parties", finding.incident); };
  TRUCE_TRY(const Json parties, Json::parse_canonical(finding.parties));
  if (!parties.is_array()) return bad();
  std::vector<monitor::PartyView> out;
  for (const Json& p : parties.as_array()) {
    const Json* party = p.find("party");
    const Json* answer = p.find("answer");
    const Json* attribution = p.find("attribution");
    for (const Json* j : {party, answer, attribution}) {
      if (j == nullptr || !j->is_string()) return bad();
    }
    out.push_back({party->as_string(), answer->as_string(), attribution->as_string(), {}});
  }
  return out;
}

Result<std::vector<monitor::Told>> told(TableReader& tables, const std::string& first_day,
                                        const std::string& last_day) {
  TRUCE_TRY(const auto incidents, read_rows<IncidentRow>(tables, first_day, last_day));
  TRUCE_TRY(const auto findings, read_rows<FindingRow>(tables, first_day, last_day));
  return told(incidents, findings);
}

Result<std::vector<monitor::Told>> told(std::span<const IncidentRow> incidents, std::span<const FindingRow> findings) {
  std::map<std::string_view, const FindingRow*> finding_of;
  for (const FindingRow& f : findings) finding_of[f.incident] = &f;
  std::vector<monitor::Told> out;
  for (const IncidentRow& i : incidents) {
    if (i.over_quota != 0 || i.group == "activity") continue;
    monitor::Told t;
    t.day = i.day;
    for (std::string& party : split(i.parties, ';')) {
      if (!party.starts_with("said:")) t.recorded_by.push_back(std::move(party));
    }
    if (const auto f = finding_of.find(i.id); f != finding_of.end()) {
      TRUCE_TRY(const auto parties, parties_of(*f->second));
      for (const monitor::PartyView& p : parties) {
        if (!p.answer.empty()) t.answers[p.party] = p.answer;
      }
    }
    out.push_back(std::move(t));
  }
  return out;
}

}  // namespace truce::picture
