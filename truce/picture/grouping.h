// SPDX-License-Identifier: Apache-2.0
//
// Grouping: from the facts of reports to groups, each one incident: cuts in time, blocks in place, the model in force,
// joins and splits, fusion (monitor/fusion.h). Both folds, `calibrate` and `explain` come here, which is what makes
// them agree. Decides which reports belong together; what an incident's row says of them is day.h's.
//
// Internal to picture. Facts are referred to, never owned.

#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "truce/base/result.h"
#include "truce/mechanism/mechanism.h"
#include "truce/monitor/calibration.h"
#include "truce/monitor/fusion.h"
#include "truce/monitor/fusion_blocks.h"
#include "truce/monitor/zone_book.h"
#include "truce/picture/facts.h"
#include "truce/picture/rows.h"

namespace truce::picture {

// Some reports of one incident, and where and when it was by all of them.
struct Group {
  std::vector<Facts*> members;  // by id (party, log, index); the first one names the incident
  std::int64_t from_ms = 0, to_ms = 0, precision_s = 0;
  bool is_placed = false;  // of several members; a single one's place is its own
  geo::LatLng at;
  std::int32_t radius_m = 0;
  monitor::Kind kind = monitor::Kind::kOther;
  std::int32_t certainty_ppm = 1'000'000;
  const Facts* alike = nullptr;  // names the other incident
  std::int32_t alike_ppm = 0;
  std::int32_t slab = 0;
  std::int32_t day = 0;
};

// A calibration in force: from which day on it applies.
struct InForce {
  std::int32_t from_day = 0;
  std::shared_ptr<const monitor::FusionModel> model;
};

// A link with effect, between facts.
struct FactLink {
  const Facts* a = nullptr;
  const Facts* b = nullptr;
  bool joins = false;
};

class Grouper {
 public:
  // References are kept. `chain`: calibrations in the order of their chain.
  Grouper(const mechanism::Mechanism& mechanism, const monitor::ZoneBook& zones, const NamePool& names,
          std::vector<InForce> chain);

  // Numbers parties and reporters that are new, in the order of their names. REQUIRES: every fact was told before it is
  // asked about. Called once with all facts, the numbers are the same for everybody.
  void know(std::span<Facts* const> facts);

  // The start of a slab by its first day, before it is moved to a quiet moment.
  [[nodiscard]] Instant anchor(std::int32_t slab) const;
  // The slab whose anchors lie around an instant.
  [[nodiscard]] std::int32_t slab_by_anchor(std::int64_t ms) const;
  // The cut before slab `slab`, from facts of all reports within kCutSightMs of its anchor (others may be among them).
  [[nodiscard]] Instant cut(std::int32_t slab, std::span<Facts* const> facts) const;
  // When a report is, for cuts.
  [[nodiscard]] monitor::CutSpan span_of(const Facts& facts) const;

  // Groups of one slab. `facts`: all its counted reports, in any order; sorted here. Sets incident and certainty in
  // them. Links between facts of other slabs are passed over. Thread-safe.
  [[nodiscard]] std::vector<Group> group(std::int32_t slab, std::vector<Facts*>& facts,
                                         std::span<const FactLink> links) const;

  // The blocks of a slab as the fusion sees them, for learning.
  [[nodiscard]] std::vector<monitor::LearningBlock> learning_blocks(std::vector<Facts*>& facts) const;

  [[nodiscard]] std::span<const std::string> party_names() const { return party_names_; }
  [[nodiscard]] std::span<const std::string> reporter_names() const { return reporter_names_; }
  [[nodiscard]] const monitor::FusionModel& model(std::int32_t slab) const;

  // One block of a slab, to look into: the block that holds `wanted`. For explanations.
  struct Look {
    std::vector<Facts*> facts;  // in canonical order
    std::vector<monitor::FusionReport> reports;
    monitor::FusionConstraints constraints;
  };
  [[nodiscard]] Look look(std::vector<Facts*>& facts, std::span<const FactLink> links, const Facts& wanted) const;

 private:
  [[nodiscard]] monitor::FusionReport fusion_report(const Facts& facts) const;
  void sort(std::vector<Facts*>& facts) const;
  struct Blocks {
    std::vector<monitor::FusionReport> reports;
    std::vector<std::vector<std::uint32_t>> blocks;
  };
  [[nodiscard]] Blocks blocks(std::vector<Facts*>& facts, std::span<const FactLink> links) const;
  [[nodiscard]] monitor::FusionConstraints constraints(std::span<Facts* const> facts,
                                                       std::span<const FactLink> links) const;
  void group_block(std::span<Facts* const> facts, std::span<const monitor::FusionReport> reports,
                   std::span<const FactLink> links, std::int32_t slab, std::vector<Group>& out) const;

  const mechanism::Mechanism& mechanism_;
  const monitor::ZoneBook& zones_;
  const NamePool& names_;
  std::vector<InForce> chain_;
  std::shared_ptr<const monitor::FusionModel> neutral_;
  std::vector<std::string> party_names_, reporter_names_;
  std::map<std::uint32_t, std::uint32_t> party_number_;                               // by name number
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::uint32_t> reporter_number_;  // by name numbers
};

// Facts by slab, in any order, and the cuts that were looked for, by slab.
struct Slabs {
  std::map<std::int32_t, std::vector<Facts*>> facts;
  std::map<std::int32_t, Instant> cuts;
};
// Of all facts that are counted, given all facts of the picture.
[[nodiscard]] Slabs slabs_of(const Grouper& grouper, std::span<Facts* const> facts);

[[nodiscard]] SlabRow slab_row(std::int32_t slab, Instant from, Instant to, std::span<Facts* const> facts);

// Threads for groups and for learning: no result depends on it.
[[nodiscard]] unsigned grouping_threads();

// Groups every slab, on so many threads. Gives groups in order of slabs.
[[nodiscard]] std::vector<Group> group_all(const Grouper& grouper, Slabs& slabs, std::span<const FactLink> links,
                                           unsigned threads,
                                           const std::function<void(std::uint64_t done, std::uint64_t all)>& progress);

}  // namespace truce::picture
