// SPDX-License-Identifier: Apache-2.0

#include "truce/mechanism/decision.h"

#include <algorithm>

namespace truce::mechanism {
namespace {

constexpr std::int64_t kHourMs = 3'600'000;

// When the clock of silence starts; nothing as long as too few have received the question.
std::optional<Instant> clock_start(const Mechanism& mechanism, const Question& question) {
  const Quorum q = quorum_for(mechanism, question.author);
  if (q.needed == 0) return question.asked;
  std::vector<Instant> times;
  for (const auto& [party, time] : question.received) {
    const Party* p = mechanism.party(party);
    if (p != nullptr && p->receives() && party != question.author) times.push_back(time);
  }
  if (times.size() < static_cast<std::size_t>(q.needed)) return std::nullopt;
  std::ranges::sort(times);
  return std::max(question.asked, times[static_cast<std::size_t>(q.needed - 1)]);
}

}  // namespace

std::string_view outcome_name(Outcome outcome) {
  switch (outcome) {
    case Outcome::kOpen: return "open";
    case Outcome::kAgreed: return "agreed";
    case Outcome::kRefused: return "refused";
  }
  return "";
}

Instant after_hours(const Mechanism& mechanism, Instant from, std::int64_t hours) {
  std::int64_t left = hours * kHourMs;
  Instant at = from;
  while (true) {
    const Date day = mechanism.days.day_of(at);
    const Instant end = mechanism.days.start_of(day + 1);
    if (!mechanism.is_rest_day(day)) {
      if (end.ms - at.ms >= left) return Instant{at.ms + left};
      left -= end.ms - at.ms;
    }
    at = end;
  }
}

Instant deciding_instant(const Mechanism& mechanism, const std::map<std::string, Instant>& newest) {
  std::vector<Instant> times;
  for (const Party& p : mechanism.parties) {
    if (!p.receives()) continue;
    const auto it = newest.find(p.id);
    times.push_back(it != newest.end() ? std::max(it->second, Instant{0}) : Instant{0});
  }
  if (times.empty()) return Instant{0};
  std::ranges::sort(times);
  return times[(times.size() - 1) / 2];
}

Instant own_deadline(const Mechanism& mechanism, const Rule& rule, Instant clock_started, Instant received) {
  return after_hours(mechanism, std::max(clock_started, received), rule.hours);
}

ClockSpan clock_span(const Mechanism& mechanism, Instant from, Instant to) {
  ClockSpan out;
  for (Instant at = from; at < to;) {
    const Date day = mechanism.days.day_of(at);
    const Instant end = std::min(mechanism.days.start_of(day + 1), to);
    if (mechanism.is_rest_day(day)) {
      ++out.rest_days;
    } else {
      out.counted_ms += end.ms - at.ms;
    }
    at = end;
  }
  return out;
}

Decision decide(const Mechanism& mechanism, const Rule& rule, const Question& question, Instant as_of) {
  Decision out;
  const bool silence = rule.rule == "silence";
  if (silence) {
    out.clock_started = clock_start(mechanism, question);
    if (out.clock_started) out.deadline = after_hours(mechanism, *out.clock_started, rule.hours);
  }
  std::vector<std::string> deciders = mechanism.deciders(rule);
  std::erase_if(deciders, [&](const std::string& id) { return question.barred.contains(id); });
  for (const std::string& id : deciders) {
    const bool is_bound = question.bound.contains(id);
    if (id == question.author) {
      (is_bound ? out.objected : out.consented).push_back(id);
      continue;
    }
    const auto received = question.received.find(id);
    const bool was_reached = received != question.received.end();
    std::optional<Instant> deadline = out.deadline;
    if (deadline && was_reached) deadline = own_deadline(mechanism, rule, *out.clock_started, received->second);
    const auto is_silent_by = [&](const std::map<std::string, Instant>& heard) {
      const auto last = heard.find(id);
      return deadline && was_reached && last != heard.end() && last->second > *deadline;
    };
    const auto voice = question.voices.find(id);
    if (voice != question.voices.end()) {
      const bool consents = voice->second == Voice::kConsents && !is_bound;
      if (consents || !is_silent_by(question.heard_before)) {
        (consents ? out.consented : out.objected).push_back(id);
        continue;
      }
      out.too_late.push_back(id);
    }
    if (!deadline || as_of <= *deadline) {
      out.waited_for.push_back(id);
    } else {
      (is_silent_by(question.heard) ? out.silent : out.not_reached).push_back(id);
    }
  }
  const std::size_t needed = rule.rule == "k-of-n" ? static_cast<std::size_t>(rule.k) : deciders.size();
  if (!deciders.empty() && out.consented.size() + out.silent.size() >= needed) {
    out.outcome = Outcome::kAgreed;
  } else if (deciders.size() - out.objected.size() < needed) {
    out.outcome = Outcome::kRefused;
  }
  return out;
}

}  // namespace truce::mechanism
