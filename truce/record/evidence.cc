// SPDX-License-Identifier: Apache-2.0

#include "truce/record/evidence.h"

#include <algorithm>

#include "truce/base/json_fields.h"
#include "truce/record/merkle.h"
#include "truce/record/proof.h"

namespace truce::record {
namespace {

// A checkpoint of one signature: origin, size, root, signature.
constexpr std::size_t kCheckpointBytesMax = 4096;

Json hashes_json(const std::vector<Hash>& hashes) {
  Json list = Json::array();
  for (const Hash& h : hashes) list.push_back(h.base64url());
  return list;
}

std::vector<Hash> hashes_from(JsonFields& f, std::string_view key) {
  std::vector<Hash> out;
  for (const Json& j : f.array_or_empty(key, kProofHashCountMax)) {
    auto h = j.is_string() ? Hash::from_base64url(j.as_string()) : Result<Hash>(fail(ErrorCode::kSyntax, "no text"));
    if (!h) {
      f.fault(key, "holds what is no hash");
      break;
    }
    out.push_back(h.value());
  }
  return out;
}

}  // namespace

Json ForkEvidence::to_body() const {
  Json body = Json::object({{"first", first},
                            {"kind", "fork"},
                            {"log", log.to_string()},
                            {"prefix_root", prefix_root.base64url()},
                            {"proof", hashes_json(proof)},
                            {"second", second}});
  if (common) {
    body.set("common", Json::object({{"root", common->root.base64url()},
                                     {"size", static_cast<std::int64_t>(common->size)},
                                     {"to_first", hashes_json(common->to_first)},
                                     {"to_second", hashes_json(common->to_second)}}));
  }
  return body;
}

Result<ForkEvidence> ForkEvidence::from_body(const Json& body) {
  JsonFields f(body, "evidence");
  ForkEvidence out;
  if (f.text("kind", 16) != "fork") f.fault("kind", "is not fork");
  if (auto log = LogId::parse(f.text("log", 65)); log) {
    out.log = std::move(log).value();
  } else {
    f.fault("log", log.error().message);
  }
  out.first = f.text("first", kCheckpointBytesMax);
  out.second = f.text("second", kCheckpointBytesMax);
  out.prefix_root = f.hash("prefix_root");
  f.has("proof") ? void() : f.fault("proof", "missing");
  out.proof = hashes_from(f, "proof");
  if (const Json* c = f.member("common")) {
    JsonFields g(*c, "evidence: common");
    CommonPrefix common;
    common.root = g.hash("root");
    common.size = static_cast<std::uint64_t>(g.integer("size", 1, Json::kIntegerMax));
    common.to_first = hashes_from(g, "to_first");
    common.to_second = hashes_from(g, "to_second");
    TRUCE_CHECK(g.finish(ErrorCode::kInvalidStatement));
    out.common = std::move(common);
  }
  TRUCE_CHECK(f.finish(ErrorCode::kInvalidStatement));
  return out;
}

Result<ProvenFork> verify(const ForkEvidence& e, const std::string& origin, std::string_view public_key) {
  const auto head = [&](const std::string& checkpoint, const char* which) -> Result<Head> {
    auto c = open_checkpoint(checkpoint, origin, public_key);
    if (!c) return fail(at(std::move(c).error(), which));
    return Head{e.log, c->size, c->root};
  };
  ProvenFork out;
  TRUCE_TRY(out.first, head(e.first, "first"));
  TRUCE_TRY(out.second, head(e.second, "second"));
  const Head &a = out.first, &b = out.second;
  if (a.size == 0 && a.root == empty_root()) return fail(ErrorCode::kBadProof, "nothing is a prefix of everything");
  if (a.size > b.size || (a.size == b.size && !(a.root < b.root)))
    return fail(ErrorCode::kBadProof, "the heads are not in order, or the same");
  // A head of size 0 with another root than that of no entries is false by itself: any other head shows it.
  const bool proven = a.size == b.size ? e.proof.empty() && e.prefix_root == b.root
                                       : verify_consistency(a.size, e.prefix_root, b.size, b.root, e.proof);
  if (!proven) return fail(ErrorCode::kBadProof, "the second head does not hold the prefix that is said", "proof");
  if (e.prefix_root == a.root) return fail(ErrorCode::kBadProof, "the first head is a prefix of the second");
  if (e.common) {
    const CommonPrefix& c = *e.common;
    if (!verify_consistency(c.size, c.root, a.size, a.root, c.to_first) ||
        !verify_consistency(c.size, c.root, b.size, b.root, c.to_second)) {
      return fail(ErrorCode::kBadProof, "what both are said to share is not a prefix of both", "common");
    }
    out.common_size = c.size;
  }
  out.common_max = e.common ? out.common_size : std::max<std::uint64_t>(a.size, 1) - 1;
  return out;
}

Result<std::string> own_checkpoint(std::string_view checkpoint, std::string_view origin, std::string_view public_key) {
  TRUCE_CHECK(open_checkpoint(checkpoint, origin, public_key));
  TRUCE_TRY(SignedNote note, SignedNote::parse(checkpoint));
  const std::string id = key_id(origin, public_key);
  const auto own =
      std::ranges::find_if(note.signatures, [&](const NoteSignature& s) { return s.name == origin && s.key_id == id; });
  note.signatures = {*own};  // open_checkpoint() found and verified this very line
  return note.to_bytes();
}

}  // namespace truce::record
