// SPDX-License-Identifier: Apache-2.0
//
// decode() on any bytes: no crash; what it takes is written back the same; the quick scan never says yes where decode()
// says no.

#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "truce/record/entry_scan.h"
#include "truce/record/envelope.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace truce::record;
  if (size > kEntryBytesMax) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto envelope = decode(bytes);
  EntryScan scan;
  if (scan_entry(bytes, scan) && (!envelope || scan.author != envelope->author.to_string())) std::abort();
  if (!envelope) return 0;
  const auto back = encode(*envelope);
  if (!back || *back != bytes) std::abort();
  return 0;
}
