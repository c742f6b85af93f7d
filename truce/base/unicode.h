// SPDX-License-Identifier: Apache-2.0
//
// Text that two programs can only write in one way: UTF-8 (RFC 3629), Normalization Form C (Unicode Standard Annex 15),
// and only code points assigned in Unicode 15.0. The tables are our own (made from the Unicode Character Database by
// tools/make_unicode_tables.py and committed), because what is canonical decides what the fold accepts and may not
// change with a library. Pure functions; any thread.

#pragma once

#include <string>
#include <string_view>

#include "truce/base/result.h"

namespace truce {

// Ok if `text` is well-formed UTF-8 (no surrogates, no overlong forms), all code points are assigned in Unicode 15.0
// (private use counts as assigned, noncharacters do not), none is U+0000, and it is in NFC. Else kEncoding with the
// offset of the first bad byte (for NFC: of the first code point that normalization would change). Cost: one pass; pure
// ASCII goes at memory speed.
[[nodiscard]] Status check_text(std::string_view text);

// `text` in NFC. Fails with kEncoding where check_text() would for another reason than NFC.
[[nodiscard]] Result<std::string> to_nfc(std::string_view text);

// Well-formed UTF-8 and nothing else asked. Offset of the first bad byte, or npos.
[[nodiscard]] std::size_t first_bad_utf8(std::string_view text);

}  // namespace truce
