// SPDX-License-Identifier: Apache-2.0
//
// Invented pictures for tests of briefs: rows as the fold would write them, and the blobs that they name. For tests
// only.

#pragma once

#include <map>
#include <string>
#include <vector>

#include "truce/brief/brief.h"
#include "truce/mechanism/mechanism.h"
#include "truce/picture/position_rows.h"
#include "truce/picture/rows.h"
#include "truce/picture/tables.h"

namespace truce::brief {

struct TestPicture {
  mechanism::Mechanism mechanism;
  PictureFacts facts;
  std::map<Hash, std::string> blobs;
  std::vector<picture::IncidentRow> incidents;
  std::vector<picture::ReportRow> reports;
  std::vector<picture::FindingRow> findings;
  std::vector<picture::ZoneRow> zones;
  std::vector<picture::ActorRow> actors;
  std::vector<picture::PlaceListRow> lists;
  std::vector<picture::ChangeRow> changes;
  std::vector<picture::CoverageRow> coverage;
  std::vector<picture::CalibrationRow> calibrations;

  // The rows as a store gives them back, in key order.
  [[nodiscard]] picture::MemoryTables tables() const;
  [[nodiscard]] BlobSource blob_source() const;
  [[nodiscard]] Result<Brief> brief(const BriefRequest& request, const BorderLayer* borders = nullptr) const;

  // Adds a ring zone that is a box of E7 coordinates, for all time unless said otherwise.
  picture::ZoneRow& add_zone(const std::string& id, const std::string& kind, const std::string& name,
                             std::int32_t south, std::int32_t west, std::int32_t north, std::int32_t east);
  // Adds an incident of one report of party "un" at noon UTC of the day; the caller fills in the rest.
  picture::IncidentRow& add_incident(const std::string& day, const std::string& kind, const std::string& zone = {});
  [[nodiscard]] Hash add_blob(std::string bytes);
};

// Two parties and an observer; no rows.
[[nodiscard]] TestPicture empty_picture(bool exercise = false);
// Two weeks (3 to 16 September 2018) and the two before: four zones, about 120 incidents, patrols in three zones,
// changes.
[[nodiscard]] TestPicture sample_picture(bool exercise = false);
[[nodiscard]] BriefRequest sample_request();

}  // namespace truce::brief
