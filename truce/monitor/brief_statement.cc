// SPDX-License-Identifier: Apache-2.0

#include "truce/monitor/brief_statement.h"

#include "truce/base/id.h"
#include "truce/base/json_fields.h"

namespace truce::monitor {

Json BriefStatement::to_body() const {
  Json body = Json::object({{"as_of", as_of.ms},
                            {"brief", brief.base64url()},
                            {"cut", cut},
                            {"edition", edition},
                            {"first_day", first_day.to_string()},
                            {"lang", lang},
                            {"last_day", last_day.to_string()},
                            {"picture", picture.base64url()}});
  if (!zone.empty()) body.set("zone", zone);
  if (!paragraphs.empty()) {
    Json list = Json::array();
    for (const auto& texts : paragraphs) {
      Json p = Json::object();
      for (const auto& [language, text] : texts) p.set(language, text);
      list.push_back(std::move(p));
    }
    body.set("paragraphs", std::move(list));
  }
  return body;
}

Result<BriefStatement> BriefStatement::from_body(const Json& body) {
  JsonFields f(body, "brief");
  BriefStatement out;
  out.as_of = Instant{f.integer("as_of", Instant::kMin, Instant::kMax)};
  out.brief = f.hash("brief");
  out.picture = f.hash("picture");
  if (const Json* cut = f.required("cut"); cut != nullptr) out.cut = *cut;
  out.edition = f.text("edition", 32);
  out.lang = f.text("lang", 8);
  for (const auto& [key, day] : {std::pair{"first_day", &out.first_day}, std::pair{"last_day", &out.last_day}}) {
    auto date = Date::parse(f.text(key, 10));
    if (date) {
      *day = date.value();
    } else {
      f.fault(key, date.error().message);
    }
  }
  if (f.ok() && out.last_day < out.first_day) f.fault("last_day", "is before the first");
  out.zone = f.text_or("zone", "", 32);
  for (const Json& j : f.array_or_empty("paragraphs", kParagraphCountMax)) {
    if (!j.is_object() || j.as_object().empty() || j.as_object().size() > kLanguageCountMax) {
      f.fault("paragraphs", "one is no object of 1 to 8 languages");
      break;
    }
    std::map<std::string, std::string> texts;
    for (const auto& [language, text] : j.as_object()) {
      if (!is_id(language) || language.size() > 8) f.fault("paragraphs", "a language is no id");
      if (!text.is_string() || text.as_string().empty() || text.as_string().size() > kParagraphBytesMax) {
        f.fault("paragraphs", "a text is not 1 to 4000 bytes long");
        break;
      }
      texts.emplace(language, text.as_string());
    }
    const auto same_languages = [&] {
      const auto& first = out.paragraphs.front();
      if (first.size() != texts.size()) return false;
      for (const auto& [language, text] : first) {
        if (!texts.contains(language)) return false;
      }
      return true;
    };
    if (!out.paragraphs.empty() && !same_languages()) f.fault("paragraphs", "one is in other languages than the first");
    out.paragraphs.push_back(std::move(texts));
  }
  if (f.has("paragraphs") && out.paragraphs.empty()) f.fault("paragraphs", "is empty");
  TRUCE_CHECK(f.finish(ErrorCode::kInvalidStatement));
  return out;
}

}  // namespace truce::monitor
