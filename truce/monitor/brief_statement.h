// SPDX-License-Identifier: Apache-2.0
//
// BriefStatement: the proposal of a joint brief (docs/format/brief-statement.md): days, cut, as_of, the digests of the
// picture and of brief.json that anybody can recompute, and agreed text beside them, paragraph by paragraph in several
// languages. Who consents to it signs these digests. A value; pure; any thread.

#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "truce/base/json.h"
#include "truce/base/result.h"
#include "truce/base/sha256.h"
#include "truce/base/time.h"

namespace truce::monitor {

inline constexpr std::string_view kTypeBrief = "brief";
// Most paragraphs, languages of each, and bytes of one text: a joint statement, not a book.
inline constexpr std::size_t kParagraphCountMax = 50;
inline constexpr std::size_t kLanguageCountMax = 8;
inline constexpr std::size_t kParagraphBytesMax = 4000;

struct BriefStatement {
  Date first_day, last_day;
  std::string zone;           // id; empty: all
  std::string edition, lang;  // of the brief that the digest is of
  Json cut;                   // picture::Cut::to_json()
  Instant as_of;
  Hash picture;                                                // digest of the picture at the cut
  Hash brief;                                                  // digest of brief.json
  std::vector<std::map<std::string, std::string>> paragraphs;  // language -> text; each in the same languages

  [[nodiscard]] Json to_body() const;
  // kInvalidStatement.
  [[nodiscard]] static Result<BriefStatement> from_body(const Json& body);
};

}  // namespace truce::monitor
