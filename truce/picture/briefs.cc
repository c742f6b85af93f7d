// SPDX-License-Identifier: Apache-2.0

#include "truce/picture/briefs.h"

#include <algorithm>
#include <map>

namespace truce::picture {

Result<std::vector<BriefRow>> brief_rows(const mechanism::Mechanism& mechanism, const LogBook& book,
                                         const std::vector<StatedBrief>& briefs, const std::vector<StatedVoice>& voices,
                                         const Weigher& weigher) {
  std::vector<BriefRow> out;
  for (const StatedBrief& b : briefs) {
    // Each party's word on it: its last consent, which is given for good, or else its last objection.
    std::map<std::string, const StatedVoice*> last;
    for (const StatedVoice& v : voices) {
      if (v.to != StatementRef{b.id, b.leaf} || !book.counts_from_main(v.id)) continue;
      const StatedVoice*& word = last[v.id.log.party];
      const bool consents = v.voice == mechanism::Voice::kConsents;
      const bool consented = word != nullptr && word->voice == mechanism::Voice::kConsents;
      if (word == nullptr || (consents && !consented) || (consents == consented && before_in_main(word->id, v.id)))
        word = &v;
    }
    TRUCE_TRY(Weighed weighed, weigher.weigh("brief", StatementRef{b.id, b.leaf}, b.recorded_ms));
    BriefRow row;
    row.statement = b.id.to_string();
    row.party = b.id.log.party;
    row.first_day = b.body.first_day.to_string();
    row.last_day = b.body.last_day.to_string();
    row.zone = b.body.zone;
    row.edition = b.body.edition;
    row.lang = b.body.lang;
    row.brief = b.body.brief.base64url();
    row.picture = b.body.picture.base64url();
    row.as_of_ms = b.body.as_of.ms;
    row.on_duty = weigher.document_of(b.id).on_duty(b.body.last_day + 1) == row.party ? 1 : 0;
    row.state = weighed.is_agreed ? "signed" : weighed.is_refused ? "refused" : "proposed";
    row.recorded_ms = b.recorded_ms;
    std::vector<std::string> signed_by, objected_by;
    signed_by.push_back(row.party);  // who proposes it has signed it
    Json reservations = Json::array();
    for (const auto& [party, v] : last) {
      const mechanism::Party* p = mechanism.party(party);
      if (p == nullptr || !p->receives()) continue;
      if (party != row.party) (v->voice == mechanism::Voice::kConsents ? signed_by : objected_by).push_back(party);
      const std::string& text = v->voice == mechanism::Voice::kConsents ? v->body.reservation : v->body.reason;
      if (!text.empty()) reservations.push_back(Json(Json::Array{party, text}));
    }
    std::ranges::sort(signed_by);
    row.signed_by = joined_ids(signed_by);
    row.silent = std::move(weighed.silent);
    row.too_late = std::move(weighed.too_late);
    const std::string late = ';' + row.too_late + ';';
    std::erase_if(objected_by, [&](const std::string& p) { return late.find(';' + p + ';') != std::string::npos; });
    row.objected_by = joined_ids(objected_by);
    if (!reservations.as_array().empty()) row.reservations = reservations.to_canonical();
    Json paragraphs = Json::array();
    for (std::size_t i = 0; i < b.body.paragraphs.size(); ++i) {
      Json texts = Json::object();
      for (const auto& [language, text] : b.body.paragraphs[i]) texts.set(language, text);
      Json marks = Json::array();
      for (const auto& [party, v] : last) {
        for (const auto& [number, mark] : v->body.paragraphs) {
          if (number == static_cast<std::int64_t>(i) + 1) marks.push_back(Json(Json::Array{party, mark}));
        }
      }
      paragraphs.push_back(Json(Json::Array{std::move(texts), std::move(marks)}));
    }
    if (!paragraphs.as_array().empty()) row.paragraphs = paragraphs.to_canonical();
    out.push_back(std::move(row));
  }
  std::ranges::sort(out, {}, &BriefRow::statement);
  return out;
}

}  // namespace truce::picture
