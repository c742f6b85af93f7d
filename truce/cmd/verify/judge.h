// SPDX-License-Identifier: Apache-2.0
//
// Judging: what the parties say about each other's logs, held against the logs that are here: receipts, settled sizes,
// cosignatures, ends of logs, evidence (docs/format/receipt.md, evidence.md). Nothing here reads a file: roots of
// earlier sizes are asked of the subject. One thread.

#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "truce/base/clock.h"
#include "truce/cmd/verify/subject.h"
#include "truce/mechanism/mechanism.h"

namespace truce::verify {

struct LogJudgement {
  mechanism::Quorum quorum;
  std::uint64_t settled = 0;                              // by receipts that are here
  std::optional<std::uint64_t> frozen_at;                 // of two proven versions: the log counts up to here
  std::uint64_t receipts = 0;                             // heads of receipts whose root was compared
  std::uint64_t unchecked = 0;                            // heads of receipts beyond what is here
  std::vector<std::pair<std::string, Instant>> cosigned;  // others than the author with a valid cosignature
  std::uint64_t cosigned_keys = 0;                        // distinct keys among them
};

struct Judgement {
  std::map<LogId, LogJudgement> logs;
  std::vector<Error> faults;
  std::uint64_t faults_left_out = 0;  // counted, not kept
  std::vector<std::string> notes;     // proven contradictions and what else a reader should know; no faults
  std::uint64_t contradictions = 0;   // among the notes: proven
};

// The settled size of a log of `size` statements: the q-th largest of the others' received sizes, each 0 without a
// receipt. REQUIRES: received.size() == quorum.others and no size is beyond `size`.
[[nodiscard]] std::uint64_t settled_size(const mechanism::Quorum& quorum, std::uint64_t size,
                                         std::vector<std::uint64_t> received);

// In words what evidence proves, and of which log; an error where it does not hold.
[[nodiscard]] Result<std::string> words_of(const record::ForkEvidence& evidence, const std::string& origin,
                                           std::string_view public_key);

// `cosigners_min`: fewer valid cosignatures on a log that is here are a fault.
[[nodiscard]] Judgement judge(const Roster& roster, Claims& claims, const CheckedLogs& logs, Subject& subject,
                              std::uint64_t cosigners_min, Instant now);

}  // namespace truce::verify
