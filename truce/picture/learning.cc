// SPDX-License-Identifier: Apache-2.0

#include "truce/picture/learning.h"

#include <algorithm>
#include <deque>
#include <set>

#include "truce/picture/grouping.h"
#include "truce/picture/zone_maps.h"

namespace truce::picture {
namespace {

// The zones that give posts their places; others hold nothing that matters here.
Result<monitor::ZoneBook> places_of_posts(TableReader& tables, StatementSource& source) {
  TRUCE_TRY(const auto rows, read_rows<ZoneRow>(tables));
  return zone_book_of(rows, [&](const Hash& h) { return source.blob(h); });
}

Status read_facts(TableReader& tables, const std::string& first, const std::string& last, NamePool& names,
                  std::deque<Facts>& facts) {
  return tables.visit(table(table_name<ReportRow>()), first, last, [&](const Row& row) -> Status {
    TRUCE_TRY(const ReportRow report, from_row<ReportRow>(row));
    TRUCE_TRY(Facts f, facts_of(report, names));
    f.over_quota = f.state == ReportState::kOverQuota;
    if (f.over_quota) f.state = ReportState::kEffective;
    if (f.is_counted()) facts.push_back(std::move(f));
    return {};
  });
}

std::vector<Facts*> pointers(std::deque<Facts>& facts) {
  std::vector<Facts*> out;
  for (Facts& f : facts) out.push_back(&f);
  return out;
}

}  // namespace

Result<Learned> learn(const mechanism::Mechanism& mechanism, TableReader& tables, StatementSource& source, Date from,
                      Date to, const std::function<void(int done, int all)>& progress) {
  TRUCE_TRY(const monitor::ZoneBook zones, places_of_posts(tables, source));
  NamePool names;
  std::deque<Facts> facts;
  TRUCE_CHECK(read_facts(tables, from.to_string(), to.to_string(), names, facts));
  Learned out;
  out.reports = static_cast<std::int64_t>(facts.size());
  const std::vector<Facts*> all = pointers(facts);
  Grouper grouper(mechanism, zones, names, {});
  grouper.know(all);
  Slabs slabs = slabs_of(grouper, all);
  std::vector<monitor::LearningBlock> blocks;
  for (auto& [slab, list] : slabs.facts) {
    auto more = grouper.learning_blocks(list);
    std::move(more.begin(), more.end(), std::back_inserter(blocks));
  }
  monitor::Learner learner(blocks, grouper.party_names(), grouper.reporter_names(),
                           static_cast<double>(to.days - from.days + 1), grouping_threads());
  for (int round = 0; round < kLearnRounds; ++round) {
    learner.round();
    if (progress) progress(round + 1, kLearnRounds);
  }
  out.compared = learner.compared_reports();
  TRUCE_TRY(out.blob, monitor::model_to_blob(learner.model()));
  TRUCE_TRY(out.model, monitor::model_from_blob(out.blob));
  return out;
}

Result<WhatIf> what_if(const mechanism::Mechanism& mechanism, TableReader& tables, StatementSource& source, Date from,
                       Date to, const monitor::FusionModel& model) {
  TRUCE_TRY(const monitor::ZoneBook zones, places_of_posts(tables, source));
  NamePool names;
  std::deque<Facts> facts;
  TRUCE_CHECK(read_facts(tables, from.to_string(), to.to_string(), names, facts));
  const std::vector<Facts*> all = pointers(facts);
  std::map<std::string, std::string> now;  // report -> incident
  std::set<std::string> incidents;
  for (const Facts* f : all) incidents.insert(now[f->id(names)] = report_row(*f, names).incident);
  Grouper grouper(mechanism, zones, names, {{INT32_MIN, std::make_shared<const monitor::FusionModel>(model)}});
  grouper.know(all);
  Slabs slabs = slabs_of(grouper, all);
  const auto groups = group_all(grouper, slabs, {}, grouping_threads(), nullptr);
  WhatIf out;
  out.reports = static_cast<std::int64_t>(all.size());
  out.incidents_now = static_cast<std::int64_t>(incidents.size());
  out.incidents_then = static_cast<std::int64_t>(groups.size());
  for (const Facts* f : all) out.moved += report_row(*f, names).incident != now[f->id(names)] ? 1 : 0;
  return out;
}

Result<CalibrationDue> calibration_due(TableReader& tables) {
  CalibrationDue out;
  TRUCE_TRY(const auto slabs, read_rows<SlabRow>(tables));
  TRUCE_TRY(const auto calibrations, read_rows<CalibrationRow>(tables));
  const CalibrationRow* last = nullptr;
  for (const CalibrationRow& c : calibrations) {
    if (c.state == "in-force" && (last == nullptr || c.number > last->number)) last = &c;
  }
  if (last != nullptr) out.in_force = last->statement, out.in_force_to = last->to_day;
  std::string first;
  for (const SlabRow& s : slabs) {
    if (first.empty() || s.first_day < first) first = s.first_day;
    out.to = std::max(out.to, s.last_day);
    if (s.last_day > out.in_force_to) out.new_reports += s.reports;
  }
  if (out.to.empty()) return out;
  TRUCE_TRY(const Date to, Date::parse(out.to));
  TRUCE_TRY(const Date earliest, Date::parse(first));
  out.from = std::max(earliest, to + (1 - kLearnDays)).to_string();
  if (last == nullptr) {
    out.is_due = out.new_reports >= kLearnReportsMin;
  } else {
    TRUCE_TRY(const Date fresh_to, Date::parse(out.in_force_to));
    out.is_due = to.days >= fresh_to.days + kCalibrationDays && out.new_reports >= kLearnReportsMin;
  }
  return out;
}

Result<Reasons> reasons(const mechanism::Mechanism& mechanism, TableReader& tables, StatementSource& source,
                        const std::string& id) {
  TRUCE_TRY(const auto found, find_rows<ReportRow>(tables, "id", id));
  if (found.empty() || found[0].incident.empty()) return fail(ErrorCode::kNotFound, "is in no incident", id);
  TRUCE_TRY(const auto incidents, find_rows<IncidentRow>(tables, "id", found[0].incident));
  if (incidents.empty()) return fail(ErrorCode::kBadDatabase, "a report of an incident that is not there", id);
  const auto slab = static_cast<std::int32_t>(incidents[0].slab);
  TRUCE_TRY(const auto slab_rows, read_rows<SlabRow>(tables));
  const auto row = std::ranges::find(slab_rows, incidents[0].slab, &SlabRow::slab);
  if (row == slab_rows.end()) return fail(ErrorCode::kBadDatabase, "an incident of a slab that is not there", id);

  TRUCE_TRY(const monitor::ZoneBook zones, places_of_posts(tables, source));
  NamePool names;
  std::deque<Facts> facts;
  TRUCE_CHECK(read_facts(tables, row->first_day, row->last_day, names, facts));
  Reasons out;
  std::vector<InForce> chain;
  {
    TRUCE_TRY(auto calibrations, read_rows<CalibrationRow>(tables));
    std::ranges::sort(calibrations, {}, &CalibrationRow::number);
    for (const CalibrationRow& c : calibrations) {
      if (c.state != "in-force") continue;
      TRUCE_TRY(const Date from, Date::parse(c.from_day));
      TRUCE_TRY(const Hash hash, Hash::from_base64url(c.model));
      TRUCE_TRY(const std::string blob, source.blob(hash));
      TRUCE_TRY(auto model, monitor::model_from_blob(blob));
      if (from.days <= slab * monitor::kSlabDays + monitor::kSlabDays - 1) out.calibration = c.statement;
      chain.push_back({from.days, std::make_shared<const monitor::FusionModel>(std::move(model))});
    }
  }
  Grouper grouper(mechanism, zones, names, std::move(chain));
  std::vector<Facts*> all;
  {
    const std::vector<Facts*> candidates = pointers(facts);
    grouper.know(candidates);
    for (Facts* f : candidates) {
      const std::int64_t ms = grouper.span_of(*f).middle_ms;
      if (ms >= row->from_ms && ms < row->to_ms) all.push_back(f);
    }
  }
  std::map<std::string, Facts*> by_id;
  for (Facts* f : all) by_id[f->id(names)] = f;
  std::vector<FactLink> links;
  TRUCE_TRY(const auto link_rows, read_rows<LinkRow>(tables));
  for (const LinkRow& l : link_rows) {
    if (l.state != "effective" || !by_id.contains(l.first) || !by_id.contains(l.second)) continue;
    links.push_back({by_id[l.first], by_id[l.second], l.what == monitor::kTypeJoin});
  }
  if (!by_id.contains(id)) return fail(ErrorCode::kBadDatabase, "a report of another slab than its incident", id);
  const Grouper::Look look = grouper.look(all, links, *by_id[id]);
  const monitor::FusionModel& model = grouper.model(slab);
  const monitor::Scorer scorer(look.reports, model, grouper.party_names(), grouper.reporter_names());
  const monitor::Grouping grouping = monitor::fuse(scorer, look.constraints);

  const auto wanted = static_cast<std::size_t>(std::ranges::find(look.facts, by_id[id]) - look.facts.begin());
  std::vector<std::uint32_t> members;
  for (std::uint32_t i = 0; i < look.facts.size(); ++i) {
    if (grouping.reports[i].cluster == grouping.reports[wanted].cluster) members.push_back(i);
  }
  // Which report names the group that a member might be in instead.
  const auto name_of = [&](std::uint32_t cluster) {
    const Facts* first = nullptr;
    for (std::uint32_t i = 0; i < look.facts.size(); ++i) {
      if (grouping.reports[i].cluster == cluster && (first == nullptr || before(*look.facts[i], *first, names)))
        first = look.facts[i];
    }
    return first->id(names);
  };
  const monitor::ScoreParts whole = scorer.parts(scorer.cluster_of(members));
  out.together = whole;
  for (const std::uint32_t i : members) {
    const monitor::ScoreParts alone = scorer.parts(scorer.single(i));
    for (std::size_t p = 0; p < alone.size(); ++p) out.together[p] -= alone[p];
    Reasons::Member m;
    m.report = report_row(*look.facts[i], names);
    m.certainty_ppm = grouping.reports[i].certainty_ppm;
    m.other_behind = grouping.reports[i].other_behind;
    m.has_other = m.other_behind != INT64_MAX;
    if (m.has_other && grouping.reports[i].other != i) m.other = name_of(grouping.reports[i].other);
    if (look.reports[i].reporter != 0) {
      const auto it = model.clock_offset_s.find(grouper.reporter_names()[look.reports[i].reporter]);
      if (it != model.clock_offset_s.end()) m.clock_offset_s = it->second;
    }
    if (members.size() > 1) {
      std::vector<std::uint32_t> others;
      for (const std::uint32_t o : members) {
        if (o != i) others.push_back(o);
      }
      const monitor::ScoreParts rest = scorer.parts(scorer.cluster_of(others));
      for (std::size_t p = 0; p < rest.size(); ++p) m.parts[p] = whole[p] - rest[p] - alone[p];
    }
    out.members.push_back(std::move(m));
  }
  std::ranges::sort(out.members, {},
                    [](const Reasons::Member& m) { return std::tie(m.report.party, m.report.log, m.report.idx); });
  return out;
}

}  // namespace truce::picture
