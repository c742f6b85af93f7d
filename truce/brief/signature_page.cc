// SPDX-License-Identifier: Apache-2.0

#include "truce/brief/signature_page.h"

#include <algorithm>
#include <vector>

#include "truce/brief/content.h"
#include "truce/brief/html.h"
#include "truce/brief/view.h"

namespace truce::brief {
namespace {

// [[text, text], ...]
bool are_pairs(const Json& list) {
  return list.is_array() && std::ranges::all_of(list.as_array(), [](const Json& j) {
           return j.is_array() && j.as_array().size() == 2 && j.as_array()[0].is_string() &&
                  j.as_array()[1].is_string();
         });
}

bool are_paragraphs(const Json& list) {
  return list.is_array() && std::ranges::all_of(list.as_array(), [](const Json& j) {
           return j.is_array() && j.as_array().size() == 2 && j.as_array()[0].is_object() &&
                  std::ranges::all_of(j.as_array()[0].as_object(),
                                      [](const auto& text) { return text.second.is_string(); }) &&
                  are_pairs(j.as_array()[1]);
         });
}

class SignaturePage {
 public:
  SignaturePage(const mechanism::Mechanism& mechanism, const picture::BriefRow& row, const Words& words)
      : m_(mechanism), r_(row), w_(words) {}

  Result<std::string> make() {
    TRUCE_TRY(paragraphs_, Json::parse_canonical(r_.paragraphs.empty() ? "[]" : r_.paragraphs));
    TRUCE_TRY(reservations_, Json::parse_canonical(r_.reservations.empty() ? "[]" : r_.reservations));
    if (!are_paragraphs(paragraphs_) || !are_pairs(reservations_))
      return fail(ErrorCode::kSyntax, "the brief's row is not of its form", r_.statement);
    head();
    out_ += "<main>\n";
    if (!paragraphs_.as_array().empty()) text();
    signatures();
    digest();
    out_ += "</main>\n<footer><p>" + w_.say(Text::kSignaturesOutside) + "</p></footer>\n</body>\n</html>\n";
    return std::move(out_);
  }

 private:
  std::string name(const std::string& id) const {
    const mechanism::Party* p = m_.party(id);
    return View::bdi(p != nullptr ? p->name : id);
  }
  std::string mark(const std::string& mark) const {
    return w_.say(mark == "objected" ? Text::kParagraphObjected : Text::kParagraphReserved);
  }
  void open(std::string_view id, Text title) {
    out_ += "<section id=\"" + std::string(id) + "\">\n<h2>" + w_.say(title) + "</h2>\n";
  }
  void head();
  void text();
  void signatures();
  void digest();
  // One line of the table of signatures.
  void line(const std::string& id, Text what);

  const mechanism::Mechanism& m_;
  const picture::BriefRow& r_;
  const Words& w_;
  Json paragraphs_, reservations_;
  std::string out_;
};

void SignaturePage::head() {
  const std::string days = w_.days(r_.first_day, r_.last_day);
  out_ += page_head(w_, m_.exercise, w_.say(Text::kJointBrief) + ", " + days + " \u2013 " + View::plain(m_.name));
  // Paragraphs as wide as they are read well; what somebody objects to or reserves stands out.
  out_ +=
      ".text{padding-inline-start:1.4rem}.text>li{margin:0 0 1.1rem;padding-inline-start:.4rem;max-width:48rem}"
      ".text p{margin:0 0 .35rem;display:flex;gap:.8rem}.text .lang{color:var(--soft);font-size:.8rem;min-width:1.6rem;"
      "padding-top:.18rem}.text .warnbox{display:block;font-size:.9rem;margin:.35rem 0}.mark{color:var(--warn);"
      "font-weight:600}</style>\n</head>\n<body>\n";
  if (m_.exercise) out_ += exercise_band(w_);
  const Text state = r_.state == "signed"    ? Text::kBriefSigned
                     : r_.state == "refused" ? Text::kBriefRefused
                                             : Text::kBriefProposed;
  out_ += "<header>\n<p class=\"kicker\">" + View::bdi(m_.name) + "</p>\n<h1>" + w_.say(Text::kJointBrief) +
          " <span class=\"days\">" + days + "</span></h1>\n<ul class=\"meta\">\n<li><strong>" + w_.say(state) +
          "</strong></li>\n<li>" +
          w_.say(r_.on_duty != 0 ? Text::kProposedOnDuty : Text::kProposedNotOnDuty, {name(r_.party)}) + "</li>\n<li>" +
          w_.say(Text::kTheBrief, {"<a href=\"" + brief_file_name("index.html", m_.exercise) + "\">" +
                                   brief_file_name("index.html", m_.exercise) + "</a>"}) +
          "</li>\n</ul>\n</header>\n";
}

void SignaturePage::text() {
  open("text", Text::kJointText);
  out_ += "<ol class=\"text\">\n";
  for (const Json& p : paragraphs_.as_array()) {
    out_ += "<li>";
    for (const auto& [language, text] : p.as_array()[0].as_object()) {
      out_ += "<p><span class=\"lang\">" + escaped(language) + "</span><span lang=\"" + escaped(language) +
              "\" dir=\"auto\">" + escaped(text.as_string()) + "</span></p>";
    }
    std::string marks;
    for (const Json& j : p.as_array()[1].as_array()) {
      marks += (marks.empty() ? "" : "; ") + name(j.as_array()[0].as_string()) + ": <span class=\"mark\">" +
               mark(j.as_array()[1].as_string()) + "</span>";
    }
    if (!marks.empty()) out_ += "<p class=\"warnbox\">" + marks + "</p>";
    out_ += "</li>\n";
  }
  out_ += "</ol>\n</section>\n";
}

void SignaturePage::line(const std::string& id, Text what) {
  std::string said = "\u2013";
  for (const Json& j : reservations_.as_array()) {
    if (j.as_array()[0].as_string() == id)
      said = "<span dir=\"auto\">" + escaped(j.as_array()[1].as_string()) + "</span>";
  }
  const bool is_for = what == Text::kSignedIt || what == Text::kConsentedBySilence;
  out_ += "<tr><th scope=\"row\">" + name(id) + "</th><td>" + (is_for ? "" : "<span class=\"mark\">") + w_.say(what) +
          (is_for ? "" : "</span>") + "</td><td>" + said + "</td></tr>\n";
}

void SignaturePage::signatures() {
  open("signatures", Text::kSignatures);
  out_ += "<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"" + w_.say(Text::kSignatures) +
          "\"><table>\n<thead><tr>";
  for (const Text column : {Text::kParty, Text::kSignature, Text::kReservation})
    out_ += "<th scope=\"col\">" + w_.say(column) + "</th>";
  out_ += "</tr></thead>\n<tbody>\n";
  const std::vector<std::string> late = split_ids(r_.too_late);
  for (const std::string& id : split_ids(r_.signed_by)) line(id, Text::kSignedIt);
  for (const std::string& id : split_ids(r_.objected_by)) line(id, Text::kObjectedToIt);
  for (const std::string& id : split_ids(r_.silent)) {
    if (std::ranges::find(late, id) == late.end()) line(id, Text::kConsentedBySilence);
  }
  for (const std::string& id : late) line(id, Text::kObjectedTooLate);
  out_ += "</tbody></table></div>\n</section>\n";
}

void SignaturePage::digest() {
  open("verify", Text::kVerify);
  out_ += "<p class=\"note\">" + w_.say(Text::kSignedDigestNote) +
          "</p>\n<pre>truce verify-brief DIR</pre>\n<dl>\n<dt>" + w_.say(Text::kSignedDigest) +
          "</dt><dd class=\"id\">" + Hash::from_base64url(r_.brief).value_or(Hash{}).hex() + "</dd>\n<dt>" +
          w_.say(Text::kSignedStatement) + "</dt><dd class=\"id\">" + escaped(r_.statement) +
          "</dd>\n</dl>\n</section>\n";
}

}  // namespace

Result<std::string> signature_page_html(const mechanism::Mechanism& mechanism, const picture::BriefRow& row,
                                        const Words& words) {
  return SignaturePage(mechanism, row, words).make();
}

}  // namespace truce::brief
