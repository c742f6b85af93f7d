// SPDX-License-Identifier: Apache-2.0

#include "truce/picture/fold.h"

#include <algorithm>
#include <set>
#include <unordered_map>

#include "truce/geo/geometry_blob.h"
#include "truce/monitor/calibration.h"
#include "truce/picture/folder.h"
#include "truce/picture/sealed_rows.h"

namespace truce::picture {
namespace {

constexpr std::uint64_t kProgressEvery = 1 << 14;

// Members of two bodies that differ, by the facts that the fold keeps.
std::string changed_members(const Json& before, const Json& after) {
  std::set<std::string> names;
  for (const auto& [name, value] : before.as_object()) {
    const Json* other = after.find(name);
    if (other == nullptr || !(*other == value)) names.insert(name);
  }
  for (const auto& [name, value] : after.as_object()) {
    if (before.find(name) == nullptr) names.insert(name);
  }
  std::string out;
  for (const std::string& n : names) out += (out.empty() ? "" : ";") + n;
  return out;
}

}  // namespace

Status Folder::read(const Cut* old_cut) {
  const std::uint64_t all = request_.cut.statements();
  std::uint64_t done = 0;
  for (const CutLog& l : request_.cut.logs) {
    const CutLog* old = old_cut != nullptr ? old_cut->find(l.log) : nullptr;
    const std::uint64_t begin = old != nullptr ? old->size : 0;
    StatementId id{l.log, 0};
    TRUCE_CHECK(source_.visit(l.log, begin, l.size,
                              [&](std::uint64_t index, std::string_view entry, const Hash& leaf) -> Status {
                                id.index = index;
                                judge_.take(id, entry, leaf, judged_);
                                if (++done % kProgressEvery == 0 && request_.progress) request_.progress(done, all);
                                return {};
                              }));
  }
  return {};
}

// Types of the statements that changes may name: those that the judge kept.
Status Folder::look_up_changes() {
  std::map<StatementId, std::string_view> types;
  for (const OpenChange& open : judged_.changes) {
    if (!open.change.withdraws) types.emplace(open.change.id, open.change.type);
  }
  for (const auto& z : judged_.zones) types.emplace(z.id, monitor::kTypeZone);
  for (const auto& a : judged_.actors) types.emplace(a.id, monitor::kTypeActor);
  for (const auto& p : judged_.places) types.emplace(p.id, monitor::kTypePlaces);
  for (const auto& i : judged_.imports) types.emplace(i.id, monitor::kTypeImport);
  for (const auto& c : judged_.calibrations) types.emplace(c.id, monitor::kTypeCalibration);
  for (const auto& l : judged_.links) types.emplace(l.id, l.joins ? monitor::kTypeJoin : monitor::kTypeSplit);
  const Views& views = judged_.views;
  for (const auto& p : views.positions) types.emplace(p.id, monitor::kTypePosition);
  for (const auto& i : views.inquiries) types.emplace(i.id, monitor::kTypeInquiry);
  for (const auto& a : views.asks) types.emplace(a.id, monitor::kTypeAsk);
  for (const auto& a : views.answers) types.emplace(a.id, monitor::kTypeAnswer);
  // Reports are found by binary search: they stand in order of (log, index).
  const auto is_report = [&](const StatementId& id) {
    Facts key;
    key.party = names_.number(id.log.party);
    key.log = names_.number(id.log.log);
    key.idx = id.index;
    const auto it = std::ranges::lower_bound(judged_.reports, key,
                                             [this](const Facts& a, const Facts& b) { return before(a, b, names_); });
    return it != judged_.reports.end() && it->party == key.party && it->log == key.log && it->idx == key.idx;
  };
  find_holds();
  look_up_seconds();
  for (OpenChange& open : judged_.changes) {
    Change& c = open.change;
    const auto no_effect = [&](std::string_view what, std::string_view reason) {
      ChangeRow row;
      row.statement = c.id.to_string();
      row.type = c.type;
      row.what = what;
      row.target = c.target.to_string();
      row.reason = reason;
      row.recorded_ms = c.recorded_ms;
      change_rows_.push_back(std::move(row));
    };
    if (c.target.log.party != c.id.log.party) {
      no_effect("ignored", "of another party");
      continue;
    }
    const auto log = leaves_.find(c.target.log);
    if (log == leaves_.end() || c.target.index >= log->second.size()) {
      no_effect("pending", "");
      continue;
    }
    if (log->second[c.target.index] != open.target_leaf) {
      no_effect("ignored", "the reference does not match");
      continue;
    }
    const auto type = types.find(c.target);
    const std::string_view target_type = type != types.end()   ? type->second
                                         : is_report(c.target) ? monitor::kTypeReport
                                                               : std::string_view();
    if (target_type.empty() || (!c.withdraws && target_type != c.type)) {
      no_effect("ignored", "refers to what cannot be changed so");
      continue;
    }
    if (c.withdraws && (target_type == monitor::kTypeReport || target_type == monitor::kTypeImport)) {
      c.only_sealed = takes_sealed_part_alone(c);
      if (!c.only_sealed) {
        const std::vector<const Facts*> signed_reports = under_briefs(c);
        if (!seconded_.contains(c.id) && (!signed_reports.empty() || is_held(c))) {
          no_effect(kRequested, kNeedsSecondPerson);
          continue;
        }
        for (const Facts* f : signed_reports)
          taken_from_brief_.insert({{names_.text(f->party), names_.text(f->log)}, f->idx});
      }
    }
    if (c.withdraws && target_type == monitor::kTypeZone) {
      TRUCE_TRY(const bool may, may_withdraw_zone(c));
      if (!may) {
        no_effect("ignored", "needs the rule");
        continue;
      }
    }
    changes_.add(c);  // copied: `types` looks into it
  }
  return {};
}

template <typename Body>
std::vector<Stated<Body>> Folder::effective(std::vector<Stated<Body>>& base,
                                            const std::map<StatementId, Body>& corrections,
                                            std::vector<StatementId>& versions) {
  std::vector<Stated<Body>> out;
  for (auto& stated : base) {
    const auto outcome = changes_.resolve(stated.id, change_rows_);
    if (outcome.withdrawn) continue;
    versions.push_back(outcome.version);
    if (outcome.version != stated.id) stated.body = corrections.at(outcome.version);
    out.push_back(std::move(stated));
  }
  return out;
}

void Folder::fold_imports() {
  std::map<std::string, Int> number;
  std::ranges::sort(judged_.imports, {}, &Stated<monitor::ImportStatement>::id);
  for (const auto& i : judged_.imports) {
    const auto outcome = changes_.resolve(i.id, change_rows_);
    ImportRow row;
    row.party = i.id.log.party;
    row.number = ++number[row.party];
    row.statement = i.id.to_string();
    row.format = i.body.format;
    row.source = i.body.source;
    row.file = i.body.file.base64url();
    row.state = outcome.withdrawn ? "withdrawn" : "effective";
    row.rows = i.body.rows;
    row.known = i.body.known;
    row.rejected = i.body.rejected;
    row.recorded_ms = i.recorded_ms;
    import_withdrawn_[row.statement] = outcome.withdrawn;
    import_rows_.push_back(std::move(row));
  }
}

// Corrections are rows of their import as new reports are. Needs import_withdrawn_.
void Folder::withdraw_imported_corrections() {
  for (const auto& [id, facts] : judged_.corrected_reports) {
    const auto import = import_withdrawn_.find(names_.text(facts.import_id));
    if (import != import_withdrawn_.end() && import->second) changes_.withdraw_with_import(id);
  }
}

Facts* Folder::find_report(const StatementRef& ref) {
  const auto log = leaves_.find(ref.id.log);
  if (log == leaves_.end() || ref.id.index >= log->second.size() || log->second[ref.id.index] != ref.leaf)
    return nullptr;
  Facts key;
  key.party = names_.number(ref.id.log.party);
  key.log = names_.number(ref.id.log.log);
  key.idx = ref.id.index;
  const auto it = std::ranges::lower_bound(judged_.reports, key,
                                           [this](const Facts& a, const Facts& b) { return before(a, b, names_); });
  return it != judged_.reports.end() && it->party == key.party && it->log == key.log && it->idx == key.idx ? &*it
                                                                                                           : nullptr;
}

void Folder::fold_links(const Slabs& slabs) {
  if (judged_.links.empty()) return;
  std::ranges::sort(judged_.links, {}, &OpenLink::id);
  std::unordered_map<const Facts*, std::int32_t> slab_of;  // looked up only
  for (const auto& [slab, facts] : slabs.facts) {
    for (const Facts* f : facts) slab_of[f] = slab;
  }
  std::vector<monitor::Link> links;
  std::vector<std::pair<std::size_t, FactLink>> of_row;
  for (const OpenLink& l : judged_.links) {
    const auto outcome = changes_.resolve(l.id, change_rows_);
    LinkRow row;
    row.statement = l.id.to_string();
    row.party = l.id.log.party;
    row.what = l.joins ? monitor::kTypeJoin : monitor::kTypeSplit;
    row.first = l.first.id.to_string();
    row.second = l.second.id.to_string();
    row.recorded_ms = l.recorded_ms;
    const Facts* a = find_report(l.first);
    const Facts* b = find_report(l.second);
    if (outcome.withdrawn) {
      row.state = "withdrawn";
    } else if (a == nullptr || b == nullptr || !slab_of.contains(a) || !slab_of.contains(b) || a->over_quota ||
               b->over_quota) {
      row.state = "pending";
    } else if (l.joins && slab_of[a] != slab_of[b]) {
      row.state = "too-far";
    } else {
      row.state = "effective";
      const auto number = [&](const Facts* f) { return static_cast<std::uint32_t>(f - judged_.reports.data()); };
      links.push_back({number(a), number(b), l.joins});
      of_row.push_back({link_rows_.size(), {a, b, l.joins}});
    }
    link_rows_.push_back(std::move(row));
  }
  const std::vector<bool> stands = monitor::consistent_links(links, static_cast<std::uint32_t>(judged_.reports.size()));
  for (std::size_t i = 0; i < links.size(); ++i) {
    if (stands[i]) {
      fact_links_.push_back(of_row[i].second);
    } else {
      link_rows_[of_row[i].first].state = "contradicted";
    }
  }
  std::ranges::sort(link_rows_, {}, &LinkRow::statement);
}

// A relayed report is linked, not counted, when the log of the party that it is said to be of holds the same key.
void Folder::link_copies() {
  std::set<std::uint32_t> authors;
  for (const CutLog& l : request_.cut.logs) authors.insert(names_.number(l.log.party));
  if (authors.size() < 2) return;
  const auto key = [&](const Facts& f, std::uint32_t party) {
    return names_.text(party) + '\n' + names_.text(f.source) + '\n' + f.source_id;
  };
  std::map<std::string, std::uint32_t> own;  // key -> name of the smallest report with it
  const auto id_of = [&](const Facts& f) {
    return names_.text(f.party) + '/' + names_.text(f.log) + '/' + std::to_string(f.idx);
  };
  for (const Facts& f : judged_.reports) {
    const bool is_own = f.said_by == 0 || f.said_by == f.party;
    if (is_own && f.source != 0 && f.state == ReportState::kEffective)
      own.try_emplace(key(f, f.party), names_.number(id_of(f)));
  }
  for (Facts& f : judged_.reports) {
    if (f.said_by == 0 || f.said_by == f.party || f.source == 0 || f.state != ReportState::kEffective) continue;
    if (const auto it = own.find(key(f, f.said_by)); it != own.end()) {
      f.state = ReportState::kLinked;
      f.linked_to = it->second;
    }
  }
}

// Fills in, for corrections of reports from row `from` on, which members changed against what they replace.
Status Folder::describe_corrections(std::vector<ChangeRow>& rows, std::size_t from) {
  for (std::size_t i = from; i < rows.size(); ++i) {
    ChangeRow& row = rows[i];
    if (row.what != "corrected") continue;
    TRUCE_TRY(const StatementId id, StatementId::parse(row.statement));
    TRUCE_TRY(const StatementId target, StatementId::parse(row.target));
    TRUCE_TRY(const std::string after, source_.entry(id));
    TRUCE_TRY(const std::string before, source_.entry(target));
    const auto a = record::decode(after);
    const auto b = record::decode(before);
    if (a && b) row.changed = changed_members(b->body, a->body);
  }
  return {};
}

Status Folder::fold_reports() {
  for (Facts& f : judged_.reports) {
    const std::uint32_t import_id = f.import_id;
    if (!changes_.empty()) {
      const StatementId id{{names_.text(f.party), names_.text(f.log)}, f.idx};
      if (changes_.touches(id)) {
        const std::size_t first_row = change_rows_.size();
        const auto outcome = changes_.resolve(id, change_rows_);
        if (outcome.version != id) {
          const Facts& c = judged_.corrected_reports.at(outcome.version);
          const Facts base = std::move(f);
          f = c;
          f.party = base.party, f.log = base.log, f.idx = base.idx, f.import_id = import_id;
        }
        if (outcome.withdrawn) f.state = ReportState::kWithdrawn;
        const std::string day = Date{f.day}.to_string();
        for (std::size_t i = first_row; i < change_rows_.size(); ++i) change_rows_[i].day = day;
      }
    }
    if (import_id != 0) {
      const auto import = import_withdrawn_.find(names_.text(import_id));
      if (import != import_withdrawn_.end() && import->second) f.state = ReportState::kWithdrawn;
    }
  }
  return {};
}

Result<Folded> Folder::finish(std::vector<DayDigest> digests, Instant as_of) const {
  std::ranges::sort(digests, {}, [](const DayDigest& d) { return std::tie(d.table, d.day); });
  Folded out;
  out.cut = request_.cut;
  out.as_of = as_of;
  out.digest = digest_root(request_.cut.mechanism, request_.cut.rules_version, digests);
  out.digests = std::move(digests);
  return out;
}

// Writes changes by day, in key order.
Status put_changes(std::vector<ChangeRow>& rows, TableSink& sink, std::vector<DayDigest>& digests) {
  std::ranges::sort(rows, {}, [](const ChangeRow& r) { return std::tie(r.day, r.statement); });
  for (std::size_t begin = 0; begin < rows.size();) {
    std::size_t end = begin;
    std::vector<ChangeRow> day;
    while (end < rows.size() && rows[end].day == rows[begin].day) day.push_back(rows[end++]);
    TRUCE_CHECK(put_rows(day, day.front().day, sink, digests));
    begin = end;
  }
  return {};
}

Result<Folded> Folder::all(TableSink& sink) {
  TRUCE_CHECK(scan());
  TRUCE_CHECK(follow_amendments());
  TRUCE_CHECK(read(nullptr));
  look_up_voices();
  TRUCE_CHECK(weigh_voices());
  TRUCE_TRY(brief_rows_, brief_rows(mechanism_, book_, judged_.briefs, judged_.record.voices, *weigher_));
  find_signed_briefs();
  TRUCE_CHECK(look_up_changes());
  change_rows_.insert(change_rows_.end(), judged_.without_effect.begin(), judged_.without_effect.end());
  fold_imports();
  withdraw_imported_corrections();
  TRUCE_CHECK(fold_zones());
  {
    std::vector<StatementId> versions;
    const auto stated = effective(judged_.actors, judged_.corrected_actors, versions);
    for (std::size_t i = 0; i < stated.size(); ++i) {
      const Json body = stated[i].body.to_body();
      ActorRow row;
      row.actor = stated[i].body.id;
      row.party = stated[i].id.log.party;
      row.statement = versions[i].to_string();
      row.names = member_text(body, "names");
      row.neutral = member_text(body, "neutral");
      row.called = member_text(body, "called");
      row.part_of = stated[i].body.part_of;
      if (stated[i].body.from) row.from_ms = stated[i].body.from->ms;
      if (stated[i].body.to) row.to_ms = stated[i].body.to->ms;
      actor_rows_.push_back(std::move(row));
    }
    std::ranges::sort(actor_rows_, {}, [](const ActorRow& r) { return std::tie(r.actor, r.party, r.statement); });
  }
  {
    std::vector<StatementId> versions;
    const auto stated = effective(judged_.places, judged_.corrected_places, versions);
    for (std::size_t i = 0; i < stated.size(); ++i) {
      const auto& body = stated[i].body;
      place_rows_.push_back({body.list, stated[i].id.log.party, versions[i].to_string(), body.title, body.source,
                             body.places.base64url(), body.count});
    }
    std::ranges::sort(place_rows_, {}, [](const PlaceListRow& r) { return std::tie(r.list, r.party, r.statement); });
  }
  TRUCE_CHECK(fold_reports());
  TRUCE_CHECK(fold_calibrations());
  link_copies();
  judged_.corrected_reports.clear();

  // Days, with what is over quota.
  std::vector<Facts*> order;
  order.reserve(judged_.reports.size());
  for (Facts& f : judged_.reports) order.push_back(&f);
  std::ranges::stable_sort(order, {}, [](const Facts* f) { return f->day; });
  {
    std::set<std::int32_t> with_reports;
    for (const Facts& f : judged_.reports) with_reports.insert(f.day);
    TRUCE_CHECK(find_signed_days(with_reports));
  }
  DayFolder days(mechanism_, zones_, signed_days_, names_);
  std::map<std::int32_t, DayInput> inputs;
  for (std::size_t begin = 0, end = 0; begin < order.size(); begin = end) {
    while (end < order.size() && order[end]->day == order[begin]->day) ++end;
    const auto day = std::span(order).subspan(begin, end - begin);
    days.mark_quota(day);
    DayInput& input = inputs[order[begin]->day];
    input.day = order[begin]->day;
    input.facts.assign(day.begin(), day.end());
  }
  // Which reports belong together.
  Grouper grouper(mechanism_, zones_, names_, std::move(chain_));
  grouper.know(order);
  Slabs slabs = slabs_of(grouper, order);
  fold_links(slabs);
  const std::uint64_t all = request_.cut.statements();
  const std::vector<Group> groups =
      group_all(grouper, slabs, fact_links_, grouping_threads(), [&](std::uint64_t done, std::uint64_t of) {
        if (request_.progress) request_.progress(done * all / std::max<std::uint64_t>(of, 1), all);
      });
  for (const Group& g : groups) {
    DayInput& input = inputs[g.day];
    input.day = g.day;
    input.groups.push_back(&g);
  }
  days.count_linked(order);
  std::vector<SlabRow> slab_rows;
  for (const auto& [slab, facts] : slabs.facts)
    slab_rows.push_back(slab_row(slab, slabs.cuts.at(slab), slabs.cuts.at(slab + 1), facts));
  TRUCE_CHECK(describe_corrections(change_rows_, 0));
  const std::vector<LogExtent> logs = extents();
  const Instant as_of = request_.as_of.value_or(weigher_->decided_at());
  TRUCE_TRY(ViewRows views, views_of_all(groups, as_of));
  change_rows_.insert(change_rows_.end(), views.no_effect.begin(), views.no_effect.end());
  leaves_.clear();

  TRUCE_CHECK(sink.clear());
  std::vector<DayDigest> digests;
  TRUCE_CHECK(put_rows(actor_rows_, "", sink, digests));
  TRUCE_CHECK(put_rows(amendment_rows_, "", sink, digests));
  TRUCE_CHECK(put_rows(brief_rows_, "", sink, digests));
  TRUCE_CHECK(put_views(views, {}, sink, digests));
  TRUCE_CHECK(put_rows(calibration_rows_, "", sink, digests));
  TRUCE_CHECK(put_changes(change_rows_, sink, digests));
  TRUCE_CHECK(put_rows(import_rows_, "", sink, digests));
  TRUCE_CHECK(put_rows(link_rows_, "", sink, digests));
  TRUCE_CHECK(put_rows(place_rows_, "", sink, digests));
  std::vector<SealedRow> sealed = sealed_rows(book_, judged_.record);
  TRUCE_CHECK(put_rows(sealed, "", sink, digests));
  TRUCE_CHECK(put_rows(slab_rows, "", sink, digests));
  TRUCE_CHECK(put_rows(zone_rows_, "", sink, digests));
  std::uint64_t done = 0;
  for (auto& [day, input] : inputs) {
    TRUCE_CHECK(days.put_day(input, sink, digests));
    done += input.facts.size();
    if (request_.progress) request_.progress(done, order.size());
  }
  TRUCE_CHECK(put_receipts(heads_, sink, digests));
  TRUCE_CHECK(put_standing(standing(mechanism_, logs, heads_), sink, digests));
  return finish(std::move(digests), as_of);
}

Instant default_as_of(const mechanism::Mechanism& mechanism,
                      const std::vector<std::pair<std::string, std::int64_t>>& newest) {
  std::vector<std::int64_t> times;
  for (const auto& [party, ms] : newest) {
    const mechanism::Party* p = mechanism.party(party);
    if (p != nullptr && p->receives()) times.push_back(ms);
  }
  if (times.empty()) return Instant{0};
  std::ranges::sort(times);
  return Instant{times[(times.size() - 1) / 2]};
}

Result<Folded> fold(const FoldRequest& request, StatementSource& source, TableSink& sink) {
  return Folder(request, source).all(sink);
}

}  // namespace truce::picture
