// SPDX-License-Identifier: Apache-2.0

#include "truce/record/journal.h"

#include <cassert>
#include <cstring>
#include <optional>

#include "truce/base/json.h"
#include "truce/base/sha256.h"

namespace truce::record {
namespace {

constexpr std::size_t kBatchFieldsBytes = 24;   // magic, count, first index, payload length
constexpr std::size_t kHeaderFieldsBytes = 24;  // magic, first index

void put_big_endian(char* out, std::uint64_t v, int bytes) {
  for (int i = bytes - 1; i >= 0; --i, v >>= 8) out[i] = static_cast<char>(v & 0xff);
}

std::uint64_t big_endian(std::string_view bytes) {
  std::uint64_t v = 0;
  for (const char c : bytes) v = v << 8 | static_cast<unsigned char>(c);
  return v;
}

// The payload is `count` entries to the last byte.
bool is_bundle(std::string_view payload, std::uint64_t count) {
  std::size_t at = 0;
  for (std::uint64_t i = 0; i < count; ++i) {
    if (payload.size() - at < 2) return false;
    const std::size_t size = static_cast<std::size_t>(big_endian(payload.substr(at, 2)));
    at += 2;
    if (payload.size() - at < size) return false;
    at += size;
  }
  return at == payload.size();
}

// The whole, unharmed batch at the start of `bytes`, if there is one.
std::optional<Batch> batch_at(std::string_view bytes, bool copy) {
  if (bytes.size() < kBatchHeaderBytes || !bytes.starts_with(kBatchMagic)) return std::nullopt;
  Batch out;
  out.count = static_cast<std::uint32_t>(big_endian(bytes.substr(4, 4)));
  out.first = big_endian(bytes.substr(8, 8));
  const std::uint64_t length = big_endian(bytes.substr(16, 8));
  if (out.count == 0 || out.first > static_cast<std::uint64_t>(Json::kIntegerMax)) return std::nullopt;
  if (length > bytes.size() - kBatchHeaderBytes || length < 2ULL * out.count) return std::nullopt;
  const std::string_view payload = bytes.substr(kBatchHeaderBytes, length);
  if (sha256(bytes.substr(0, kBatchFieldsBytes), payload).view() != bytes.substr(kBatchFieldsBytes, 32))
    return std::nullopt;
  if (!is_bundle(payload, out.count)) return std::nullopt;
  if (copy) out.record = bytes.substr(0, kBatchHeaderBytes + length);
  return out;
}

tl::unexpected<Error> damaged(std::string message, std::size_t offset) {
  return fail(ErrorCode::kBadJournal, std::move(message), "offset " + std::to_string(offset));
}

}  // namespace

void Batch::seal() {
  assert(record.size() >= kBatchHeaderBytes && count > 0);
  char* header = record.data();
  std::memcpy(header, kBatchMagic.data(), kBatchMagic.size());
  put_big_endian(header + 4, count, 4);
  put_big_endian(header + 8, first, 8);
  put_big_endian(header + 16, record.size() - kBatchHeaderBytes, 8);
  const Hash h = sha256(std::string_view(record).substr(0, kBatchFieldsBytes), payload());
  std::memcpy(header + kBatchFieldsBytes, h.bytes.data(), 32);
}

std::string journal_header(std::uint64_t first, std::string_view origin) {
  std::string out(kJournalMagic);
  out.resize(kHeaderFieldsBytes);
  put_big_endian(out.data() + kJournalMagic.size(), first, 8);
  out += sha256(out, origin).view();
  return out;
}

Result<JournalScan> scan_journal(std::string_view bytes, std::string_view origin) {
  JournalScan out;
  if (bytes.size() < kJournalHeaderBytes || !bytes.starts_with(kJournalMagic)) return damaged("no journal's header", 0);
  out.first = big_endian(bytes.substr(kJournalMagic.size(), 8));
  if (bytes.substr(0, kJournalHeaderBytes) != journal_header(out.first, origin)) {
    return damaged("the header is damaged or of another log than " + std::string(origin), 0);
  }
  std::uint64_t next = out.first;
  std::size_t at = kJournalHeaderBytes;
  while (auto batch = batch_at(bytes.substr(at), true)) {
    if (batch->first != next) {
      return damaged("a batch begins at index " + std::to_string(batch->first) + " instead of " + std::to_string(next),
                     at);
    }
    at += batch->record.size();
    next += batch->count;
    out.batches.push_back(std::move(*batch));
  }
  out.good_bytes = at;
  // A batch is written by one call, and the next one only after it is durable. So whatever follows the last whole batch
  // was never acknowledged, unless a whole batch stands beyond it: then the damage came later.
  for (std::size_t p = bytes.find(kBatchMagic, at + 1); p != std::string_view::npos;
       p = bytes.find(kBatchMagic, p + 1)) {
    const auto later = batch_at(bytes.substr(p), false);
    if (later && later->first > next) return damaged("damaged before a whole batch at offset " + std::to_string(p), at);
  }
  return out;
}

Result<Journal::Opened> Journal::open(FileSystem& files, std::string path, std::string_view origin) {
  const auto located = [&](Error e) { return fail(at(std::move(e), path)); };
  TRUCE_TRY(const std::string bytes, files.read(path, kJournalBytesMax));
  auto scan = scan_journal(bytes, origin);
  if (!scan) return located(std::move(scan).error());
  Opened out;
  out.journal.reset(new Journal());
  out.torn_bytes = bytes.size() - scan->good_bytes;
  TRUCE_TRY(out.journal->file_, files.open_append(path, 0644));
  if (out.torn_bytes != 0) {
    TRUCE_CHECK(out.journal->file_->truncate(scan->good_bytes));
    TRUCE_CHECK(out.journal->file_->sync());
  }
  out.batches = std::move(scan->batches);
  out.journal->first_ = scan->first;
  out.journal->end_ = out.batches.empty() ? scan->first : out.batches.back().end();
  out.journal->size_bytes_ = scan->good_bytes;
  return out;
}

Result<std::unique_ptr<Journal>> Journal::create(FileSystem& files, std::string path, std::string_view origin,
                                                 std::uint64_t first, const std::vector<const Batch*>& batches) {
  std::string bytes = journal_header(first, origin);
  std::unique_ptr<Journal> out(new Journal());
  out->first_ = out->end_ = first;
  for (const Batch* b : batches) {
    assert(b->first == out->end_);
    bytes += b->record;
    out->end_ = b->end();
  }
  out->size_bytes_ = bytes.size();
  TRUCE_CHECK(files.write_atomic(path, bytes, 0644));
  TRUCE_TRY(out->file_, files.open_append(path, 0644));
  return out;
}

Status Journal::append(const Batch& batch) {
  assert(!broken_ && batch.first == end_);
  if (auto written = file_->append(batch.record); !written) {
    // What was written is a torn tail; without it the journal goes on. If it cannot be cut, only open() can tell what
    // is there.
    broken_ = !file_->truncate(size_bytes_).has_value();
    return written;
  }
  if (auto synced = file_->sync(); !synced) {
    // The kernel may have dropped the pages and call them clean: nothing more may be built upon them.
    broken_ = true;
    return synced;
  }
  end_ = batch.end();
  size_bytes_ += batch.record.size();
  return {};
}

}  // namespace truce::record
