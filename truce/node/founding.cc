// SPDX-License-Identifier: Apache-2.0

#include "truce/node/founding.h"

#include <algorithm>

#include "truce/base/encoding.h"
#include "truce/base/json_fields.h"
#include "truce/picture/log_book.h"
#include "truce/record/signing.h"
#include "truce/record/statements.h"

namespace truce::node {

std::string Card::to_bytes() const {
  if (!desk.empty()) {
    return Json::object({{"desk", desk}, {"id", party.id}, {"key", to_base64url(desk_key)}, {"v", 1}}).to_canonical();
  }
  Json j = Json::object({{"id", party.id},
                         {"keys", Json::object({{"cosign", to_base64url(party.keys.cosign)},
                                                {"log", to_base64url(party.keys.log)},
                                                {"x25519", to_base64url(party.keys.x25519)}})},
                         {"name", party.name},
                         {"role", mechanism::role_name(party.role)},
                         {"v", 1}});
  if (party.main != "main") j.set("main", party.main);
  return j.to_canonical();
}

Result<Card> Card::parse(std::string_view bytes) {
  TRUCE_TRY(const Json json, Json::parse_canonical(bytes));
  JsonFields f(json, "card");
  Card out;
  if (f.integer("v", 0, Json::kIntegerMax) != 1) f.fault("v", "only version 1 is known to this program");
  out.party.id = f.text("id", 32);
  if (f.ok() && !is_id(out.party.id)) f.fault("id", "is no id");
  if (f.has("desk")) {
    out.desk = f.text("desk", 32);
    if (f.ok() && !is_id(out.desk)) f.fault("desk", "is no id");
    out.desk_key = std::string(f.hash("key").view());
    TRUCE_CHECK(f.finish(ErrorCode::kInvalidMechanism));
    return out;
  }
  out.party.name = f.text("name", 200);
  if (f.has("main")) {
    out.party.main = f.text("main", 32);
    if (f.ok() && (!is_id(out.party.main) || !out.party.main.starts_with("main-")))
      f.fault("main", "is no main-2, ...");
  }
  if (auto role = mechanism::role_from(f.text("role", 32)); role) {
    out.party.role = role.value();
  } else {
    f.fault("role", role.error().message);
  }
  out.party.named = out.party.receives();
  if (const Json* keys = f.required("keys")) {
    JsonFields k(*keys, "card: keys");
    out.party.keys.cosign = std::string(k.hash("cosign").view());
    out.party.keys.log = std::string(k.hash("log").view());
    out.party.keys.x25519 = std::string(k.hash("x25519").view());
    TRUCE_CHECK(k.finish(ErrorCode::kInvalidMechanism));
  }
  TRUCE_CHECK(f.finish(ErrorCode::kInvalidMechanism));
  return out;
}

// Stands in a folder from the first file of a new node to its last.
constexpr std::string_view kUnfinished = "/unfinished";

std::string card_path(const std::string& folder, const std::string& party, const std::string& desk) {
  return folder + "/card-" + party + (desk.empty() ? "" : '-' + desk) + ".json";
}

Status begin_folder(FileSystem& files, const std::string& folder, const std::string& party, const std::string& desk) {
  const std::string unfinished = folder + std::string(kUnfinished);
  const bool begun = files.exists(unfinished);
  for (const std::string& path : {folder + "/mechanism.json", card_path(folder, party, desk)}) {
    if (files.exists(path)) return fail(ErrorCode::kExists, "the folder holds keys or a node already", path);
  }
  // A log that goes on past its first statement is no leftover, whatever else is missing.
  const std::string entries = folder + "/logs/" + party + "/main/tile/entries";
  if (files.exists(entries + "/000.p/2") || files.exists(entries + "/000"))
    return fail(ErrorCode::kExists, "the folder holds a log already", entries);
  for (const char* name : {"/mechanism-draft.json", "/keys", "/logs"}) {
    // What an earlier attempt left was given to nobody: its end, mechanism.json or the card, is missing.
    if (begun) remove_tree(files, folder + name);
    if (files.exists(folder + name))
      return fail(ErrorCode::kExists, "the folder holds keys or a node already", folder + name);
  }
  TRUCE_CHECK(files.make_folders(folder));
  return files.write_atomic(unfinished, "");
}

Status end_folder(FileSystem& files, const std::string& folder) {
  TRUCE_CHECK(files.remove(folder + std::string(kUnfinished)));
  return files.sync(folder);
}

Result<KeygenResult> keygen(World world, const KeygenRequest& request) {
  FileSystem& files = *world.files;
  TRUCE_CHECK(check_id(request.party, "party id"));
  if (!request.desk.empty()) {
    TRUCE_CHECK(check_id(request.desk, "desk"));
    if (request.desk == "main" || request.desk.starts_with("main-"))
      return fail(ErrorCode::kInvalidArgument, "a desk is not called main", request.desk);
  } else if (request.name.empty() || request.name.size() > 200) {
    return fail(ErrorCode::kInvalidArgument, "a party has a name of 1 to 200 bytes");
  } else if (request.main != "main" && picture::main_number(request.main) == 0) {
    return fail(ErrorCode::kInvalidArgument, "a main log is called main, main-2, main-3, ...", request.main);
  }
  TRUCE_CHECK(begin_folder(files, request.folder, request.party, request.desk));
  TRUCE_TRY(record::KeyRing keys,
            record::KeyRing::create(files, request.folder + "/keys", *world.random, request.main));
  KeygenResult out;
  out.card.party.id = request.party;
  Settings settings{request.party, "u-" + to_hex(world.random->bytes(4))};
  if (request.desk.empty()) {
    TRUCE_TRY(const std::string log_key, keys.log_public_key(request.main));
    out.card.party.name = request.name;
    out.card.party.main = request.main;
    out.card.party.role = request.role;
    out.card.party.keys = {log_key, keys.cosign_public_key(), keys.x25519_public_key()};
  } else {
    TRUCE_CHECK(keys.add_log(files, request.desk, *world.random));
    TRUCE_TRY(out.card.desk_key, keys.log_public_key(request.desk));
    out.card.desk = request.desk;
    settings.desk = request.desk;
    settings.desk_key = out.card.desk_key;
  }
  TRUCE_CHECK(write_settings(files, request.folder, settings));
  out.card_path = card_path(request.folder, request.party, request.desk);
  TRUCE_CHECK(files.write_atomic(out.card_path, out.card.to_bytes()));
  TRUCE_CHECK(end_folder(files, request.folder));
  return out;
}

Status begin_log(World world, const record::LogPlace& place, const record::KeyRing& keys) {
  FileSystem& files = *world.files;
  TRUCE_TRY(const std::string key, keys.log_public_key(place.log.log));
  if (key != place.public_key)
    return fail(ErrorCode::kInvalidMechanism, "the document does not hold this node's key of " + place.log.to_string());
  TRUCE_CHECK(files.make_folders(place.folder));
  TRUCE_TRY(const std::string_view seed, keys.log_seed(place.log.log));
  TRUCE_TRY(const auto opened, record::Log::open(files, place, seed, {5'000, world.clock}));
  if (opened->size() != 0) return {};
  TRUCE_TRY(const std::string acceptance, record::encode(record::make_acceptance(place, world.clock->now())));
  const std::string batch[] = {acceptance};
  TRUCE_TRY(const std::uint64_t index, opened->append(batch));
  static_cast<void>(index);
  return opened->publish();
}

Status check_usable(const mechanism::Mechanism& document) {
  if (document.rules_version != mechanism::kRulesVersion) {
    return fail(ErrorCode::kNotComputable,
                "asks for rules of version " + std::to_string(document.rules_version) +
                    ", this program computes version " + std::to_string(mechanism::kRulesVersion),
                "rules");
  }
  if (std::ranges::none_of(document.parties, &mechanism::Party::receives)) {
    return fail(ErrorCode::kInvalidMechanism,
                "has no guarantor or observer: nobody would receive what is stated, or decide anything", "parties");
  }
  const mechanism::Rule& rule = document.rule("amendment");
  const auto deciders = static_cast<std::int64_t>(document.deciders(rule).size());
  if (deciders == 0) {
    return fail(ErrorCode::kInvalidMechanism, "nobody decides on amendments: there is no guarantor",
                "decisions: amendment");
  }
  if (rule.rule == "k-of-n" && 2 * rule.k <= deciders) {
    return fail(ErrorCode::kInvalidMechanism,
                std::to_string(rule.k) + " of " + std::to_string(deciders) +
                    " could agree on one document and as many others on another: amendments need more than half",
                "decisions: amendment");
  }
  for (const mechanism::Party& p : document.parties) {
    const auto bad = [&](std::string_view key) {
      return fail(ErrorCode::kInvalidMechanism, "is no key: nobody could have made it", p.id + ": " + std::string(key));
    };
    if (!record::is_ed25519_public_key(p.keys.log)) return bad("log");
    if (!record::is_ed25519_public_key(p.keys.cosign)) return bad("cosign");
    if (!record::is_x25519_public_key(p.keys.x25519)) return bad("x25519");
  }
  return {};
}

Result<bool> accept(World world, const std::string& folder, std::string_view founding_bytes, bool renewed) {
  FileSystem& files = *world.files;
  TRUCE_TRY(mechanism::Mechanism m, mechanism::Mechanism::parse(founding_bytes));
  if (m.version != 0) return fail(ErrorCode::kInvalidMechanism, "is an amendment, not a founding document");
  TRUCE_CHECK(check_usable(m));
  const Hash id = mechanism::mechanism_id(founding_bytes);
  const std::string path = folder + "/mechanism.json";
  const bool is_known = files.exists(path);
  TRUCE_TRY(const Settings settings, read_settings(files, folder));
  LogId log{settings.me, settings.desk};
  std::string key;  // that the documents name for the main log
  if (is_known) {
    TRUCE_TRY(const std::string before, files.read(path, 1 << 20));
    if (before != founding_bytes) return fail(ErrorCode::kExists, "the node belongs to another mechanism", path);
    Roster roster(files, folder, m, id);
    TRUCE_CHECK(roster.update());
    m = roster.mechanism();
    if (settings.desk.empty()) log = roster.main_log(settings.me);
    if (const auto place = roster.place(log)) key = place->public_key;
  }
  const mechanism::Party* me = m.party(settings.me);
  const auto waits = [&]() -> Result<bool> {
    if (!is_known) TRUCE_CHECK(files.write_atomic(path, founding_bytes));
    return false;
  };
  if (me == nullptr) return waits();
  TRUCE_TRY(record::KeyRing keys, record::KeyRing::open(files, folder + "/keys"));
  if (settings.desk.empty()) {
    if (log.log.empty()) log.log = me->main;
    if (key.empty()) key = me->keys.log;
    const auto mine = keys.log_public_key(log.log);
    // The key for sealed parts may be another since: its party states it.
    const bool is_mine = mine && *mine == key && keys.cosign_public_key() == me->keys.cosign &&
                         (is_known || keys.x25519_public_key() == me->keys.x25519);
    if (!is_mine && renewed) return waits();
    if (!is_mine)
      return fail(ErrorCode::kInvalidMechanism, "the document does not hold this node's keys for " + settings.me);
  } else {
    TRUCE_TRY(key, keys.log_public_key(log.log));
  }
  // The log first, mechanism.json last: a folder that holds mechanism.json is a whole node.
  TRUCE_CHECK(files.make_folders(folder + "/logs/" + log.to_string()));
  TRUCE_CHECK(files.make_folders(folder + "/blobs"));
  TRUCE_CHECK(files.make_folders(folder + "/sealed"));
  TRUCE_CHECK(files.make_folders(folder + "/private", 0700));
  const record::LogPlace place{folder + "/logs/" + log.to_string(), id, log, key};
  if (is_known && !record::LogReader::open(files, place)) {
    // A folder that knows the others may have had this log before.
    TRUCE_TRY(const auto node, Node::open(world, folder));
    TRUCE_CHECK(node->check_not_behind(log));
  }
  TRUCE_CHECK(begin_log(world, place, keys));
  if (!is_known) TRUCE_CHECK(files.write_atomic(path, founding_bytes));
  return true;
}

}  // namespace truce::node
