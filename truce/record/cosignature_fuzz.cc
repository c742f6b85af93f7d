// SPDX-License-Identifier: Apache-2.0
//
// Cosigned checkpoints and add-checkpoint requests from any bytes: no crash, no quorum out of nothing; what is merged
// is a note again.

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "truce/record/cosignature.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace truce::record;
  if (size > 2 * kNoteBytesMax) return 0;
  const auto note = SignedNote::parse({reinterpret_cast<const char*>(data), size});
  if (!note) return 0;
  const Cosigner cosigners[] = {{"truce/example/un", std::string(32, '\x07')},
                                {"truce/example/two", std::string(32, '\x08')}};
  const std::size_t count = count_cosigned(*note, cosigners, truce::Instant{1'800'000'000'000});
  if (count != 0) std::abort();  // nobody has the keys
  const SignedNote merged = merge_signatures({&*note, 1}, "truce/example/un/main", std::string(32, '\x07'), cosigners,
                                             truce::Instant{1'800'000'000'000});
  if (merged.text != note->text || !merged.signatures.empty()) std::abort();
  return 0;
}
