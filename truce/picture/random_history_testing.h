// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <random>

#include "truce/monitor/report.h"
#include "truce/picture/fold_testing.h"

namespace truce::picture {

// A random history over two logs of one party: reports, corrections, withdrawals, imports, zones.
class RandomHistory {
 public:
  RandomHistory(World& w, std::uint64_t seed, bool imported_corrections = false)
      : w_(w), random_(seed), imported_corrections_(imported_corrections) {}

  void step() {
    const LogId& log = pick(2) == 0 ? kNorth : kDesk;
    switch (pick(12)) {
      case 0:
      case 1:
        if (!reports_.empty()) {
          monitor::Report r = random_report();
          std::vector<record::Reference> refs = {{"corrects", any_target()}};
          if (imported_corrections_ && !imports_.empty()) refs.push_back({"import", imports_[pick(imports_.size())]});
          changes_.push_back(w_.say(log, "report", r.to_body(), std::move(refs)));
          break;
        }
        [[fallthrough]];
      case 2:
        if (!reports_.empty()) {
          w_.say(log, "withdrawal", Json::object({{"reason", "mistake"}}), {{"withdraws", any_target()}});
          break;
        }
        [[fallthrough]];
      case 3:
        imports_.push_back(
            w_.say(log, "import", monitor::ImportStatement{Hash{}, "reports", "north", 1, 0, 0, {}}.to_body()));
        break;
      case 4:
        if (pick(6) == 0) {
          std::vector<Hash> blobs;
          Json zone = square_zone(w_, "box-" + std::to_string(pick(3)), blobs);
          w_.say(log, "zone", zone, {}, blobs);
          break;
        }
        [[fallthrough]];
      case 5:
        if (!imports_.empty() && pick(8) == 0) {
          w_.say(log, "withdrawal", Json::object({{"reason", "mistake"}}),
                 {{"withdraws", imports_[pick(imports_.size())]}});
          break;
        }
        [[fallthrough]];
      default: {
        std::vector<record::Reference> refs;
        if (!imports_.empty() && pick(2) == 0) refs.push_back({"import", imports_[pick(imports_.size())]});
        reports_.push_back(w_.say(log, "report", random_report().to_body(), std::move(refs)));
      }
    }
  }

 private:
  std::size_t pick(std::size_t n) { return random_() % n; }
  StatementRef any_target() {
    return !changes_.empty() && pick(3) == 0 ? changes_[pick(changes_.size())] : reports_[pick(reports_.size())];
  }
  monitor::Report random_report() {
    // One draw a statement: the order in which arguments are evaluated is the compiler's.
    const auto lng_e7 = 365000000 + static_cast<std::int32_t>(pick(3000000));
    const auto lat_e7 = 357000000 + static_cast<std::int32_t>(pick(4000000));
    monitor::Report r = report_at(static_cast<int>(pick(5)), lat_e7, lng_e7);
    r.count = monitor::Range::of(static_cast<std::int64_t>(pick(9)));
    return r;
  }

  World& w_;
  std::mt19937_64 random_;
  const bool imported_corrections_;
  std::vector<StatementRef> reports_, changes_, imports_;
};

}  // namespace truce::picture
