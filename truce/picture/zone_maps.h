// SPDX-License-Identifier: Apache-2.0
//
// Zone maps out of the rows of the table `zones` and the blobs that they name: for the fold, for learning, and for
// whoever asks a picture where a place lies. One thread.

#pragma once

#include <functional>
#include <string>
#include <vector>

#include "truce/base/result.h"
#include "truce/base/sha256.h"
#include "truce/monitor/zone_book.h"
#include "truce/picture/rows.h"

namespace truce::picture {

// A map whose blob is not canonical holds nothing and is left out: blobs are required, so a cut is only computable
// where they are, and damaged ones cannot be (their hash names them). Withdrawal rules are not filled in. Fails as
// `blob` does (kMissingBlob), kBadDatabase and others for rows that no fold wrote.
[[nodiscard]] Result<monitor::ZoneBook> zone_book_of(const std::vector<ZoneRow>& rows,
                                                     const std::function<Result<std::string>(const Hash&)>& blob);

}  // namespace truce::picture
