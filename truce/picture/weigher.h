// SPDX-License-Identifier: Apache-2.0
//
// Weigher: what the rules of the document in force make of the voices on statements of a cut: maps of zones,
// calibrations (docs/format/mechanism.md, Voices). The author has consented for good. It decides at the
// time that main logs of the cut tell (mechanism::deciding_instant()), so that what is in force depends on the cut
// alone. Internal to picture.

#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "truce/mechanism/decision.h"
#include "truce/mechanism/mechanism.h"
#include "truce/picture/chain.h"
#include "truce/picture/log_book.h"
#include "truce/picture/standing.h"

namespace truce::picture {

// Those who decide, joined by ';': who consented and objected in words, who by silence, whose objection came too late.
struct Weighed {
  bool is_agreed = false, is_refused = false;
  std::string consented, silent, objected, too_late;
  friend bool operator==(const Weighed&, const Weighed&) = default;
};

class Weigher {
 public:
  // `mechanism` and `book` are kept by reference. `newest_in` is asked where silence decides alone.
  Weigher(const mechanism::Mechanism& mechanism, const LogBook& book, std::span<const StatedVoice> voices,
          std::span<const ReceiptHead> heads, std::span<const LogExtent> logs, NewestIn newest_in);

  [[nodiscard]] Instant decided_at() const { return decided_at_; }
  // One party is asked, and nobody else: what it states is in force at once.
  [[nodiscard]] bool decides_alone() const { return decides_alone_; }

  // By the voices of the cut. Fails where `newest_in` does.
  [[nodiscard]] Result<Weighed> weigh(std::string_view subject, const StatementRef& statement,
                                      std::int64_t recorded_ms) const;
  // What a question on a statement is asked with, voices apart: who received it, and what is heard of them.
  [[nodiscard]] Result<mechanism::Question> question(std::string_view subject, const StatementId& statement,
                                                     std::int64_t recorded_ms,
                                                     const std::map<std::string, StatementId>& objections) const;

 private:
  const mechanism::Mechanism& mechanism_;
  const LogBook& book_;
  std::map<StatementRef, Words> words_;
  NewestIn newest_in_;
  Receipts receipts_;
  std::map<std::string, Instant> newest_;
  Instant decided_at_;
  bool decides_alone_ = false;
};

}  // namespace truce::picture
