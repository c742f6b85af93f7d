// SPDX-License-Identifier: Apache-2.0

#include "truce/cmd/verify/claims.h"

#include <algorithm>
#include <charconv>
#include <cstring>

namespace truce::verify {
namespace {

// What stands before the value of `recorded`. Behind it come only hashes, ids and signatures, which hold no such text,
// so that its last occurrence in a canonical envelope is the member itself.
constexpr std::string_view kRecorded = ",\"recorded\":";

Instant recorded_of(std::string_view entry) {
  Instant out{Instant::kMin};
  // From comma to comma, of which few stand behind it; quicker than rfind() of the whole text.
  for (std::string_view rest = entry; !rest.empty();) {
    const auto* comma = static_cast<const char*>(::memrchr(rest.data(), ',', rest.size()));
    if (comma == nullptr) break;
    rest = rest.substr(0, static_cast<std::size_t>(comma - rest.data()));
    if (!entry.substr(rest.size()).starts_with(kRecorded)) continue;
    std::from_chars(comma + kRecorded.size(), entry.data() + entry.size(), out.ms);
    break;
  }
  return out;
}

bool is_of_the_record(std::string_view type) {
  return type == record::kReceiptType || type == record::kLogOpenType || type == record::kLogCloseType ||
         type == record::kAmendmentType || type == record::kConsentType || type == record::kObjectionType ||
         type == record::kEvidenceType;
}

}  // namespace

std::uint64_t main_number(std::string_view log) {
  if (log == "main") return 1;
  if (!log.starts_with("main-")) return 0;
  log.remove_prefix(5);
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(log.data(), log.data() + log.size(), number);
  return error == std::errc() && end == log.data() + log.size() ? number : 0;
}

std::string_view type_at_end(std::string_view entry) {
  constexpr std::string_view kEnd = "\",\"v\":1}";
  if (!entry.ends_with(kEnd)) return {};
  entry.remove_suffix(kEnd.size());
  const std::size_t quote = entry.rfind('"');
  return quote == std::string_view::npos ? std::string_view() : entry.substr(quote + 1);
}

void Claims::take(const LogId& log, std::uint64_t first, std::span<const std::string_view> entries) {
  if (main_number(log.log) == 0) return;
  Instant latest{Instant::kMin};
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const std::string_view type = type_at_end(entries[i]);
    if (is_of_the_record(type)) take_one({{log, first + i}, first, latest}, type, entries[i]);
    latest = std::max(latest, recorded_of(entries[i]));
  }
  const std::scoped_lock lock(mutex_);
  runs[log].push_back({first, latest});
}

std::optional<Instant> Claims::newest_of(const std::string& party) const {
  Instant newest{Instant::kMin};
  for (const auto& [log, list] : runs) {
    if (log.party != party) continue;
    for (const Run& run : list) newest = std::max(newest, run.newest);
  }
  return newest.ms == Instant::kMin ? std::nullopt : std::optional(newest);
}

std::optional<Instant> Claims::heard_before(const StatementId& voice) const {
  const VoiceClaim& claim = voices.at(voice);
  Instant newest = claim.newest_in_run;
  for (const auto& [log, list] : runs) {
    if (log.party != voice.log.party || main_number(log.log) > main_number(voice.log.log)) continue;
    for (const Run& run : list) {
      if (log != voice.log || run.first < claim.first) newest = std::max(newest, run.newest);
    }
  }
  return newest.ms == Instant::kMin ? std::nullopt : std::optional(newest);
}

void Claims::take_one(const Place& place, std::string_view type, std::string_view entry) {
  const auto envelope = record::decode(entry);
  if (!envelope) return;  // the check of the log says so
  const StatementId& id = place.id;
  const LogId& log = id.log;
  const Json& body = envelope->body;
  const std::scoped_lock lock(mutex_);
  const auto bad = [&](const Error& e) { unformed.emplace(id, e.to_string()); };

  if (type == record::kReceiptType) {
    const auto receipt = record::Receipt::from_body(body);
    if (!receipt) return bad(receipt.error());
    received_count_ += receipt->heads.size();
    if (received_count_ > kReceivedHeadsMax) {
      is_complete = false;
      return;
    }
    auto at = std::ranges::find(receivers, log);
    if (at == receivers.end()) at = receivers.insert(at, log);
    const auto receiver = static_cast<std::uint32_t>(at - receivers.begin());
    for (const record::Head& h : receipt->heads)
      received[h.log].push_back({h.size, h.root, receiver, id.index, envelope->recorded});
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
    amendments.emplace(id, AmendmentClaim{*amendment, record::leaf_hash(entry), envelope->recorded});
  } else if (type == record::kEvidenceType) {
    auto fork = record::ForkEvidence::from_body(body);
    if (!fork) return bad(fork.error());
    evidence.emplace(id, std::move(fork).value());
  } else {  // consent, objection
    const auto voice = record::VoiceStatement::from_body(body);
    if (!voice) return bad(voice.error());
    const StatementRef* about = envelope->reference(record::kRelationTo);
    if (!voice->amendment || about == nullptr) return;  // a voice on something else: the fold's question
    voices.emplace(
        id, VoiceClaim{*about, type == record::kConsentType, *voice->amendment, place.first, place.newest_in_run});
  }
}

}  // namespace truce::verify
