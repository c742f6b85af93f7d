// SPDX-License-Identifier: Apache-2.0
//
// The content of a brief: brief.json out of the picture's rows (docs/format/brief.md). Internal to brief: make_brief()
// is the way in. Pure; one thread.

#pragma once

#include <vector>

#include "truce/base/json.h"
#include "truce/base/result.h"
#include "truce/brief/brief.h"
#include "truce/picture/rows.h"

namespace truce::brief {

struct Content {
  Json json;
  // The incidents that the edition shows, in the order of json's table: what the CSV and GeoJSON hold.
  std::vector<picture::IncidentRow> incidents;
};

[[nodiscard]] Result<Content> make_content(const BriefRequest& request, const PictureFacts& facts,
                                           const mechanism::Mechanism& mechanism, picture::TableReader& tables,
                                           const BlobSource& blobs, const BorderLayer* borders);

// Ids joined by ';' as a list.
[[nodiscard]] std::vector<std::string> split_ids(std::string_view joined);

}  // namespace truce::brief
