// SPDX-License-Identifier: Apache-2.0
//
// A quick look at an entry: is it a canonical envelope of version 1? The same answer as decode() where it says yes,
// without making a value or allocating anything; where it cannot tell, decode() must be asked. For fsck, which looks at
// every entry.
//
// It is NOT a second definition of the format: a test and a fuzzer hold it against decode(). Pure; any thread. About 1
// GB/s.

#pragma once

#include <cstdint>
#include <string_view>

#include "truce/base/sha256.h"

namespace truce::record {

// Views into the entry; good while it is.
struct EntryScan {
  std::string_view author;     // party/log
  std::string_view mechanism;  // hex
  std::string_view type;
  std::string_view required;  // the required blobs: "43 characters","43 characters",... with their quotes; empty: none
  std::string_view ciphertext;  // 43 characters; empty: no sealed part
  std::int64_t recorded_ms = 0;
};

// True: decode(entry) succeeds, and `out` is filled. False: not sure; `out` is empty.
[[nodiscard]] bool scan_entry(std::string_view entry, EntryScan& out);

}  // namespace truce::record
