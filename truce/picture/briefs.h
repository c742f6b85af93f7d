// SPDX-License-Identifier: Apache-2.0
//
// Briefs that were proposed, and what the parties' signatures make of them by the rule `brief`: rows of the table
// `briefs`. A signed brief says for good what was known when it was signed; what came later never changes it. Internal
// to picture.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "truce/base/id.h"
#include "truce/base/result.h"
#include "truce/mechanism/mechanism.h"
#include "truce/monitor/brief_statement.h"
#include "truce/picture/log_book.h"
#include "truce/picture/rows.h"
#include "truce/picture/weigher.h"

namespace truce::picture {

struct StatedBrief {
  StatementId id;
  Hash leaf;
  std::int64_t recorded_ms = 0;
  monitor::BriefStatement body;
};

// State: signed, proposed, refused.
struct BriefRow {
  std::string statement, party, first_day, last_day, zone, edition, lang, state;
  std::string brief, picture;  // digests, base64url
  Int as_of_ms = 0;
  Int on_duty = 0;        // 1: its party was, by the mechanism's turns, on the day after its last
  std::string signed_by;  // parties, the one that proposed among them; joined by ';'
  std::string silent;     // who decides and has consented by silence, joined by ';'
  std::string objected_by;
  std::string too_late;      // who decides and objected when its silence was complete
  std::string reservations;  // canonical JSON: [[party, text], ...]
  std::string paragraphs;    // canonical JSON: [[texts, [[party, objected|reserved], ...]], ...]
  Int recorded_ms = 0;

  template <typename V>
  void visit_columns(V&& v) {
    v("statement", statement), v("party", party), v("first_day", first_day), v("last_day", last_day), v("zone", zone);
    v("edition", edition), v("lang", lang), v("state", state), v("brief", brief), v("picture", picture);
    v("as_of_ms", as_of_ms), v("on_duty", on_duty), v("signed_by", signed_by), v("silent", silent);
    v("objected_by", objected_by), v("too_late", too_late);
    v("reservations", reservations), v("paragraphs", paragraphs), v("recorded_ms", recorded_ms);
  }
};

// Rows in key order. `voices` are those of the cut, of which the ones on these briefs are looked at.
[[nodiscard]] Result<std::vector<BriefRow>> brief_rows(const mechanism::Mechanism& mechanism, const LogBook& book,
                                                       const std::vector<StatedBrief>& briefs,
                                                       const std::vector<StatedVoice>& voices, const Weigher& weigher);

}  // namespace truce::picture
