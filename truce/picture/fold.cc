// SPDX-License-Identifier: Apache-2.0

#include "truce/picture/fold.h"

#include <algorithm>
#include <set>

#include "truce/geo/geometry_blob.h"
#include "truce/picture/day.h"
#include "truce/picture/judge.h"

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

class Folder {
 public:
  Folder(const FoldRequest& request, StatementSource& source)
      : request_(request),
        mechanism_(*request.mechanism),
        source_(source),
        judge_(mechanism_, request.cut.mechanism, names_) {}

  Result<Folded> all(TableSink& sink);
  Result<std::optional<Folded>> more(const Cut& old_cut, Instant old_as_of, TableReader& reader, TableSink& sink);

 private:
  Status read(const Cut* old_cut, bool keep_leaves);
  Status look_up_changes();
  template <typename Body>
  std::vector<Stated<Body>> effective(std::vector<Stated<Body>>& base, const std::map<StatementId, Body>& corrections,
                                      std::vector<StatementId>& versions);
  Status fold_zones();
  Status fold_reports();
  void fold_imports();
  void withdraw_imported_corrections();
  void link_copies();
  Status describe_corrections(std::vector<ChangeRow>& rows, std::size_t from);
  Status add_zone_maps(const std::vector<ZoneRow>& rows);
  Result<Folded> finish(std::vector<DayDigest> digests, Instant as_of) const;

  const FoldRequest& request_;
  const mechanism::Mechanism& mechanism_;
  StatementSource& source_;
  NamePool names_;
  Judge judge_;
  Judged judged_;
  std::map<LogId, std::vector<Hash>> leaves_;
  Changes changes_;
  std::vector<ChangeRow> change_rows_;
  std::vector<ZoneRow> zone_rows_;
  std::vector<ActorRow> actor_rows_;
  std::vector<PlaceListRow> place_rows_;
  std::vector<ImportRow> import_rows_;
  std::map<std::string, bool> import_withdrawn_;
  monitor::ZoneBook zones_;
};

Status Folder::read(const Cut* old_cut, bool keep_leaves) {
  const std::uint64_t all = request_.cut.statements();
  std::uint64_t done = 0;
  for (const CutLog& l : request_.cut.logs) {
    const CutLog* old = old_cut != nullptr ? old_cut->find(l.log) : nullptr;
    const std::uint64_t begin = old != nullptr ? old->size : 0;
    auto& leaves = leaves_[l.log];
    if (keep_leaves) leaves.reserve(l.size);
    StatementId id{l.log, 0};
    TRUCE_CHECK(source_.visit(l.log, begin, l.size,
                              [&](std::uint64_t index, std::string_view entry, const Hash& leaf) -> Status {
                                id.index = index;
                                judge_.take(id, entry, leaf, judged_);
                                if (keep_leaves) leaves.push_back(leaf);
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

// Texts of a body's member, canonical; empty where it has none.
std::string member_text(const Json& body, std::string_view name) {
  const Json* j = body.find(name);
  return j != nullptr ? j->to_canonical() : std::string();
}

Status Folder::fold_zones() {
  std::vector<StatementId> versions;
  auto stated = effective(judged_.zones, judged_.corrected_zones, versions);
  std::map<std::tuple<std::string, std::string, std::string>, StatementId> seen;
  for (std::size_t i = 0; i < stated.size(); ++i) {
    const auto& z = stated[i].body;
    const std::string& party = stated[i].id.log.party;
    // One party states one map of a zone (for each party whose map it is said to be); the smallest statement counts.
    if (const auto [it, is_new] = seen.try_emplace({z.id, party, z.said_by}, versions[i]); !is_new) {
      ChangeRow row;
      row.statement = versions[i].to_string();
      row.type = monitor::kTypeZone;
      row.what = "ignored";
      row.target = it->second.to_string();
      row.reason = "the zone is stated already";
      row.recorded_ms = stated[i].recorded_ms;
      change_rows_.push_back(std::move(row));
      continue;
    }
    const Json body = z.to_body();
    ZoneRow row;
    row.zone = z.id;
    row.party = party;
    row.said_by = z.said_by;
    row.statement = versions[i].to_string();
    row.kind = monitor::zone_kind_code(z.kind);
    row.names = monitor::names_json(z.names).to_canonical();
    if (z.valid_from.ms != Instant::kMin) row.valid_from_ms = z.valid_from.ms;
    if (z.valid_to.ms != Instant::kMax) row.valid_to_ms = z.valid_to.ms;
    row.geometry = z.geometry.base64url();
    row.near = z.near ? z.near->base64url() : std::string();
    row.forbids = member_text(body, "forbids");
    row.withdrawal = member_text(body, "withdrawal");
    zone_rows_.push_back(std::move(row));
  }
  std::ranges::sort(zone_rows_, {}, [](const ZoneRow& r) { return std::tie(r.zone, r.party, r.said_by, r.statement); });
  return add_zone_maps(zone_rows_);
}

// A zone whose blob is not here or not canonical is kept in its table and holds nothing: blobs are required, so a cut
// is only computable where they are. Missing ones make the fold fail; damaged ones cannot (their hash names them).
Status Folder::add_zone_maps(const std::vector<ZoneRow>& rows) {
  std::vector<monitor::ZoneMap> maps;
  for (const ZoneRow& row : rows) {
    monitor::ZoneMap m;
    m.party = row.party;
    m.zone.id = row.zone;
    m.zone.said_by = row.said_by;
    m.zone.kind = monitor::zone_kind_from_code(row.kind).value_or(monitor::ZoneKind::kStorageSite);
    m.zone.valid_from.ms = row.valid_from_ms.value_or(Instant::kMin);
    m.zone.valid_to.ms = row.valid_to_ms.value_or(Instant::kMax);
    if (!row.forbids.empty()) {
      TRUCE_TRY(const Json forbids, Json::parse_canonical(row.forbids));
      m.zone.forbids.emplace();
      for (const Json& j : forbids.as_array()) m.zone.forbids->push_back(j.as_string());
    }
    TRUCE_TRY(m.zone.geometry, Hash::from_base64url(row.geometry));
    TRUCE_TRY(const std::string blob, source_.blob(m.zone.geometry));
    auto geometry = geo::parse_blob(blob);
    if (!geometry) continue;
    m.geometry = std::move(geometry).value();
    if (!row.near.empty()) {
      TRUCE_TRY(const Hash near, Hash::from_base64url(row.near));
      TRUCE_TRY(const std::string near_blob, source_.blob(near));
      auto area = geo::parse_blob(near_blob);
      if (area && std::holds_alternative<geo::MultiPolygon>(*area))
        m.near = std::get<geo::MultiPolygon>(std::move(*area));
    }
    maps.push_back(std::move(m));
  }
  TRUCE_TRY(zones_, monitor::ZoneBook::build(std::move(maps)));
  return {};
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
  TRUCE_CHECK(read(nullptr, true));
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
  TRUCE_CHECK(describe_corrections(change_rows_, 0));
  link_copies();
  judged_.corrected_reports.clear();
  leaves_.clear();

  TRUCE_CHECK(sink.clear());
  std::vector<DayDigest> digests;
  TRUCE_CHECK(put_rows(actor_rows_, "", sink, digests));
  TRUCE_CHECK(put_changes(change_rows_, sink, digests));
  TRUCE_CHECK(put_rows(import_rows_, "", sink, digests));
  TRUCE_CHECK(put_rows(place_rows_, "", sink, digests));
  TRUCE_CHECK(put_rows(zone_rows_, "", sink, digests));
  std::vector<Facts*> order;
  order.reserve(judged_.reports.size());
  for (Facts& f : judged_.reports) order.push_back(&f);
  std::ranges::sort(order, {}, [](const Facts* f) { return f->day; });
  DayFolder days(mechanism_, zones_, names_);
  std::vector<Facts*> day;
  std::uint64_t done = 0;
  for (std::size_t begin = 0; begin < order.size(); begin += day.size()) {
    day.clear();
    for (std::size_t i = begin; i < order.size() && order[i]->day == order[begin]->day; ++i) day.push_back(order[i]);
    TRUCE_CHECK(days.put_day(day, Date{order[begin]->day}.to_string(), sink, digests));
    done += day.size();
    if (request_.progress) request_.progress(done, order.size());
  }
  return finish(std::move(digests), request_.as_of.value_or(default_as_of(mechanism_, judge_.newest_recorded())));
}

Result<std::optional<Folded>> Folder::more(const Cut& old_cut, Instant old_as_of, TableReader& reader,
                                           TableSink& sink) {
  const std::optional<Folded> full;
  if (old_cut.mechanism != request_.cut.mechanism || old_cut.rules_version != request_.cut.rules_version) return full;
  std::set<std::string> parties;
  for (const CutLog& l : request_.cut.logs) {
    parties.insert(l.log.party);
    const CutLog* old = old_cut.find(l.log);
    if (old == nullptr || old->size > l.size) return full;
  }
  if (parties.size() != 1 || old_cut.logs.size() != request_.cut.logs.size()) return full;
  TRUCE_CHECK(read(&old_cut, false));
  if (!judged_.zones.empty() || !judged_.actors.empty() || !judged_.places.empty() ||
      !judged_.corrected_zones.empty() || !judged_.corrected_actors.empty() || !judged_.corrected_places.empty() ||
      !judged_.without_effect.empty()) {
    return full;
  }
  TRUCE_TRY(std::vector<DayDigest> digests, reader.digests());
  const Table& change_table = table(table_name<ChangeRow>());

  // Days to be written again, with the facts of reports that are new or changed, by identity.
  std::map<std::int32_t, std::map<std::pair<std::string, std::uint64_t>, Facts>>
      touched;  // day -> (log, index) -> facts
  std::set<std::pair<std::int32_t, std::pair<std::string, std::uint64_t>>> moved_away;
  const auto place_in = [&](Facts f) {
    const std::int32_t day = f.day;
    const std::pair<std::string, std::uint64_t> key{names_.text(f.log), f.idx};
    touched[day].insert_or_assign(key, std::move(f));
  };
  // Imports known before, for new rows that refer to them and for their numbers.
  TRUCE_TRY(import_rows_, read_rows<ImportRow>(reader));
  for (const ImportRow& i : import_rows_) import_withdrawn_[i.statement] = i.state == "withdrawn";
  const bool new_imports = !judged_.imports.empty();
  if (new_imports) {
    const std::vector<ImportRow> old_imports = std::move(import_rows_);
    import_rows_.clear();
    fold_imports();
    Int last = 0;
    for (const ImportRow& i : old_imports) last = std::max(last, i.number);
    for (ImportRow& i : import_rows_) i.number += last;
    import_rows_.insert(import_rows_.begin(), old_imports.begin(), old_imports.end());
  }
  // An import in a log that sorts before an older one would renumber those after it.
  if (!std::ranges::is_sorted(
          import_rows_, {}, [](const ImportRow& i) { return StatementId::parse(i.statement).value_or(StatementId{}); }))
    return full;

  // Changes: find the report below each, gather all its changes, old and new, and resolve again.
  std::map<std::string, bool> roots;  // report ids
  std::map<std::string, std::string> root_of_new;
  for (const OpenChange& open : judged_.changes) {
    const Change& c = open.change;
    if (c.target.log.party != c.id.log.party) return full;
    const std::string target = c.target.to_string();
    std::string root;
    if (const auto it = root_of_new.find(target); it != root_of_new.end()) {
      root = it->second;
    } else {
      const CutLog* old = old_cut.find(c.target.log);
      const CutLog* now = request_.cut.find(c.target.log);
      if (now == nullptr || c.target.index >= now->size) return full;  // pending
      if (c.target.index >= old->size) {
        root = target;  // a new report, or something that the full fold judges
        const bool is_new_report = std::ranges::any_of(judged_.reports, [&](const Facts& f) {
          return f.idx == c.target.index && names_.text(f.log) == c.target.log.log;
        });
        if (!is_new_report) return full;
      } else {
        TRUCE_TRY(const auto reports, find_rows<ReportRow>(reader, "id", target));
        if (!reports.empty()) {
          root = target;
        } else {
          TRUCE_TRY(const auto earlier, find_rows<ChangeRow>(reader, "statement", target));
          if (earlier.size() != 1 || earlier[0].report.empty() || earlier[0].type != monitor::kTypeReport) return full;
          root = earlier[0].report;
        }
      }
    }
    TRUCE_TRY(const std::string entry, source_.entry(c.target));
    if (record::leaf_hash(entry) != open.target_leaf) return full;
    root_of_new[c.id.to_string()] = root;
    roots[root] = true;
  }
  // A statement that is waiting for one that now came.
  bool waiting = false;
  TRUCE_CHECK(reader.visit(change_table, "", "", [&](const Row& row) -> Status {
    TRUCE_TRY(const ChangeRow c, from_row<ChangeRow>(row));
    waiting = waiting || c.what == "pending";
    return {};
  }));
  if (waiting) return full;

  for (Facts& f : judged_.reports) {
    if (const auto import = import_withdrawn_.find(names_.text(f.import_id));
        import != import_withdrawn_.end() && import->second) {
      f.state = ReportState::kWithdrawn;
    }
  }
  withdraw_imported_corrections();
  std::map<std::string, std::vector<ChangeRow>> rows_of_root;
  std::set<std::string> change_days;
  if (!roots.empty()) {
    for (const OpenChange& open : judged_.changes) changes_.add(open.change);
    for (const auto& [root, unused] : roots) {
      TRUCE_TRY(const StatementId id, StatementId::parse(root));
      TRUCE_TRY(const auto earlier, find_rows<ChangeRow>(reader, "report", root));
      for (const ChangeRow& c : earlier) {
        change_days.insert(c.day);
        TRUCE_TRY(const StatementId change_id, StatementId::parse(c.statement));
        TRUCE_TRY(const StatementId target, StatementId::parse(c.target));
        const bool withdraws = c.type == monitor::kTypeWithdrawal;
        changes_.add(Change{change_id, target, c.type, withdraws, c.reason, c.recorded_ms});
        // What is withdrawn stays so: its import's withdrawal is no change of this report and is not met here.
        if (c.what == "withdrawn-correction") changes_.withdraw_with_import(change_id);
      }
      std::vector<ChangeRow>& rows = rows_of_root[root];
      const auto outcome = changes_.resolve(id, rows);
      TRUCE_CHECK(describe_corrections(rows, 0));
      // The base statement and the version that counts, from the log.
      Judged one;
      TRUCE_TRY(const std::string base, source_.entry(id));
      judge_.take(id, base, record::leaf_hash(base), one);
      if (one.reports.size() != 1) return full;
      Facts f = one.reports[0];
      if (outcome.version != id) {
        TRUCE_TRY(const std::string version, source_.entry(outcome.version));
        judge_.take(outcome.version, version, record::leaf_hash(version), one);
        const auto it = one.corrected_reports.find(outcome.version);
        if (it == one.corrected_reports.end()) return full;
        const Facts identity = f;
        f = it->second;
        f.party = identity.party, f.log = identity.log, f.idx = identity.idx, f.import_id = identity.import_id;
      }
      const auto import = import_withdrawn_.find(names_.text(f.import_id));
      if (outcome.withdrawn || (import != import_withdrawn_.end() && import->second)) f.state = ReportState::kWithdrawn;
      for (ChangeRow& c : rows) c.day = Date{f.day}.to_string();
      change_days.insert(Date{f.day}.to_string());
      TRUCE_TRY(const auto stored, find_rows<ReportRow>(reader, "id", root));
      if (!stored.empty()) {
        TRUCE_TRY(const Date day, Date::parse(stored[0].day));
        touched[day.days];
        if (day.days != f.day) moved_away.insert({day.days, {names_.text(f.log), f.idx}});
      }
      place_in(std::move(f));
    }
  }
  for (Facts& f : judged_.reports) {
    const StatementId id{{names_.text(f.party), names_.text(f.log)}, f.idx};
    if (!roots.contains(id.to_string())) place_in(std::move(f));
  }
  // Zones as they stand.
  TRUCE_TRY(zone_rows_, read_rows<ZoneRow>(reader));
  TRUCE_CHECK(add_zone_maps(zone_rows_));

  std::vector<DayDigest> fresh;
  std::set<std::pair<std::string, std::string>> rewritten;
  DayFolder days(mechanism_, zones_, names_);
  for (auto& entry : touched) {
    // Not a structured binding: clang 14 does not let a lambda take one.
    const auto day = entry.first;
    auto& changed = entry.second;
    const std::string name = Date{day}.to_string();
    std::vector<Facts> kept;
    TRUCE_CHECK(reader.visit(table(table_name<ReportRow>()), name, name, [&](const Row& row) -> Status {
      TRUCE_TRY(const ReportRow report, from_row<ReportRow>(row));
      const std::pair<std::string, std::uint64_t> key{report.log, static_cast<std::uint64_t>(report.idx)};
      if (changed.contains(key) || moved_away.contains({day, key})) return {};
      TRUCE_TRY(Facts f, facts_of(report, names_));
      if (f.state == ReportState::kOverQuota) f.state = ReportState::kEffective;
      kept.push_back(std::move(f));
      return {};
    }));
    std::vector<Facts*> all;
    for (Facts& f : kept) all.push_back(&f);
    for (auto& [key, f] : changed) all.push_back(&f);
    for (const char* t : {"coverage", "incidents", "reports"}) rewritten.insert({t, name});
    TRUCE_CHECK(days.put_day(all, name, sink, fresh));
  }
  for (const std::string& day : change_days) {
    std::vector<ChangeRow> rows;
    TRUCE_CHECK(reader.visit(change_table, day, day, [&](const Row& row) -> Status {
      TRUCE_TRY(ChangeRow c, from_row<ChangeRow>(row));
      if (!rows_of_root.contains(c.report)) rows.push_back(std::move(c));
      return {};
    }));
    for (const auto& [root, changed] : rows_of_root) {
      for (const ChangeRow& c : changed) {
        if (c.day == day) rows.push_back(c);
      }
    }
    rewritten.insert({std::string(change_table.name), day});
    if (rows.empty()) {
      TRUCE_CHECK(put_rows(rows, day, sink, fresh));
    } else {
      TRUCE_CHECK(put_changes(rows, sink, fresh));
    }
  }
  if (new_imports) {
    rewritten.insert({"imports", ""});
    TRUCE_CHECK(put_rows(import_rows_, "", sink, fresh));
  }
  std::erase_if(digests, [&](const DayDigest& d) { return rewritten.contains({d.table, d.day}); });
  digests.insert(digests.end(), fresh.begin(), fresh.end());
  Instant as_of = request_.as_of.value_or(default_as_of(mechanism_, judge_.newest_recorded()));
  if (!request_.as_of) as_of = std::max(as_of, old_as_of);
  TRUCE_TRY(Folded folded, finish(std::move(digests), as_of));
  return std::optional<Folded>(std::move(folded));
}

}  // namespace

Instant default_as_of(const mechanism::Mechanism& mechanism,
                      const std::vector<std::pair<std::string, std::int64_t>>& newest) {
  std::vector<std::int64_t> times;
  for (const auto& [party, ms] : newest) {
    const mechanism::Party* p = mechanism.party(party);
    if (p != nullptr && p->role != mechanism::Role::kHumanitarian) times.push_back(ms);
  }
  if (times.empty()) return Instant{0};
  std::ranges::sort(times);
  return Instant{times[(times.size() - 1) / 2]};
}

Result<Folded> fold(const FoldRequest& request, StatementSource& source, TableSink& sink) {
  return Folder(request, source).all(sink);
}

Result<std::optional<Folded>> fold_more(const FoldRequest& request, const Cut& old_cut, Instant old_as_of,
                                        StatementSource& source, TableReader& reader, TableSink& sink) {
  return Folder(request, source).more(old_cut, old_as_of, reader, sink);
}

}  // namespace truce::picture
