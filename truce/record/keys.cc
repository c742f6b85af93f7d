// SPDX-License-Identifier: Apache-2.0

#include "truce/record/keys.h"

#include <sodium.h>

#include <algorithm>

#include "truce/base/encoding.h"
#include "truce/base/id.h"
#include "truce/base/json.h"
#include "truce/base/json_fields.h"
#include "truce/record/cipher.h"
#include "truce/record/signing.h"

namespace truce::record {
namespace {

constexpr std::string_view kLockedName = "locked.json";
constexpr std::string_view kSuffix = ".key";
constexpr std::string_view kAssociated = "truce locked keys v1\n";
constexpr std::size_t kLockedBytesMax = 1 << 20;
constexpr std::string_view kKinds[] = {"log",     "cosign",      "x25519", "x25519-next", "x25519-previous",
                                       "private", "private-next"};
constexpr std::size_t kArgonSaltBytes = crypto_pwhash_SALTBYTES;

std::string locked_path(const std::string& folder) {
  return folder + '/' + std::string(kLockedName);
}

// One key as its file says it.
struct Key {
  std::string kind;  // one of kKinds
  std::string log;   // for kind log
  Secret seed;

  [[nodiscard]] std::string file_name() const { return (kind == "log" ? "log-" + log : kind) + std::string(kSuffix); }
  // Canonical JSON; the caller wipes it.
  [[nodiscard]] std::string to_bytes() const {
    std::string seed64 = to_base64url(seed.view());
    std::string out = "{\"kind\":\"" + kind + '"';
    if (kind == "log") out += ",\"log\":\"" + log + '"';
    out += ",\"seed\":\"" + seed64 + "\",\"v\":1}";
    wipe(seed64);
    return out;
  }
};

Result<Key> key_from(const Json& json) {
  JsonFields f(json, "key");
  Key out;
  out.kind = f.text("kind", 32);
  if (f.ok() && std::ranges::find(kKinds, out.kind) == std::ranges::end(kKinds)) {
    f.fault("kind", "not a kind of key: " + quoted(out.kind));
  }
  if (out.kind == "log") {
    out.log = f.text("log", 32);
    if (f.ok() && !is_id(out.log)) f.fault("log", "not a log: " + quoted(out.log));
  }
  std::string seed64 = f.text("seed", 43);
  auto seed = from_base64url(seed64);
  wipe(seed64);
  if (f.ok() && (!seed || seed->size() != kSeedBytes)) f.fault("seed", "is no base64url of 32 bytes");
  if (seed) out.seed = Secret::from(std::move(seed).value());
  f.integer("v", 1, 1);
  TRUCE_CHECK(f.finish(ErrorCode::kSyntax));
  return out;
}

Result<Key> key_from_bytes(std::string bytes) {
  auto json = Json::parse_canonical(bytes);
  wipe(bytes);
  if (!json)
    return fail(ErrorCode::kSyntax, "not canonical JSON", json.error().where);  // its message could quote a secret
  auto out = key_from(*json);
  wipe(*json);
  return out;
}

Status write_key(FileSystem& files, const std::string& folder, const Key& key) {
  std::string bytes = key.to_bytes();
  auto done = files.write_atomic(folder + '/' + key.file_name(), bytes, 0600);
  wipe(bytes);
  return done;
}

Result<std::vector<std::string>> key_names(FileSystem& files, const std::string& folder) {
  TRUCE_TRY(std::vector<std::string> names, files.list(folder));
  std::erase_if(names, [](const std::string& n) { return !n.ends_with(kSuffix); });
  if (names.size() > kLogKeyCountMax + std::size(kKinds) - 1)
    return fail(ErrorCode::kLimit, "more key files than a party may have", folder);
  return names;
}

// Its successor lies beside it.
bool is_replaced(const std::vector<std::string>& names, const std::string& name) {
  const auto has = [&](const char* next) { return std::ranges::find(names, next) != names.end(); };
  if (name == "private.key") return has("private-next.key");
  return (name == "x25519.key" || name == "x25519-previous.key") && has("x25519-next.key");
}

// Overwrites a key file and makes that durable; the file stays. Ok where there is none.
Status overwrite(FileSystem& files, const std::string& path) {
  if (!files.exists(path)) return {};
  TRUCE_TRY(const FileStatus status, files.status(path));
  TRUCE_CHECK(files.write(path, std::string(std::min<std::size_t>(status.size, kKeyFileBytesMax), '0'), 0600));
  return files.sync(path);
}

// Ok where there is none.
Status remove_key(FileSystem& files, const std::string& path) {
  if (!files.exists(path)) return {};
  TRUCE_CHECK(files.remove(path));
  return files.sync(folder_of(path));
}

// Half-written copies of key files that a crash has left: they hold secrets too.
Status remove_temporaries(FileSystem& files, const std::string& folder) {
  TRUCE_TRY(const std::vector<std::string> all, files.list(folder));
  for (const std::string& name : all) {
    if (name.find(".key.tmp-") != std::string::npos) TRUCE_CHECK(files.remove(folder + '/' + name));
  }
  return {};
}

Result<std::vector<Key>> read_keys(FileSystem& files, const std::string& folder) {
  TRUCE_TRY(const std::vector<std::string> names, key_names(files, folder));
  std::vector<Key> out;
  for (const std::string& name : names) {
    const std::string path = folder + '/' + name;
    TRUCE_TRY(std::string bytes, files.read(path, kKeyFileBytesMax));
    auto key = key_from_bytes(std::move(bytes));
    // A key that is being destroyed is half overwritten already: the next one stands for it.
    if (!key && is_replaced(names, name)) continue;
    if (!key) return fail(at(std::move(key).error(), path));
    if (key->file_name() != name) return fail(ErrorCode::kSyntax, "holds the key of " + key->file_name(), path);
    out.push_back(std::move(key).value());
  }
  return out;
}

Key new_key(std::string kind, std::string log, Random& random) {
  return {std::move(kind), std::move(log), Secret::from(random.bytes(kSeedBytes))};
}

Result<Secret> key_of_passphrase(std::string_view passphrase, std::string_view salt, PassphraseCost cost) {
  if (sodium_init() < 0) return fail(ErrorCode::kIo, "libsodium does not start");
  std::string key(kCipherKeyBytes, '\0');
  if (crypto_pwhash(reinterpret_cast<unsigned char*>(key.data()), key.size(), passphrase.data(), passphrase.size(),
                    reinterpret_cast<const unsigned char*>(salt.data()), cost.operations, cost.memory_bytes,
                    crypto_pwhash_ALG_ARGON2ID13) != 0) {
    return fail(ErrorCode::kIo,
                "not enough memory for the passphrase: " + std::to_string(cost.memory_bytes) + " bytes");
  }
  return Secret::from(std::move(key));
}

struct Locked {
  PassphraseCost cost;
  std::string salt;
  std::string ciphertext;
};

Result<Locked> read_locked(FileSystem& files, const std::string& folder) {
  const std::string path = locked_path(folder);
  auto bytes = files.read(path, kLockedBytesMax);
  if (!bytes) {
    if (bytes.error().code == ErrorCode::kNotFound)
      return fail(ErrorCode::kNotFound, "the keys are not locked", folder);
    return fail(std::move(bytes).error());
  }
  TRUCE_TRY(const Json json, Json::parse_canonical(*bytes));
  JsonFields f(json, path);
  Locked out;
  if (f.text("algorithm", 32) != "argon2id13-xchacha20poly1305") f.fault("algorithm", "not known to this program");
  const auto ciphertext = from_base64url(f.text("keys", kLockedBytesMax));
  out.cost.memory_bytes = static_cast<std::uint64_t>(
      f.integer("memory", crypto_pwhash_MEMLIMIT_MIN, static_cast<std::int64_t>(kPassphraseMemoryBytesMax)));
  out.cost.operations =
      static_cast<std::uint64_t>(f.integer("operations", 1, static_cast<std::int64_t>(kPassphraseOperationsMax)));
  const auto salt = from_base64url(f.text("salt", 64));
  f.integer("v", 1, 1);
  if (f.ok() && (!salt || salt->size() != kArgonSaltBytes)) f.fault("salt", "is no base64url of 16 bytes");
  if (f.ok() && !ciphertext) f.fault("keys", "is no base64url");
  TRUCE_CHECK(f.finish(ErrorCode::kSyntax));
  out.salt = *salt;
  out.ciphertext = *ciphertext;
  return out;
}

Result<std::vector<Key>> open_locked(const Locked& locked, const Secret& key) {
  auto plain = decrypt(locked.ciphertext, key.view(), kAssociated);
  if (!plain) return fail(ErrorCode::kBadPassphrase, "the passphrase is another, or locked.json is damaged");
  auto json = Json::parse_canonical(*plain);
  wipe(*plain);
  if (!json || !json->is_array()) return fail(ErrorCode::kSyntax, "locked.json holds no list of keys");
  std::vector<Key> out;
  Status good;
  for (const Json& j : json->as_array()) {
    auto k = key_from(j);
    if (k) {
      out.push_back(std::move(k).value());
    } else if (good) {
      good = fail(std::move(k).error());
    }
  }
  wipe(*json);
  TRUCE_CHECK(good);
  return out;
}

bool same_keys(const std::vector<Key>& a, const std::vector<Key>& b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), [](const Key& x, const Key& y) {
           return x.file_name() == y.file_name() && x.seed.size() == y.seed.size() &&
                  sodium_memcmp(x.seed.view().data(), y.seed.view().data(), x.seed.size()) == 0;
         });
}

Status remove_plain(FileSystem& files, const std::string& folder) {
  TRUCE_TRY(const std::vector<std::string> all, files.list(folder));
  for (const std::string& name : all) {
    // Half-written copies of key files hold keys too.
    const bool plain = name.ends_with(kSuffix) || name.find(".key.tmp-") != std::string::npos;
    if (plain) TRUCE_CHECK(files.remove(folder + '/' + name));
  }
  return files.sync(folder);
}

// A second lock() after one that was cut short: plain files go if the same passphrase opens the same keys.
Status finish_lock(FileSystem& files, const std::string& folder, std::string_view passphrase) {
  TRUCE_TRY(const Locked locked, read_locked(files, folder));
  TRUCE_TRY(const Secret key, key_of_passphrase(passphrase, locked.salt, locked.cost));
  TRUCE_TRY(const std::vector<Key> wrapped, open_locked(locked, key));
  TRUCE_TRY(const std::vector<Key> plain, read_keys(files, folder));
  for (const Key& k : plain) {
    const bool known = std::any_of(wrapped.begin(), wrapped.end(), [&](const Key& w) {
      return w.file_name() == k.file_name() && w.seed.view() == k.seed.view();
    });
    if (!known)
      return fail(ErrorCode::kExists, "is not among the locked keys; unlock first", folder + '/' + k.file_name());
  }
  return remove_plain(files, folder);
}

}  // namespace

Result<KeyRing> KeyRing::create(FileSystem& files, std::string folder, Random& random, std::string_view log) {
  TRUCE_CHECK(check_id(log, "log id"));
  TRUCE_CHECK(files.make_folders(folder, 0700));
  TRUCE_TRY(const std::vector<std::string> names, key_names(files, folder));
  if (!names.empty() || is_locked(files, folder)) return fail(ErrorCode::kExists, "there are keys already", folder);
  for (const char* kind : {"log", "cosign", "x25519", "private"}) {
    TRUCE_CHECK(
        write_key(files, folder, new_key(kind, kind == std::string_view("log") ? std::string(log) : "", random)));
  }
  return open(files, std::move(folder));
}

Result<KeyRing> KeyRing::open(FileSystem& files, std::string folder) {
  if (is_locked(files, folder)) return fail(ErrorCode::kLocked, "the keys are locked: unlock first", folder);
  auto keys = read_keys(files, folder);
  if (!keys) return fail(std::move(keys).error());
  KeyRing out;
  Secret next_x25519;
  out.folder_ = std::move(folder);
  for (Key& k : *keys) {
    if (k.kind == "log") {
      out.logs_.emplace(k.log, std::move(k.seed));
    } else {
      const std::map<std::string_view, Secret*> places = {
          {"cosign", &out.cosign_},      {"x25519", &out.x25519_},
          {"x25519-next", &next_x25519}, {"x25519-previous", &out.previous_x25519_},
          {"private", &out.private_},    {"private-next", &out.next_private_}};
      *places.at(k.kind) = std::move(k.seed);
    }
  }
  // What replace_x25519() and finish_private() had begun counts as done.
  if (!next_x25519.empty() && next_x25519.view() != out.x25519_.view()) {
    if (!out.x25519_.empty()) out.previous_x25519_ = std::move(out.x25519_);
    out.x25519_ = std::move(next_x25519);
  }
  if (!out.next_private_.empty() && (out.private_.empty() || out.private_.view() == out.next_private_.view()))
    out.private_ = std::move(out.next_private_);
  if (out.logs_.empty() || out.cosign_.empty() || out.x25519_.empty() || out.private_.empty()) {
    return fail(ErrorCode::kNotFound, "not all keys are there: log, cosign, x25519, private", out.folder_);
  }
  return out;
}

Status KeyRing::add_log(FileSystem& files, std::string_view log, Random& random) {
  TRUCE_CHECK(check_id(log, "log id"));
  if (is_locked(files, folder_)) return fail(ErrorCode::kLocked, "the keys are locked: unlock first", folder_);
  if (logs_.size() >= kLogKeyCountMax) return fail(ErrorCode::kLimit, "more logs than a party may have", folder_);
  Key key = new_key("log", std::string(log), random);
  if (logs_.contains(log) || files.exists(folder_ + '/' + key.file_name())) {
    return fail(ErrorCode::kExists, "there is a key of this log already", std::string(log));
  }
  TRUCE_CHECK(write_key(files, folder_, key));
  logs_.emplace(key.log, std::move(key.seed));
  return {};
}

// REQUIRES: x25519-next.key holds x25519_, and stands for x25519.key, whatever that holds.
Status KeyRing::finish_x25519(FileSystem& files, bool keep_previous) {
  const std::string previous = folder_ + "/x25519-previous.key";
  TRUCE_CHECK(overwrite(files, previous));
  if (keep_previous && !previous_x25519_.empty()) {
    TRUCE_CHECK(write_key(files, folder_, {"x25519-previous", "", Secret::copy_of(previous_x25519_.view())}));
  } else {
    previous_x25519_ = Secret();
    TRUCE_CHECK(remove_key(files, previous));
  }
  TRUCE_CHECK(overwrite(files, folder_ + "/x25519.key"));
  TRUCE_CHECK(write_key(files, folder_, {"x25519", "", Secret::copy_of(x25519_.view())}));
  TRUCE_CHECK(remove_temporaries(files, folder_));
  return remove_key(files, folder_ + "/x25519-next.key");
}

Status KeyRing::replace_x25519(FileSystem& files, Random& random, bool keep_previous) {
  if (is_locked(files, folder_)) return fail(ErrorCode::kLocked, "the keys are locked: unlock first", folder_);
  if (files.exists(folder_ + "/x25519-next.key")) TRUCE_CHECK(finish_x25519(files, true));  // of a call cut short
  Key next = new_key("x25519-next", "", random);
  TRUCE_CHECK(write_key(files, folder_, next));
  previous_x25519_ = std::move(x25519_);
  x25519_ = std::move(next.seed);
  return finish_x25519(files, keep_previous);
}

Status KeyRing::begin_private(FileSystem& files, Random& random) {
  if (is_locked(files, folder_)) return fail(ErrorCode::kLocked, "the keys are locked: unlock first", folder_);
  if (!next_private_.empty()) return {};
  if (files.exists(folder_ + "/private-next.key")) {  // finish_private() was cut short
    TRUCE_CHECK(write_key(files, folder_, {"private", "", Secret::copy_of(private_.view())}));
    TRUCE_CHECK(remove_key(files, folder_ + "/private-next.key"));
  }
  Key next = new_key("private-next", "", random);
  TRUCE_CHECK(write_key(files, folder_, next));
  next_private_ = std::move(next.seed);
  return {};
}

Status KeyRing::finish_private(FileSystem& files) {
  if (next_private_.empty()) return {};
  TRUCE_CHECK(overwrite(files, folder_ + "/private.key"));
  private_ = std::move(next_private_);
  TRUCE_CHECK(write_key(files, folder_, {"private", "", Secret::copy_of(private_.view())}));
  TRUCE_CHECK(remove_temporaries(files, folder_));
  return remove_key(files, folder_ + "/private-next.key");
}

Result<std::string_view> KeyRing::log_seed(std::string_view log) const {
  const auto it = logs_.find(log);
  if (it == logs_.end()) return fail(ErrorCode::kNotFound, "no key of the log " + quoted(log), folder_);
  return it->second.view();
}

Result<std::string> KeyRing::log_public_key(std::string_view log) const {
  TRUCE_TRY(const std::string_view seed, log_seed(log));
  return ed25519_public_key(seed);
}
std::string KeyRing::cosign_public_key() const {
  return ed25519_public_key(cosign_.view());
}
std::string KeyRing::x25519_public_key() const {
  return record::x25519_public_key(x25519_.view());
}

std::vector<std::string> KeyRing::logs() const {
  std::vector<std::string> out;
  for (const auto& [log, seed] : logs_) out.push_back(log);
  return out;
}

bool KeyRing::is_locked(FileSystem& files, const std::string& folder) {
  return files.exists(locked_path(folder));
}

Result<std::vector<std::string>> KeyRing::left_open(FileSystem& files, const std::string& folder) {
  if (!is_locked(files, folder)) return std::vector<std::string>();
  return key_names(files, folder);
}

Status KeyRing::lock(FileSystem& files, const std::string& folder, std::string_view passphrase, Random& random,
                     PassphraseCost cost) {
  if (passphrase.empty()) return fail(ErrorCode::kInvalidArgument, "an empty passphrase protects nothing");
  if (is_locked(files, folder)) return finish_lock(files, folder, passphrase);
  TRUCE_TRY(const std::vector<Key> keys, read_keys(files, folder));
  if (keys.empty()) return fail(ErrorCode::kNotFound, "no keys here", folder);
  const std::string salt = random.bytes(kArgonSaltBytes);
  TRUCE_TRY(const Secret key, key_of_passphrase(passphrase, salt, cost));
  std::string plain = "[";
  for (const Key& k : keys) {
    std::string one = k.to_bytes();
    if (plain.size() > 1) plain += ',';
    plain.reserve((keys.size() + 1) * 256);  // no copy is left behind by growing
    plain += one;
    wipe(one);
  }
  plain += ']';
  const std::string ciphertext = encrypt(plain, key.view(), random.bytes(kCipherNonceBytes), kAssociated);
  wipe(plain);
  const Json locked = Json::object({{"algorithm", "argon2id13-xchacha20poly1305"},
                                    {"keys", to_base64url(ciphertext)},
                                    {"memory", static_cast<std::int64_t>(cost.memory_bytes)},
                                    {"operations", static_cast<std::int64_t>(cost.operations)},
                                    {"salt", to_base64url(salt)},
                                    {"v", 1}});
  TRUCE_CHECK(files.write_atomic(locked_path(folder), locked.to_canonical(), 0600));
  // Nothing is removed before what was written has been read back and opened.
  TRUCE_TRY(const Locked written, read_locked(files, folder));
  TRUCE_TRY(const std::vector<Key> wrapped, open_locked(written, key));
  if (!same_keys(keys, wrapped)) return fail(ErrorCode::kIo, "locked.json does not hold what was written", folder);
  return remove_plain(files, folder);
}

Status KeyRing::unlock(FileSystem& files, const std::string& folder, std::string_view passphrase) {
  TRUCE_TRY(const Locked locked, read_locked(files, folder));
  TRUCE_TRY(const Secret key, key_of_passphrase(passphrase, locked.salt, locked.cost));
  TRUCE_TRY(const std::vector<Key> keys, open_locked(locked, key));
  for (const Key& k : keys) TRUCE_CHECK(write_key(files, folder, k));
  TRUCE_CHECK(files.remove(locked_path(folder)));
  return files.sync(folder);
}

}  // namespace truce::record
