// SPDX-License-Identifier: Apache-2.0
//
// Folder: one fold at work (fold.h): what it has read, looked up and decided so far. fold.cc holds the fold from
// nothing, fold_more.cc the one that goes on from an older picture. Internal to picture. Used once; one thread.

#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "truce/picture/day.h"
#include "truce/picture/fold.h"
#include "truce/picture/grouping.h"
#include "truce/picture/judge.h"

namespace truce::picture {

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
  std::vector<CalibrationRow> calibration_rows_;
  std::vector<InForce> chain_;
  std::vector<LinkRow> link_rows_;
  std::vector<FactLink> fact_links_;
  monitor::ZoneBook zones_;
};

// Writes changes by day, in key order.
[[nodiscard]] Status put_changes(std::vector<ChangeRow>& rows, TableSink& sink, std::vector<DayDigest>& digests);

}  // namespace truce::picture
