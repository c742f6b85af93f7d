// SPDX-License-Identifier: Apache-2.0
//
// fold: the common picture as a pure function of a cut. picture = fold(cut, as_of): the same bytes for everybody,
// whatever the order in which statements arrived, the database, the compiler or the machine.
//
// Two ways to the same picture: fold() from nothing, and fold_more(), which takes a picture at an older cut and touches
// only the days that new statements concern. A property test holds them equal.
//
// The fold judges statements (docs/format/picture.md, states); nothing that a log holds makes it fail. It fails only
// where it cannot read (source) or write (sink), and with kNotComputable where the amended mechanism that is in force
// asks for rules that this program does not compute. One thread; memory about 400 bytes a report.

#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "truce/base/result.h"
#include "truce/base/time.h"
#include "truce/mechanism/mechanism.h"
#include "truce/picture/cut.h"
#include "truce/picture/source.h"
#include "truce/picture/tables.h"

namespace truce::picture {

// Of this code, while the rules version is 0 and figures may change without it. To be raised with every line in
// CHANGELOG that changes a figure: a picture that another revision made is made again.
inline constexpr int kFoldRevision = 12;

struct FoldRequest {
  const mechanism::Mechanism* mechanism = nullptr;  // as founded: whose document's hash is cut.mechanism
  Cut cut;
  std::optional<Instant> as_of;  // absent: default_as_of
  // Called now and then with statements done of all; may be empty.
  std::function<void(std::uint64_t done, std::uint64_t all)> progress;
};

struct Folded {
  Cut cut;
  Instant as_of;
  Hash digest;
  std::vector<DayDigest> digests;  // ascending
};

// Folds the whole cut into `sink`, after clearing it.
[[nodiscard]] Result<Folded> fold(const FoldRequest& request, StatementSource& source, TableSink& sink);

// Brings `tables` (reader and sink of the same store) from `old_cut` to request.cut. nullopt, with nothing written,
// where the new statements concern more than single days (a zone, an actor, a withdrawn import, a voice, a new log,
// what silence may bring into force): then fold() is asked. Receipts, heartbeats and digests touch tables in no digest
// alone. REQUIRES: the store holds fold(old_cut).
[[nodiscard]] Result<std::optional<Folded>> fold_more(const FoldRequest& request, const Cut& old_cut, Instant old_as_of,
                                                      StatementSource& source, TableReader& reader, TableSink& sink);

// The document that is in force in a picture, given its founding document. kMissingBlob.
[[nodiscard]] Result<mechanism::Mechanism> mechanism_in_force(const mechanism::Mechanism& founding, TableReader& reader,
                                                              StatementSource& source);
[[nodiscard]] Result<mechanism::Mechanism> mechanism_in_force(const mechanism::Mechanism& founding,
                                                              const std::vector<AmendmentRow>& amendments,
                                                              StatementSource& source);

// The default as_of: the lower median, over guarantors and observers with a statement in the cut, of the newest
// recorded time; 0 for none. `newest` holds party and newest recorded time.
[[nodiscard]] Instant default_as_of(const mechanism::Mechanism& mechanism,
                                    const std::vector<std::pair<std::string, std::int64_t>>& newest);

}  // namespace truce::picture
