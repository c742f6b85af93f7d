// SPDX-License-Identifier: Apache-2.0

#include "truce/picture/heard.h"

#include <algorithm>

#include "truce/base/decimal.h"
#include "truce/base/json.h"

namespace truce::picture {
namespace {

void take_newer(std::optional<Instant>& newest, std::optional<Instant> other) {
  if (other && (!newest || *newest < *other)) newest = other;
}

// Of a party's main logs by a book: behind a statement, and before another if there is one.
Result<std::optional<Instant>> newest_between(const LogBook& book, const StatementId& behind, const StatementId* before,
                                              const NewestIn& newest_in) {
  std::optional<Instant> newest;
  const auto begin = book.logs().lower_bound(LogId{behind.log.party, ""});
  for (auto it = begin; it != book.logs().end() && it->first.party == behind.log.party; ++it) {
    const auto& [log, state] = *it;
    if (!state.is_main || !state.is_open) continue;
    // Where statements of this log stand to the two: none, some or all of them are between.
    const std::uint64_t number = main_number(log.log);
    const std::uint64_t first = main_number(behind.log.log);
    const std::uint64_t last = before != nullptr ? main_number(before->log.log) : UINT64_MAX;
    if (number < first || number > last) continue;
    const std::uint64_t from = number == first ? behind.index + 1 : 0;
    const std::uint64_t to = number == last ? std::min(state.closed_at, before->index) : state.closed_at;
    if (from >= to) continue;
    TRUCE_TRY(const auto found, newest_in(log, from, to));
    take_newer(newest, found);
  }
  return newest;
}

}  // namespace

Result<Newest> newest_of_mains(const LogBook& book, const NewestIn& newest_in) {
  Newest out;
  for (const auto& [log, state] : book.logs()) {
    if (!state.is_main || !state.is_open) continue;
    TRUCE_TRY(const auto newest, newest_in(log, 0, state.closed_at));
    if (!newest) continue;
    Instant& of_party = out.try_emplace(log.party, *newest).first->second;
    of_party = std::max(of_party, *newest);
  }
  return out;
}

Status put_heard(const LogBook& book, const FirstReceipts& receipts,
                 const std::map<std::string, StatementId>& objections, const NewestIn& newest_in,
                 mechanism::Question& question) {
  for (const auto& [party, receipt] : receipts) {
    question.received[party] = receipt.recorded;
    TRUCE_TRY(const auto since, newest_between(book, receipt.id, nullptr, newest_in));
    if (since) question.heard[party] = *since;
    const auto objection = objections.find(party);
    if (objection == objections.end()) continue;
    TRUCE_TRY(const auto earlier, newest_between(book, receipt.id, &objection->second, newest_in));
    if (earlier) question.heard_before[party] = *earlier;
  }
  return {};
}

void MovedOn::take(const StatementId& id, std::int64_t version) {
  std::map<std::int64_t, std::uint64_t>& first = first_[id.log];
  if (first.empty() || first.rbegin()->first < version) first.emplace(version, id.index);
}

void MovedOn::append(const MovedOn& more) {
  for (const auto& [log, first] : more.first_) {
    for (const auto& [version, index] : first) take({log, index}, version);
  }
}

std::uint64_t MovedOn::from(const LogId& log, std::int64_t version) const {
  const auto it = first_.find(log);
  if (it == first_.end()) return UINT64_MAX;
  const auto later = it->second.upper_bound(version);
  return later != it->second.end() ? later->second : UINT64_MAX;
}

std::string MovedOn::text(const LogId& log) const {
  Json out = Json::object();
  if (const auto it = first_.find(log); it != first_.end()) {
    for (const auto& [version, index] : it->second) out.set(std::to_string(version), static_cast<std::int64_t>(index));
  }
  return out.to_canonical();
}

Status MovedOn::load(const LogId& log, std::string_view text) {
  const auto bad = [&] { return fail(ErrorCode::kBadDatabase, "no versions of entries", log.to_string()); };
  const auto json = Json::parse_canonical(text);
  if (!json || !json->is_object()) return bad();
  for (const auto& [version, index] : json->as_object()) {
    const auto number = parse_integer(version);
    if (!number || *number < 1 || !index.is_integer() || index.as_integer() < 0) return bad();
    first_[log].emplace(*number, static_cast<std::uint64_t>(index.as_integer()));
  }
  return {};
}

void TimeRuns::append(std::int64_t recorded_ms) {
  if (size_ % kRunEntries == 0) newest_.push_back(Instant::kMin);
  newest_.back() = std::max(newest_.back(), recorded_ms);
  ++size_;
}

std::int64_t TimeRuns::newest() const {
  return newest_.empty() ? Instant::kMin : *std::ranges::max_element(newest_);
}

Result<std::optional<Instant>> TimeRuns::newest_in(std::uint64_t begin, std::uint64_t end,
                                                   const ReadTimes& read) const {
  std::int64_t newest = Instant::kMin;
  end = std::min(end, size_);
  while (begin < end) {
    const std::uint64_t run = begin / kRunEntries;
    const std::uint64_t run_end = std::min((run + 1) * kRunEntries, size_);
    if (begin % kRunEntries == 0 && end >= run_end) {
      newest = std::max(newest, newest_[run]);
    } else if (newest_[run] > newest) {
      TRUCE_TRY(const auto times, read(begin, std::min(end, run_end)));
      for (const std::int64_t t : times) newest = std::max(newest, t);
    }
    begin = run_end;
  }
  return newest == Instant::kMin ? std::nullopt : std::optional(Instant{newest});
}

}  // namespace truce::picture
