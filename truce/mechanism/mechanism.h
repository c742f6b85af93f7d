// SPDX-License-Identifier: Apache-2.0
//
// Mechanism: the founding document as a value (docs/format/mechanism.md): who the parties are, by which rules they
// decide, how days are cut. Its canonical bytes lie in mechanism.json; their SHA-256 is the mechanism's id. An
// amendment is a whole such document that names the one it follows. A value; pure; any thread.
//
// It is NOT a node's settings (truce.toml) and holds no private key. Which amendment is in force is a question to a cut
// (amendment.h).

#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "truce/base/id.h"
#include "truce/base/json.h"
#include "truce/base/result.h"
#include "truce/base/sha256.h"
#include "truce/base/time.h"

namespace truce::mechanism {

// The meaning of fold that this program computes. 0 means unstable (docs/architecture.md, Rules version).
inline constexpr std::int64_t kRulesVersion = 0;
// Most parties of one mechanism: bounds every table that has a column a party.
inline constexpr std::size_t kPartyCountMax = 64;

enum class Role { kGuarantor, kObserver, kHumanitarian };
[[nodiscard]] std::string_view role_name(Role role);
[[nodiscard]] Result<Role> role_from(std::string_view name);

// Raw public keys of 32 bytes each.
struct PublicKeys {
  std::string log;     // Ed25519, of the party's main log
  std::string cosign;  // Ed25519
  std::string x25519;  // for sealed parts
  friend bool operator==(const PublicKeys&, const PublicKeys&) = default;
};

// A log that the others' rule has ended (a stolen or lost key, a fork), at the size that counts.
struct EndedLog {
  std::string log;  // main, main-2, ...
  std::uint64_t size = 0;
  Hash root;
  std::string key;  // 32 raw bytes: older cuts are still checked with it
  friend bool operator==(const EndedLog&, const EndedLog&) = default;
};

struct Party {
  std::string id;
  std::string name;  // display text, at most 200 bytes
  Role role = Role::kGuarantor;
  PublicKeys keys;
  bool named = true;          // false: never named in briefs and evidence; only a humanitarian may be so
  std::string main = "main";  // the log that `main` means: main, main-2, ... (the one whose key stands in keys.log)
  std::vector<EndedLog> ended = {};  // ascending by log
  // It has left: what it stated up to the ends of its logs, its main log's among `ended`, stands; nothing else counts.
  bool left = false;

  // A guarantor or observer that has not left: its receipts and cosignatures count, it is asked and holds positions.
  [[nodiscard]] bool receives() const { return role != Role::kHumanitarian && !left; }
  // Of one that the others' rule has ended; nullptr where it has not.
  [[nodiscard]] const EndedLog* ended_log(std::string_view log) const;
  friend bool operator==(const Party&, const Party&) = default;
};

// How a question of one subject is decided, and by whom (decision.h).
struct Rule {
  std::string rule = "unanimity";  // unanimity, k-of-n, silence
  std::string of = "guarantors";   // guarantors, all (guarantors and observers)
  std::int64_t k = 0;              // of k-of-n
  std::int64_t hours = 0;          // of silence
  friend bool operator==(const Rule&, const Rule&) = default;
};

// What may be decided otherwise than by default.
inline constexpr std::string_view kSubjects[] = {"amendment", "brief",  "calibration", "excluded-groups",
                                                 "finding",   "member", "withdrawal",  "zone"};

// A group that the parties hold excluded from the ceasefire, and who of them does not.
struct ExcludedGroup {
  std::string actor;                 // id
  std::string name;                  // display text
  std::vector<std::string> dissent;  // parties that do not hold so, ascending
  friend bool operator==(const ExcludedGroup&, const ExcludedGroup&) = default;
};

// Who is on duty: parties in turn, `days` each, beginning on `from`.
struct Duty {
  Date from;
  std::int64_t days = 1;
  std::vector<std::string> order;
  friend bool operator==(const Duty&, const Duty&) = default;
};

// Steps that an incident must have gone before a finding on it looks agreed, in this order.
inline constexpr std::string_view kPathSteps[] = {"reported", "inquiry", "visit", "finding", "sign-off"};

// From `from` on (a date at that offset) days are cut at this offset from UTC.
struct DayOffset {
  Date from;
  int minutes = 0;
  friend bool operator==(const DayOffset&, const DayOffset&) = default;
};

struct Days {
  int cutoff_minutes = 0;                                 // after midnight, 0..1439
  std::vector<DayOffset> offsets = {{Date{-719162}, 0}};  // ascending; the first from 0001-01-01

  // The day that holds `t`: start_of(day) <= t < start_of(day + 1). The day before a change of offset is longer or
  // shorter by the change.
  [[nodiscard]] Date day_of(Instant t) const;
  // First instant of a day, by the offset of that day's date; the end of a day is the start of the next.
  [[nodiscard]] Instant start_of(Date day) const;
  friend bool operator==(const Days&, const Days&) = default;
};

struct Mechanism {
  std::string name;
  bool exercise = false;
  std::vector<Party> parties;  // ascending by id
  Days days;
  Rule decision;                                       // by default; of "all" in a mechanism without guarantors
  std::map<std::string, Rule, std::less<>> decisions;  // by subject, where it is another
  std::vector<int> rest_weekdays;                      // 1 (Monday) to 7, ascending: the clock of silence stands still
  std::vector<Date> rest_dates;                        // ascending
  std::vector<std::string> path = {"reported"};        // steps of kPathSteps
  std::optional<Duty> duty;                            // absent: every guarantor in turn, a day each
  std::int64_t excluded_version = 0;                   // of the register
  std::vector<ExcludedGroup> excluded;                 // ascending by actor
  std::vector<std::string> editions = {"parties", "public"};
  std::int64_t accomplices = 0;            // f of the quorum
  std::int64_t received_by = 0;            // q of the quorum; 0: the smallest that is safe
  std::string evidence_use = "public";     // who may be given evidence: public, parties, none
  std::string permitted_use;               // of the record, in words; may be empty
  std::int64_t version = 0;                // of the document: 0 as founded
  std::optional<Hash> amends;              // SHA-256 of the document that this one follows; absent as founded
  std::int64_t quota_statements = 20'000;  // per said party and event day
  std::int64_t rules_version = kRulesVersion;
  std::string killed_best = "agreed-or-range";
  std::string borders = "world-atlas";  // id of the replaceable layer of border lines, "none" for none

  [[nodiscard]] const Party* party(std::string_view id) const;
  // The rule for a subject of kSubjects.
  [[nodiscard]] const Rule& rule(std::string_view subject) const;
  // Silence decides on some subject.
  [[nodiscard]] bool knows_silence() const;
  // Ids of those who decide by a rule, ascending: guarantors, or guarantors and observers.
  [[nodiscard]] std::vector<std::string> deciders(const Rule& rule) const;
  // Who is on duty on a day: proposes the brief.
  [[nodiscard]] std::string on_duty(Date day) const;
  [[nodiscard]] bool is_rest_day(Date day) const;

  // The canonical bytes of mechanism.json. Fails with kInvalidMechanism naming the member.
  [[nodiscard]] Result<std::string> to_bytes() const;
  [[nodiscard]] static Result<Mechanism> parse(std::string_view bytes);
  friend bool operator==(const Mechanism&, const Mechanism&) = default;
};

// Who must have received a statement of `author` before it is settled (docs/architecture.md, Settled).
struct Quorum {
  std::int64_t others = 0;  // n: guarantors and observers without the author
  std::int64_t needed = 0;  // q of them; 0 where there are none: settled at once
  [[nodiscard]] std::int64_t may_be_absent() const { return others - needed; }
  // 2 q > n + f, and there are so many.
  [[nodiscard]] bool is_safe(std::int64_t accomplices) const {
    return others == 0 || (2 * needed > others + accomplices && needed <= others);
  }
};
[[nodiscard]] Quorum quorum_for(const Mechanism& mechanism, std::string_view author);

// SHA-256 of the canonical founding document; written as lower-case hex.
[[nodiscard]] Hash mechanism_id(std::string_view founding_bytes);

}  // namespace truce::mechanism
