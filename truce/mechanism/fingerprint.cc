// SPDX-License-Identifier: Apache-2.0

#include "truce/mechanism/fingerprint.h"

namespace truce::mechanism {

std::string fingerprint_words(const Hash& hash) {
  constexpr char kConsonants[] = "bdfghjklmnprstvz";
  constexpr char kVowels[] = "aiou";
  std::string out;
  for (std::size_t i = 0; i < 20; i += 2) {
    const unsigned bits = static_cast<unsigned>(hash.bytes[i]) << 8 | hash.bytes[i + 1];
    if (i != 0) out += ' ';
    out += kConsonants[bits >> 12];
    out += kVowels[bits >> 10 & 3];
    out += kConsonants[bits >> 6 & 15];
    out += kVowels[bits >> 4 & 3];
    out += kConsonants[bits & 15];
  }
  return out;
}

}  // namespace truce::mechanism
