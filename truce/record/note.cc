// SPDX-License-Identifier: Apache-2.0

#include "truce/record/note.h"

#include <algorithm>

#include "truce/base/encoding.h"
#include "truce/base/json.h"
#include "truce/base/unicode.h"
#include "truce/record/signing.h"

namespace truce::record {
namespace {

constexpr std::string_view kDash = "\xe2\x80\x94 ";  // U+2014 and a space begin each signature line

tl::unexpected<Error> bad(std::string message, std::size_t offset) {
  return fail(ErrorCode::kInvalidNote, std::move(message), "offset " + std::to_string(offset));
}

// Not empty, no white space of any kind that UTF-8 text could hide, no plus sign (which separates the parts of a
// verifier key).
bool is_key_name(std::string_view name) {
  if (name.empty() || name.size() > kKeyNameBytesMax) return false;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const auto c = static_cast<unsigned char>(name[i]);
    if (c <= 0x20 || c == 0x7f || c == '+') return false;
    // Unicode spaces: U+0085, U+00A0, U+1680, U+2000 to U+200A, U+2028, U+2029, U+202F, U+205F, U+3000.
    const std::string_view rest = name.substr(i);
    if (rest.starts_with("\xc2\x85") || rest.starts_with("\xc2\xa0") || rest.starts_with("\xe1\x9a\x80") ||
        rest.starts_with("\xe2\x81\x9f") || rest.starts_with("\xe3\x80\x80")) {
      return false;
    }
    if (rest.size() >= 3 && rest.starts_with("\xe2\x80")) {
      const auto last = static_cast<unsigned char>(rest[2]);
      if (last <= 0x8a || last == 0xa8 || last == 0xa9 || last == 0xaf) return false;
    }
  }
  return true;
}

Result<NoteSignature> parse_signature(std::string_view line, std::size_t offset) {
  if (!line.starts_with(kDash))
    return bad("a signature line begins with a dash and a space, not " + quoted(line), offset);
  line.remove_prefix(kDash.size());
  const std::size_t space = line.find(' ');
  if (space == std::string_view::npos || !is_key_name(line.substr(0, space))) {
    return bad("no key name in the signature line", offset);
  }
  const auto raw = from_base64(line.substr(space + 1));
  if (!raw || raw->size() < 5) return bad("no base64 of a key id and a signature", offset);
  return NoteSignature{std::string(line.substr(0, space)), raw->substr(0, 4), raw->substr(4)};
}

// Takes the next line without its newline. False at the end or where the newline is missing.
bool next_line(std::string_view& text, std::string_view& line) {
  const std::size_t end = text.find('\n');
  if (end == std::string_view::npos) return false;
  line = text.substr(0, end);
  text.remove_prefix(end + 1);
  return true;
}

}  // namespace

std::string SignedNote::to_bytes() const {
  std::string out = text + '\n';
  for (const NoteSignature& s : signatures) {
    out += kDash;
    out += s.name + ' ' + to_base64(s.key_id + s.signature) + '\n';
  }
  return out;
}

Result<SignedNote> SignedNote::parse(std::string_view bytes) {
  if (bytes.size() > kNoteBytesMax) {
    return fail(ErrorCode::kLimit, "a signed note is at most " + std::to_string(kNoteBytesMax) + " bytes");
  }
  if (const std::size_t at = first_bad_utf8(bytes); at != std::string_view::npos) return bad("not UTF-8", at);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (static_cast<unsigned char>(bytes[i]) < 0x20 && bytes[i] != '\n') return bad("a control character", i);
  }
  const std::size_t split = bytes.rfind("\n\n");
  if (split == std::string_view::npos) return bad("no blank line before the signatures", bytes.size());
  SignedNote out;
  out.text = bytes.substr(0, split + 1);
  std::string_view rest = bytes.substr(split + 2);
  std::string_view line;
  if (rest.empty()) return bad("no signature", bytes.size());
  while (!rest.empty()) {
    const std::size_t offset = bytes.size() - rest.size();
    if (!next_line(rest, line)) return bad("the last line has no end", offset);
    if (out.signatures.size() == kNoteSignatureCountMax) {
      return fail(ErrorCode::kLimit, "more than " + std::to_string(kNoteSignatureCountMax) + " signatures",
                  "offset " + std::to_string(offset));
    }
    TRUCE_TRY(NoteSignature s, parse_signature(line, offset));
    out.signatures.push_back(std::move(s));
  }
  return out;
}

std::string key_id(std::string_view name, std::string_view public_key) {
  std::string bytes(name);
  bytes += '\n';
  bytes += kKeyTypeEd25519;
  bytes += public_key;
  return std::string(sha256(bytes).view().substr(0, 4));
}

std::string verifier_key(std::string_view name, std::string_view public_key) {
  std::string typed(1, kKeyTypeEd25519);
  typed += public_key;
  return std::string(name) + '+' + to_hex(key_id(name, public_key)) + '+' + to_base64(typed);
}

std::string Checkpoint::to_text() const {
  std::string out = origin + '\n' + std::to_string(size) + '\n' + to_base64(root.view()) + '\n';
  for (const std::string& line : extensions) out += line + '\n';
  return out;
}

Result<Checkpoint> Checkpoint::parse_text(std::string_view text) {
  Checkpoint out;
  const std::size_t all = text.size();
  const auto offset = [&] { return all - text.size(); };
  std::string_view line;
  if (!next_line(text, line) || line.empty()) return bad("a checkpoint begins with its origin", 0);
  out.origin = line;
  std::size_t at = offset();
  if (!next_line(text, line)) return bad("no line of the size", at);
  const bool digits = !line.empty() && line.size() <= 16 && (line.size() == 1 || line[0] != '0') &&
                      std::all_of(line.begin(), line.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (!digits) return bad("the size is no decimal number without leading zeros: " + quoted(line), at);
  for (const char c : line) out.size = out.size * 10 + static_cast<std::uint64_t>(c - '0');
  if (out.size > static_cast<std::uint64_t>(Json::kIntegerMax)) return bad("the size is beyond 2^53 - 1", at);
  at = offset();
  if (!next_line(text, line)) return bad("no line of the root", at);
  const auto root = from_base64(line);
  if (!root || root->size() != 32) return bad("the root is no base64 of 32 bytes: " + quoted(line), at);
  out.root = Hash::from_raw(*root);
  while (!text.empty()) {
    at = offset();
    if (!next_line(text, line) || line.empty()) return bad("an empty or endless line", at);
    out.extensions.emplace_back(line);
  }
  return out;
}

Result<Checkpoint> claimed_checkpoint(std::string_view bytes) {
  TRUCE_TRY(const SignedNote note, SignedNote::parse(bytes));
  return Checkpoint::parse_text(note.text);
}

std::string sign_checkpoint(const Checkpoint& checkpoint, std::string_view seed) {
  SignedNote note;
  note.text = checkpoint.to_text();
  note.signatures.push_back(
      {checkpoint.origin, key_id(checkpoint.origin, ed25519_public_key(seed)), ed25519_sign(seed, note.text)});
  return note.to_bytes();
}

Result<Checkpoint> open_checkpoint(std::string_view bytes, std::string_view origin, std::string_view public_key) {
  TRUCE_TRY(const SignedNote note, SignedNote::parse(bytes));
  TRUCE_TRY(Checkpoint out, Checkpoint::parse_text(note.text));
  if (out.origin != origin) {
    return fail(ErrorCode::kInvalidNote,
                "the checkpoint is of " + quoted(out.origin) + ", not of " + std::string(origin));
  }
  const std::string id = key_id(origin, public_key);
  const auto own = std::find_if(note.signatures.begin(), note.signatures.end(),
                                [&](const NoteSignature& s) { return s.name == origin && s.key_id == id; });
  if (own == note.signatures.end()) {
    return fail(ErrorCode::kBadSignature, "no signature by the log's own key " + to_hex(id));
  }
  if (!ed25519_verify(public_key, note.text, own->signature)) {
    return fail(ErrorCode::kBadSignature, "the log's signature does not fit the checkpoint");
  }
  return out;
}

}  // namespace truce::record
