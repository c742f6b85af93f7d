// SPDX-License-Identifier: Apache-2.0
//
// Folder: one fold at work (fold.h): what it has read, looked up and decided so far. fold.cc holds the fold from
// nothing, fold_more.cc the one that goes on from an older picture. Internal to picture. Used once; one thread.

#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "truce/picture/chain.h"
#include "truce/picture/day.h"
#include "truce/picture/fold.h"
#include "truce/picture/grouping.h"
#include "truce/picture/heard.h"
#include "truce/picture/judge.h"
#include "truce/picture/positions.h"
#include "truce/picture/signed_days.h"
#include "truce/picture/standing.h"
#include "truce/picture/weigher.h"

namespace truce::picture {

class Folder {
 public:
  Folder(const FoldRequest& request, StatementSource& source)
      : request_(request),
        mechanism_(*request.mechanism),
        source_(source),
        judge_(mechanism_, request.cut.mechanism, book_, names_) {}
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  Result<Folded> all(TableSink& sink);
  Result<std::optional<Folded>> more(const Cut& old_cut, TableReader& reader, TableSink& sink);

 private:
  // Leaf hashes, and what the logs say of the record itself; then the document in force and the logs that count.
  Status scan();
  Status follow_amendments();
  void freeze_forked();
  Status read(const Cut* old_cut);
  // Sets what each head is to the logs of the cut. `leaves_of` gives the leaf hashes of a log of the cut.
  Status look_up_heads(std::vector<ReceiptHead>& heads,
                       const std::function<Result<std::vector<Hash>>(const LogId&)>& leaves_of) const;
  // Rows for voices that wait for their statement, or mean another.
  void look_up_voices();
  [[nodiscard]] std::vector<LogExtent> extents() const;
  // The document in force and the logs that count, from an older picture. False where new statements may change what is
  // in force by their time alone.
  Result<bool> load_record(TableReader& reader);
  // Receipts of the new statements, and heads that the cut has reached: written; the standing of every log.
  Result<std::vector<LogStanding>> go_on_with_receipts(TableReader& reader, TableSink& sink);
  Status put_receipts(const std::vector<ReceiptHead>& heads, TableSink& sink, std::vector<DayDigest>& digests) const;
  Status put_standing(std::vector<LogStanding> standing, TableSink& sink, std::vector<DayDigest>& digests) const;
  Status look_up_changes();
  // Briefs that are signed, with their cuts.
  void find_signed_briefs();
  // Reports that positions hold, and the reports and imports that one alone cannot withdraw.
  void find_holds();
  [[nodiscard]] bool is_held(const Change& withdrawal);
  // Reports that a withdrawal of a report or import takes from under a signed brief that did not know of it.
  [[nodiscard]] std::vector<const Facts*> under_briefs(const Change& withdrawal);
  [[nodiscard]] bool is_under_brief(const Facts& report, const Change& withdrawal) const;
  // Which withdrawals a second person has seconded; rows for every second.
  void look_up_seconds();
  [[nodiscard]] bool is_other_person(const OpenSecond& second, const OpenChange& withdrawal) const;
  [[nodiscard]] bool is_in_cut(const StatementRef& ref) const;
  // Positions, inquiries, questions and findings, after reports were grouped.
  Result<ViewRows> views_of_all(const std::vector<Group>& groups, Instant as_of);
  // The same from an older picture: what it holds, whether new statements may change what a withdrawal makes, and the
  // rows once reports are written. Gives what is ignored of the new ones.
  struct OldViews {
    Views all;  // and the new ones
    std::set<StatementId> withdrawn;
    std::set<std::string> finding_days;
    std::map<StatementId, std::string> taken_from_brief;  // reports, and their days
  };
  Result<OldViews> load_views(TableReader& reader);
  Result<bool> may_change_holds(const Views& all, TableReader& reader) const;
  Result<std::vector<ChangeRow>> go_on_with_views(OldViews views, const std::vector<LogExtent>& logs, Instant as_of,
                                                  TableReader& reader, TableSink& sink,
                                                  std::vector<DayDigest>& digests);
  // Findings by day; of `before` those days too that have none any more.
  static Status put_views(ViewRows& views, const std::set<std::string>& before, TableSink& sink,
                          std::vector<DayDigest>& digests);
  template <typename Body>
  std::vector<Stated<Body>> effective(std::vector<Stated<Body>>& base, const std::map<StatementId, Body>& corrections,
                                      std::vector<StatementId>& versions);
  [[nodiscard]] bool is_signed_off(const std::string& day) const;
  // Newest times in ranges of a log of the cut, or of an older cut: every entry of a log is read when it is first asked
  // for. `cut` is kept by reference.
  NewestIn newest_in(const Cut& cut);
  Result<std::optional<Instant>> newest_in(const LogId& log, std::uint64_t begin, std::uint64_t end);
  // By all that was read, now and before.
  [[nodiscard]] MovedOn moved_on() const;
  // What the rules make of voices: before changes are looked up.
  Status weigh_voices();
  [[nodiscard]] Result<Weighed> weigh(std::string_view subject, const StatementId& id, std::int64_t recorded_ms) const;
  [[nodiscard]] Result<bool> may_withdraw_zone(const Change& withdrawal) const;
  [[nodiscard]] Result<Weighed> weigh_by(const Weigher& weigher, std::string_view subject, const StatementId& id,
                                         std::int64_t recorded_ms) const;
  Status fold_zones();
  // Maps of zones by some voices and changes; of a cut, those that it holds.
  [[nodiscard]] static bool is_within(const StatementId& id, const Cut* cut);
  Result<std::vector<ZoneRow>> zone_rows_at(const Cut* cut, const Weigher& weigher, Changes& changes,
                                            std::vector<ChangeRow>& change_rows) const;
  [[nodiscard]] Result<std::set<StatementId>> agreed_zones_at(const Cut* cut, const Weigher& weigher) const;
  Result<std::vector<ZoneRow>> zone_rows_of_cut(const Cut& cut);
  // Days that keep the maps of their signed briefs. Needs zone_rows_.
  Status find_signed_days(const std::set<std::int32_t>& days);
  Status load_signed_days(TableReader& reader);
  Status fold_reports();
  void fold_imports();
  // Calibrations and their chain: rows, and models in force. kMissingBlob.
  Status fold_calibrations();
  // Joins and splits: rows, and those with effect between facts. `slabs`: where each report is.
  void fold_links(const Slabs& slabs);
  [[nodiscard]] Facts* find_report(const StatementRef& ref);
  void withdraw_imported_corrections();
  void link_copies();
  // The model that a calibration states; nothing where its tables teach nothing: unreadable, beyond the caps.
  // kMissingBlob.
  Result<std::optional<InForce>> model_of(const CalibrationRow& row);
  // Models of the calibrations that are in force by calibration_rows_.
  Status load_chain();
  Status describe_corrections(std::vector<ChangeRow>& rows, std::size_t from);
  Result<Folded> finish(std::vector<DayDigest> digests, Instant as_of) const;

  const FoldRequest& request_;
  mechanism::Mechanism mechanism_;               // in force
  std::vector<mechanism::Mechanism> documents_;  // of the chain; the last is that one
  StatementSource& source_;
  NamePool names_;
  RecordFacts facts_;
  LogBook book_;
  std::vector<ReceiptHead> heads_;  // of receipts that count
  std::vector<AmendmentRow> amendment_rows_;
  MovedOn moved_on_;  // before what is read now
  Judge judge_;
  Judged judged_;
  std::map<LogId, std::vector<Hash>> leaves_;
  struct LogTimes {
    TimeRuns runs;
    std::vector<std::int64_t> all;
  };
  std::map<LogId, LogTimes> times_;  // of logs that newest_in() was asked for
  Changes changes_;
  std::vector<ChangeRow> change_rows_;
  std::vector<ZoneRow> zone_rows_;
  std::vector<ActorRow> actor_rows_;
  std::vector<PlaceListRow> place_rows_;
  std::vector<ImportRow> import_rows_;
  std::map<std::string, bool> import_withdrawn_;
  std::vector<CalibrationRow> calibration_rows_;
  std::vector<InForce> chain_;
  struct SignedBrief {
    StatementId id;
    std::int64_t recorded_ms = 0;
    std::int32_t first_day = 0, last_day = 0;
    std::string zone;  // empty: all
    Cut cut;
  };
  std::vector<SignedBrief> signed_briefs_;
  std::map<StatementId, StatementId> seconded_;                         // withdrawals, and who seconded them first
  std::set<StatementId> taken_from_brief_;                              // reports
  std::map<StatementId, std::vector<Hold>> holds_;                      // by report
  std::map<std::string, std::vector<Hold>, std::less<>> held_imports_;  // by import
  std::optional<Weigher> weigher_;
  std::set<StatementId> agreed_zones_;  // versions that the rule agrees on, and what they replace
  std::vector<BriefRow> brief_rows_;
  std::vector<LinkRow> link_rows_;
  std::vector<FactLink> fact_links_;
  monitor::ZoneBook zones_;
  SignedDays signed_days_;
};

// The documents of the chain by these rows, the founding one first.
[[nodiscard]] Result<std::vector<mechanism::Mechanism>> documents_in_force(const mechanism::Mechanism& founding,
                                                                           const std::vector<AmendmentRow>& amendments,
                                                                           StatementSource& source);

// A body's member as canonical JSON; empty where it has none.
[[nodiscard]] std::string member_text(const Json& body, std::string_view name);

// Of a withdrawal that waits for a second person, and of the second's own row.
inline constexpr std::string_view kRequested = "requested";
inline constexpr std::string_view kNeedsSecondPerson = "needs a second person";
inline constexpr std::string_view kSeconded = "seconded";
// A withdrawal of a report or import that takes the sealed part alone.
[[nodiscard]] bool takes_sealed_part_alone(const Change& withdrawal);

// Writes changes by day, in key order.
[[nodiscard]] Status put_changes(std::vector<ChangeRow>& rows, TableSink& sink, std::vector<DayDigest>& digests);

}  // namespace truce::picture
