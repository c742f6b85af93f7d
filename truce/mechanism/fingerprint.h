// SPDX-License-Identifier: Apache-2.0
//
// Fingerprint of a document in words to read aloud: proquints (Wilkerson, "A Proposal for Proquints", 2009,
// arXiv:0901.4016), five letters for 16 bits, which no language owns and every one can say: "lusab babad". The first
// 160 bits of the hash, ten words: two documents with one fingerprint cost 2^80 tries. Pure; any thread.

#pragma once

#include <string>

#include "truce/base/sha256.h"

namespace truce::mechanism {

// Ten words, a space between two.
[[nodiscard]] std::string fingerprint_words(const Hash& hash);

}  // namespace truce::mechanism
