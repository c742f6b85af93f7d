// SPDX-License-Identifier: Apache-2.0
//
// Signed notes and checkpoints from any bytes: no crash; what is taken is written back the same.

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "truce/record/note.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace truce::record;
  if (size > 2 * kNoteBytesMax) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (const auto text = Checkpoint::parse_text(bytes); text && text->to_text() != bytes) std::abort();
  const auto note = SignedNote::parse(bytes);
  if (!note) return 0;
  if (note->to_bytes() != bytes) std::abort();
  const auto checkpoint = Checkpoint::parse_text(note->text);
  if (checkpoint && checkpoint->to_text() != note->text) std::abort();
  static_cast<void>(open_checkpoint(bytes, "truce/example/un/main", std::string(32, '\x07')));
  return 0;
}
