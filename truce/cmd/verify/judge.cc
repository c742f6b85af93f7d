// SPDX-License-Identifier: Apache-2.0

#include "truce/cmd/verify/judge.h"

#include <algorithm>
#include <tuple>

#include "truce/record/cosignature.h"
#include "truce/record/evidence.h"
#include "truce/record/note.h"

namespace truce::verify {
namespace {

// Most faults of receipts that are kept.
constexpr std::size_t kFaultsKeptMax = 1000;

class Judge {
 public:
  Judge(const Roster& roster, Claims& claims, const CheckedLogs& logs, Subject& subject, std::uint64_t cosigners_min,
        Instant now)
      : roster_(roster), claims_(claims), logs_(logs), subject_(subject), cosigners_min_(cosigners_min), now_(now) {}

  Judgement run();

 private:
  // Somebody says that a log had this root at this size.
  struct End {
    std::uint64_t size;
    Hash root;
    std::string who;  // "un/main/7 closes it", "the mechanism ends it"
    std::string where;
  };

  void fault(ErrorCode code, std::string message, std::string where) {
    if (out_.faults.size() >= kFaultsKeptMax) {
      ++out_.faults_left_out;
      return;
    }
    out_.faults.push_back({code, std::move(message), std::move(where)});
  }
  std::vector<End> ends_of(const LogId& id) const;
  std::optional<std::uint64_t> split_of(const LogId& id) const;
  void judge_log(const LogId& id, const CheckedLog& log);
  void judge_receipts(const LogId& id, const CheckedLog& log, LogJudgement& j);
  void judge_cosignatures(const LogId& id, const CheckedLog& log, LogJudgement& j);
  void judge_closings();
  void judge_evidence();

  const Roster& roster_;
  Claims& claims_;
  const CheckedLogs& logs_;
  Subject& subject_;
  const std::uint64_t cosigners_min_;
  const Instant now_;
  Judgement out_;
};

std::vector<Judge::End> Judge::ends_of(const LogId& id) const {
  std::vector<End> out;
  for (const auto& [by, close] : claims_.closings) {
    if (LogId{by.log.party, close.log} == id)
      out.push_back({close.size, close.root, "the closing " + by.to_string(), by.to_string()});
  }
  const auto ended = roster_.ended();
  if (const auto it = ended.find(id); it != ended.end())
    out.push_back({it->second.size, it->second.root, "the mechanism", id.to_string()});
  return out;
}

void Judge::judge_receipts(const LogId& id, const CheckedLog& log, LogJudgement& j) {
  std::vector<ReceivedHead> heads;
  if (const auto it = claims_.received.find(id); it != claims_.received.end()) heads = std::move(it->second);
  std::ranges::sort(heads, [](const ReceivedHead& a, const ReceivedHead& b) {
    return std::tie(a.size, a.receiver, a.index) < std::tie(b.size, b.receiver, b.index);
  });
  const std::vector<End> ends = ends_of(id);
  std::vector<std::uint64_t> sizes;
  for (const ReceivedHead& h : heads) {
    if (h.size <= log.head.size) sizes.push_back(h.size);
  }
  for (const End& e : ends) {
    if (e.size != 0 && e.size <= log.head.size) sizes.push_back(e.size);
  }
  std::ranges::sort(sizes);
  sizes.erase(std::unique(sizes.begin(), sizes.end()), sizes.end());
  const auto roots = subject_.roots(log, sizes);
  if (!roots) {
    fault(roots.error().code, roots.error().to_string(), id.to_string());
    return;
  }
  const auto root_at = [&](std::uint64_t size) -> std::optional<Hash> {
    if (size == log.head.size) return log.head.root;
    const auto at = std::ranges::lower_bound(sizes, size);
    if (at == sizes.end() || *at != size) return std::nullopt;
    return (*roots)[static_cast<std::size_t>(at - sizes.begin())];
  };

  const auto split = split_of(id);
  std::map<std::string, std::uint64_t> largest;        // of each other party's good receipts
  std::map<std::string, std::uint64_t> largest_below;  // the same up to where a proven split may be
  for (const ReceivedHead& h : heads) {
    const StatementId receipt = claims_.id_of(h);
    if (receipt.log.party == id.party) {
      fault(ErrorCode::kInvalidStatement, "is a receipt of its author's own log " + id.to_string(),
            receipt.to_string());
      continue;
    }
    const auto root = root_at(h.size);
    if (!root) {
      ++j.unchecked;
      continue;
    }
    ++j.receipts;
    if (*root == h.root) {
      // A receipt out of a copy that is damaged counts for nothing.
      const auto from = logs_.find(receipt.log);
      if (from != logs_.end() && from->second.counts() && !claims_.void_receipts.contains(receipt)) {
        largest[receipt.log.party] = h.size;
        if (split && h.size <= *split) largest_below[receipt.log.party] = h.size;
      }
      continue;
    }
    fault(ErrorCode::kFork,
          "two versions of " + id.to_string() + "'s record exist, or this receipt is wrong: at size " +
              std::to_string(h.size) + " " + receipt.log.party + " holds the root " + h.root.hex() +
              ", the log here has " + root->hex(),
          receipt.to_string());
  }
  for (const End& e : ends) {
    const auto root = root_at(e.size);
    if (root && *root != e.root) {
      fault(ErrorCode::kFork,
            "two versions of " + id.to_string() + "'s record exist, or it is wrong: " + e.who + " ends it at size " +
                std::to_string(e.size) + " with the root " + e.root.hex() + ", the log here has " + root->hex(),
            e.where);
    } else if (e.size + 1 < log.head.size) {
      out_.notes.push_back(e.who + " ends " + id.to_string() + " at size " + std::to_string(e.size) +
                           "; what stands behind that, up to " + std::to_string(log.head.size) +
                           ", counts for nothing");
    }
  }

  j.quorum = mechanism::quorum_for(roster_.mechanism(), id.party);
  const auto settled_by = [&](const std::map<std::string, std::uint64_t>& sizes_of, std::uint64_t size) {
    std::vector<std::uint64_t> received;
    for (const mechanism::Party& p : roster_.mechanism().parties) {
      if (p.id == id.party || !p.receives()) continue;
      const auto it = sizes_of.find(p.id);
      received.push_back(it == sizes_of.end() ? 0 : it->second);
    }
    return settled_size(j.quorum, size, std::move(received));
  };
  j.settled = settled_by(largest, log.head.size);
  if (split) {
    j.frozen_at = settled_by(largest_below, std::min(*split, log.head.size));
    j.settled = *j.frozen_at;
  }
}

// Up to where two versions of a log that a statement proves may agree; nothing where none does, or the parties' rule
// has ended the log since.
std::optional<std::uint64_t> Judge::split_of(const LogId& id) const {
  std::optional<std::uint64_t> out;
  const auto key = roster_.key_of(id);
  if (!key || roster_.ended().contains(id)) return out;
  for (const auto& [statement, evidence] : claims_.evidence) {
    if (evidence.log != id) continue;
    const auto proven = record::verify(evidence, roster_.place_of(id, *key).origin(), *key);
    if (proven) out = std::min(out.value_or(proven->common_max), proven->common_max);
  }
  return out;
}

void Judge::judge_cosignatures(const LogId& id, const CheckedLog& log, LogJudgement& j) {
  const auto note = record::SignedNote::parse(log.checkpoint);
  if (!note) return;  // a fault of the log already
  const auto cosigners = roster_.cosigners(id.party);
  for (const record::Cosigner& c : cosigners) {
    if (const auto at = record::cosigned_at(*note, c, now_))
      j.cosigned.emplace_back(c.name.substr(c.name.rfind('/') + 1), *at);
  }
  j.cosigned_keys = record::count_cosigned(*note, cosigners, now_);
  if (j.cosigned_keys < cosigners_min_) {
    fault(ErrorCode::kBadSignature,
          std::to_string(j.cosigned_keys) + " of the others cosign its head, " + std::to_string(cosigners_min_) +
              " are asked for",
          id.to_string());
  }
}

void Judge::judge_log(const LogId& id, const CheckedLog& log) {
  LogJudgement j;
  if (log.counts()) {
    judge_receipts(id, log, j);
  } else if (const auto it = claims_.received.find(id); it != claims_.received.end()) {
    j.unchecked = it->second.size();
  }
  if (log.is_here()) judge_cosignatures(id, log, j);
  out_.logs.emplace(id, std::move(j));
}

// A log that closes itself names the head just before its last statement.
void Judge::judge_closings() {
  for (const auto& [by, close] : claims_.closings) {
    if (close.log == by.log.log && close.size != by.index)
      fault(ErrorCode::kInvalidStatement,
            "closes its own log at size " + std::to_string(close.size) + ", not at its own place", by.to_string());
  }
}

void Judge::judge_evidence() {
  for (const auto& [id, evidence] : claims_.evidence) {
    const auto key = roster_.key_of(evidence.log);
    if (!key) {
      out_.notes.push_back(id.to_string() + " is evidence about " + evidence.log.to_string() +
                           ", whose key is not known here: not checked");
      continue;
    }
    const auto words = words_of(evidence, roster_.place_of(evidence.log, *key).origin(), *key);
    if (words) {
      ++out_.contradictions;
      out_.notes.push_back(id.to_string() + " is evidence that holds: " + *words);
    } else {
      fault(words.error().code, "is evidence that does not hold: " + words.error().to_string(), id.to_string());
    }
  }
}

Judgement Judge::run() {
  out_.faults = roster_.faults;
  out_.notes = roster_.notes;
  out_.notes.insert(out_.notes.end(), roster_.double_consents.begin(), roster_.double_consents.end());
  out_.contradictions = roster_.double_consents.size();
  for (const auto& [id, log] : logs_) judge_log(id, log);
  judge_closings();
  judge_evidence();
  for (const auto& [id, why] : claims_.unformed)
    fault(ErrorCode::kInvalidStatement, "is not of the form of its type: " + why, id.to_string());
  for (const LogId& id : subject_.found()) {
    if (logs_.contains(id)) continue;
    const bool begins_late = std::ranges::any_of(
        logs_, [&](const auto& l) { return l.first.party == id.party && l.second.is_here() && l.second.from != 0; });
    if (begins_late) {
      out_.notes.push_back(id.to_string() + " was opened before what is here of " + id.party +
                           "'s logs begins: not checkable here");
    } else {
      fault(ErrorCode::kUnknownParty, "is here, but no document and no statement names its key", id.to_string());
    }
  }
  for (const Error& e : subject_.faults) fault(e.code, e.message, e.where);
  if (!claims_.is_complete) {
    fault(ErrorCode::kLimit,
          "these logs hold more receipts or other statements of the record than are kept: those beyond were not judged",
          "");
  }
  return std::move(out_);
}

}  // namespace

std::uint64_t settled_size(const mechanism::Quorum& quorum, std::uint64_t size, std::vector<std::uint64_t> received) {
  if (quorum.needed == 0) return size;
  const auto q = static_cast<std::size_t>(quorum.needed);
  if (received.size() < q) return 0;
  std::ranges::sort(received, std::greater<>());
  return received[q - 1];
}

Result<std::string> words_of(const record::ForkEvidence& evidence, const std::string& origin,
                             std::string_view public_key) {
  TRUCE_TRY(const record::ProvenFork fork, record::verify(evidence, origin, public_key));
  const std::string shared = fork.common_size == 0 ? "how far the two agree is not shown"
                                                   : "the two agree up to size " + std::to_string(fork.common_size);
  return "the key of " + evidence.log.to_string() + " signed two versions of its record, one of size " +
         std::to_string(fork.first.size) + " with the root " + fork.first.root.hex() + " and one of size " +
         std::to_string(fork.second.size) + " with the root " + fork.second.root.hex() +
         ", and neither continues the other; " + shared +
         ". It does not show who used the key, nor why: a stolen key, a restored backup and a lie look alike";
}

Judgement judge(const Roster& roster, Claims& claims, const CheckedLogs& logs, Subject& subject,
                std::uint64_t cosigners_min, Instant now) {
  return Judge(roster, claims, logs, subject, cosigners_min, now).run();
}

}  // namespace truce::verify
