// SPDX-License-Identifier: Apache-2.0
//
// For tests and benchmarks: an invented mechanism of three guarantors whose logs lie in one folder, as after a round of
// mirroring, and its files as a bundle. NOT for programs.

#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "truce/base/file.h"
#include "truce/mechanism/mechanism.h"
#include "truce/record/blobs.h"
#include "truce/record/bundle_file.h"
#include "truce/record/cosignature.h"
#include "truce/record/envelope.h"
#include "truce/record/log.h"
#include "truce/record/note.h"
#include "truce/record/signing.h"
#include "truce/record/statements.h"

namespace truce::verify {

inline constexpr std::int64_t kBeginMs = 1'500'000'000'000;

// A seed for each name: "east/main", "east cosign".
inline std::string seed_of(const std::string& name) {
  return std::string(sha256("seed of " + name).view());
}
inline std::string public_of(const std::string& name) {
  return record::ed25519_public_key(seed_of(name));
}

inline mechanism::Mechanism three_guarantors() {
  mechanism::Mechanism m;
  m.name = "Three";
  for (const std::string id : {"east", "north", "south"}) {
    mechanism::Party p;
    p.id = id;
    p.name = "Party " + id;
    p.keys.log = public_of(id + "/main");
    p.keys.cosign = public_of(id + " cosign");
    p.keys.x25519 = public_of(id + " x25519");
    m.parties.push_back(std::move(p));
  }
  m.decision.of = "guarantors";
  m.decisions["amendment"] = {"k-of-n", "guarantors", 2, 0};
  return m;
}

class Round {
 public:
  Round(FileSystem& files, std::string folder, const mechanism::Mechanism& document = three_guarantors())
      : files_(files), folder_(std::move(folder)) {
    founding = document.to_bytes().value();
    id = mechanism::mechanism_id(founding);
    EXPECT_TRUE(files_.make_folders(folder_));
    EXPECT_TRUE(files_.write(folder_ + "/mechanism.json", founding));
    for (const char* party : {"east", "north", "south"}) open({party, "main"});
  }

  std::string founding;
  Hash id;

  [[nodiscard]] FileSystem& files() const { return files_; }
  [[nodiscard]] const std::string& folder() const { return folder_; }
  [[nodiscard]] record::LogPlace place(const LogId& log) const {
    return {folder_ + "/logs/" + log.to_string(), id, log, public_of(log.to_string())};
  }
  // Begins a log with its acceptance.
  void open(const LogId& log) {
    logs_[log] = record::Log::open(files_, place(log), seed_of(log.to_string()), {}).value();
    append(log, {record::encode(record::make_acceptance(place(log), Instant{kBeginMs})).value()});
  }
  void append(const LogId& log, const std::vector<std::string>& entries) {
    EXPECT_TRUE(logs_.at(log)->append(entries));
    EXPECT_TRUE(logs_.at(log)->publish());
  }
  [[nodiscard]] record::Head head(const LogId& log) const { return logs_.at(log)->head(); }
  [[nodiscard]] record::Envelope envelope(const LogId& log, std::string_view type, Json body) const {
    record::Envelope e;
    e.type = type;
    e.mechanism = id;
    e.author = log;
    e.recorded = Instant{kBeginMs + 1000 * static_cast<std::int64_t>(logs_.at(log)->size())};
    e.body = std::move(body);
    return e;
  }
  // States something; its reference.
  StatementRef state(const record::Envelope& e) {
    const std::string entry = record::encode(e).value();
    const StatementId statement{e.author, logs_.at(e.author)->size()};
    append(e.author, {entry});
    return {statement, record::leaf_hash(entry)};
  }
  StatementRef state(const LogId& log, std::string_view type, Json body) { return state(envelope(log, type, body)); }
  void notes(const LogId& log, std::uint64_t count) {
    std::vector<std::string> entries;
    for (std::uint64_t i = 0; i < count; ++i)
      entries.push_back(
          record::encode(envelope(log, "note", Json::object({{"text", "quiet " + std::to_string(i)}}))).value());
    append(log, entries);
  }
  StatementRef receipt(const std::string& party, const std::vector<record::Head>& heads) {
    return state({party, "main"}, record::kReceiptType, record::Receipt{heads}.to_body());
  }
  // The party opens one more log and begins it.
  void desk(const std::string& party, const std::string& log) {
    state({party, "main"}, record::kLogOpenType, record::LogOpen{log, public_of(party + '/' + log)}.to_body());
    open({party, log});
  }
  Hash blob(const std::string& bytes) { return record::BlobStore(files_, folder_ + "/blobs").put(bytes).value(); }
  // The party cosigns the log's head as it is now.
  void cosign(const std::string& party, const LogId& log, std::int64_t at_ms = kBeginMs) {
    const std::string path = place(log).folder + "/checkpoint";
    auto note = record::SignedNote::parse(files_.read(path, 1 << 16).value()).value();
    const record::Cosigner c{"truce/" + id.hex() + '/' + party, public_of(party + " cosign")};
    note.signatures.push_back(record::cosign(c, seed_of(party + " cosign"), note.text, Instant{at_ms}));
    EXPECT_TRUE(files_.write(path, note.to_bytes()));
  }

  // All files of logs/, blobs/ and sealed/ whose names a bundle may have, ascending.
  [[nodiscard]] std::map<std::string, std::string> members() const {
    std::map<std::string, std::string> out;
    for (const char* top : {"blobs", "logs", "sealed"}) gather(top, out);
    return out;
  }
  void write_bundle(const std::string& path, const std::map<std::string, std::string>& members) const {
    const auto writer = record::BundleWriter::create(files_, path, {Instant{kBeginMs}, id, "east"});
    ASSERT_TRUE(writer) << writer.error().to_string();
    for (const auto& [name, bytes] : members) ASSERT_TRUE((*writer)->add(name, bytes)) << name;
    ASSERT_TRUE((*writer)->finish());
  }

 private:
  void gather(const std::string& name, std::map<std::string, std::string>& out) const {
    const auto names = files_.list(folder_ + '/' + name);
    if (!names) {
      if (auto bytes = files_.read(folder_ + '/' + name, 1 << 26); bytes && record::BundleName::parse(name))
        out.emplace(name, std::move(bytes).value());
      return;
    }
    for (const std::string& n : *names) gather(name + '/' + n, out);
  }

  FileSystem& files_;
  std::string folder_;
  std::map<LogId, std::unique_ptr<record::Log>> logs_;
};

}  // namespace truce::verify
