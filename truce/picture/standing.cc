// SPDX-License-Identifier: Apache-2.0

#include "truce/picture/standing.h"

#include <algorithm>
#include <array>

#include "truce/base/json.h"
#include "truce/picture/log_book.h"
#include "truce/record/merkle.h"
#include "truce/record/tile_path.h"

namespace truce::picture {
namespace {

constexpr std::array<std::string_view, 3> kStates = {"held", "other-root", "beyond"};

bool receives(const mechanism::Mechanism& mechanism, const std::string& party) {
  const mechanism::Party* p = mechanism.party(party);
  return p != nullptr && p->receives();
}

}  // namespace

LogTree::LogTree(std::span<const Hash> leaves) {
  if (leaves.empty()) return;
  levels_.emplace_back(leaves.begin(), leaves.end());
  while (levels_.back().size() >= record::kTileWidth) {
    const std::vector<Hash>& below = levels_.back();
    std::vector<Hash> level;
    for (std::size_t i = 0; i + record::kTileWidth <= below.size(); i += record::kTileWidth)
      level.push_back(record::subtree_hash(std::span(below).subspan(i, record::kTileWidth)));
    levels_.push_back(std::move(level));
  }
}

Hash LogTree::root(std::uint64_t size) const {
  std::vector<std::vector<Hash>> open;
  for (std::size_t l = 0; l < levels_.size(); ++l) {
    const std::uint64_t nodes = record::nodes_at(size, static_cast<int>(l));
    if (nodes == 0) break;
    const auto end = levels_[l].begin() + static_cast<std::ptrdiff_t>(nodes);
    open.emplace_back(end - static_cast<std::ptrdiff_t>(nodes % record::kTileWidth), end);
  }
  return record::Frontier::from_tiles(size, std::move(open)).root();
}

std::string_view head_state_code(HeadState state) {
  return kStates[static_cast<std::size_t>(state)];
}

std::vector<std::pair<std::string, std::int64_t>> newest_by_party(std::span<const LogExtent> logs) {
  std::map<std::string, std::int64_t> newest;
  for (const LogExtent& l : logs) {
    if (!l.newest_ms) continue;
    const auto [it, is_new] = newest.try_emplace(l.log.party, *l.newest_ms);
    it->second = std::max(it->second, *l.newest_ms);
  }
  return {newest.begin(), newest.end()};
}

std::map<std::string, Instant> newest_of_mains(const LogBook& book, std::span<const LogExtent> logs) {
  std::map<std::string, Instant> out;
  for (const LogExtent& l : logs) {
    if (!l.newest_ms || !book.of(l.log).is_main) continue;
    Instant& newest = out.try_emplace(l.log.party, Instant{*l.newest_ms}).first->second;
    newest = std::max(newest, Instant{*l.newest_ms});
  }
  return out;
}

std::uint64_t settled_size(const mechanism::Mechanism& mechanism, const std::string& author, std::uint64_t size,
                           const std::map<std::string, std::uint64_t>& received) {
  const mechanism::Quorum quorum = mechanism::quorum_for(mechanism, author);
  if (quorum.needed <= 0) return size;
  std::vector<std::uint64_t> sizes;
  for (const auto& [party, up_to] : received) {
    if (party != author && receives(mechanism, party)) sizes.push_back(std::min(up_to, size));
  }
  const auto q = static_cast<std::size_t>(quorum.needed);
  if (sizes.size() < q) return 0;
  std::ranges::sort(sizes, std::greater<>());
  return sizes[q - 1];
}

std::vector<LogStanding> standing(const mechanism::Mechanism& mechanism, std::span<const LogExtent> logs,
                                  std::span<const ReceiptHead> heads) {
  std::map<LogId, std::map<std::string, std::uint64_t>> received;
  for (const ReceiptHead& h : heads) {
    const std::string& party = h.receipt.log.party;
    if (h.state != HeadState::kHeld || party == h.head.log.party || !receives(mechanism, party)) continue;
    std::uint64_t& size = received[h.head.log][party];
    size = std::max(size, h.head.size);
  }
  std::vector<LogStanding> out;
  for (const LogExtent& l : logs) {
    LogStanding s{l, 0, received[l.log]};
    s.settled = settled_size(mechanism, l.log.party, l.size, s.received);
    out.push_back(std::move(s));
  }
  return out;
}

std::string received_text(const std::map<std::string, std::uint64_t>& received) {
  Json out = Json::object();
  for (const auto& [party, size] : received) out.set(party, static_cast<std::int64_t>(size));
  return out.to_canonical();
}

Result<std::map<std::string, std::uint64_t>> received_from_text(std::string_view text) {
  const auto bad = [] { return fail(ErrorCode::kBadDatabase, "sizes received that are none", "standing"); };
  const auto json = Json::parse_canonical(text);
  if (!json || !json->is_object()) return bad();
  std::map<std::string, std::uint64_t> out;
  for (const auto& [party, size] : json->as_object()) {
    if (!size.is_integer() || size.as_integer() < 1) return bad();
    out[party] = static_cast<std::uint64_t>(size.as_integer());
  }
  return out;
}

ReceiptRow receipt_row(const mechanism::Mechanism& mechanism, const ReceiptHead& head) {
  ReceiptRow row;
  row.day = mechanism.days.day_of(Instant{head.recorded_ms}).to_string();
  row.party = head.receipt.log.party;
  row.main = head.receipt.log.log;
  row.idx = static_cast<Int>(head.receipt.index);
  row.log_party = head.head.log.party;
  row.log = head.head.log.log;
  row.size = static_cast<Int>(head.head.size);
  row.root = head.head.root.base64url();
  row.state = head_state_code(head.state);
  row.recorded_ms = head.recorded_ms;
  return row;
}

Result<ReceiptHead> receipt_head(const ReceiptRow& row) {
  ReceiptHead head;
  head.receipt = {{row.party, row.main}, static_cast<std::uint64_t>(row.idx)};
  head.recorded_ms = row.recorded_ms;
  head.head.log = {row.log_party, row.log};
  head.head.size = static_cast<std::uint64_t>(row.size);
  TRUCE_TRY(head.head.root, Hash::from_base64url(row.root));
  const auto state = std::ranges::find(kStates, row.state);
  if (state == kStates.end()) return fail(ErrorCode::kBadDatabase, "a receipt of no state", row.state);
  head.state = static_cast<HeadState>(state - kStates.begin());
  return head;
}

Receipts::Receipts(std::span<const ReceiptHead> heads) {
  std::vector<const ReceiptHead*> order;
  for (const ReceiptHead& h : heads) {
    if (h.state == HeadState::kHeld && h.receipt.log.party != h.head.log.party) order.push_back(&h);
  }
  std::ranges::stable_sort(order, before_in_main,
                           [](const ReceiptHead* h) -> const StatementId& { return h->receipt; });
  for (const ReceiptHead* h : order) {
    std::vector<Step>& steps = steps_[h->head.log][h->receipt.log.party];
    if (steps.empty() || steps.back().size < h->head.size)
      steps.push_back({h->head.size, {h->receipt, Instant{h->recorded_ms}}});
  }
}

FirstReceipts Receipts::first(const StatementId& asked) const {
  FirstReceipts out;
  const auto log = steps_.find(asked.log);
  if (log == steps_.end()) return out;
  for (const auto& [party, steps] : log->second) {
    const auto first = std::ranges::upper_bound(steps, asked.index, {}, &Step::size);
    if (first != steps.end()) out.emplace(party, first->receipt);
  }
  return out;
}

}  // namespace truce::picture
