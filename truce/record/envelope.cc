// SPDX-License-Identifier: Apache-2.0

#include "truce/record/envelope.h"
#include "truce/base/sha256_each.h"

#include <algorithm>
#include <functional>

#include "truce/base/encoding.h"
#include "truce/record/sealed_size.h"

namespace truce::record {
namespace {

constexpr std::string_view kSignedPrefix = "truce statement v1\n";

tl::unexpected<Error> bad(std::string_view field, std::string message) {
  return fail(ErrorCode::kInvalidEnvelope, std::move(message), std::string(field));
}

Status check_blobs(const std::vector<Hash>& blobs, std::string_view field) {
  if (blobs.size() > kBlobCountMax) return bad(field, "more than " + std::to_string(kBlobCountMax) + " blobs");
  if (std::adjacent_find(blobs.begin(), blobs.end(), std::greater_equal<>()) != blobs.end()) {
    return bad(field, "not ascending and distinct");
  }
  return {};
}

Status check_references(const std::vector<Reference>& references) {
  if (references.size() > kReferenceCountMax) {
    return bad("refs", "more than " + std::to_string(kReferenceCountMax) + " references");
  }
  for (const Reference& r : references) {
    if (!is_id(r.relation)) return bad("refs: rel", "not a relation: " + quoted(r.relation));
    if (!is_id(r.target.id.log.party) || !is_id(r.target.id.log.log) ||
        r.target.id.index > static_cast<std::uint64_t>(Json::kIntegerMax)) {
      return bad("refs: id", "not a statement: " + quoted(r.target.id.to_string()));
    }
  }
  if (references.size() < 2) return {};
  std::vector<const Reference*> sorted;
  for (const Reference& r : references) sorted.push_back(&r);
  const auto less = [](const Reference* a, const Reference* b) {
    return a->relation != b->relation ? a->relation < b->relation : a->target < b->target;
  };
  std::sort(sorted.begin(), sorted.end(), less);
  for (std::size_t i = 1; i < sorted.size(); ++i) {
    if (*sorted[i - 1] == *sorted[i])
      return bad("refs", "the same reference twice: " + sorted[i]->target.id.to_string());
  }
  return {};
}

Status check_signatures(const std::vector<FurtherSignature>& signatures) {
  if (signatures.size() > kSignatureCountMax) {
    return bad("signatures", "more than " + std::to_string(kSignatureCountMax) + " signatures");
  }
  for (std::size_t i = 0; i < signatures.size(); ++i) {
    if (!Hash::from_base64url(signatures[i].key_id)) {
      return bad("signatures: key", "not a key id: " + quoted(signatures[i].key_id));
    }
    if (signatures[i].signature.size() != 64) return bad("signatures: sig", "a signature has 64 bytes");
    for (std::size_t j = 0; j < i; ++j) {
      if (signatures[j].key_id == signatures[i].key_id) return bad("signatures: key", "the same key twice");
    }
  }
  return {};
}

// The rules that both directions keep, beyond JSON's own. The body's depth is encode()'s work.
Status check(const Envelope& e) {
  if (!is_id(e.type)) return bad("type", "not a type: " + quoted(e.type));
  if (!is_id(e.author.party) || !is_id(e.author.log))
    return bad("author", "not a log: " + quoted(e.author.to_string()));
  if (e.mechanism_version < 0 || e.mechanism_version > Json::kIntegerMax) {
    return bad("mechanism_version", "out of range: " + std::to_string(e.mechanism_version));
  }
  if (!e.by.empty() && !is_id(e.by)) return bad("by", "not a pseudonym: " + quoted(e.by));
  if (!e.recorded.is_valid()) return bad("recorded", "out of range: " + std::to_string(e.recorded.ms));
  if (!e.body.is_object()) return bad("body", "is not an object");
  if (e.sealed && !is_sealed_size_class(e.sealed->size_class_bytes)) {
    return bad("sealed: size", "not a size class: " + std::to_string(e.sealed->size_class_bytes));
  }
  TRUCE_CHECK(check_references(e.references));
  TRUCE_CHECK(check_blobs(e.required_blobs, "blobs: required"));
  TRUCE_CHECK(check_blobs(e.optional_blobs, "blobs: optional"));
  return check_signatures(e.signatures);
}

int depth_of(const Json& j) {
  int deepest = 0;
  if (j.is_array()) {
    for (const Json& v : j.as_array()) deepest = std::max(deepest, depth_of(v));
    return deepest + 1;
  }
  if (j.is_object()) {
    for (const auto& [key, value] : j.as_object()) deepest = std::max(deepest, depth_of(value));
    return deepest + 1;
  }
  return 0;
}

void append_hash_list(std::string& out, const std::vector<Hash>& hashes) {
  out += '[';
  for (std::size_t i = 0; i < hashes.size(); ++i) {
    out += i == 0 ? "\"" : ",\"";
    out += hashes[i].base64url();
    out += '"';
  }
  out += ']';
}

// Values below are ids, numbers, hex and base64url: nothing that JSON would escape.
void append_blobs(std::string& out, const Envelope& e) {
  if (e.optional_blobs.empty() && e.required_blobs.empty()) return;
  out += ",\"blobs\":{";
  if (!e.optional_blobs.empty()) {
    out += "\"optional\":";
    append_hash_list(out, e.optional_blobs);
    if (!e.required_blobs.empty()) out += ',';
  }
  if (!e.required_blobs.empty()) {
    out += "\"required\":";
    append_hash_list(out, e.required_blobs);
  }
  out += '}';
}

void append_references(std::string& out, const Envelope& e) {
  if (e.references.empty()) return;
  out += ",\"refs\":[";
  for (std::size_t i = 0; i < e.references.size(); ++i) {
    const Reference& r = e.references[i];
    if (i != 0) out += ',';
    out += "{\"id\":\"" + r.target.id.to_string() + "\",\"leaf\":\"" + r.target.leaf.base64url() + "\",\"rel\":\"" +
           r.relation + "\"}";
  }
  out += ']';
}

void append_signatures(std::string& out, const Envelope& e) {
  if (e.signatures.empty()) return;
  out += ",\"signatures\":[";
  for (std::size_t i = 0; i < e.signatures.size(); ++i) {
    if (i != 0) out += ',';
    out += "{\"key\":\"" + e.signatures[i].key_id + "\",\"sig\":\"" + to_base64url(e.signatures[i].signature) + "\"}";
  }
  out += ']';
}

Result<std::string> encode_with(const Envelope& e, bool with_signatures) {
  TRUCE_CHECK(check(e));
  if (depth_of(e.body) > Json::kDepthMax - 1) return fail(ErrorCode::kLimit, "nested deeper than 15", "body");
  auto body = e.body.checked_canonical();
  if (!body) return fail(at(std::move(body).error(), "body"));
  std::string out;
  out.reserve(body->size() + 320);
  out += "{\"author\":\"" + e.author.to_string() + '"';
  append_blobs(out, e);
  out += ",\"body\":";
  out += *body;
  if (!e.by.empty()) out += ",\"by\":\"" + e.by + '"';
  out += ",\"mechanism\":\"" + e.mechanism.hex() + "\",\"mechanism_version\":" + std::to_string(e.mechanism_version);
  out += ",\"recorded\":" + std::to_string(e.recorded.ms);
  append_references(out, e);
  if (e.sealed) {
    out += ",\"sealed\":{\"ciphertext\":\"" + e.sealed->ciphertext.base64url() + "\",\"content_key\":\"" +
           e.sealed->content_key.base64url() + "\",\"payload\":\"" + e.sealed->payload.base64url() +
           "\",\"size\":" + std::to_string(e.sealed->size_class_bytes) + '}';
  }
  if (with_signatures) append_signatures(out, e);
  out += ",\"type\":\"" + e.type + "\",\"v\":1}";
  if (out.size() > kEntryBytesMax) {
    return fail(ErrorCode::kLimit, "a statement of " + std::to_string(out.size()) + " bytes is longer than " +
                                       std::to_string(kEntryBytesMax) + ": put the larger part into a blob");
  }
  return out;
}

// ---- decoding: each function reads one member or says what is wrong with it ----

Result<std::string> text(const Json& j, std::string_view field) {
  if (!j.is_string()) return bad(field, "is not a text");
  return j.as_string();
}

Result<std::int64_t> integer(const Json& j, std::string_view field) {
  if (!j.is_integer()) return bad(field, "is not an integer");
  return j.as_integer();
}

Result<Hash> hash(const Json& j, std::string_view field) {
  if (!j.is_string()) return bad(field, "is not a text");
  auto h = Hash::from_base64url(j.as_string());
  if (!h) return bad(field, h.error().message);
  return h.value();
}

// The members of an object, which must be exactly `keys` (ascending, as canonical JSON has them).
Status exact_members(const Json& j, std::string_view field, std::initializer_list<std::string_view> keys) {
  if (!j.is_object()) return bad(field, "is not an object");
  const auto& members = j.as_object();
  const bool same = members.size() == keys.size() && std::equal(keys.begin(), keys.end(), members.begin(),
                                                                [](auto k, const auto& m) { return k == m.first; });
  if (same) return {};
  std::string wanted;
  for (const std::string_view k : keys) wanted += (wanted.empty() ? "" : ", ") + std::string(k);
  return bad(field, "has other members than " + wanted);
}

// A list that is there has members: an empty one is written by leaving it out.
Result<Json::Array*> list(Json& j, std::string_view field, std::size_t count_max) {
  if (!j.is_array()) return bad(field, "is not a list");
  if (j.as_array().empty()) return bad(field, "is empty: leave it out");
  if (j.as_array().size() > count_max) return bad(field, "has more than " + std::to_string(count_max) + " members");
  return &j.as_array();
}

Status read_blob_list(Json& j, std::string_view field, std::vector<Hash>& out) {
  TRUCE_TRY(const Json::Array* items, list(j, field, kBlobCountMax));
  for (const Json& item : *items) {
    TRUCE_TRY(const Hash h, hash(item, field));
    out.push_back(h);
  }
  return {};
}

Status read_blobs(Json& j, Envelope& out) {
  if (!j.is_object()) return bad("blobs", "is not an object");
  if (j.as_object().empty()) return bad("blobs", "is empty: leave it out");
  for (auto& [key, value] : j.as_object()) {
    if (key == "optional") {
      TRUCE_CHECK(read_blob_list(value, "blobs: optional", out.optional_blobs));
    } else if (key == "required") {
      TRUCE_CHECK(read_blob_list(value, "blobs: required", out.required_blobs));
    } else {
      return bad("blobs: " + quoted(key), "version 1 does not know this member");
    }
  }
  return {};
}

Status read_references(Json& j, Envelope& out) {
  TRUCE_TRY(Json::Array * items, list(j, "refs", kReferenceCountMax));
  out.references.reserve(items->size());
  for (Json& item : *items) {
    TRUCE_CHECK(exact_members(item, "refs", {"id", "leaf", "rel"}));
    auto& members = item.as_object();
    TRUCE_TRY(const std::string id, text(members[0].second, "refs: id"));
    auto target = StatementId::parse(id);
    if (!target) return bad("refs: id", target.error().message);
    TRUCE_TRY(const Hash leaf, hash(members[1].second, "refs: leaf"));
    TRUCE_TRY(std::string relation, text(members[2].second, "refs: rel"));
    out.references.push_back({std::move(relation), {std::move(target).value(), leaf}});
  }
  return {};
}

Status read_sealed(const Json& j, Envelope& out) {
  TRUCE_CHECK(exact_members(j, "sealed", {"ciphertext", "content_key", "payload", "size"}));
  const auto& members = j.as_object();
  SealedHashes s;
  TRUCE_TRY(s.ciphertext, hash(members[0].second, "sealed: ciphertext"));
  TRUCE_TRY(s.content_key, hash(members[1].second, "sealed: content_key"));
  TRUCE_TRY(s.payload, hash(members[2].second, "sealed: payload"));
  TRUCE_TRY(s.size_class_bytes, integer(members[3].second, "sealed: size"));
  out.sealed = s;
  return {};
}

Status read_signatures(Json& j, Envelope& out) {
  TRUCE_TRY(Json::Array * items, list(j, "signatures", kSignatureCountMax));
  for (Json& item : *items) {
    TRUCE_CHECK(exact_members(item, "signatures", {"key", "sig"}));
    auto& members = item.as_object();
    FurtherSignature s;
    TRUCE_TRY(s.key_id, text(members[0].second, "signatures: key"));
    TRUCE_TRY(const std::string encoded, text(members[1].second, "signatures: sig"));
    auto raw = from_base64url(encoded);
    if (!raw) return bad("signatures: sig", "not base64url: " + quoted(encoded));
    s.signature = std::move(raw).value();
    out.signatures.push_back(std::move(s));
  }
  return {};
}

enum Seen : unsigned {
  kAuthor = 1,
  kBody = 2,
  kMechanism = 4,
  kMechanismVersion = 8,
  kRecorded = 16,
  kType = 32,
  kAll = 63,
};

Status read_member(const std::string& key, Json& value, Envelope& out, unsigned& seen) {
  if (key == "author") {
    seen |= kAuthor;
    TRUCE_TRY(const std::string s, text(value, "author"));
    auto id = LogId::parse(s);
    if (!id) return bad("author", id.error().message);
    out.author = std::move(id).value();
  } else if (key == "blobs") {
    return read_blobs(value, out);
  } else if (key == "body") {
    seen |= kBody;
    out.body = std::move(value);
  } else if (key == "by") {
    TRUCE_TRY(out.by, text(value, "by"));
    if (out.by.empty()) return bad("by", "is empty: leave it out");
  } else if (key == "mechanism") {
    seen |= kMechanism;
    TRUCE_TRY(const std::string s, text(value, "mechanism"));
    auto h = Hash::from_hex(s);
    if (!h) return bad("mechanism", h.error().message);
    out.mechanism = h.value();
  } else if (key == "mechanism_version") {
    seen |= kMechanismVersion;
    TRUCE_TRY(out.mechanism_version, integer(value, "mechanism_version"));
  } else if (key == "recorded") {
    seen |= kRecorded;
    TRUCE_TRY(out.recorded.ms, integer(value, "recorded"));
  } else if (key == "refs") {
    return read_references(value, out);
  } else if (key == "sealed") {
    return read_sealed(value, out);
  } else if (key == "signatures") {
    return read_signatures(value, out);
  } else if (key == "type") {
    seen |= kType;
    TRUCE_TRY(out.type, text(value, "type"));
  } else if (key != "v") {
    return bad(quoted(key), "version 1 does not know this member");
  }
  return {};
}

}  // namespace

const StatementRef* Envelope::reference(std::string_view relation) const {
  for (const Reference& r : references) {
    if (r.relation == relation) return &r.target;
  }
  return nullptr;
}

Result<std::string> encode(const Envelope& envelope) {
  return encode_with(envelope, true);
}

Result<Envelope> decode(std::string_view entry) {
  if (entry.size() > kEntryBytesMax) {
    return fail(ErrorCode::kLimit, "an entry is at most " + std::to_string(kEntryBytesMax) + " bytes");
  }
  TRUCE_TRY(Json document, Json::parse_canonical(entry));
  if (!document.is_object()) return bad("", "an entry is an object");
  const Json* version = document.find("v");
  if (version == nullptr || !version->is_integer()) return bad("v", "no version");
  if (version->as_integer() != 1) {
    return bad("v", "version " + std::to_string(version->as_integer()) + " is not known to this program");
  }
  Envelope out;
  unsigned seen = 0;
  for (auto& [key, value] : document.as_object()) TRUCE_CHECK(read_member(key, value, out, seen));
  if (seen != kAll) {
    constexpr std::string_view kNames[] = {"author", "body", "mechanism", "mechanism_version", "recorded", "type"};
    for (unsigned i = 0; i < 6; ++i) {
      if ((seen >> i & 1U) == 0) return bad(kNames[i], "missing");
    }
  }
  TRUCE_CHECK(check(out));
  return out;
}

Result<std::string> signed_bytes(const Envelope& envelope) {
  TRUCE_TRY(std::string bytes, encode_with(envelope, false));
  return std::string(kSignedPrefix) + bytes;
}

Hash leaf_hash(std::string_view entry) {
  return sha256(std::string_view("\0", 1), entry);
}

void leaf_hashes(std::span<const std::string_view> entries, std::span<Hash> out) {
  sha256_each(0, entries, out);
}

}  // namespace truce::record
