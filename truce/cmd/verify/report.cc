// SPDX-License-Identifier: Apache-2.0

#include "truce/cmd/verify/report.h"

#include <fmt/format.h>

#include "truce/base/counted.h"
#include "truce/base/encoding.h"
#include "truce/mechanism/fingerprint.h"

namespace truce::verify {
namespace {

std::string settled_words(const LogJudgement& j) {
  if (j.quorum.others == 0) return "settled, as there is no other party";
  return fmt::format("{} {} ({} of {} others needed){}", j.frozen_at ? "frozen at" : "settled to", j.settled,
                     j.quorum.needed, j.quorum.others,
                     j.frozen_at ? ": two versions of it exist, and what is behind counts for nothing" : "");
}

std::string cosigned_words(const LogJudgement& j) {
  if (j.cosigned.empty()) return "not cosigned";
  std::string out = "cosigned by ";
  for (const auto& [party, at] : j.cosigned) out += (&party == &j.cosigned.front().first ? "" : ", ") + party;
  return out + " (" + counted(j.cosigned_keys, "key") + ")";
}

std::string line_of(const LogId& id, const CheckedLog& log, const LogJudgement& j) {
  if (!log.is_here()) return fmt::format("{}: {}", id.to_string(), log.absence);
  std::string out = id.to_string() + ": ";
  out += log.fault_count == 0 ? "good" : "BAD, " + counted(log.fault_count, "fault");
  if (log.from == log.head.size && log.from != 0) {
    out += fmt::format(", size {}, the head alone", log.head.size);
  } else if (log.from != 0) {
    out += fmt::format(", size {}, checked from statement {} on", log.head.size, log.from);
  } else {
    out += ", " + counted(log.head.size, "statement");
  }
  out += fmt::format(", {} bytes, {}, {}", log.entry_bytes, counted(log.hash_tiles, "hash tile"),
                     counted(log.blobs, "blob"));
  if (log.blobs_absent != 0) out += fmt::format(" ({} not here)", log.blobs_absent);
  out += fmt::format(", {} ({} not here)", counted(log.sealed, "sealed part"), log.sealed_absent);
  if (log.unasked != 0) out += fmt::format(", {} of other sizes not looked at", counted(log.unasked, "tile"));
  if (log.counts()) out += ", " + settled_words(j);
  if (j.receipts + j.unchecked != 0)
    out += fmt::format(", {} compared, {} not checkable here", counted(j.receipts, "receipt"), j.unchecked);
  out += ", " + cosigned_words(j);
  return out + (log.counts() ? ", root " + log.head.root.hex() : "");
}

Json number(std::uint64_t n) {
  return Json(static_cast<std::int64_t>(n));
}

Json fault_json(const Error& e) {
  return Json::object(
      {{"code", error_code_name(e.code)}, {"message", escaped(e.message)}, {"where", escaped(e.where)}});
}

Json log_json(const LogId& id, const CheckedLog& log, const LogJudgement& j) {
  Json out = Json::object({{"log", id.to_string()}, {"here", log.is_here()}, {"good", log.is_good()}});
  if (!log.is_here()) {
    out.set("absence", log.absence);
    return out;
  }
  Json cosigned = Json::array();
  for (const auto& [party, at] : j.cosigned) cosigned.push_back(Json::object({{"at", at.ms}, {"party", party}}));
  out.set("size", number(log.head.size));
  out.set("root", log.head.root.hex());
  out.set("from", number(log.from));
  out.set("entries", number(log.entries));
  out.set("bytes", number(log.entry_bytes));
  out.set("hash_tiles", number(log.hash_tiles));
  out.set("blobs", number(log.blobs));
  out.set("blobs_absent", number(log.blobs_absent));
  out.set("sealed", number(log.sealed));
  out.set("sealed_absent", number(log.sealed_absent));
  out.set("tiles_not_asked_for", number(log.unasked));
  out.set("receipts", number(j.receipts));
  out.set("receipts_not_checkable", number(j.unchecked));
  out.set("settled", number(log.counts() ? j.settled : 0));
  if (j.frozen_at) out.set("frozen_at", number(*j.frozen_at));
  out.set("quorum", Json::object({{"needed", j.quorum.needed}, {"others", j.quorum.others}}));
  out.set("cosigned", std::move(cosigned));
  out.set("cosigned_keys", number(j.cosigned_keys));
  out.set("faults", number(log.fault_count));
  return out;
}

}  // namespace

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto v = static_cast<unsigned char>(c);
    v >= 0x20 && v < 0x7f ? out += c : out += fmt::format("\\x{:02x}", v);
  }
  return out;
}

std::uint64_t Report::fault_count() const {
  std::uint64_t n = faults.size() + judgement.faults.size() + judgement.faults_left_out;
  for (const auto& [id, log] : logs) n += log.fault_count;
  return n;
}

std::string Report::to_text() const {
  std::string out;
  const auto line = [&](std::string_view text) { out += escaped(text) + '\n'; };
  if (!mechanism_name.empty()) {
    line(fmt::format("mechanism {} {}", quoted(mechanism_name), mechanism.hex()));
    line("read aloud: " + mechanism::fingerprint_words(mechanism));
    if (version != 0) line(fmt::format("in force: version {}, document {}", version, document.hex()));
  }
  std::uint64_t entries = 0, here = 0;
  const LogJudgement none;
  for (const auto& [id, log] : logs) {
    const auto j = judgement.logs.find(id);
    line(line_of(id, log, j == judgement.logs.end() ? none : j->second));
    entries += log.entries;
    here += log.is_here();
  }
  for (const auto& [id, log] : logs) {
    for (const Error& e : log.faults) line("fault: " + e.to_string());
    if (log.faults.size() < log.fault_count)
      line(fmt::format("fault: {}: {} more", id.to_string(), log.fault_count - log.faults.size()));
  }
  for (const Error& e : judgement.faults) line("fault: " + e.to_string());
  if (judgement.faults_left_out != 0) line(fmt::format("fault: {} more", judgement.faults_left_out));
  for (const Error& e : faults) line("fault: " + e.to_string());
  for (const std::string& n : judgement.notes) line("note: " + n);
  if (!is_verified()) {
    line("NOT verified: " + counted(fault_count(), "fault"));
  } else {
    std::string verdict = fmt::format("verified: {}, {}", counted(here, "log"), counted(entries, "statement"));
    if (judgement.contradictions != 0)
      verdict += "; " + counted(judgement.contradictions, "proven contradiction") + ", see the notes";
    line(verdict);
  }
  return out;
}

Json Report::to_json() const {
  Json list = Json::array(), all = Json::array(), notes = Json::array();
  const LogJudgement none;
  for (const auto& [id, log] : logs) {
    const auto j = judgement.logs.find(id);
    list.push_back(log_json(id, log, j == judgement.logs.end() ? none : j->second));
    for (const Error& e : log.faults) all.push_back(fault_json(e));
  }
  for (const Error& e : judgement.faults) all.push_back(fault_json(e));
  for (const Error& e : faults) all.push_back(fault_json(e));
  for (const std::string& n : judgement.notes) notes.push_back(escaped(n));
  return Json::object({{"verified", is_verified()},
                       {"mechanism", mechanism.hex()},
                       {"version", version},
                       {"logs", std::move(list)},
                       {"faults", std::move(all)},
                       {"fault_count", number(fault_count())},
                       {"contradictions", number(judgement.contradictions)},
                       {"notes", std::move(notes)}});
}

Report verify(Subject& subject, std::string_view founding, const VerifyOptions& options) {
  Report out;
  auto roster = Roster::open(founding);
  if (!roster) {
    out.faults.push_back(at(roster.error(), "mechanism.json"));
    return out;
  }
  out.mechanism = roster->id();
  out.mechanism_name = roster->mechanism().name;
  Claims claims(roster->id());
  // Logs that are checked name the keys of further ones, until there are no more.
  std::size_t before = 0;
  do {
    before = out.logs.size();
    if (auto ok = subject.check(*roster, claims, out.logs); !ok) {
      out.faults.push_back(ok.error());
      break;
    }
    // Nobody signed what a copy holds that is not what its head signs.
    for (const auto& [id, log] : out.logs) {
      if (!log.counts()) claims.drop(id);
    }
    // Roots of the logs as they lie here: what a receipt must name.
    const auto roots = [&](const LogId& id, std::span<const std::uint64_t> sizes) {
      const auto log = out.logs.find(id);
      const bool counts = log != out.logs.end() && log->second.counts();
      return counts ? subject.roots(log->second, sizes)
                    : Result<std::vector<std::optional<Hash>>>(std::vector<std::optional<Hash>>(sizes.size()));
    };
    const auto head_of = [&](const LogId& id) {
      const auto log = out.logs.find(id);
      return log != out.logs.end() && log->second.counts() ? std::optional(log->second.head) : std::nullopt;
    };
    roster->learn(claims, {[&](const Hash& hash) { return subject.blob(hash); }, head_of, roots});
  } while (out.logs.size() != before);
  out.version = roster->mechanism().version;
  out.document = roster->document();
  for (const LogId& id : roster->logs()) {
    if (out.logs.contains(id) || subject.found().contains(id)) continue;
    CheckedLog absent;
    absent.absence = "not here";
    out.logs.emplace(id, std::move(absent));
  }
  out.judgement = judge(*roster, claims, out.logs, subject, options.cosigners_min, options.now);
  bool any = false;
  for (const auto& [id, log] : out.logs) any = any || log.is_here();
  if (!any && out.fault_count() == 0)
    out.faults.push_back({ErrorCode::kNotFound, "no log of this mechanism is here", ""});
  return out;
}

Result<std::string> verify_evidence(std::string_view body, std::string_view founding) {
  if (body.ends_with('\n')) body.remove_suffix(1);
  TRUCE_TRY(const Roster roster, Roster::open(founding));
  TRUCE_TRY(const Json json, Json::parse_canonical(body));
  TRUCE_TRY(const record::ForkEvidence evidence, record::ForkEvidence::from_body(json));
  const auto key = roster.key_of(evidence.log);
  if (!key) {
    return fail(
        ErrorCode::kUnknownParty,
        "this document does not name its key; check a folder that holds its party's main log, with the evidence "
        "stated",
        evidence.log.to_string());
  }
  return words_of(evidence, roster.place_of(evidence.log, *key).origin(), *key);
}

}  // namespace truce::verify
