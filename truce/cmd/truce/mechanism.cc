// SPDX-License-Identifier: Apache-2.0
//
// truce mechanism draft, show, accept, amend, consent, object: the founding document and its amendments.

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "truce/base/decimal.h"
#include "truce/base/encoding.h"
#include "truce/base/sha256.h"
#include "truce/cmd/truce/command.h"
#include "truce/cmd/truce/rows.h"
#include "truce/mechanism/fingerprint.h"
#include "truce/node/founding.h"
#include "truce/node/succession.h"
#include "truce/record/blobs.h"

namespace truce::cmd {
namespace {

constexpr std::uint64_t kDocumentBytesMax = 1 << 20;

// What can be said of a document on the command line, founding or amending.
struct Terms {
  std::string name, cutoff, offset, evidence, use;
  std::vector<std::string> decisions, path, duty, rest, editions, named;
  std::string borders;
  std::int64_t quota = 0;  // 0: as it is
  int accomplices = -1, received_by = -1, duty_days = 1;
  std::string duty_from = "1970-01-01";
};

void add_terms(CLI::App* c, Terms& t) {
  c->add_option(
      "--decision", t.decisions,
      "SUBJECT=RULE[:N][@OF]: default, amendment, brief, calibration, excluded-groups, finding, member, withdrawal "
      "or zone; unanimity, k-of-n:K, silence:HOURS; @guarantors or @all");
  c->add_option("--accomplices", t.accomplices, "how many parties might lie together with an author (default 0)");
  c->add_option("--received-by", t.received_by,
                "how many others must hold a statement before it is settled (default: the fewest that are safe)");
  c->add_option("--path", t.path, "steps before a finding looks agreed, of reported, inquiry, visit, finding, sign-off")
      ->delimiter(',');
  c->add_option("--duty", t.duty, "who proposes the brief, in turn (default: the guarantors)")->delimiter(',');
  c->add_option("--duty-days", t.duty_days, "days of a turn (default 1)");
  c->add_option("--duty-from", t.duty_from, "first day of the first turn");
  c->add_option("--rest", t.rest, "days on which the clock of silence stands still: 1 (Monday) to 7, or dates")
      ->delimiter(',');
  c->add_option("--evidence", t.evidence, "who may be given evidence: public, parties, none (default public)");
  c->add_option("--permitted-use", t.use, "of the record, in words");
  c->add_option("--quota", t.quota, "statements that a party may make of one day (default 20000)")
      ->check(CLI::PositiveNumber);
  c->add_option("--editions", t.editions, "editions of briefs: parties, public (default both)")->delimiter(',');
  c->add_option("--borders", t.borders, "layer of border lines on maps, none for none (default world-atlas)");
  c->add_option("--named", t.named, "humanitarian party that may be named in briefs and evidence")->delimiter(',');
}

Result<std::pair<std::string, mechanism::Rule>> parse_decision(const std::string& text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos)
    return fail(ErrorCode::kInvalidArgument, "is SUBJECT=RULE[:N][@OF], not " + quoted(text), "--decision");
  std::pair<std::string, mechanism::Rule> out;
  out.first = text.substr(0, equals);
  if (out.first != "default" && std::ranges::find(mechanism::kSubjects, out.first) == std::end(mechanism::kSubjects))
    return fail(ErrorCode::kInvalidArgument, quoted(out.first) + " is no subject of a decision", "--decision");
  std::string rule = text.substr(equals + 1);
  if (const std::size_t of = rule.find('@'); of != std::string::npos) {
    out.second.of = rule.substr(of + 1);
    rule.resize(of);
  }
  if (const std::size_t colon = rule.find(':'); colon != std::string::npos) {
    const auto n = parse_integer(rule.substr(colon + 1));
    if (!n || *n < 1) return fail(ErrorCode::kInvalidArgument, "no number after the colon", "--decision " + out.first);
    rule.resize(colon);
    (rule == "silence" ? out.second.hours : out.second.k) = *n;
  }
  out.second.rule = rule;
  return out;
}

Status apply(const Terms& t, mechanism::Mechanism& m) {
  if (!t.name.empty()) m.name = t.name;
  for (const std::string& text : t.decisions) {
    TRUCE_TRY(const auto decision, parse_decision(text));
    if (decision.first == "default") {
      m.decision = decision.second;
    } else {
      m.decisions[decision.first] = decision.second;
    }
  }
  if (t.accomplices >= 0) m.accomplices = t.accomplices;
  if (t.received_by >= 0) m.received_by = t.received_by;
  if (!t.path.empty()) m.path = t.path;
  if (!t.duty.empty()) {
    TRUCE_TRY(const Date from, Date::parse(t.duty_from));
    m.duty = mechanism::Duty{from, t.duty_days, t.duty};
  }
  if (!t.rest.empty()) {
    m.rest_weekdays.clear();
    m.rest_dates.clear();
    for (const std::string& day : t.rest) {
      if (day.size() == 1 && day[0] >= '1' && day[0] <= '7') {
        m.rest_weekdays.push_back(day[0] - '0');
      } else {
        TRUCE_TRY(const Date date, Date::parse(day));
        m.rest_dates.push_back(date);
      }
    }
    std::ranges::sort(m.rest_weekdays);
    std::ranges::sort(m.rest_dates);
  }
  if (!t.evidence.empty()) m.evidence_use = t.evidence;
  if (!t.use.empty()) m.permitted_use = t.use;
  if (t.quota > 0) m.quota_statements = t.quota;
  if (!t.editions.empty()) {
    m.editions = t.editions;
    std::ranges::sort(m.editions);
  }
  if (!t.borders.empty()) m.borders = t.borders;
  for (const std::string& id : t.named) {
    const auto p = std::ranges::find(m.parties, id, &mechanism::Party::id);
    if (p == m.parties.end()) return fail(ErrorCode::kInvalidArgument, quoted(id) + " is not a party", "--named");
    if (p->receives())
      return fail(ErrorCode::kInvalidArgument, quoted(id) + " is not humanitarian: it is named anyway", "--named");
    p->named = true;
  }
  return {};
}

std::string rule_words(const mechanism::Mechanism& m, const mechanism::Rule& r) {
  const std::string who = r.of == "all" ? "guarantors and observers" : "guarantors";
  if (r.rule == "k-of-n") return std::to_string(r.k) + " of the " + std::to_string(m.deciders(r).size()) + ' ' + who;
  if (r.rule == "silence") return "silence of " + who + " for " + std::to_string(r.hours) + " hours";
  return "unanimity of " + who;
}

std::string joined(const std::vector<std::string>& list) {
  std::string out;
  for (const std::string& s : list) out += (out.empty() ? "" : ", ") + s;
  return out;
}

// "+05:30".
std::string offset_text(int minutes) {
  constexpr int kHour = 60;
  const int m = std::abs(minutes);
  return fmt::format("{}{:02}:{:02}", minutes < 0 ? '-' : '+', m / kHour, m % kHour);
}

// What the parties agreed on days: where they are cut, who is on duty, when the clock of silence rests.
void print_days(const mechanism::Mechanism& m) {
  constexpr int kHour = 60;
  std::string offsets = offset_text(m.days.offsets.front().minutes);
  for (std::size_t i = 1; i < m.days.offsets.size(); ++i)
    offsets += ", from " + m.days.offsets[i].from.to_string() + ' ' + offset_text(m.days.offsets[i].minutes);
  print_line(fmt::format("days         begin at {:02}:{:02}, UTC{}", m.days.cutoff_minutes / kHour,
                         m.days.cutoff_minutes % kHour, offsets));
  print_line("duty         " + (m.duty ? joined(m.duty->order) + ": in turn, " + std::to_string(m.duty->days) +
                                             " day(s) each, from " + m.duty->from.to_string()
                                       : std::string("every guarantor in turn, a day each")));
  static constexpr std::string_view kWeekdays[] = {"Monday", "Tuesday",  "Wednesday", "Thursday",
                                                   "Friday", "Saturday", "Sunday"};
  std::vector<std::string> rest;
  for (const int d : m.rest_weekdays) rest.emplace_back(kWeekdays[d - 1]);
  for (const Date d : m.rest_dates) rest.push_back(d.to_string());
  print_line("rest         " + (rest.empty() ? "none" : joined(rest) + ": the clock of silence stands still"));
}

void print_document(const mechanism::Mechanism& m, const Hash& document) {
  if (m.exercise) print_line("EXERCISE");
  print_line("name         " + m.name);
  print_line(std::string(m.version == 0 ? "id           " : "document     ") + document.hex());
  print_line("fingerprint  " + mechanism::fingerprint_words(document));
  if (m.version != 0) print_line("version      " + std::to_string(m.version) + ", amends " + m.amends->hex());
  std::vector<std::vector<std::string>> rows;
  for (const mechanism::Party& p : m.parties) {
    const mechanism::Quorum q = mechanism::quorum_for(m, p.id);
    rows.push_back({p.id, p.name, std::string(mechanism::role_name(p.role)) + (p.named ? "" : ", never named"),
                    p.left          ? "has left"
                    : q.others == 0 ? "at once"
                                    : "when " + std::to_string(q.needed) + " of " + std::to_string(q.others) +
                                          " others hold it; " + std::to_string(q.may_be_absent()) + " may be absent"});
  }
  print_line("");
  print_table({"party", "name", "role", "its statements are settled"}, rows);
  print_line("");
  print_line("decisions    " + rule_words(m, m.decision));
  for (const auto& [subject, rule] : m.decisions) print_line("             " + subject + ": " + rule_words(m, rule));
  print_line("path         " + joined(m.path));
  print_days(m);
  print_line("settled      by so many others that " + std::to_string(m.accomplices) +
             " of them may lie together with an author");
  print_line("quota        " + std::to_string(m.quota_statements) + " statements of a party and day");
  print_line("editions     " + joined(m.editions));
  print_line("borders      " + m.borders);
  print_line("casualties   of which parties differ: " + m.killed_best);
  print_line("rules        version " + std::to_string(m.rules_version));
  print_line("evidence     may be given to: " + m.evidence_use);
  if (!m.permitted_use.empty()) print_line("use          " + m.permitted_use);
  for (const mechanism::ExcludedGroup& g : m.excluded) {
    std::string dissent;
    for (const std::string& id : g.dissent) dissent += (dissent.empty() ? "; not so held by " : ", ") + id;
    print_line("excluded     " + g.actor + " (" + g.name + ")" + dissent);
  }
}

struct DraftOptions {
  std::vector<std::string> cards;
  std::string out, cutoff = "00:00", offset = "+00:00";
  Terms terms;
  bool exercise = false, json = false;
};

Result<int> draft(const DraftOptions& o) {
  mechanism::Mechanism m;
  for (const std::string& file : o.cards) {
    TRUCE_TRY(node::Card card, read_card(file, CardOf::kParty));
    m.parties.push_back(std::move(card.party));
  }
  std::ranges::sort(m.parties, {}, &mechanism::Party::id);
  m.exercise = o.exercise;
  m.decision.of = std::ranges::any_of(m.parties, [](const auto& p) { return p.role == mechanism::Role::kGuarantor; })
                      ? "guarantors"
                      : "all";
  TRUCE_TRY(m.days.cutoff_minutes, parse_cutoff(o.cutoff));
  TRUCE_TRY(m.days.offsets[0].minutes, parse_offset_minutes(o.offset));
  TRUCE_CHECK(apply(o.terms, m));
  TRUCE_TRY(const std::string bytes, m.to_bytes());
  TRUCE_CHECK(node::check_usable(m));
  FileSystem& files = *node::system_world().files;
  if (files.exists(o.out)) return fail(ErrorCode::kExists, "is there already", o.out);
  TRUCE_CHECK(files.write_atomic(o.out, bytes));
  const Hash id = mechanism::mechanism_id(bytes);
  if (o.json) {
    print_json(Json::object({{"file", o.out}, {"fingerprint", mechanism::fingerprint_words(id)}, {"id", id.hex()}}));
    return kOk;
  }
  print_document(m, id);
  print_line("");
  print_line("written to " + o.out +
             ". Every party reads the fingerprint aloud, and accepts it if they all say the same:");
  print_line("truce -C NODE mechanism accept " + o.out);
  return kOk;
}

std::vector<std::pair<std::string_view, std::vector<std::string>>> words_of(const picture::AmendmentRow& r) {
  return {{"consented", split(r.consented)},
          {"silent", split(r.silent)},
          {"objected", split(r.objected)},
          {"too_late", split(r.too_late)}};
}

Result<int> show(const Context& context, const std::string& file, bool json) {
  if (!file.empty()) {
    TRUCE_TRY(const std::string bytes, read_argument_file(file, kDocumentBytesMax));
    auto m = mechanism::Mechanism::parse(bytes);
    if (!m) return fail(at(std::move(m).error(), file));
    print_document(*m, mechanism::mechanism_id(bytes));
    return kOk;
  }
  TRUCE_TRY(const auto node, context.open_picture());
  TRUCE_TRY(const auto amendments, picture::read_rows<picture::AmendmentRow>(node->picture()));
  const node::Roster& roster = node->roster();
  const auto& chain = roster.chain();
  std::vector<std::string> waiting;
  for (const mechanism::Party& p : node->mechanism().parties) {
    if (p.role != mechanism::Role::kGuarantor || p.left) continue;
    const auto head = roster.heads().find({p.id, "main"});
    if (head == roster.heads().end() || head->second.size == 0) waiting.push_back(p.id);
  }
  if (json) {
    Json documents = Json::array(), proposals = Json::array(), waits = Json::array();
    for (const auto& link : chain.links) documents.push_back(link.document.hex());
    for (const picture::AmendmentRow& r : amendments) {
      Json j = Json::object({{"statement", r.statement}, {"state", r.state}, {"version", r.version}});
      TRUCE_TRY(const Hash document, Hash::from_base64url(r.document));
      j.set("document", document.hex());
      for (const auto& [name, ids] : words_of(r)) {
        Json list = Json::array();
        for (const std::string& id : ids) list.push_back(id);
        j.set(name, std::move(list));
      }
      proposals.push_back(std::move(j));
    }
    for (const std::string& id : waiting) waits.push_back(id);
    print_json(Json::object({{"documents", std::move(documents)},
                             {"fingerprint", mechanism::fingerprint_words(chain.links.back().document)},
                             {"in_force", waiting.empty()},
                             {"proposals", std::move(proposals)},
                             {"version", node->mechanism().version},
                             {"waits_for", std::move(waits)}}));
    return kOk;
  }
  print_document(node->mechanism(), chain.links.back().document);
  std::string names;
  for (const std::string& id : waiting) names += (names.empty() ? "" : ", ") + id;
  print_line(waiting.empty() ? "in force     every guarantor has accepted"
                             : "in force     not yet: nothing of " + names + " has come here");
  for (const picture::AmendmentRow& r : amendments) {
    std::string line = "amendment    " + r.statement + ", version " + std::to_string(r.version) + ": " +
                       (r.state == "in-force" ? "in force" : r.state);
    for (const auto& [name, ids] : words_of(r)) {
      if (!ids.empty()) line += "; " + std::string(name) + ": " + joined(ids);
    }
    print_line(line);
  }
  return kOk;
}

Result<int> accept(const Context& context, const std::string& file, bool renewed) {
  TRUCE_TRY(const std::string bytes, read_argument_file(file, kDocumentBytesMax));
  const std::string folder = context.node_folder.empty() ? "." : context.node_folder;
  TRUCE_TRY(const bool opened, node::accept(node::system_world(), folder, bytes, renewed));
  const Hash id = mechanism::mechanism_id(bytes);
  print_line("accepted: " + id.hex());
  print_line("fingerprint: " + mechanism::fingerprint_words(id));
  if (!opened) {
    print_line(renewed
                   ? "No document here names these keys yet: truce sync brings the amendments; then accept once more."
                   : "This party is not in the founding document: truce sync brings the amendments; then accept once "
                     "more.");
  }
  return kOk;
}

// By proposing it or in words.
bool has_consented(const std::string& party, const mechanism::Proposal& p) {
  const auto voice = p.question.voices.find(party);
  return p.id.log.party == party || (voice != p.question.voices.end() && voice->second == mechanism::Voice::kConsents);
}

// kRefused where `next`, proposed by this party now, could never come into force: by who may propose, or by who has
// consented to another document that follows the same one.
Status check_can_be_agreed(const node::Node& node, const Hash& before, const mechanism::Mechanism& next) {
  mechanism::Proposal p;
  p.id.log.party = node.me();
  p.mechanism = next;
  p.question.author = node.me();
  p.question.asked = node.world().clock->now();
  TRUCE_TRY(const auto forks, node.proven_forks());
  for (const auto& [log, proven] : forks) p.forked.insert(log);
  if (mechanism::decide_amendment(node.mechanism(), p).outcome == mechanism::Outcome::kRefused)
    return fail(ErrorCode::kRefused, "where silence decides on amendments one of those who decide must propose them");
  TRUCE_TRY(const std::string document, next.to_bytes());
  std::vector<std::string> others;
  for (const mechanism::Proposal& other : node.roster().proposals()) {
    if (other.mechanism.amends != before) continue;
    // This party's objection is for good once it proposes another.
    std::set<std::string> objectors = other.objectors;
    const auto mine = other.question.voices.find(node.me());
    if (mine != other.question.voices.end() && mine->second == mechanism::Voice::kObjects) objectors.insert(node.me());
    if (mechanism::is_refused_for_good(node.mechanism(), other.mechanism, objectors)) continue;
    if (other.document == sha256(document)) {
      return fail(ErrorCode::kExists, "this is what " + other.id.to_string() + " proposes: truce mechanism consent " +
                                          other.id.to_string());
    }
    for (const mechanism::Party& party : node.mechanism().parties) {
      if (!has_consented(party.id, other) || !p.question.voices.emplace(party.id, mechanism::Voice::kObjects).second)
        continue;
      others.push_back(party.id + " to " + other.id.to_string());
    }
  }
  if (mechanism::decide_amendment(node.mechanism(), p).outcome == mechanism::Outcome::kRefused) {
    return fail(
        ErrorCode::kRefused,
        "it could never come into force: of documents that follow the same one each party can consent to one, "
        "and bound are " +
            joined(others) +
            ". That one comes into force first, and another follows it; or object to it and then propose another: "
            "who was for it is free then");
  }
  return {};
}

// kInvalidArgument where this party has consented to another document that follows the same one.
Status check_free_to_consent(const node::Node& node, const Hash& amends, const Hash& document) {
  for (const auto& other : node.roster().proposals()) {
    if (other.document == document || other.mechanism.amends != amends || other.is_refused_for_good ||
        !has_consented(node.me(), other))
      continue;
    return fail(
        ErrorCode::kInvalidArgument,
        "this party has consented to " + other.id.to_string() +
            ", which follows the same document: consenting to both would be evidence against it. It is free once that "
            "one is in force, and another follows it, or refused for good: by whoever objects to it and is for "
            "another");
  }
  return {};
}

struct AmendOptions {
  std::vector<std::string> add, remove;
  std::optional<std::uint64_t> end_at;
  std::string document;
  Terms terms;
  bool json = false;
};

Result<int> amend(const Context& context, const AmendOptions& o) {
  TRUCE_TRY(const auto node, context.open_node());
  mechanism::Mechanism next = node->mechanism();
  const Hash before = node->roster().chain().links.back().document;
  if (!o.document.empty()) {
    TRUCE_TRY(const std::string bytes, read_argument_file(o.document, kDocumentBytesMax));
    auto parsed = mechanism::Mechanism::parse(bytes);
    if (!parsed) return fail(at(std::move(parsed).error(), o.document));
    next = std::move(parsed).value();
  }
  for (const std::string& file : o.add) {
    TRUCE_TRY(const node::Card card, read_card(file, CardOf::kParty));
    TRUCE_CHECK(node::put_card(*node, next, card, o.end_at));
  }
  for (const std::string& id : o.remove) TRUCE_CHECK(node::put_leaving(*node, next, id, o.end_at));
  std::ranges::sort(next.parties, {}, &mechanism::Party::id);
  TRUCE_CHECK(apply(o.terms, next));
  next.amends = before;
  next.version = node->mechanism().version + 1;
  {
    mechanism::Mechanism same = next;
    same.amends = node->mechanism().amends;
    same.version = node->mechanism().version;
    if (same == node->mechanism())
      return fail(ErrorCode::kInvalidArgument,
                  "nothing is changed: say what the document shall have otherwise (--help)");
  }
  TRUCE_CHECK(check_free_to_consent(*node, before, {}));
  TRUCE_TRY(const std::string document, next.to_bytes());
  TRUCE_CHECK(mechanism::check_successor(node->mechanism(), before, next));
  TRUCE_CHECK(mechanism::check_keys(node->roster().chain().keys, next));
  TRUCE_CHECK(node::check_usable(next));
  TRUCE_CHECK(check_can_be_agreed(*node, before, next));
  TRUCE_TRY(const auto ends, node::check_ends(*node, next));
  TRUCE_TRY(const auto writer, node->main_writer());
  TRUCE_TRY(const Hash blob, writer->put_blob(document));
  const record::Amendment body{before, blob, next.version};
  TRUCE_TRY(const StatementRef ref, writer->add({record::kAmendmentType, body.to_body(), {}, {}, {blob}}));
  TRUCE_CHECK(writer->commit());
  if (o.json) {
    print_json(Json::object({{"document", blob.hex()}, {"statement", ref.id.to_string()}, {"version", next.version}}));
    return kOk;
  }
  print_line("proposed: " + ref.id.to_string() + ", version " + std::to_string(next.version));
  for (const std::string& line : ends) print_line(line);
  print_line("document: " + blob.hex());
  print_line("fingerprint: " + mechanism::fingerprint_words(blob));
  if (node->mechanism().version == next.version && node->roster().chain().links.back().document == blob) {
    print_line("in force: nobody else is asked");
  } else {
    print_line("The others consent with: truce mechanism consent " + ref.id.to_string());
  }
  return kOk;
}

Result<int> voice(const Context& context, const std::string& id_text, const std::string& reason, bool consents) {
  TRUCE_TRY(const StatementId id, parse_statement_argument(id_text));
  TRUCE_TRY(const auto node, context.open_node());
  const auto& proposals = node->roster().proposals();
  const auto p = std::ranges::find(proposals, id, &mechanism::Proposal::id);
  if (p == proposals.end()) return fail(ErrorCode::kNotFound, "no amendment of this name is here", id_text);
  if (consents) {
    TRUCE_CHECK(node::check_usable(p->mechanism));
    if (p->mechanism.amends == node->roster().chain().links.back().document) {
      TRUCE_TRY(const auto ends, node::check_ends(*node, p->mechanism));
      for (const std::string& line : ends) print_line(line);
    }
    TRUCE_CHECK(check_free_to_consent(*node, *p->mechanism.amends, p->document));
  } else if (has_consented(node->me(), *p)) {
    return fail(ErrorCode::kInvalidArgument, "this party has consented to it, and a consent is given for good",
                id_text);
  }
  record::VoiceStatement body;
  body.amendment = record::Amendment{*p->mechanism.amends, p->document, p->mechanism.version};
  body.reason = reason;
  TRUCE_TRY(const StatementId said, state_voice(*node, id, body, consents));
  print_line(std::string(consents ? "consented: " : "objected: ") + said.to_string());
  print_line("in force here: version " + std::to_string(node->mechanism().version));
  return kOk;
}

}  // namespace

void add_mechanism(CLI::App& app, Context& context) {
  CLI::App* group = app.add_subcommand("mechanism", "the founding document and its amendments");
  group->require_subcommand(1);
  {
    auto o = std::make_shared<DraftOptions>();
    CLI::App* c = group->add_subcommand("draft", "write a founding document out of the parties' cards");
    c->add_option("CARD", o->cards, "public cards of all parties")->required();
    c->add_option("-o,--output", o->out, "file to write (default: mechanism.json)")->default_val("mechanism.json");
    c->add_option("--name", o->terms.name, "name of the mechanism")->required();
    c->add_flag("--exercise", o->exercise, "for training: marks everything EXERCISE, for ever");
    c->add_option("--day-cutoff", o->cutoff, "hour at which a reporting day begins, HH:MM (default 00:00)");
    c->add_option("--utc-offset", o->offset, "offset of the reporting day from UTC, +HH:MM (default +00:00)");
    add_terms(c, o->terms);
    c->add_flag("--json", o->json, "print for programs");
    c->footer("Example: truce mechanism draft card-*.json --name \"Line of contact\" --decision finding=k-of-n:2");
    c->callback([o, &context] { context.run = guarded([o] { return draft(*o); }); });
  }
  {
    auto file = std::make_shared<std::string>();
    auto json = std::make_shared<bool>(false);
    CLI::App* c = group->add_subcommand("show", "what is in force here, or what a file says; with its fingerprint");
    c->add_option("FILE", *file, "a document (default: this node's)");
    c->add_flag("--json", *json, "print for programs");
    c->footer("Example: truce mechanism show mechanism.json");
    c->callback([=, &context] { context.run = guarded([=, &context] { return show(context, *file, *json); }); });
  }
  {
    auto file = std::make_shared<std::string>();
    CLI::App* c =
        group->add_subcommand("accept", "accept a founding document: opens this party's log (-C names its folder)");
    c->add_option("FILE", *file, "the founding document")->required();
    c->footer("Example: truce -C ~/east mechanism accept mechanism.json");
    auto renewed = std::make_shared<bool>(false);
    c->add_flag("--renewed", *renewed,
                "after a loss of all keys: the keys here are new, and an amendment will name them");
    c->callback([=, &context] { context.run = guarded([=, &context] { return accept(context, *file, *renewed); }); });
  }
  {
    auto o = std::make_shared<AmendOptions>();
    CLI::App* c = group->add_subcommand("amend", "propose a document that follows the one in force");
    c->add_option("--add", o->add, "card of a party that comes in, or goes on in a fresh main log");
    c->add_option(
        "--end-at", o->end_at,
        "where the main log of a party ends that goes on in a fresh one (default: what is settled of it here), or "
        "leaves (default: what is here of it)");
    c->add_option("--remove", o->remove, "id of a party that leaves: what it stated stays, its logs end");
    c->add_option("--name", o->terms.name, "another name");
    c->add_option("--document", o->document, "a whole document instead; amends and version are filled in");
    add_terms(c, o->terms);
    c->add_flag("--json", o->json, "print for programs");
    c->footer("Example: truce mechanism amend --add card-west.json");
    c->callback([o, &context] { context.run = guarded([o, &context] { return amend(context, *o); }); });
  }
  for (const bool consents : {true, false}) {
    auto id = std::make_shared<std::string>();
    auto reason = std::make_shared<std::string>();
    CLI::App* c = consents ? group->add_subcommand("consent", "consent to an amendment")
                           : group->add_subcommand("object", "object to an amendment");
    c->add_option("ID", *id, "the amendment's statement, party/log/index")->required();
    c->add_option("--reason", *reason, "why");
    c->footer(consents ? "Example: truce mechanism consent east/main/40"
                       : "Example: truce mechanism object east/main/40 --reason \"asked for more time\"");
    c->callback(
        [=, &context] { context.run = guarded([=, &context] { return voice(context, *id, *reason, consents); }); });
  }
}

}  // namespace truce::cmd
