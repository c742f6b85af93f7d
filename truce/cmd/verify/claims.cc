// SPDX-License-Identifier: Apache-2.0

#include "truce/cmd/verify/claims.h"

#include <algorithm>
#include <charconv>

namespace truce::verify {
namespace {

bool is_of_the_record(std::string_view type) {
  return type == record::kReceiptType || type == record::kLogOpenType || type == record::kLogCloseType ||
         type == record::kAmendmentType || type == record::kConsentType || type == record::kObjectionType ||
         type == record::kEvidenceType;
}

}  // namespace

std::uint64_t main_number(std::string_view log) {
  constexpr std::size_t kDigitsMax = 9;
  if (log == "main") return 1;
  if (!log.starts_with("main-")) return 0;
  log.remove_prefix(5);
  if (log.empty() || log.size() > kDigitsMax || log[0] == '0') return 0;
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(log.data(), log.data() + log.size(), number);
  return error == std::errc() && end == log.data() + log.size() && number >= 2 ? number : 0;
}

Claims::Claims(const Hash& mechanism) : mechanism_(mechanism.hex()), mechanism_id_(mechanism) {}

void Claims::take(const LogId& log, std::uint64_t first, std::span<const std::string_view> entries,
                  std::span<const record::EntryScan> scans) {
  if (main_number(log.log) == 0) return;
  const std::string author = log.to_string();
  Run run(first);
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const record::EntryScan& scan = scans[i];
    Instant recorded{Instant::kMin};
    if (scan.author.empty() || is_of_the_record(scan.type)) {
      const auto envelope = record::decode(entries[i]);  // where it is none, the check of the log says so
      if (envelope && envelope->mechanism == mechanism_id_ && envelope->author == log) {
        recorded = envelope->recorded;
        take_one({log, first + i}, *envelope, entries[i]);
      }
    } else if (scan.author == author && scan.mechanism == mechanism_) {
      recorded = Instant{scan.recorded_ms};
    }
    run.append(recorded);
  }
  const std::scoped_lock lock(mutex_);
  runs[log].push_back(std::move(run));
}

void Claims::drop(const LogId& log) {
  if (runs.erase(log) == 0) return;  // nothing was taken
  const auto is_of = [&](const auto& claim) { return claim.first.log == log; };
  std::erase_if(openings, is_of);
  std::erase_if(closings, is_of);
  std::erase_if(amendments, is_of);
  std::erase_if(voices, is_of);
  std::erase_if(evidence, is_of);
  std::erase_if(unformed, is_of);
  std::erase_if(void_receipts, [&](const StatementId& id) { return id.log == log; });
  for (auto& [of, heads] : received)
    std::erase_if(heads, [&](const ReceivedHead& h) { return receivers[h.receiver] == log; });
}

void Run::append(Instant recorded) {
  // Seven bits a byte, the lowest first: 0 for what does not count, else one more than the zigzag of the difference.
  std::uint64_t n = 0;
  if (recorded.ms != Instant::kMin) {
    const std::int64_t step = recorded.ms - last_ms_;
    n = (static_cast<std::uint64_t>(step) << 1 ^ static_cast<std::uint64_t>(step >> 63)) + 1;
    last_ms_ = recorded.ms;
    newest_ = std::max(newest_, recorded);
  }
  for (; n >= 0x80; n >>= 7) times_ += static_cast<char>(n | 0x80);
  times_ += static_cast<char>(n);
  ++count_;
}

Instant Run::newest_in(std::uint64_t begin, std::uint64_t end) const {
  if (begin <= first_ && first_ + count_ <= end) return newest_;
  Instant newest{Instant::kMin};
  if (end <= first_ || first_ + count_ <= begin) return newest;
  std::int64_t at_ms = 0;
  std::uint64_t index = first_;
  for (std::size_t i = 0; i < times_.size() && index < end; ++index) {
    std::uint64_t n = 0;
    int shift = 0;
    for (; (times_[i] & 0x80) != 0; ++i, shift += 7) n |= static_cast<std::uint64_t>(times_[i] & 0x7f) << shift;
    n |= static_cast<std::uint64_t>(times_[i++]) << shift;
    if (n-- == 0) continue;
    at_ms += static_cast<std::int64_t>(n >> 1 ^ (~(n & 1) + 1));
    if (index >= begin) newest = std::max(newest, Instant{at_ms});
  }
  return newest;
}

std::optional<std::uint64_t> Claims::own_end(const LogId& log) const {
  std::optional<std::uint64_t> out;
  for (auto it = closings.lower_bound({log, 0}); it != closings.end() && it->first.log == log; ++it) {
    if (it->second.log == log.log && it->second.size == it->first.index)
      return it->first.index + 1;  // ascending: the first
  }
  return out;
}

Instant Claims::newest_in(const LogId& log, std::uint64_t begin, std::uint64_t end) const {
  Instant newest{Instant::kMin};
  const auto list = runs.find(log);
  if (list == runs.end()) return newest;
  for (const Run& run : list->second) newest = std::max(newest, run.newest_in(begin, end));
  return newest;
}

void Claims::take_one(const StatementId& id, const record::Envelope& envelope, std::string_view entry) {
  const std::string_view type = envelope.type;
  if (!is_of_the_record(type) || envelope.reference("corrects") != nullptr ||
      envelope.reference("withdraws") != nullptr)
    return;
  const LogId& log = id.log;
  const Json& body = envelope.body;
  const std::scoped_lock lock(mutex_);
  const auto bad = [&](const Error& e) { unformed.emplace(id, e.to_string()); };

  if (type == record::kReceiptType) {
    const auto receipt = record::Receipt::from_body(body);
    if (!receipt) return bad(receipt.error());
    if (std::ranges::any_of(receipt->heads, [&](const record::Head& h) { return h.log.party == log.party; }))
      void_receipts.insert(id);
    received_count_ += receipt->heads.size();
    if (received_count_ > kReceivedHeadsMax) {
      is_complete = false;
      return;
    }
    auto at = std::ranges::find(receivers, log);
    if (at == receivers.end()) at = receivers.insert(at, log);
    const auto receiver = static_cast<std::uint32_t>(at - receivers.begin());
    for (const record::Head& h : receipt->heads)
      received[h.log].push_back({h.size, h.root, receiver, id.index, envelope.recorded});
    return;
  }

  other_bytes_ += entry.size();
  if (++other_count_ > kOtherClaimsMax || other_bytes_ > kOtherClaimBytesMax) {
    is_complete = false;
    return;
  }
  if (type == record::kLogOpenType) {
    const auto open = record::LogOpen::from_body(body);
    if (!open) return bad(open.error());
    openings.emplace(id, *open);
  } else if (type == record::kLogCloseType) {
    const auto close = record::LogClose::from_body(body);
    if (!close) return bad(close.error());
    closings.emplace(id, *close);
  } else if (type == record::kAmendmentType) {
    const auto amendment = record::Amendment::from_body(body);
    if (!amendment) return bad(amendment.error());
    if (!std::ranges::binary_search(envelope.required_blobs, amendment->document))
      return bad(Error{ErrorCode::kInvalidStatement, "its document is no required blob", ""});
    amendments.emplace(id, AmendmentClaim{*amendment, record::leaf_hash(entry), envelope.recorded});
  } else if (type == record::kEvidenceType) {
    auto fork = record::ForkEvidence::from_body(body);
    if (!fork) return bad(fork.error());
    evidence.emplace(id, std::move(fork).value());
  } else {  // consent, objection
    const auto voice = record::VoiceStatement::from_body(body);
    if (!voice) return bad(voice.error());
    if (type == record::kObjectionType && !voice->reservation.empty())
      return bad(Error{ErrorCode::kInvalidStatement, "an objection with a reservation", ""});
    const StatementRef* about = envelope.reference(record::kRelationTo);
    if (!voice->amendment || about == nullptr) return;  // a voice on something else: the fold's question
    voices.emplace(id, VoiceClaim{*about, envelope.recorded, type == record::kConsentType, *voice->amendment});
  }
}

}  // namespace truce::verify
