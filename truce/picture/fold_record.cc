// SPDX-License-Identifier: Apache-2.0
//
// What the fold does with statements of the record itself: which logs count, which document is in force, receipts and
// how far each log is settled.

#include <algorithm>
#include <set>

#include "truce/picture/fold.h"
#include "truce/picture/folder.h"
#include "truce/record/entry_scan.h"

namespace truce::picture {

Status Folder::scan() {
  for (const CutLog& l : request_.cut.logs) {
    std::vector<Hash>& leaves = leaves_[l.log];
    leaves.reserve(l.size);
    TRUCE_CHECK(
        source_.visit(l.log, 0, l.size, [&](std::uint64_t index, std::string_view entry, const Hash& leaf) -> Status {
          leaves.push_back(leaf);
          if (!is_record_type(claimed_type(entry))) return {};
          const auto e = record::decode(entry);
          if (!e || e->mechanism != request_.cut.mechanism || e->author != l.log) return {};
          // One that is not of its form counts for nothing; the judge says so.
          static_cast<void>(take_record(e.value(), {l.log, index}, leaf, facts_));
          return {};
        }));
  }
  for (const StatedReceipt& r : facts_.receipts) {
    for (const record::Head& h : r.heads) heads_.push_back({r.id, r.recorded_ms, h, HeadState::kBeyond});
  }
  return look_up_heads(heads_, [&](const LogId& log) -> Result<std::vector<Hash>> { return leaves_.at(log); });
}

Status Folder::look_up_heads(std::vector<ReceiptHead>& heads,
                             const std::function<Result<std::vector<Hash>>(const LogId&)>& leaves_of) const {
  std::map<LogId, std::vector<ReceiptHead*>> by_log;
  for (ReceiptHead& h : heads) {
    const CutLog* log = request_.cut.find(h.head.log);
    h.state = HeadState::kBeyond;
    if (log != nullptr && h.head.size <= log->size) by_log[h.head.log].push_back(&h);
  }
  for (auto& [log, list] : by_log) {
    TRUCE_TRY(const std::vector<Hash> leaves, leaves_of(log));
    const LogTree tree(leaves);
    std::map<std::uint64_t, Hash> roots;
    for (ReceiptHead* h : list) {
      const auto [it, is_new] = roots.try_emplace(h->head.size);
      if (is_new) it->second = tree.root(h->head.size);
      h->state = it->second == h->head.root ? HeadState::kHeld : HeadState::kOtherRoot;
    }
  }
  return {};
}

Result<std::optional<Instant>> Folder::newest_in(const LogId& log, std::uint64_t begin, std::uint64_t end) {
  const CutLog* here = request_.cut.find(log);
  if (here == nullptr) return std::nullopt;
  LogTimes& times = times_[log];
  if (times.all.size() != here->size) {
    const std::string author = log.to_string();
    const std::string mechanism = request_.cut.mechanism.hex();
    times.all.reserve(here->size);
    TRUCE_CHECK(source_.visit(log, 0, here->size, [&](std::uint64_t, std::string_view entry, const Hash&) -> Status {
      std::int64_t recorded_ms = Instant::kMin;
      record::EntryScan quick;
      if (record::scan_entry(entry, quick)) {
        if (quick.author == author && quick.mechanism == mechanism) recorded_ms = quick.recorded_ms;
      } else if (const auto e = record::decode(entry)) {
        if (e->author == log && e->mechanism == request_.cut.mechanism) recorded_ms = e->recorded.ms;
      }
      times.all.push_back(recorded_ms);
      times.runs.append(recorded_ms);
      return {};
    }));
  }
  return times.runs.newest_in(begin, end,
                              [&](std::uint64_t first, std::uint64_t last) -> Result<std::vector<std::int64_t>> {
                                return std::vector<std::int64_t>(times.all.begin() + static_cast<std::ptrdiff_t>(first),
                                                                 times.all.begin() + static_cast<std::ptrdiff_t>(last));
                              });
}

NewestIn Folder::newest_in(const Cut& cut) {
  return [this, &cut](const LogId& log, std::uint64_t begin, std::uint64_t end) -> Result<std::optional<Instant>> {
    const CutLog* there = cut.find(log);
    if (there == nullptr) return std::nullopt;
    return newest_in(log, begin, std::min(end, there->size));
  };
}

Status Folder::follow_amendments() {
  const auto document = [&](const Hash& hash) -> Result<std::optional<mechanism::Mechanism>> {
    TRUCE_TRY(const std::string bytes, source_.blob(hash));
    auto parsed = mechanism::Mechanism::parse(bytes);
    return parsed ? std::optional(std::move(parsed).value()) : std::nullopt;
  };
  const auto received_by = [&](const LogBook& book, const StatementId& id) -> Result<FirstReceipts> {
    std::vector<ReceiptHead> counted;
    for (const ReceiptHead& h : heads_) {
      if (h.head.log == id.log && book.counts_from_main(h.receipt)) counted.push_back(h);
    }
    return Receipts(counted).first(id);
  };
  TRUCE_TRY(Chained chained, chain_of(*request_.mechanism, request_.cut.mechanism, facts_,
                                      {document, newest_in(request_.cut), received_by}));
  mechanism_ = std::move(chained.chain.mechanism);
  documents_ = std::move(chained.documents);
  amendment_rows_ = std::move(chained.rows);
  if (mechanism_.rules_version != mechanism::kRulesVersion) {
    return fail(ErrorCode::kNotComputable,
                "the document in force asks for rules of version " + std::to_string(mechanism_.rules_version) +
                    ", this program computes version " + std::to_string(mechanism::kRulesVersion),
                chained.chain.links.back().document.hex());
  }
  book_ = LogBook(mechanism_, facts_);
  freeze_forked();
  std::erase_if(heads_, [&](const ReceiptHead& h) { return !book_.counts_from_main(h.receipt); });
  return {};
}

// A fork that a statement of this cut proves freezes its log at the largest size that is settled below the split, by
// the receipts of logs as they stood; what the parties' rule has ended since is decided already.
void Folder::freeze_forked() {
  std::map<LogId, std::uint64_t> frozen;
  for (const StatedEvidence& e : facts_.evidence) {
    const LogId& log = e.body.log;
    if (!book_.counts_from_main(e.id) || !book_.of(log).is_open) continue;
    const mechanism::Party* party = mechanism_.party(log.party);
    if (party == nullptr || party->ended_log(log.log) != nullptr) continue;
    const std::string key = LogBook::key_of(log, mechanism_, book_, facts_);
    const auto proven = record::verify(e.body, record::LogPlace{"", request_.cut.mechanism, log, key}.origin(), key);
    if (!proven) continue;
    const std::uint64_t limit = proven->common_max;
    std::map<std::string, std::uint64_t> received;
    for (const ReceiptHead& h : heads_) {
      if (h.head.log != log || h.state != HeadState::kHeld || h.head.size > limit ||
          !book_.counts_from_main(h.receipt) || h.receipt.log.party == log.party)
        continue;
      std::uint64_t& size = received[h.receipt.log.party];
      size = std::max(size, h.head.size);
    }
    const CutLog* in_cut = request_.cut.find(log);
    const std::uint64_t size = std::min(limit, in_cut != nullptr ? in_cut->size : 0);
    const std::uint64_t settled = settled_size(mechanism_, log.party, size, received);
    const auto [it, is_new] = frozen.try_emplace(log, settled);
    it->second = std::min(it->second, settled);
  }
  for (const auto& [log, size] : frozen) book_.freeze(log, size);
}

void Folder::look_up_voices() {
  std::map<StatementId, const StatedAmendment*> amendments;
  for (const StatedAmendment& a : judged_.record.amendments) amendments.emplace(a.id, &a);
  for (const StatedVoice& v : judged_.record.voices) {
    ChangeRow row;
    row.statement = v.id.to_string();
    row.type = v.voice == mechanism::Voice::kConsents ? record::kConsentType : record::kObjectionType;
    row.target = v.to.id.to_string();
    row.recorded_ms = v.recorded_ms;
    const auto log = leaves_.find(v.to.id.log);
    if (log == leaves_.end() || v.to.id.index >= log->second.size()) {
      row.what = "pending";
    } else if (log->second[v.to.id.index] != v.to.leaf) {
      row.what = "ignored";
      row.reason = "the reference does not match";
    } else {
      const auto a = amendments.find(v.to.id);
      const auto& named = v.body.amendment;
      const bool matches = a == amendments.end() ? !named
                                                 : named && named->amends == a->second->body.amends &&
                                                       named->document == a->second->body.document &&
                                                       named->version == a->second->body.version;
      if (matches) continue;
      row.what = "ignored";
      row.reason = "names another document";
    }
    change_rows_.push_back(std::move(row));
  }
}

std::vector<LogExtent> Folder::extents() const {
  std::vector<LogExtent> out;
  for (const CutLog& l : request_.cut.logs) {
    LogExtent e{l.log, l.size, {}};
    if (const auto it = judge_.newest_recorded().find(l.log); it != judge_.newest_recorded().end())
      e.newest_ms = it->second;
    out.push_back(std::move(e));
  }
  return out;
}

Status Folder::put_receipts(const std::vector<ReceiptHead>& heads, TableSink& sink,
                            std::vector<DayDigest>& digests) const {
  std::map<std::string, std::vector<ReceiptRow>> days;
  for (const ReceiptHead& h : heads) {
    ReceiptRow row = receipt_row(mechanism_, h);
    days[row.day].push_back(std::move(row));
  }
  for (auto& [day, rows] : days) {
    std::ranges::sort(rows, {},
                      [](const ReceiptRow& r) { return std::tie(r.party, r.main, r.idx, r.log_party, r.log); });
    TRUCE_CHECK(put_rows(rows, day, sink, digests));
  }
  return {};
}

Result<bool> Folder::load_record(TableReader& reader) {
  TRUCE_TRY(amendment_rows_, read_rows<AmendmentRow>(reader));
  TRUCE_TRY(documents_, documents_in_force(*request_.mechanism, amendment_rows_, source_));
  mechanism_ = documents_.back();
  // What silence has not decided yet it may decide as time goes on: on a rival of a document in force, too.
  const bool is_open =
      std::ranges::any_of(amendment_rows_, [](const AmendmentRow& a) { return a.state != "in-force"; });
  if (is_open && std::ranges::any_of(documents_, [](const auto& d) { return d.rule("amendment").rule == "silence"; }))
    return false;
  // So are maps and calibrations that silence may bring into force.
  for (const auto& [subject, table_of] :
       {std::pair{"zone", table_name<ZoneRow>()}, std::pair{"calibration", table_name<CalibrationRow>()},
        std::pair{"brief", table_name<BriefRow>()}}) {
    if (mechanism_.rule(subject).rule != "silence") continue;
    bool any = false;
    TRUCE_CHECK(reader.visit(table(table_of), "", "", [&](const Row&) -> Status {
      any = true;
      return {};
    }));
    if (any) return false;
  }
  TRUCE_TRY(const auto rows, read_rows<StandingRow>(reader));
  for (const StandingRow& row : rows) {
    if (row.frozen == 1) return false;  // where it is frozen may move with every receipt
    LogBook::Log log;
    log.is_main = row.main == 1;
    log.is_open = row.open == 1;
    if (row.closed_at) log.closed_at = static_cast<std::uint64_t>(*row.closed_at);
    log.opened_by = row.opened_by;
    book_.set({row.party, row.log}, std::move(log));
    TRUCE_CHECK(moved_on_.load({row.party, row.log}, row.moved_on));
  }
  return true;
}

Result<std::vector<LogStanding>> Folder::go_on_with_receipts(TableReader& reader, TableSink& sink) {
  for (const StatedReceipt& r : judged_.record.receipts) {
    for (const record::Head& h : r.heads) heads_.push_back({r.id, r.recorded_ms, h, HeadState::kBeyond});
  }
  TRUCE_TRY(const auto waiting,
            find_rows<ReceiptRow>(reader, "state", std::string(head_state_code(HeadState::kBeyond))));
  for (const ReceiptRow& row : waiting) {
    TRUCE_TRY(ReceiptHead head, receipt_head(row));
    const CutLog* log = request_.cut.find(head.head.log);
    if (log != nullptr && head.head.size <= log->size) heads_.push_back(std::move(head));
  }
  const auto leaves_of = [&](const LogId& log) -> Result<std::vector<Hash>> {
    std::vector<Hash> leaves;
    TRUCE_CHECK(source_.visit(log, 0, request_.cut.find(log)->size,
                              [&](std::uint64_t, std::string_view, const Hash& leaf) -> Status {
                                leaves.push_back(leaf);
                                return {};
                              }));
    return leaves;
  };
  TRUCE_CHECK(look_up_heads(heads_, leaves_of));
  // Days with such heads, with what stands there.
  std::set<std::string> days;
  for (const ReceiptHead& h : heads_) days.insert(receipt_row(mechanism_, h).day);
  std::vector<ReceiptHead> of_days = heads_;
  const auto key = [](const ReceiptHead& h) { return std::tie(h.receipt, h.head.log); };
  std::ranges::sort(of_days, {}, key);
  for (const std::string& day : days) {
    TRUCE_TRY(const auto rows, read_rows<ReceiptRow>(reader, day, day));
    for (const ReceiptRow& row : rows) {
      TRUCE_TRY(ReceiptHead head, receipt_head(row));
      const bool is_anew =
          std::binary_search(of_days.begin(), of_days.begin() + static_cast<std::ptrdiff_t>(heads_.size()), head,
                             [&](const ReceiptHead& a, const ReceiptHead& b) { return key(a) < key(b); });
      if (!is_anew) of_days.push_back(std::move(head));
    }
  }
  std::vector<DayDigest> none;
  TRUCE_CHECK(put_receipts(of_days, sink, none));

  std::vector<LogExtent> logs = extents();
  std::vector<LogStanding> out = standing(mechanism_, logs, heads_);
  TRUCE_TRY(const auto rows, read_rows<StandingRow>(reader));
  std::map<LogId, const StandingRow*> before;
  for (const StandingRow& row : rows) before[{row.party, row.log}] = &row;
  for (LogStanding& l : out) {
    const auto it = before.find(l.extent.log);
    if (it == before.end()) continue;
    TRUCE_TRY(const auto received, received_from_text(it->second->received));
    for (const auto& [party, size] : received) {
      std::uint64_t& now = l.received[party];
      now = std::max(now, size);
    }
    if (it->second->newest_ms)
      l.extent.newest_ms = std::max(l.extent.newest_ms.value_or(*it->second->newest_ms), *it->second->newest_ms);
    l.settled = settled_size(mechanism_, l.extent.log.party, l.extent.size, l.received);
  }
  return out;
}

Status Folder::put_standing(std::vector<LogStanding> standing, TableSink& sink, std::vector<DayDigest>& digests) const {
  std::vector<StandingRow> rows;
  const MovedOn moved_on = this->moved_on();
  for (const LogStanding& s : standing) {
    const LogBook::Log& log = book_.of(s.extent.log);
    StandingRow row;
    row.party = s.extent.log.party;
    row.log = s.extent.log.log;
    row.size = static_cast<Int>(s.extent.size);
    row.settled = static_cast<Int>(s.settled);
    row.newest_ms = s.extent.newest_ms;
    row.received = received_text(s.received);
    row.frozen = log.is_frozen ? 1 : 0;
    row.main = log.is_main ? 1 : 0;
    row.open = log.is_open ? 1 : 0;
    if (log.closed_at <= static_cast<std::uint64_t>(Json::kIntegerMax)) row.closed_at = static_cast<Int>(log.closed_at);
    row.opened_by = log.opened_by;
    row.moved_on = moved_on.text(s.extent.log);
    rows.push_back(std::move(row));
  }
  return put_rows(rows, "", sink, digests);
}

MovedOn Folder::moved_on() const {
  MovedOn out = moved_on_;
  out.append(judge_.moved_on());
  return out;
}

Result<std::vector<mechanism::Mechanism>> documents_in_force(const mechanism::Mechanism& founding,
                                                             const std::vector<AmendmentRow>& amendments,
                                                             StatementSource& source) {
  std::vector<const AmendmentRow*> chain;
  for (const AmendmentRow& a : amendments) {
    if (a.state == "in-force") chain.push_back(&a);
  }
  std::ranges::sort(chain, {}, &AmendmentRow::version);
  std::vector<mechanism::Mechanism> out = {founding};
  for (const AmendmentRow* a : chain) {
    TRUCE_TRY(const Hash document, Hash::from_base64url(a->document));
    TRUCE_TRY(const std::string bytes, source.blob(document));
    TRUCE_TRY(mechanism::Mechanism parsed, mechanism::Mechanism::parse(bytes));
    out.push_back(std::move(parsed));
  }
  return out;
}

Result<mechanism::Mechanism> mechanism_in_force(const mechanism::Mechanism& founding,
                                                const std::vector<AmendmentRow>& amendments, StatementSource& source) {
  TRUCE_TRY(auto documents, documents_in_force(founding, amendments, source));
  return std::move(documents.back());
}

Result<mechanism::Mechanism> mechanism_in_force(const mechanism::Mechanism& founding, TableReader& reader,
                                                StatementSource& source) {
  TRUCE_TRY(const auto rows, read_rows<AmendmentRow>(reader));
  return mechanism_in_force(founding, rows, source);
}

}  // namespace truce::picture
