// SPDX-License-Identifier: Apache-2.0

#include <algorithm>
#include <deque>
#include <set>
#include <tuple>

#include "truce/picture/fold.h"
#include "truce/picture/folder.h"
#include "truce/picture/zone_maps.h"

namespace truce::picture {
namespace {

struct CutMark {
  const Facts* facts;
  bool over_quota;
};

// A report by party, log and index.
using ReportKey = std::tuple<std::string, std::string, std::uint64_t>;

std::vector<Facts*> pointers(std::vector<Facts>& facts) {
  std::vector<Facts*> out;
  for (Facts& f : facts) out.push_back(&f);
  return out;
}

}  // namespace

Result<std::optional<Folded>> Folder::more(const Cut& old_cut, TableReader& reader, TableSink& sink) {
  const std::optional<Folded> full;
  if (old_cut.mechanism != request_.cut.mechanism || old_cut.rules_version != request_.cut.rules_version) return full;
  std::set<std::string> parties;
  for (const CutLog& l : request_.cut.logs) {
    parties.insert(l.log.party);
    const CutLog* old = old_cut.find(l.log);
    if (old == nullptr || old->size > l.size) return full;
  }
  if (old_cut.logs.size() != request_.cut.logs.size()) return full;
  // Which document is in force and which logs count, as written down; what would change either is for the full fold.
  TRUCE_TRY(const bool is_known, load_record(reader));
  if (!is_known) return full;
  TRUCE_CHECK(read(&old_cut));
  const RecordFacts& record = judged_.record;
  if (!record.amendments.empty() || !record.voices.empty() || !record.openings.empty() || !record.closings.empty() ||
      !record.evidence.empty() || !record.shares.empty() || !record.erasures.empty() || !judged_.briefs.empty() ||
      !judged_.seconds.empty())
    return full;
  TRUCE_TRY(brief_rows_, read_rows<BriefRow>(reader));
  // What a withdrawal does under a signed brief is asked of the brief's cut.
  const bool any_signed = std::ranges::any_of(brief_rows_, [](const BriefRow& b) { return b.state == "signed"; });
  if (any_signed && std::ranges::any_of(judged_.changes, [](const OpenChange& o) { return o.change.withdraws; }))
    return full;
  if (!judged_.zones.empty() || !judged_.actors.empty() || !judged_.places.empty() ||
      !judged_.corrected_zones.empty() || !judged_.corrected_actors.empty() || !judged_.corrected_places.empty() ||
      !judged_.calibrations.empty() || !judged_.links.empty() || !judged_.without_effect.empty()) {
    return full;
  }
  TRUCE_TRY(std::vector<DayDigest> digests, reader.digests());
  const Table& change_table = table(table_name<ChangeRow>());

  // Days to be written again, with the facts of reports that are new or changed, by identity.
  const auto key_of = [&](const Facts& f) { return ReportKey{names_.text(f.party), names_.text(f.log), f.idx}; };
  std::map<std::int32_t, std::map<ReportKey, Facts>> touched;
  std::set<std::pair<std::int32_t, ReportKey>> moved_away;
  std::vector<Facts> before_change;  // changed reports as they were
  const auto place_in = [&](Facts f) {
    ReportKey key = key_of(f);
    auto& of_day = touched[f.day];
    of_day.insert_or_assign(std::move(key), std::move(f));
  };
  // Imports known before, for new rows that refer to them and for their numbers.
  TRUCE_TRY(import_rows_, read_rows<ImportRow>(reader));
  for (const ImportRow& i : import_rows_) import_withdrawn_[i.statement] = i.state == "withdrawn";
  const bool new_imports = !judged_.imports.empty();
  if (new_imports) {
    const std::vector<ImportRow> old_imports = std::move(import_rows_);
    import_rows_.clear();
    fold_imports();
    std::map<std::string, Int> last;  // by party
    for (const ImportRow& i : old_imports) last[i.party] = std::max(last[i.party], i.number);
    for (ImportRow& i : import_rows_) i.number += last[i.party];
    import_rows_.insert(import_rows_.begin(), old_imports.begin(), old_imports.end());
    std::ranges::sort(import_rows_, {}, [](const ImportRow& i) { return std::tie(i.party, i.number); });
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
          return f.idx == c.target.index && names_.text(f.log) == c.target.log.log &&
                 names_.text(f.party) == c.target.log.party;
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
  // Links whose reports change may stand or fall with them.
  TRUCE_TRY(link_rows_, read_rows<LinkRow>(reader));
  std::set<std::string> linked_reports;
  for (const LinkRow& l : link_rows_) {
    if (l.state == "withdrawn") continue;
    if (l.state == "pending") {
      // It waits for a statement, which may have come now, or for a report that was taken back.
      for (const std::string* report : {&l.first, &l.second}) {
        TRUCE_TRY(const StatementId id, StatementId::parse(*report));
        const CutLog* old = old_cut.find(id.log);
        if (old != nullptr && id.index >= old->size && id.index < request_.cut.find(id.log)->size) return full;
      }
    }
    linked_reports.insert(l.first);
    linked_reports.insert(l.second);
  }
  for (const auto& [root, unused] : roots) {
    if (linked_reports.contains(root)) return full;
  }
  // A statement that is waiting for one that now came.
  // One that a position of a second party keeps may be free now.
  bool waiting = false;
  TRUCE_CHECK(reader.visit(change_table, "", "", [&](const Row& row) -> Status {
    TRUCE_TRY(const ChangeRow c, from_row<ChangeRow>(row));
    waiting = waiting || c.what == "pending" || (c.reason == kNeedsSecondPerson && !judged_.views.positions.empty());
    return {};
  }));
  if (waiting) return full;
  TRUCE_TRY(OldViews views, load_views(reader));
  TRUCE_TRY(const bool may_be_held, may_change_holds(views.all, reader));
  if (may_be_held) return full;

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
    for (OpenChange& open : judged_.changes) {
      open.change.only_sealed = takes_sealed_part_alone(open.change);
      changes_.add(open.change);
    }
    for (const auto& [root, unused] : roots) {
      TRUCE_TRY(const StatementId id, StatementId::parse(root));
      TRUCE_TRY(const auto earlier, find_rows<ChangeRow>(reader, "report", root));
      for (const ChangeRow& c : earlier) {
        change_days.insert(c.day);
        TRUCE_TRY(const StatementId change_id, StatementId::parse(c.statement));
        TRUCE_TRY(const StatementId target, StatementId::parse(c.target));
        const bool withdraws = c.type == monitor::kTypeWithdrawal;
        changes_.add(Change{change_id, target, c.type, withdraws, c.reason, c.recorded_ms, c.what == kSealedWithdrawn});
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
        if (day.days != f.day) moved_away.insert({day.days, key_of(f)});
        TRUCE_TRY(Facts was, facts_of(stored[0], names_));
        before_change.push_back(std::move(was));
      }
      place_in(std::move(f));
    }
  }
  for (Facts& f : judged_.reports) {
    const StatementId id{{names_.text(f.party), names_.text(f.log)}, f.idx};
    if (!roots.contains(id.to_string())) place_in(std::move(f));
  }
  // Copies that become linked or free with what they are copies of.
  std::vector<Facts> concerned;  // whose incidents count their copies anew
  if (parties.size() > 1) {
    std::set<std::tuple<std::string, std::string, std::string>> keys;  // said party, source, id
    const auto add_key = [&](const Facts& f) {
      if (f.source == 0) return;
      keys.insert({names_.text(f.said_by != 0 ? f.said_by : f.party), names_.text(f.source), f.source_id});
    };
    std::set<std::string> originals;
    for (const auto& [day, changed] : touched) {
      for (const auto& [key, f] : changed) add_key(f);
    }
    for (const Facts& f : before_change) {
      add_key(f);
      if (f.state == ReportState::kLinked) originals.insert(names_.text(f.linked_to));
    }
    for (const auto& [party, source, source_id] : keys) {
      // All that carry the key, as they are now.
      std::map<StatementId, Facts*> carriers;
      std::deque<Facts> stored;
      std::map<const Facts*, Facts> as_was;
      TRUCE_TRY(const auto rows, find_rows<ReportRow>(reader, "source_id", source_id));
      for (const ReportRow& row : rows) {
        TRUCE_TRY(const Date day, Date::parse(row.day));
        const ReportKey key{row.party, row.log, static_cast<std::uint64_t>(row.idx)};
        const auto changed = touched.find(day.days);
        if ((changed != touched.end() && changed->second.contains(key)) || moved_away.contains({day.days, key}))
          continue;
        TRUCE_TRY(Facts f, facts_of(row, names_));
        f.over_quota = f.state == ReportState::kOverQuota;
        stored.push_back(f);
        if (f.over_quota) stored.back().state = ReportState::kEffective;
        as_was.emplace(&stored.back(), std::move(f));
        carriers.emplace(StatementId{{row.party, row.log}, static_cast<std::uint64_t>(row.idx)}, &stored.back());
      }
      for (auto& [day, changed] : touched) {
        for (auto& [key, f] : changed) carriers.emplace(StatementId{{std::get<0>(key), std::get<1>(key)}, f.idx}, &f);
      }
      std::erase_if(carriers, [&, &source = source, &source_id = source_id, &party = party](const auto& c) {
        const Facts& f = *c.second;
        return names_.text(f.source) != source || f.source_id != source_id || f.source == 0 ||
               names_.text(f.said_by != 0 ? f.said_by : f.party) != party;
      });
      std::string original;
      for (const auto& [id, f] : carriers) {
        const bool is_own = id.log.party == party && f->state == ReportState::kEffective;
        if (is_own && original.empty()) original = id.to_string();
      }
      for (const auto& [id, f] : carriers) {
        if (id.log.party == party || f->state == ReportState::kWithdrawn) continue;
        const ReportState state = original.empty() ? ReportState::kEffective : ReportState::kLinked;
        const std::uint32_t linked_to = names_.number(original);
        const auto was = as_was.find(f);
        const bool is_same = f->state == state && f->linked_to == linked_to;
        if (was != as_was.end() && is_same) continue;
        if (!original.empty()) originals.insert(original);
        if (was != as_was.end()) {
          if (f->linked_to != 0) originals.insert(names_.text(f->linked_to));
          if (linked_reports.contains(id.to_string())) return full;
          // Its mark of quota, as it was, is looked at with its day.
          Facts before = was->second;
          if (before.over_quota) before.state = ReportState::kEffective;
          before_change.push_back(std::move(before));
        }
        f->state = state;
        f->linked_to = linked_to;
        if (state == ReportState::kEffective) f->incident_party = 0;
        if (was != as_was.end()) place_in(*f);
      }
    }
    for (const std::string& id : originals) {
      TRUCE_TRY(const auto rows, find_rows<ReportRow>(reader, "id", id));
      for (const ReportRow& row : rows) {
        TRUCE_TRY(Facts f, facts_of(row, names_));
        if (f.state == ReportState::kOverQuota) f.state = ReportState::kEffective;
        concerned.push_back(std::move(f));
      }
    }
  }
  // Zones and calibrations as they stand.
  TRUCE_TRY(zone_rows_, read_rows<ZoneRow>(reader));
  TRUCE_TRY(zones_, zone_book_of(zone_rows_, [this](const Hash& h) { return source_.blob(h); }));
  TRUCE_TRY(calibration_rows_, read_rows<CalibrationRow>(reader));
  TRUCE_CHECK(load_chain());
  TRUCE_CHECK(load_signed_days(reader));
  DayFolder days(mechanism_, zones_, signed_days_, names_);
  Grouper grouper(mechanism_, zones_, names_, std::move(chain_));

  // Days of reports as they are now, loaded when asked for; and as they were, for cuts.
  std::map<std::int32_t, DayInput> loaded;
  std::map<std::int32_t, std::vector<Facts*>> as_they_were;
  std::deque<Facts> facts;  // addresses hold
  const auto load = [&](std::int32_t day) -> Status {
    const auto [it, is_new] = loaded.try_emplace(day);
    if (!is_new) return {};
    DayInput& input = it->second;
    input.day = day;
    std::vector<Facts*>& were = as_they_were[day];
    const auto changed = touched.find(day);
    const std::string name = Date{day}.to_string();
    TRUCE_CHECK(reader.visit(table(table_name<ReportRow>()), name, name, [&](const Row& row) -> Status {
      TRUCE_TRY(const ReportRow report, from_row<ReportRow>(row));
      const ReportKey key{report.party, report.log, static_cast<std::uint64_t>(report.idx)};
      TRUCE_TRY(Facts f, facts_of(report, names_));
      f.over_quota = f.state == ReportState::kOverQuota;
      if (f.over_quota) f.state = ReportState::kEffective;
      facts.push_back(std::move(f));
      were.push_back(&facts.back());
      if ((changed != touched.end() && changed->second.contains(key)) || moved_away.contains({day, key})) return {};
      input.facts.push_back(&facts.back());
      return {};
    }));
    if (changed != touched.end()) {
      // Those that stand are marked anew below; what was is asked with its own mark, so it is kept apart.
      for (auto& [key, f] : changed->second) {
        facts.push_back(std::move(f));
        input.facts.push_back(&facts.back());
      }
    }
    grouper.know(were);
    grouper.know(input.facts);
    return {};
  };
  // The quota is a day's: a day without new reports has its marks. One with may mark others than before.
  for (const auto& [day, unused] : touched) {
    TRUCE_CHECK(load(day));
    std::vector<CutMark> marks;
    for (const Facts* f : as_they_were[day]) marks.push_back({f, f->over_quota});
    days.mark_quota(loaded[day].facts);
    // A report whose mark changed is touched itself: as it was, it had a say in cuts or had none. So are its links.
    for (const CutMark& m : marks) {
      if (m.facts->over_quota == m.over_quota) continue;
      if (!linked_reports.empty() && linked_reports.contains(m.facts->id(names_))) return full;
      Facts was = *m.facts;
      was.over_quota = m.over_quota;
      before_change.push_back(std::move(was));
    }
  }
  grouper.know(pointers(before_change));
  grouper.know(pointers(concerned));

  // Cuts in sight of a report that came, went or changed: anew, and as they were.
  TRUCE_TRY(const auto old_slabs, read_rows<SlabRow>(reader));
  std::map<std::int32_t, std::int64_t> old_cuts;
  std::map<std::int32_t, SlabRow> slab_rows;
  for (const SlabRow& s : old_slabs) {
    old_cuts[static_cast<std::int32_t>(s.slab)] = s.from_ms;
    old_cuts[static_cast<std::int32_t>(s.slab) + 1] = s.to_ms;
    slab_rows[static_cast<std::int32_t>(s.slab)] = s;
  }
  std::map<std::int32_t, std::int64_t> cuts;
  // Cut before a slab, from reports around it.
  const auto cut_anew = [&](std::int32_t slab) -> Status {
    if (cuts.contains(slab)) return {};
    const std::int32_t first = slab * monitor::kSlabDays;
    std::vector<Facts*> around;
    for (std::int32_t day = first - 2; day <= first + 1; ++day) {
      TRUCE_CHECK(load(day));
      around.insert(around.end(), loaded[day].facts.begin(), loaded[day].facts.end());
    }
    cuts[slab] = grouper.cut(slab, around).ms;
    return {};
  };
  std::set<std::int32_t> affected;
  std::vector<std::int64_t> moments;  // of every report that came, went or changed
  for (const Facts& f : before_change) {
    if (f.is_counted()) moments.push_back(grouper.span_of(f).middle_ms);
  }
  for (const Facts& f : concerned) {
    if (f.is_counted()) moments.push_back(grouper.span_of(f).middle_ms);
  }
  for (const auto& [day, changed] : touched) {
    std::set<ReportKey> keys;
    for (const auto& [key, unused] : changed) keys.insert(key);
    for (const Facts* f : loaded[day].facts) {
      if (f->is_counted() && keys.contains(key_of(*f))) moments.push_back(grouper.span_of(*f).middle_ms);
    }
  }
  // First every cut that one of them may move, whoever else is far from it; then the others as they stand.
  for (const std::int64_t ms : moments) {
    const std::int32_t slab = grouper.slab_by_anchor(ms);
    for (const std::int32_t s : {slab, slab + 1}) {
      const std::int64_t start = grouper.anchor(s).ms;
      const auto old = old_cuts.find(s);
      const bool is_in_sight = ms > start - monitor::kCutSightMs && ms < start + monitor::kCutSightMs;
      if (is_in_sight || old == old_cuts.end()) TRUCE_CHECK(cut_anew(s));
      if (old != old_cuts.end() && cuts.contains(s) && old->second != cuts[s]) affected.insert({s - 1, s});
    }
  }
  for (const std::int64_t ms : moments) {
    const std::int32_t slab = grouper.slab_by_anchor(ms);
    for (const std::int32_t s : {slab, slab + 1}) {
      if (!cuts.contains(s)) cuts[s] = old_cuts.at(s);
    }
    affected.insert(ms < cuts[slab] ? slab - 1 : ms >= cuts[slab + 1] ? slab + 1 : slab);
  }
  for (const std::int32_t slab : std::set<std::int32_t>(affected)) {
    for (const std::int32_t s : {slab, slab + 1}) {
      if (cuts.contains(s)) continue;
      if (const auto old = old_cuts.find(s); old != old_cuts.end()) {
        cuts[s] = old->second;
      } else {
        TRUCE_CHECK(cut_anew(s));
      }
    }
  }
  // Reports of the slabs concerned. Where a cut moved both sides are, so that nobody is left behind.
  for (const std::int32_t slab : affected) {
    const auto row = slab_rows.find(slab);
    if (row == slab_rows.end()) continue;
    TRUCE_TRY(const Date first, Date::parse(row->second.first_day));
    TRUCE_TRY(const Date last_day, Date::parse(row->second.last_day));
    for (std::int32_t day = first.days; day <= last_day.days; ++day) TRUCE_CHECK(load(day));
  }
  Slabs slabs;
  std::set<std::int32_t> rewrite;
  for (const auto& [day, unused] : touched) rewrite.insert(day);
  for (const auto& [day, input] : loaded) {
    for (Facts* f : input.facts) {
      if (!f->is_counted()) continue;
      const std::int64_t ms = grouper.span_of(*f).middle_ms;
      for (const std::int32_t slab : affected) {
        if (ms < cuts[slab] || ms >= cuts[slab + 1]) continue;
        slabs.facts[slab].push_back(f);
        rewrite.insert(day);
      }
    }
  }
  // Joins and splits that stand.
  if (!linked_reports.empty()) {
    std::map<std::string, std::pair<const Facts*, std::int32_t>> by_id;  // with the slab
    for (const auto& [slab, list] : slabs.facts) {
      for (const Facts* f : list) {
        if (std::string id = f->id(names_); linked_reports.contains(id)) by_id[std::move(id)] = {f, slab};
      }
    }
    for (const LinkRow& l : link_rows_) {
      const auto a = by_id.find(l.first);
      const auto b = by_id.find(l.second);
      const bool joins = l.what == monitor::kTypeJoin;
      // Who is in which slab may have changed: whether the link stands, and those that it contradicts, is for the full
      // fold.
      if (joins && l.state != "withdrawn" && l.state != "pending" && (a != by_id.end() || b != by_id.end())) {
        const bool are_together = a != by_id.end() && b != by_id.end() && a->second.second == b->second.second;
        if (are_together == (l.state == "too-far")) return full;
      }
      if (l.state != "effective") continue;
      if (a != by_id.end() && b != by_id.end()) fact_links_.push_back({a->second.first, b->second.first, joins});
    }
  }
  const std::vector<Group> groups = group_all(grouper, slabs, fact_links_, grouping_threads(), nullptr);
  for (const Group& g : groups) rewrite.insert(g.day);
  // Copies are in the incidents of their originals, wherever their own days are.
  if (parties.size() > 1) {
    for (const Group& g : groups) {
      for (const Facts* f : g.members) {
        if (f->source == 0) continue;
        TRUCE_TRY(const auto copies, find_rows<ReportRow>(reader, "source_id", f->source_id));
        for (const ReportRow& copy : copies) {
          if (copy.linked_to != f->id(names_)) continue;
          TRUCE_TRY(const Date day, Date::parse(copy.day));
          rewrite.insert(day.days);
        }
      }
    }
  }
  for (const std::int32_t day : std::set<std::int32_t>(rewrite)) TRUCE_CHECK(load(day));
  for (const Group& g : groups) loaded[g.day].groups.push_back(&g);
  if (parties.size() > 1) {
    std::vector<Facts*> all;
    for (auto& [day, input] : loaded) all.insert(all.end(), input.facts.begin(), input.facts.end());
    days.count_linked(all);
  }
  // Incidents as they stood: of other slabs they stay; a day that holds one that goes is written too.
  if (!rewrite.empty()) {
    const std::string first = Date{*rewrite.begin() - 3}.to_string();
    const std::string last_day = Date{*rewrite.rbegin() + 3}.to_string();
    std::map<std::int32_t, std::vector<IncidentRow>> kept;
    TRUCE_CHECK(reader.visit(table(table_name<IncidentRow>()), first, last_day, [&](const Row& row) -> Status {
      TRUCE_TRY(IncidentRow i, from_row<IncidentRow>(row));
      TRUCE_TRY(const Date day, Date::parse(i.day));
      if (affected.contains(static_cast<std::int32_t>(i.slab))) {
        rewrite.insert(day.days);
      } else {
        kept[day.days].push_back(std::move(i));
      }
      return {};
    }));
    for (const std::int32_t day : rewrite) {
      TRUCE_CHECK(load(day));
      loaded[day].kept = std::move(kept[day]);
    }
  }

  // A day that had no report when its brief was signed has no maps to keep yet.
  for (const std::int32_t day : rewrite) {
    if (is_signed_off(Date{day}.to_string()) && !signed_days_.contains(day)) return full;
  }
  std::vector<DayDigest> fresh;
  std::set<std::pair<std::string, std::string>> rewritten;
  for (const std::int32_t day : rewrite) {
    for (const char* t : {"coverage", "incidents", "reports", "signed_days"})
      rewritten.insert({t, Date{day}.to_string()});
    TRUCE_CHECK(days.put_day(loaded[day], sink, fresh));
  }
  for (const std::int32_t slab : affected) {
    const auto it = slabs.facts.find(slab);
    if (it == slabs.facts.end()) {
      slab_rows.erase(slab);
    } else {
      slab_rows[slab] = slab_row(slab, Instant{cuts[slab]}, Instant{cuts[slab + 1]}, it->second);
    }
  }
  // A cut between two slabs is the same for both.
  for (auto& [slab, row] : slab_rows) {
    if (const auto c = cuts.find(slab); c != cuts.end()) row.from_ms = c->second;
    if (const auto c = cuts.find(slab + 1); c != cuts.end()) row.to_ms = c->second;
  }
  std::vector<SlabRow> slab_list;
  for (const auto& [slab, row] : slab_rows) slab_list.push_back(row);
  rewritten.insert({"slabs", ""});
  TRUCE_CHECK(put_rows(slab_list, "", sink, fresh));
  TRUCE_TRY(const std::vector<LogStanding> standing, go_on_with_receipts(reader, sink));
  std::vector<LogExtent> logs;
  for (const LogStanding& l : standing) logs.push_back(l.extent);
  TRUCE_CHECK(put_standing(standing, sink, fresh));
  const Instant as_of = request_.as_of.value_or(default_as_of(mechanism_, newest_by_party(logs)));
  TRUCE_TRY(const std::vector<ChangeRow> ignored_views,
            go_on_with_views(std::move(views), logs, as_of, reader, sink, fresh));
  if (!ignored_views.empty()) change_days.insert("");
  for (const char* t : {"asks", "inquiries", "positions"}) rewritten.insert({t, ""});
  for (const std::string& day : change_days) {
    std::vector<ChangeRow> rows;
    TRUCE_CHECK(reader.visit(change_table, day, day, [&](const Row& row) -> Status {
      TRUCE_TRY(ChangeRow c, from_row<ChangeRow>(row));
      // Without a day all are visited.
      if (c.day == day && !rows_of_root.contains(c.report)) rows.push_back(std::move(c));
      return {};
    }));
    for (const auto& [root, changed] : rows_of_root) {
      for (const ChangeRow& c : changed) {
        if (c.day == day) rows.push_back(c);
      }
    }
    if (day.empty()) rows.insert(rows.end(), ignored_views.begin(), ignored_views.end());
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
  TRUCE_TRY(Folded folded, finish(std::move(digests), as_of));
  return std::optional<Folded>(std::move(folded));
}

Result<std::optional<Folded>> fold_more(const FoldRequest& request, const Cut& old_cut, Instant /*old_as_of*/,
                                        StatementSource& source, TableReader& reader, TableSink& sink) {
  return Folder(request, source).more(old_cut, reader, sink);
}

}  // namespace truce::picture
