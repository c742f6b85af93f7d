// SPDX-License-Identifier: Apache-2.0

#include "truce/record/witness.h"

#include <algorithm>
#include <vector>

#include "truce/base/encoding.h"
#include "truce/base/json.h"
#include "truce/record/merkle.h"
#include "truce/record/proof.h"

namespace truce::record {
namespace {

constexpr std::int64_t kLockWaitMs = 5'000;
// A memory larger than this is written anew with the last line of each log.
constexpr std::uint64_t kMemoryKeepBytes = 4 << 20;
constexpr std::uint64_t kMemoryBytesMax = 1ULL << 30;
constexpr std::size_t kSumDigits = 16;

// A line of the memory: 16 hex digits of the SHA-256 of what follows the space, base64 of the checkpoint. A torn line,
// or the torn tail, fails its sum.
std::string memory_line(const std::string& checkpoint) {
  const std::string text = to_base64(checkpoint);
  return sha256(text).hex().substr(0, kSumDigits) + ' ' + text + '\n';
}

std::optional<std::string> checkpoint_of(std::string_view line) {
  if (line.size() < kSumDigits + 2 || line[kSumDigits] != ' ') return std::nullopt;
  const std::string_view text = line.substr(kSumDigits + 1);
  if (sha256(text).hex().substr(0, kSumDigits) != line.substr(0, kSumDigits)) return std::nullopt;
  auto out = from_base64(text);
  return out ? std::optional(std::move(out).value()) : std::nullopt;
}

struct Request {
  std::uint64_t old_size = 0;
  std::vector<Hash> proof;
  std::string checkpoint;
};

std::optional<Request> parse_request(std::string_view body) {
  Request out;
  const auto line = [&]() -> std::optional<std::string_view> {
    const std::size_t end = body.find('\n');
    if (end == std::string_view::npos) return std::nullopt;
    const std::string_view l = body.substr(0, end);
    body.remove_prefix(end + 1);
    return l;
  };
  const auto first = line();
  if (!first || !first->starts_with("old ")) return std::nullopt;
  const std::string_view digits = first->substr(4);
  const bool is_number = !digits.empty() && digits.size() <= 16 && (digits.size() == 1 || digits[0] != '0') &&
                         digits.find_first_not_of("0123456789") == std::string_view::npos;
  if (!is_number) return std::nullopt;
  for (const char c : digits) out.old_size = out.old_size * 10 + static_cast<std::uint64_t>(c - '0');
  if (out.old_size > static_cast<std::uint64_t>(Json::kIntegerMax)) return std::nullopt;
  while (true) {
    const auto l = line();
    if (!l) return std::nullopt;
    if (l->empty()) break;
    if (out.proof.size() == kProofHashCountMax) return std::nullopt;
    const auto raw = from_base64(*l);
    if (!raw || raw->size() != 32) return std::nullopt;
    out.proof.push_back(Hash::from_raw(*raw));
  }
  out.checkpoint = body;
  return out;
}

Witness::Answer refusal(int status, std::string text) {
  Witness::Answer a;
  a.status = status;
  a.body = std::move(text) + '\n';
  return a;
}

}  // namespace

Result<std::unique_ptr<Witness>> Witness::open(FileSystem& files, std::string folder, Cosigner cosigner,
                                               std::string_view seed, Clock& clock) {
  TRUCE_CHECK(files.make_folders(folder, 0700));
  std::unique_ptr<Witness> out(new Witness(files, std::move(folder), std::move(cosigner), seed, clock));
  TRUCE_TRY(const auto lock, files.lock(out->folder_ + "/lock", kLockWaitMs));
  TRUCE_CHECK(out->load());
  if (out->read_to_ > kMemoryKeepBytes) {
    std::string fresh;
    for (const auto& [origin, checkpoint] : out->last_) fresh += memory_line(checkpoint);
    if (fresh.size() < out->read_to_ / 2) {
      TRUCE_CHECK(files.write_atomic(out->folder_ + "/memory", fresh, 0600));
      out->memory_.reset();
      out->read_to_ = 0;
      out->last_.clear();
      TRUCE_CHECK(out->load());
    }
  }
  return out;
}

// Reads what others have added, and cuts a torn tail. REQUIRES: the lock is held.
Status Witness::load() {
  const std::string path = folder_ + "/memory";
  if (!memory_) {
    TRUCE_TRY(memory_, files_.open_append(path, 0600));
    TRUCE_CHECK(files_.sync(folder_));
  }
  const auto status = files_.status(path);
  if (!status) return fail(status.error());
  if (status->size < read_to_) {  // another process has written it anew
    TRUCE_TRY(memory_, files_.open_append(path, 0600));
    read_to_ = 0;
    last_.clear();
  }
  if (status->size == read_to_) return {};
  if (status->size > kMemoryBytesMax) return fail(ErrorCode::kLimit, "longer than a witness's memory may be", path);
  TRUCE_TRY(const std::string more, files_.read_at(path, read_to_, status->size - read_to_));
  std::size_t begin = 0;
  for (std::size_t end = more.find('\n'); end != std::string::npos; end = more.find('\n', begin)) {
    const auto checkpoint = checkpoint_of(std::string_view(more).substr(begin, end - begin));
    const auto parsed = checkpoint ? claimed_checkpoint(*checkpoint) : Result<Checkpoint>(fail(ErrorCode::kSyntax, ""));
    // The head that a cosignature was given for cannot be told any more: better no witness than a forgetful one.
    if (!parsed) return fail(ErrorCode::kBadJournal, "a damaged line in the memory of what was cosigned", path);
    last_[parsed->origin] = *checkpoint;
    begin = end + 1;
  }
  if (begin != more.size()) {
    // A line that was never made durable, so no cosignature left for it.
    TRUCE_CHECK(memory_->truncate(read_to_ + begin));
    TRUCE_CHECK(memory_->sync());
  }
  read_to_ += begin;
  return {};
}

Status Witness::remember(const std::string& origin, const std::string& checkpoint) {
  const std::string line = memory_line(checkpoint);
  if (auto ok = memory_->append(line); !ok) return ok;
  TRUCE_CHECK(memory_->sync());
  read_to_ += line.size();
  last_[origin] = checkpoint;
  return {};
}

Result<std::string> Witness::last_checkpoint(const std::string& origin) {
  const std::scoped_lock own(mutex_);
  TRUCE_TRY(const auto lock, files_.lock(folder_ + "/lock", kLockWaitMs));
  TRUCE_CHECK(load());
  const auto it = last_.find(origin);
  return it != last_.end() ? it->second : std::string();
}

Witness::Answer Witness::add_checkpoint(std::string_view body, const Lookup& lookup) {
  if (body.size() > kAddCheckpointBytesMax) return refusal(400, "longer than a request may be");
  const auto request = parse_request(body);
  if (!request) return refusal(400, "not of the form: old N, proof lines, an empty line, a checkpoint");
  const auto note = SignedNote::parse(request->checkpoint);
  const auto parsed = note ? Checkpoint::parse_text(note->text) : Result<Checkpoint>(fail(note.error()));
  if (!parsed) return refusal(400, "no checkpoint: " + parsed.error().to_string());
  const auto known = lookup(parsed->origin);
  if (!known) return refusal(404, "no log of this mechanism has this origin");
  const auto checkpoint = own_checkpoint(request->checkpoint, parsed->origin, known->public_key);
  if (!checkpoint) return refusal(403, "not signed by the log's key");
  if (request->old_size > parsed->size) return refusal(400, "the old size is larger than the checkpoint's");
  if (parsed->size == 0 && parsed->root != empty_root()) return refusal(422, "the root of no entries is another");

  const std::scoped_lock own(mutex_);
  const auto lock = files_.lock(folder_ + "/lock", kLockWaitMs);
  if (!lock) return refusal(500, lock.error().to_string());
  if (auto ok = load(); !ok) return refusal(500, ok.error().to_string());
  Checkpoint last;
  last.root = empty_root();
  std::string last_bytes;
  if (const auto it = last_.find(parsed->origin); it != last_.end()) {
    last_bytes = it->second;
    last = claimed_checkpoint(last_bytes).value();  // load() has parsed it
  }
  const auto conflict = [&] {
    Answer a;
    a.status = 409;
    a.content_type = "text/x.tlog.size";
    a.body = std::to_string(last.size) + '\n';
    if (last.size == parsed->size && last.root != parsed->root && last.size != 0) {
      const bool last_first = last.root < parsed->root;
      a.fork = ForkEvidence{known->log,
                            last_first ? last_bytes : *checkpoint,
                            last_first ? *checkpoint : last_bytes,
                            std::max(last.root, parsed->root),
                            {},
                            std::nullopt};
    }
    return a;
  };
  if (request->old_size != last.size) return conflict();
  if (parsed->size == last.size && parsed->root != last.root) return conflict();
  if (!verify_consistency(last.size, last.root, parsed->size, parsed->root, request->proof)) {
    return refusal(422, "the proof does not show that the log has only grown");
  }
  if (last_bytes.empty() || parsed->size != last.size) {
    if (auto ok = remember(parsed->origin, *checkpoint); !ok) {
      memory_.reset();  // what is on disk is not known: read it again
      read_to_ = 0;
      last_.clear();
      return refusal(500, ok.error().to_string());
    }
  }
  Answer out;
  SignedNote line;
  line.text = note->text;
  line.signatures.push_back(cosign(cosigner_, seed_.view(), note->text, clock_.now()));
  out.body = line.to_bytes().substr(line.text.size() + 1);
  return out;
}

Result<std::optional<NoteSignature>> Witness::cosign_mirrored(
    const LogPlace& place, std::string_view checkpoint,
    const std::function<Result<Hash>(std::uint64_t size)>& root_at) {
  const std::optional<NoteSignature> none;
  TRUCE_TRY(const std::string own, own_checkpoint(checkpoint, place.origin(), place.public_key));
  TRUCE_TRY(const SignedNote note, SignedNote::parse(own));
  TRUCE_TRY(const Checkpoint next, Checkpoint::parse_text(note.text));
  const std::scoped_lock mine(mutex_);
  TRUCE_TRY(const auto lock, files_.lock(folder_ + "/lock", kLockWaitMs));
  TRUCE_CHECK(load());
  const auto it = last_.find(next.origin);
  if (it != last_.end()) {
    TRUCE_TRY(const Checkpoint last, claimed_checkpoint(it->second));
    if (last.size > next.size) return none;
    TRUCE_TRY(const Hash before, root_at(last.size));
    if (before != last.root) return none;
    if (last.size < next.size) TRUCE_CHECK(remember(next.origin, own));
  } else {
    TRUCE_CHECK(remember(next.origin, own));
  }
  return std::optional(cosign(cosigner_, seed_.view(), note.text, clock_.now()));
}

}  // namespace truce::record
