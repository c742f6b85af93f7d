// SPDX-License-Identifier: Apache-2.0

#include "truce/node/digests.h"

#include <map>

#include "truce/base/encoding.h"
#include "truce/base/json_fields.h"
#include "truce/node/cuts.h"
#include "truce/picture/digest_statement.h"
#include "truce/record/statements.h"

namespace truce::node {
namespace {

using Outcome = ComparedDigest::Outcome;
constexpr std::uint64_t kCacheBytesMax = 64ULL << 20;
constexpr std::size_t kWhereCountMax = 1000;

// Each party's last one in its main log, ascending by party.
std::map<std::string, StatementId> last_digests(const Node& node) {
  std::map<std::string, StatementId> out;
  for (const StatementId& id : node.roster().of_type(record::kDigestType)) {
    if (id.log == node.roster().main_log(id.log.party)) out[id.log.party] = id;
  }
  return out;
}

Json to_json(const ComparedDigest& c) {
  Json where = Json::array();
  for (const std::string& w : c.where) where.push_back(w);
  Json j = Json::object({{"ours", c.ours.hex()},
                         {"statement", c.id.to_string()},
                         {"theirs", c.theirs.hex()},
                         {"where", std::move(where)}});
  if (c.outcome == Outcome::kDiffers) j.set("differs", true);
  return j;
}

std::string cache_path(const Node& node) {
  return node.folder() + "/digests.json";
}

// By statement. A cache that cannot be read is none.
std::map<StatementId, ComparedDigest> read_cache(const Node& node) {
  std::map<StatementId, ComparedDigest> out;
  const auto bytes = node.world().files->read(cache_path(node), kCacheBytesMax);
  const auto json = bytes ? Json::parse_canonical(*bytes) : Result<Json>(fail(bytes.error()));
  if (!json || !json->is_array()) return out;
  for (const Json& j : json->as_array()) {
    JsonFields f(j, "digests.json");
    ComparedDigest c;
    const auto id = StatementId::parse(f.text("statement", 200));
    const auto ours = Hash::from_hex(f.text("ours", 64)), theirs = Hash::from_hex(f.text("theirs", 64));
    c.outcome = f.boolean_or("differs", false) ? Outcome::kDiffers : Outcome::kSame;
    for (const Json& w : f.array_or_empty("where", kWhereCountMax))
      if (w.is_string()) c.where.push_back(w.as_string());
    if (!id || !ours || !theirs || !f.finish(ErrorCode::kSyntax)) return {};
    c.id = *id;
    c.party = id->log.party;
    c.ours = *ours;
    c.theirs = *theirs;
    out.emplace(c.id, std::move(c));
  }
  return out;
}

Result<ComparedDigest> compare(Node& node, const StatementId& id, const Progress& progress) {
  ComparedDigest out;
  out.party = id.log.party;
  out.id = id;
  TRUCE_TRY(const record::Envelope e, node.envelope(id));
  const auto body = picture::DigestStatement::from_body(e.body);
  if (!body) {
    out.outcome = Outcome::kMalformed;
    out.why = body.error().to_string();
    return out;
  }
  out.theirs = body->picture;
  if (body->cut.rules_version != node.mechanism().rules_version) {
    out.outcome = Outcome::kOtherRules;
    out.why = "rules version " + std::to_string(body->cut.rules_version);
    return out;
  }
  if (const auto here = check_cut_is_here(node, body->cut, "the digest"); !here) {
    out.outcome = Outcome::kNotHere;
    out.why = here.error().message;
    return out;
  }
  picture::MemoryTables tables;
  TRUCE_TRY(const picture::Folded folded, fold_cut(node, body->cut, body->as_of, tables, progress));
  out.ours = folded.digest;
  if (out.ours == out.theirs) return out;
  out.outcome = Outcome::kDiffers;
  const auto bytes = node.blob(body->list);
  const auto theirs =
      bytes ? picture::parse_digest_list(*bytes) : Result<std::vector<picture::DayDigest>>(fail(bytes.error()));
  if (theirs) out.where = picture::differing(folded.digests, *theirs);
  if (out.where.size() > kWhereCountMax) out.where.resize(kWhereCountMax);
  return out;
}

// It differs, and where cannot be said until its list comes: nothing is computed before that.
bool lacks_list(const ComparedDigest& c) {
  return c.outcome == Outcome::kDiffers && c.where.empty();
}

bool is_list_here(const Node& node, const StatementId& id) {
  const auto e = node.envelope(id);
  const auto body =
      e ? picture::DigestStatement::from_body(e->body) : Result<picture::DigestStatement>(fail(e.error()));
  return body && node.blob(body->list);
}

}  // namespace

std::optional<StatementId> last_digest(const Node& node, const std::string& party) {
  const auto last = last_digests(node);
  const auto it = last.find(party);
  return it != last.end() ? std::optional(it->second) : std::nullopt;
}

Result<bool> is_digest_due(const Node& node) {
  if (!node.states_by_itself()) return false;
  std::optional<record::Envelope> before;
  if (const auto mine = last_digest(node, node.me())) {
    TRUCE_TRY(before, node.envelope(*mine));
    const mechanism::Days& days = node.mechanism().days;
    if (days.day_of(before->recorded) == days.day_of(node.world().clock->now())) return false;
  }
  TRUCE_TRY(const picture::Cut now, settled_cut(node));
  if (now.logs.empty() || !before) return !now.logs.empty();
  const auto body = picture::DigestStatement::from_body(before->body);
  return !body || body->cut != now;
}

Result<StatedDigest> state_digest(Node& node, const Progress& progress) {
  picture::DigestStatement body;
  TRUCE_TRY(body.cut, settled_cut(node));
  if (body.cut.logs.empty()) return fail(ErrorCode::kNotComputable, "nothing is settled yet");
  picture::MemoryTables tables;
  TRUCE_TRY(const picture::Folded folded, fold_cut(node, body.cut, {}, tables, progress));
  body.as_of = folded.as_of;
  body.picture = folded.digest;
  TRUCE_TRY(const auto writer, node.main_writer());
  TRUCE_TRY(body.list, writer->put_blob(picture::digest_list(folded.digests)));
  Draft draft{record::kDigestType, body.to_body(), {}, {}, {}};
  draft.optional_blobs = {body.list};
  TRUCE_TRY(const StatementRef ref, writer->add(std::move(draft)));
  TRUCE_CHECK(writer->commit());
  return StatedDigest{ref.id, folded.digest, body.cut.statements()};
}

Result<std::vector<ComparedDigest>> compare_digests(Node& node, const Progress& progress) {
  const auto known = read_cache(node);
  std::vector<ComparedDigest> out;
  Json cache = Json::array();
  bool is_new = false;
  for (const auto& [party, id] : last_digests(node)) {
    if (const auto it = known.find(id); it != known.end() && (!lacks_list(it->second) || !is_list_here(node, id))) {
      out.push_back(it->second);
    } else {
      TRUCE_TRY(ComparedDigest c, compare(node, id, progress));
      is_new = true;
      out.push_back(std::move(c));
    }
    // Logs that may still come are looked for again.
    const ComparedDigest& c = out.back();
    if (c.outcome == Outcome::kSame || c.outcome == Outcome::kDiffers) cache.push_back(to_json(c));
  }
  if (is_new) static_cast<void>(node.world().files->write_atomic(cache_path(node), cache.to_canonical()));
  return out;
}

std::vector<ComparedDigest> known_differences(const Node& node) {
  std::vector<ComparedDigest> out;
  const auto last = last_digests(node);
  for (const auto& [id, c] : read_cache(node)) {
    const auto it = last.find(id.log.party);
    if (c.outcome == Outcome::kDiffers && it != last.end() && it->second == id) out.push_back(c);
  }
  return out;
}

}  // namespace truce::node
