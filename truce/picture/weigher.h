// SPDX-License-Identifier: Apache-2.0
//
// Weigher: what the parties' rules make of the voices on statements of a cut: maps of zones, calibrations, briefs
// (docs/format/mechanism.md, Voices). The author has consented for good. It decides at the time that main logs of the
// cut tell (mechanism::deciding_instant()), so that what is in force depends on the cut alone.
//
// What was agreed under one document of the chain stays so under those that follow it, whoever comes, leaves or decides
// then: a question is decided by the document in force, and by each earlier one under which so many others had received
// it that it was settled. Under an earlier one counts what each party's main log holds before its first entry under a
// later one. Internal to picture.

#pragma once

#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "truce/mechanism/decision.h"
#include "truce/mechanism/mechanism.h"
#include "truce/picture/chain.h"
#include "truce/picture/heard.h"
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
  // What it is made of is kept by reference. `documents`: of the chain, not empty. `newest_in` is asked where silence
  // decides alone.
  struct Input {
    const std::vector<mechanism::Mechanism>& documents;
    const LogBook& book;
    std::span<const StatedVoice> voices;
    std::span<const ReceiptHead> heads;
    std::span<const LogExtent> logs;  // used by the constructor alone
  };
  Weigher(const Input& input, MovedOn moved_on, NewestIn newest_in);

  [[nodiscard]] Instant decided_at() const { return decided_at_; }
  // One party is asked, and nobody else: what it states is in force at once.
  [[nodiscard]] bool decides_alone() const { return decides_alone_; }

  // By the voices of the cut. Fails where `newest_in` does.
  [[nodiscard]] Result<Weighed> weigh(std::string_view subject, const StatementRef& statement,
                                      std::int64_t recorded_ms) const;

  // ---- one document after the other: versions() - 1 is in force
  [[nodiscard]] std::size_t versions() const { return documents_.size(); }
  [[nodiscard]] const mechanism::Mechanism& document(std::size_t version) const { return documents_[version]; }
  // The one that a statement was made under.
  [[nodiscard]] const mechanism::Mechanism& document_of(const StatementId& id) const;
  // The statement was made under this document, or an earlier one.
  [[nodiscard]] bool counts(std::size_t version, const StatementId& id) const;
  // And so many others received it then that it was settled; always so of the document in force.
  [[nodiscard]] bool is_asked(std::size_t version, const StatementId& id) const;
  // What a question on a statement is asked with, voices apart: who received it, and what is heard of them.
  [[nodiscard]] Result<mechanism::Question> question(std::size_t version, std::string_view subject,
                                                     const StatementId& statement, std::int64_t recorded_ms,
                                                     const std::map<std::string, StatementId>& objections) const;

 private:
  // What counts under a document.
  struct Under {
    LogBook book;
    Receipts receipts;
    std::map<StatementRef, Words> words;
    std::optional<std::map<std::string, Instant>> newest;
  };
  Under& under(std::size_t version) const;

  const std::vector<mechanism::Mechanism>& documents_;
  const LogBook& book_;
  std::span<const StatedVoice> voices_;
  std::span<const ReceiptHead> heads_;
  MovedOn moved_on_;
  NewestIn newest_in_;
  mutable std::map<std::size_t, Under> under_;  // by version, made when first asked for
  Instant decided_at_;
  bool decides_alone_ = false;
};

}  // namespace truce::picture
