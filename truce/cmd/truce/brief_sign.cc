// SPDX-License-Identifier: Apache-2.0
//
// truce brief propose, sign, object, signatures: a brief that the parties sign. Whoever signs has computed the same
// bytes.

#include <algorithm>

#include "truce/base/encoding.h"
#include "truce/brief/signature_page.h"
#include "truce/cmd/truce/brief_command.h"
#include "truce/cmd/truce/rows.h"
#include "truce/node/cuts.h"
#include "truce/picture/briefs.h"
#include "truce/record/statements.h"

namespace truce::cmd {
namespace {

Result<brief::BriefRequest> request_of(const monitor::BriefStatement& b) {
  brief::BriefRequest out;
  out.first_day = b.first_day;
  out.last_day = b.last_day;
  out.zone = b.zone;
  out.lang = b.lang;
  TRUCE_TRY(out.edition, brief::edition_from(b.edition));
  return out;
}

// The brief that a statement proposes, computed here from its cut. kNotComputable, kBriefDiffers.
Result<brief::Brief> recompute(node::Node& node, const monitor::BriefStatement& b) {
  TRUCE_TRY(const picture::Cut cut, picture::Cut::from_json(b.cut));
  if (cut.mechanism != node.mechanism_id()) return fail(ErrorCode::kNotComputable, "its cut is of another mechanism");
  TRUCE_CHECK(node::check_cut_is_here(node, cut, "the brief"));
  picture::MemoryTables tables;
  TRUCE_TRY(const picture::Folded folded, fold_cut(node, cut, b.as_of, tables));
  if (folded.digest != b.picture) {
    return fail(ErrorCode::kBriefDiffers,
                "the picture at its cut is another one here: " + folded.digest.hex() + ", proposed " + b.picture.hex());
  }
  TRUCE_TRY(const brief::BriefRequest asked, request_of(b));
  TRUCE_TRY(const auto layer, border_layer(node, ""));
  TRUCE_TRY(brief::Brief made, brief_of(node, asked, folded, tables, layer));
  if (made.digest != b.brief) {
    return fail(ErrorCode::kBriefDiffers, "brief.json is another one here: " + made.digest.hex() + ", proposed " +
                                              b.brief.hex() +
                                              (layer ? "" : " (no layer of border lines is installed here)"));
  }
  return made;
}

Result<monitor::BriefStatement> brief_statement(const node::Node& node, const StatementId& id) {
  TRUCE_TRY(const record::Envelope e, node.envelope(id));
  if (e.type != monitor::kTypeBrief) return fail(ErrorCode::kNotFound, "is no brief", id.to_string());
  return monitor::BriefStatement::from_body(e.body);
}

struct ProposeOptions {
  DayOptions days;
  std::string zone, edition = "parties", lang = "en", as_of;
  std::vector<std::string> texts;  // LANG=FILE
  bool json = false;
};

// Paragraphs of a text file: parted by empty lines.
std::vector<std::string> paragraphs_of(const std::string& text) {
  std::vector<std::string> out;
  std::string now;
  std::size_t begin = 0;
  while (begin <= text.size()) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    std::string line = text.substr(begin, end - begin);
    while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.pop_back();
    if (line.empty()) {
      if (!now.empty()) out.push_back(std::move(now));
      now.clear();
    } else {
      now += (now.empty() ? "" : " ") + line;
    }
    begin = end + 1;
  }
  if (!now.empty()) out.push_back(std::move(now));
  return out;
}

Result<int> propose(const Context& context, const ProposeOptions& o) {
  monitor::BriefStatement b;
  TRUCE_TRY(const auto span, o.days.span());
  if (!span) return fail(ErrorCode::kInvalidArgument, "say which days: --day D, or --from D --to D");
  b.first_day = span->first;
  b.last_day = span->last;
  b.zone = o.zone;
  b.edition = o.edition;
  b.lang = o.lang;
  for (const std::string& text : o.texts) {
    const std::size_t equals = text.find('=');
    if (equals == std::string::npos)
      return fail(ErrorCode::kInvalidArgument, "is LANG=FILE, not " + quoted(text), "--text");
    TRUCE_TRY(const std::string bytes, read_argument_file(text.substr(equals + 1), 1 << 20));
    const auto paragraphs = paragraphs_of(bytes);
    if (!b.paragraphs.empty() && b.paragraphs.size() != paragraphs.size()) {
      return fail(ErrorCode::kInvalidArgument,
                  "has " + std::to_string(paragraphs.size()) + " paragraphs, the first text has " +
                      std::to_string(b.paragraphs.size()),
                  text);
    }
    b.paragraphs.resize(paragraphs.size());
    for (std::size_t i = 0; i < paragraphs.size(); ++i) b.paragraphs[i][text.substr(0, equals)] = paragraphs[i];
  }
  TRUCE_TRY(const auto node, context.open_node());
  TRUCE_TRY(const picture::Cut cut, cut_for_brief(*node));
  b.cut = cut.to_json();
  std::optional<Instant> as_of;
  if (!o.as_of.empty()) {
    TRUCE_TRY(as_of, parse_time_argument(o.as_of, node->mechanism(), "--as-of"));
  }
  picture::MemoryTables tables;
  TRUCE_TRY(const picture::Folded folded, fold_cut(*node, cut, as_of, tables));
  b.as_of = folded.as_of;
  b.picture = folded.digest;
  TRUCE_TRY(const brief::BriefRequest asked, request_of(b));
  TRUCE_TRY(const auto layer, border_layer(*node, ""));
  TRUCE_TRY(const brief::Brief made, brief_of(*node, asked, folded, tables, layer));
  b.brief = made.digest;
  // The form is checked as everybody will check it.
  TRUCE_CHECK(monitor::BriefStatement::from_body(b.to_body()).map([](const auto&) {}));
  const std::string on_duty = node->mechanism().on_duty(b.last_day + 1);
  if (on_duty != node->me()) note("on duty for this brief is " + on_duty + ", not " + node->me() + "; it is marked so");
  TRUCE_TRY(const auto writer, node->main_writer());
  TRUCE_TRY(const StatementRef ref, writer->add({monitor::kTypeBrief, b.to_body(), {}, {}, {}}));
  TRUCE_CHECK(writer->commit());
  if (o.json) {
    print_json(
        Json::object({{"statement", ref.id.to_string()}, {"brief", b.brief.hex()}, {"picture", b.picture.hex()}}));
  } else {
    print_line("proposed " + ref.id.to_string());
    print_line("digest   " + b.brief.hex());
    print_line("The others compute it again and sign it: truce brief sign " + ref.id.to_string());
  }
  return kOk;
}

struct SignOptions {
  std::string id, text;
  std::vector<std::int64_t> objected, reserved;
};

Result<int> sign(const Context& context, const SignOptions& o, bool consents) {
  TRUCE_TRY(const StatementId id, parse_statement_argument(o.id));
  TRUCE_TRY(const auto node, context.open_node());
  TRUCE_TRY(const monitor::BriefStatement b, brief_statement(*node, id));
  record::VoiceStatement voice;
  (consents ? voice.reservation : voice.reason) = o.text;
  for (const auto& [list, mark] : {std::pair{&o.objected, "objected"}, std::pair{&o.reserved, "reserved"}}) {
    for (const std::int64_t n : *list) {
      if (n < 1 || n > static_cast<std::int64_t>(b.paragraphs.size()))
        return fail(ErrorCode::kInvalidArgument,
                    "the brief has " + std::to_string(b.paragraphs.size()) + " paragraphs");
      voice.paragraphs.emplace_back(n, mark);
    }
  }
  std::ranges::sort(voice.paragraphs);
  TRUCE_CHECK(record::VoiceStatement::from_body(voice.to_body()).map([](const auto&) {}));
  if (consents) {
    TRUCE_TRY(const brief::Brief made, recompute(*node, b));
    print_line("computed here: the same, " + made.digest.hex());
  }
  TRUCE_TRY(const StatementId said, state_voice(*node, id, voice, consents));
  print_line((consents ? "signed: " : "objected: ") + said.to_string());
  return kOk;
}

Result<int> signatures(const Context& context, const std::string& id_text, const std::string& out, bool json) {
  TRUCE_TRY(const auto node, context.open_picture());
  TRUCE_TRY(auto rows, picture::read_rows<picture::BriefRow>(node->picture()));
  if (!id_text.empty()) std::erase_if(rows, [&](const auto& r) { return r.statement != id_text; });
  if (!id_text.empty() && rows.empty()) return fail(ErrorCode::kNotFound, "no such brief", id_text);
  if (!out.empty()) {
    if (rows.size() != 1) return fail(ErrorCode::kInvalidArgument, "--out goes with the name of one brief");
    TRUCE_TRY(const StatementId id, StatementId::parse(rows[0].statement));
    TRUCE_TRY(const monitor::BriefStatement b, brief_statement(*node, id));
    TRUCE_TRY(const brief::Brief made, recompute(*node, b));
    FileSystem& files = *node->world().files;
    TRUCE_CHECK(files.make_folders(out));
    for (const auto& [name, bytes] : made.files) TRUCE_CHECK(files.write_atomic(out + '/' + name, bytes));
    TRUCE_TRY(const brief::Words words, brief::Words::in(b.lang));
    TRUCE_TRY(const std::string html, brief::signature_page_html(node->mechanism(), rows[0], words));
    const std::string page = out + '/' + brief::brief_file_name("signatures.html", node->mechanism().exercise);
    TRUCE_CHECK(files.write_atomic(page, html));
    note("written: " + page);
  }
  if (json) {
    TRUCE_TRY(Json list, structured_rows(rows, {"signed_by", "silent", "objected_by", "too_late"},
                                         {"reservations", "paragraphs"}));
    print_json(list);
    return kOk;
  }
  if (node->mechanism().exercise) print_line("EXERCISE");
  for (const picture::BriefRow& r : rows) {
    const std::string days = r.first_day == r.last_day ? r.first_day : r.first_day + " to " + r.last_day;
    print_line(r.statement + "  brief of " + days + ": " + r.state + "; proposed by " + r.party +
               (r.on_duty != 0 ? ", on duty" : ", not on duty"));
    print_line("    digest    " + Hash::from_base64url(r.brief).value_or(Hash{}).hex());
    print_line("    signed    " + (r.signed_by.empty() ? "-" : r.signed_by));
    if (!r.silent.empty()) print_line("    silent    " + r.silent + " (consented by silence)");
    if (!r.objected_by.empty()) print_line("    objected  " + r.objected_by);
    if (!r.too_late.empty()) print_line("    too late  " + r.too_late + " (objected when its silence was complete)");
    TRUCE_TRY(const Json reservations, Json::parse_canonical(r.reservations.empty() ? "[]" : r.reservations));
    for (const Json& j : reservations.as_array())
      print_line("    " + j.as_array()[0].as_string() + ": " + j.as_array()[1].as_string());
    TRUCE_TRY(const Json paragraphs, Json::parse_canonical(r.paragraphs.empty() ? "[]" : r.paragraphs));
    for (std::size_t i = 0; i < paragraphs.as_array().size(); ++i) {
      const Json::Array& p = paragraphs.as_array()[i].as_array();
      std::string marks;
      for (const Json& m : p[1].as_array())
        marks += ' ' + m.as_array()[0].as_string() + ": " + m.as_array()[1].as_string();
      print_line("    " + std::to_string(i + 1) + ". " + (marks.empty() ? "agreed" : marks.substr(1)));
      for (const auto& [language, text] : p[0].as_object()) print_line("       " + language + ": " + text.as_string());
    }
  }
  if (rows.empty()) print_line("no brief was proposed");
  return kOk;
}

}  // namespace

void add_brief_signing(CLI::App& brief, Context& context) {
  {
    auto o = std::make_shared<ProposeOptions>();
    CLI::App* c = brief.add_subcommand("propose", "propose a brief at this node's cut for the parties to sign");
    o->days.add_to(*c);
    c->add_option("--zone", o->zone, "only this zone");
    c->add_option("--edition", o->edition, "parties (default) or public");
    c->add_option("--lang", o->lang, "language of the page: en");
    c->add_option("--as-of", o->as_of, "time that drives clocks, RFC 3339; default: stated by the logs");
    c->add_option("--text", o->texts,
                  "LANG=FILE: agreed text, paragraphs parted by empty lines; once for each language");
    c->add_flag("--json", o->json, "print for programs");
    c->footer("Example: truce brief propose --day 2018-09-18 --text en=text-en.txt --text ru=text-ru.txt");
    c->callback([o, &context] { context.run = guarded([o, &context] { return propose(context, *o); }); });
  }
  for (const bool consents : {true, false}) {
    auto o = std::make_shared<SignOptions>();
    CLI::App* c = consents ? brief.add_subcommand("sign", "compute a proposed brief again, and sign its digest")
                           : brief.add_subcommand("object", "object to a proposed brief");
    c->add_option("ID", o->id, "the brief's statement")->required();
    c->add_option(consents ? "--reservation" : "--reason", o->text, consents ? "what this party reserves" : "why");
    c->add_option("--object", o->objected, "number of a paragraph that this party objects to")->delimiter(',');
    c->add_option("--reserve", o->reserved, "number of a paragraph that this party reserves on")->delimiter(',');
    c->footer(consents ? "Example: truce brief sign east/main/52 --reservation \"without the map\""
                       : "Example: truce brief object east/main/52 --reason \"the second paragraph\"");
    c->callback([=, &context] { context.run = guarded([=, &context] { return sign(context, *o, consents); }); });
  }
  {
    auto id = std::make_shared<std::string>();
    auto out = std::make_shared<std::string>();
    auto json = std::make_shared<bool>(false);
    CLI::App* c = brief.add_subcommand("signatures", "who signed which brief, with what reservations");
    c->add_option("ID", *id, "one brief's statement (default: all)");
    c->add_option("--out", *out, "write that brief with its page of signatures into this folder")->type_name("DIR");
    c->add_flag("--json", *json, "print for programs");
    c->footer("Example: truce brief signatures east/main/52 --out brief-52");
    c->callback(
        [=, &context] { context.run = guarded([=, &context] { return signatures(context, *id, *out, *json); }); });
  }
}

}  // namespace truce::cmd
