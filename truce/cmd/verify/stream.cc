// SPDX-License-Identifier: Apache-2.0

#include "truce/cmd/verify/stream.h"

#include "truce/cmd/verify/source_roots.h"
#include "truce/record/bundle.h"
#include "truce/record/envelope.h"
#include "truce/record/merkle.h"
#include "truce/record/note.h"
#include "truce/record/statements.h"
#include "truce/record/tile_io.h"

namespace truce::verify {

using record::kEntriesLevel;
using record::kTileWidth;
using record::TilePath;

bool LogStream::begin(std::string_view checkpoint) {
  const record::LogPlace& place = log_.place;
  log_.checkpoint = checkpoint;
  log_.head.log = place.log;
  const auto c = record::open_checkpoint(checkpoint, place.origin(), place.public_key);
  if (!c) {
    fault(at(c.error(), name_in(place.log, "checkpoint")));
    return false;
  }
  if (c->size == 0 && c->root != record::empty_root()) {
    fault({ErrorCode::kBadRoot, "the root of no entries is another", name_in(place.log, "checkpoint")});
    return false;
  }
  log_.head = {place.log, c->size, c->root};
  tree_ = Tree(log_.head);
  return true;
}

bool LogStream::close() {
  if (log_.head.size == 0) return true;
  if (auto ok = tree_.close(); !ok) {
    fault(at(std::move(ok).error(), "logs/" + log_.place.log.to_string()));
    return false;
  }
  return true;
}

bool LogStream::leaves(std::uint64_t index, std::string_view bytes) {
  const std::string name = name_in(log_.place.log, TilePath{0, index, width(index)}.to_string());
  if (bytes.size() != std::size_t{width(index)} * 32) {
    fault({ErrorCode::kBadTile, std::to_string(bytes.size()) + " bytes instead of " + std::to_string(width(index) * 32),
           name});
    return false;
  }
  if (auto ok = tree_.check_leaves(index, record::hashes_of(bytes)); !ok) {
    fault(at(std::move(ok).error(), name));
    return false;
  }
  ++log_.hash_tiles;
  return true;
}

void LogStream::check_statement(std::uint64_t index, std::string_view entry, record::EntryScan& scan) {
  const LogId& id = log_.place.log;
  const auto where = [&] { return StatementId{id, index}.to_string(); };
  const bool is_scanned = record::scan_entry(entry, scan);
  if (is_scanned && index != 0) {
    if (scan.author != id.to_string())
      log_.note({ErrorCode::kInvalidEnvelope, "is by " + std::string(scan.author), where()});
    // "43 characters","43 characters",...
    for (std::size_t at = 1; at + 43 < scan.required.size(); at += 46)
      on_blob_(Hash::from_base64url(scan.required.substr(at, 43)).value(), index);
    if (!scan.ciphertext.empty()) ++log_.sealed_absent;
    return;
  }
  const auto envelope = record::decode(entry);
  if (!envelope) {
    log_.note({envelope.error().code, envelope.error().to_string(), where()});
    return;
  }
  if (index == 0) {
    if (auto ok = record::check_acceptance(*envelope, log_.place); !ok)
      log_.note({ok.error().code, ok.error().to_string(), where()});
  }
  if (envelope->author != id)
    log_.note({ErrorCode::kInvalidEnvelope, "is by " + envelope->author.to_string(), where()});
  for (const Hash& h : envelope->required_blobs) on_blob_(h, index);
  if (envelope->sealed) ++log_.sealed_absent;
}

bool LogStream::entries(std::uint64_t index, std::uint32_t stored, std::string_view bytes) {
  const std::string name = name_in(log_.place.log, TilePath{kEntriesLevel, index, stored}.to_string());
  if (auto ok = record::split_bundle(bytes, stored, split_); !ok) {
    fault(at(std::move(ok).error(), name));
    return false;
  }
  split_.resize(width(index));
  std::vector<Hash> leaves(split_.size());
  record::leaf_hashes(split_, leaves);
  if (auto ok = tree_.check_leaves(index, leaves); !ok) {
    fault(at(std::move(ok).error(), name));
    return false;
  }
  scans_.resize(split_.size());
  for (std::size_t i = 0; i < split_.size(); ++i) {
    check_statement(index * kTileWidth + i, split_[i], scans_[i]);
    log_.entry_bytes += split_[i].size();
  }
  log_.entries += split_.size();
  claims_.take(log_.place.log, index * kTileWidth, split_, scans_);
  last_leaves_ = std::move(leaves);
  return true;
}

}  // namespace truce::verify
