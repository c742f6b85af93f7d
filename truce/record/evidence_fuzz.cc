// SPDX-License-Identifier: Apache-2.0
//
// Bodies of evidence and receipts from any bytes: no crash; what is taken is written back the same; nothing is proven
// without a key.

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "truce/record/evidence.h"
#include "truce/record/statements.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace truce;
  if (size > 1 << 17) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto json = Json::parse_canonical(bytes);
  if (!json) return 0;
  if (const auto e = record::ForkEvidence::from_body(*json)) {
    if (e->to_body().to_canonical() != bytes) std::abort();
    if (record::verify(*e, "truce/example/un/main", std::string(32, '\x07'))) std::abort();
  }
  const auto same = [&](const auto& body) {
    if (body && body->to_body().to_canonical() != bytes) std::abort();
  };
  same(record::Receipt::from_body(*json));
  same(record::LogOpen::from_body(*json));
  same(record::LogClose::from_body(*json));
  same(record::Amendment::from_body(*json));
  same(record::VoiceStatement::from_body(*json));
  return 0;
}
