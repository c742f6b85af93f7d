// SPDX-License-Identifier: Apache-2.0

#include "truce/record/bundle_file.h"

#include <archive.h>
#include <archive_entry.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "truce/base/encoding.h"
#include "truce/base/json_fields.h"
#include "truce/record/blobs.h"
#include "truce/record/bundle.h"
#include "truce/record/note.h"
#include "truce/record/sealed_size.h"

namespace truce::record {
namespace {

constexpr std::size_t kBlock = 512;  // of a tar
constexpr std::string_view kUstarMagic("ustar\00000", 8);
constexpr std::size_t kChunkBytes = 256 * 1024;

// libarchive's words for what went wrong. They may hold bytes of the input.
std::string words_of(struct archive* a) {
  const char* text = archive_error_string(a);
  if (text == nullptr) return "unreadable";
  const std::string escaped = quoted(text);
  return escaped.substr(1, escaped.size() - 2);  // without the quotation marks
}

std::string member_words(std::string_view name) {
  return "member " + quoted(name) + ": ";
}

bool take(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

// The one frame of zstd that the file must be, as far as its outline goes (RFC 8878 section 3.1.1): libarchive would
// also take several frames and frames to be skipped, in which data could hide.
class FrameOutline {
 public:
  // Sees the next bytes of the file. Fails with kSyntax, kLimit.
  [[nodiscard]] Status see(std::string_view bytes) {
    while (!bytes.empty()) {
      if (part_ == Part::kEnd) return fail(ErrorCode::kSyntax, "data after the archive's end");
      if (part_ == Part::kBlockBody) {
        const std::size_t n = static_cast<std::size_t>(std::min<std::uint64_t>(body_left_, bytes.size()));
        bytes.remove_prefix(n);
        body_left_ -= n;
        if (body_left_ == 0) part_ = last_block_ ? after_last_block() : Part::kBlockHeader;
        continue;
      }
      head_ += bytes.front();
      bytes.remove_prefix(1);
      if (head_.size() == needed()) TRUCE_CHECK(step());
    }
    return {};
  }
  [[nodiscard]] bool complete() const { return part_ == Part::kEnd; }

 private:
  enum class Part { kMagic, kDescriptor, kFrameHeader, kBlockHeader, kBlockBody, kChecksum, kEnd };

  // `size` bytes at `offset` of the head, little-endian.
  [[nodiscard]] std::uint64_t number(std::size_t offset, std::size_t size) const {
    std::uint64_t v = 0;
    for (std::size_t i = size; i > 0; --i) v = v << 8 | static_cast<unsigned char>(head_[offset + i - 1]);
    return v;
  }
  [[nodiscard]] bool single_segment() const { return (descriptor_ & 0x20U) != 0; }
  [[nodiscard]] std::size_t dictionary_bytes() const {
    return std::array<std::size_t, 4>{0, 1, 2, 4}[descriptor_ & 3U];
  }
  [[nodiscard]] std::size_t content_size_bytes() const {
    const unsigned flag = descriptor_ >> 6;
    return flag == 0 ? (single_segment() ? 1 : 0) : std::size_t{1} << flag;
  }
  [[nodiscard]] std::size_t needed() const {
    switch (part_) {
      case Part::kDescriptor: return 1;
      case Part::kFrameHeader: return (single_segment() ? 0 : 1) + dictionary_bytes() + content_size_bytes();
      case Part::kBlockHeader: return 3;
      default: return 4;
    }
  }
  [[nodiscard]] Part after_last_block() const { return (descriptor_ & 4U) != 0 ? Part::kChecksum : Part::kEnd; }

  Status step() {
    switch (part_) {
      case Part::kMagic:
        if (head_ != "\x28\xB5\x2F\xFD") return fail(ErrorCode::kSyntax, "is not a zstd file");
        part_ = Part::kDescriptor;
        break;
      case Part::kDescriptor:
        descriptor_ = static_cast<unsigned char>(head_[0]);
        part_ = Part::kFrameHeader;
        break;
      case Part::kFrameHeader: {
        if (dictionary_bytes() != 0) return fail(ErrorCode::kSyntax, "zstd with a dictionary");
        std::uint64_t window = 0;
        if (single_segment()) {
          const std::size_t size = content_size_bytes();
          window = number(0, size) + (size == 2 ? 256 : 0);
        } else {
          const auto b = static_cast<unsigned char>(head_[0]);
          const std::uint64_t base = std::uint64_t{1} << (10 + (b >> 3));
          window = base + base / 8 * (b & 7U);
        }
        if (window > kBundleWindowBytesMax) {
          return fail(ErrorCode::kLimit,
                      "zstd window of more than " + std::to_string(kBundleWindowBytesMax) + " bytes");
        }
        part_ = Part::kBlockHeader;
        break;
      }
      case Part::kBlockHeader: {
        const std::uint64_t header = number(0, 3);
        const std::uint64_t type = header >> 1 & 3;
        if (type == 3) return fail(ErrorCode::kSyntax, "zstd block of an unknown type");
        last_block_ = (header & 1) != 0;
        body_left_ = type == 1 ? 1 : header >> 3;
        part_ = body_left_ > 0 ? Part::kBlockBody : last_block_ ? after_last_block() : Part::kBlockHeader;
        break;
      }
      default: part_ = Part::kEnd; break;
    }
    head_.clear();
    return {};
  }

  Part part_ = Part::kMagic;
  unsigned descriptor_ = 0;
  bool last_block_ = false;
  std::uint64_t body_left_ = 0;
  std::string head_;
};

struct ReadArchive {
  struct archive* a = archive_read_new();
  ReadArchive() = default;
  ~ReadArchive() { archive_read_free(a); }
  ReadArchive(const ReadArchive&) = delete;
  ReadArchive& operator=(const ReadArchive&) = delete;
};

}  // namespace

std::string BundleManifest::to_bytes() const {
  return Json::object({{"made", made.ms}, {"mechanism", mechanism.hex()}, {"party", party}, {"v", 1}}).to_canonical();
}

Result<BundleManifest> BundleManifest::parse(std::string_view bytes) {
  auto json = Json::parse_canonical(bytes);
  if (!json) return fail(ErrorCode::kSyntax, json.error().message, json.error().where);
  JsonFields f(*json, "manifest");
  BundleManifest out;
  f.integer("v", 1, 1);
  out.made.ms = f.integer("made", Instant::kMin, Instant::kMax);
  out.party = f.text("party", 32);
  if (!is_id(out.party)) f.fault("party", "is no id");
  if (auto hash = Hash::from_hex(f.text("mechanism", 64))) {
    out.mechanism = *hash;
  } else {
    f.fault("mechanism", "is not 64 lower-case hex digits");
  }
  TRUCE_CHECK(f.finish(ErrorCode::kSyntax));
  return out;
}

Result<BundleName> BundleName::parse(std::string_view name) {
  const auto refused = [&] { return fail(ErrorCode::kSyntax, member_words(name) + "no name that a bundle may hold"); };
  BundleName out;
  std::string_view rest = name;
  if (take(rest, "logs/")) {
    const std::size_t party_end = rest.find('/');
    if (party_end == std::string_view::npos) return refused();
    const std::size_t log_end = rest.find('/', party_end + 1);
    if (log_end == std::string_view::npos) return refused();
    out.log.party = rest.substr(0, party_end);
    out.log.log = rest.substr(party_end + 1, log_end - party_end - 1);
    if (!is_id(out.log.party) || !is_id(out.log.log)) return refused();
    rest.remove_prefix(log_end + 1);
    if (rest == "checkpoint") return out;
    const auto tile = TilePath::parse(rest);
    if (!tile) return refused();
    out.tile = *tile;
    out.kind = tile->level == kEntriesLevel ? BundleKind::kEntryBundle : BundleKind::kHashTile;
    return out;
  }
  if (take(rest, "blobs/")) {
    out.kind = BundleKind::kBlob;
  } else if (take(rest, "sealed/")) {
    out.kind = BundleKind::kSealed;
  } else if (take(rest, "handover/")) {
    out.kind = BundleKind::kHandover;
  } else {
    return refused();
  }
  const auto hash = Hash::from_hex(rest);
  if (!hash) return refused();
  out.hash = *hash;
  return out;
}

std::uint64_t bundle_member_bytes_max(BundleKind kind) {
  constexpr std::uint64_t kCipherBytes = 40;  // nonce and tag beside the padded payload (docs/format/sealed.md)
  switch (kind) {
    case BundleKind::kCheckpoint: return kNoteBytesMax;
    case BundleKind::kHashTile: return kHashTileBytesMax;
    case BundleKind::kEntryBundle: return kBundleBytesMax;
    case BundleKind::kBlob: return kBlobBytesMax;
    case BundleKind::kSealed: return std::uint64_t{kSealedPaddedBytesMax} + kCipherBytes;
    case BundleKind::kHandover: return kHandoverBytesMax;
  }
  return 0;
}

// ---- Writer

struct BundleWriter::State {
  State(FileSystem& f, const std::string& p, const BundleLimits& l)
      : files(f), path(p), temporary(temporary_name(p)), limits(l) {}
  ~State() {
    if (!done) abandon();
    archive_entry_free(entry);
    archive_write_free(out);
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  // Always a success to libarchive, which leaks its buffer after a failed write (3.6.2): what went wrong is in
  // `failure`, and what comes after that, or after abandon(), is dropped.
  static la_ssize_t write(struct archive* /*a*/, void* self, const void* bytes, std::size_t size) {
    auto& state = *static_cast<State*>(self);
    if (!state.failure && state.file != nullptr) {
      if (auto ok = state.file->append({static_cast<const char*>(bytes), size}); !ok) {
        state.failure = std::move(ok).error();
      }
    }
    return static_cast<la_ssize_t>(size);
  }

  Status open() {
    auto opened = files.open_append(temporary);
    if (!opened) return fail(std::move(opened).error());
    file = std::move(opened).value();
    TRUCE_CHECK(file->truncate(0));  // another process' of the same number may have left one
    const bool ok = out != nullptr && entry != nullptr && archive_write_set_format_ustar(out) == ARCHIVE_OK &&
                    archive_write_add_filter_zstd(out) == ARCHIVE_OK &&
                    archive_write_set_bytes_per_block(out, static_cast<int>(kChunkBytes)) == ARCHIVE_OK &&
                    archive_write_set_bytes_in_last_block(out, 1) == ARCHIVE_OK &&
                    archive_write_open2(out, this, nullptr, write, nullptr, nullptr) == ARCHIVE_OK;
    if (!ok) return broken();
    return {};
  }

  Status put(std::string_view name, std::string_view bytes) {
    archive_entry_clear(entry);
    archive_entry_set_pathname(entry, std::string(name).c_str());
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_perm(entry, 0644);
    archive_entry_set_uid(entry, 0);
    archive_entry_set_gid(entry, 0);
    archive_entry_set_mtime(entry, 0, 0);
    archive_entry_set_size(entry, static_cast<la_int64_t>(bytes.size()));
    if (archive_write_header(out, entry) != ARCHIVE_OK) return broken();
    while (!bytes.empty()) {
      const la_ssize_t n = archive_write_data(out, bytes.data(), bytes.size());
      if (n <= 0) return broken();
      bytes.remove_prefix(static_cast<std::size_t>(n));
    }
    if (archive_write_finish_entry(out) != ARCHIVE_OK || failure) return broken();
    return {};
  }

  Status close() {
    if (archive_write_close(out) != ARCHIVE_OK || failure) return broken();
    Status ok = file->sync();
    file.reset();
    if (ok) ok = files.rename(temporary, path);
    if (!ok) {
      failure = ok.error();
      return ok;
    }
    done = true;
    return files.sync(folder_of(path));
  }

  // The error of the file, or libarchive's.
  Status broken() {
    if (!failure) failure = Error{ErrorCode::kIo, out == nullptr ? "out of memory" : words_of(out), path};
    return fail(*failure);
  }

  void abandon() {
    file.reset();  // freeing `out` writes nothing more
    static_cast<void>(files.remove(temporary));
  }

  FileSystem& files;
  std::string path, temporary;
  BundleLimits limits;
  std::unique_ptr<File> file;
  struct archive* out = archive_write_new();
  struct archive_entry* entry = archive_entry_new();
  std::optional<Error> failure;
  bool done = false;
  std::string last_name;
  std::uint64_t members = 0, bytes_total = 0;
};

BundleWriter::BundleWriter(std::unique_ptr<State> state) : state_(std::move(state)) {}
BundleWriter::~BundleWriter() = default;

Result<std::unique_ptr<BundleWriter>> BundleWriter::create(FileSystem& files, const std::string& path,
                                                           const BundleManifest& manifest, const BundleLimits& limits) {
  TRUCE_CHECK(check_id(manifest.party, "party id"));
  if (!manifest.made.is_valid()) return fail(ErrorCode::kInvalidArgument, "time outside of the years 1 to 9999");
  auto state = std::make_unique<State>(files, path, limits);
  TRUCE_CHECK(state->open());
  TRUCE_CHECK(state->put(kBundleManifestName, manifest.to_bytes()));
  return std::unique_ptr<BundleWriter>(new BundleWriter(std::move(state)));
}

Status BundleWriter::add(std::string_view name, std::string_view bytes) {
  State& s = *state_;
  if (s.failure) return fail(*s.failure);
  if (s.done) return fail(ErrorCode::kInvalidArgument, "the bundle is finished");
  const auto parsed = BundleName::parse(name);
  if (!parsed) return fail(ErrorCode::kInvalidArgument, parsed.error().message);
  if (name <= s.last_name) {
    return fail(ErrorCode::kInvalidArgument, member_words(name) + "not after " + quoted(s.last_name));
  }
  const std::uint64_t most = bundle_member_bytes_max(parsed->kind);
  if (bytes.size() > most) {
    return fail(ErrorCode::kLimit, member_words(name) + "longer than " + std::to_string(most) + " bytes");
  }
  if (s.members >= s.limits.members_max) {
    return fail(ErrorCode::kLimit,
                member_words(name) + "more than " + std::to_string(s.limits.members_max) + " members");
  }
  if (bytes.size() > s.limits.bytes_total_max - s.bytes_total) {
    return fail(ErrorCode::kLimit,
                member_words(name) + "more than " + std::to_string(s.limits.bytes_total_max) + " bytes in all");
  }
  TRUCE_CHECK(s.put(name, bytes));
  s.last_name = name;
  ++s.members;
  s.bytes_total += bytes.size();
  return {};
}

Status BundleWriter::finish() {
  State& s = *state_;
  if (s.failure) return fail(*s.failure);
  if (s.done) return fail(ErrorCode::kInvalidArgument, "the bundle is finished");
  Status ok = s.close();
  if (!s.done) s.abandon();
  return ok;
}

// ---- Reader
//
// Two of libarchive's readers, one within the other: `zstd` unpacks the file, `tar` takes the members out of that. What
// passes between them is looked at: headers one at a time before `tar` sees them, so that it meets none of the many
// kinds that a bundle does not have, and the end to its last byte.

struct BundleReader::State {
  State(FileSystem& f, const std::string& p, const BundleLimits& l) : files(f), path(p), limits(l) {}

  // The next bytes of the file.
  static la_ssize_t read_file(struct archive* a, void* self, const void** bytes) {
    auto& s = *static_cast<State*>(self);
    auto got = s.files.read_at(s.path, s.offset, kChunkBytes);
    Status ok;
    if (!got) {
      ok = fail(got.error());
    } else if (ok = s.outline.see(*got); ok && got->empty() && !s.outline.complete()) {
      ok = fail(ErrorCode::kSyntax, "ends within the archive");
    }
    if (!ok) {
      s.refuse(std::move(ok).error());
      archive_set_error(a, EIO, "refused");
      return ARCHIVE_FATAL;
    }
    s.chunk = std::move(got).value();
    s.offset += s.chunk.size();
    *bytes = s.chunk.data();
    return static_cast<la_ssize_t>(s.chunk.size());
  }

  // Makes `plain` hold at least one unpacked byte, unless the archive has ended.
  Status unpack() {
    while (plain.empty() && !plain_ended) {
      const void* bytes = nullptr;
      std::size_t n = 0;
      la_int64_t unused = 0;
      const int r = archive_read_data_block(zstd.a, &bytes, &n, &unused);
      if (failure) return fail(*failure);
      if (r == ARCHIVE_EOF) {
        plain_ended = true;
      } else if (r != ARCHIVE_OK) {
        return refused(ErrorCode::kSyntax, words_of(zstd.a));
      } else {
        plain = {static_cast<const char*>(bytes), n};
      }
    }
    return {};
  }

  static la_ssize_t read_tar(struct archive* a, void* self, const void** bytes) {
    auto& s = *static_cast<State*>(self);
    auto got = s.body_left > 0 ? s.body_chunk() : s.header_block();
    if (!got) {
      archive_set_error(a, EIO, "refused");
      return ARCHIVE_FATAL;
    }
    *bytes = got->data();
    return static_cast<la_ssize_t>(got->size());
  }

  // Unpacked bytes of the member, or of the zeros that fill its last block.
  Result<std::string_view> body_chunk() {
    TRUCE_CHECK(unpack());
    if (plain.empty()) return fail_member(ErrorCode::kSyntax, "the archive ends within it");
    const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(body_left, plain.size()));
    const std::string_view out = plain.substr(0, n);
    plain.remove_prefix(n);
    body_left -= n;
    const std::uint64_t zeros = (kBlock - size % kBlock) % kBlock;
    if (body_left < zeros) {  // it reaches into them
      const std::size_t here = static_cast<std::size_t>(std::min<std::uint64_t>(n, zeros - body_left));
      if (out.find_first_not_of('\0', n - here) != std::string_view::npos) {
        return fail_member(ErrorCode::kSyntax, "bytes other than zero after it");
      }
    }
    return out;
  }

  // The next block that stands where a header does; nothing at the end of all.
  Result<std::string_view> header_block() {
    std::string block;
    while (block.size() < kBlock) {
      TRUCE_CHECK(unpack());
      if (plain.empty()) break;
      const std::size_t n = std::min(kBlock - block.size(), plain.size());
      block += plain.substr(0, n);
      plain.remove_prefix(n);
    }
    if (block.size() < kBlock) return refused(ErrorCode::kSyntax, "the archive ends without its two empty blocks");
    header = std::move(block);
    const bool is_zero = header.find_first_not_of('\0') == std::string::npos;
    if (is_zero) {
      ++zero_blocks;
      return header;
    }
    name = name_in_header();
    if (zero_blocks > 0) return refused(ErrorCode::kSyntax, "data after the archive's end");
    if (header.compare(257, 8, kUstarMagic) != 0) {
      return fail_member(ErrorCode::kSyntax, "its header is not ustar");
    }
    if (const char* kind = kind_in_header(); kind != nullptr) return fail_member(ErrorCode::kSyntax, kind);
    return header;
  }

  [[nodiscard]] std::string name_in_header() const {
    const auto field = [&](std::size_t start, std::size_t length) {
      const std::string_view f = std::string_view(header).substr(start, length);
      return f.substr(0, f.find('\0'));
    };
    const std::string_view prefix = field(345, 155);
    std::string out(prefix);
    if (!prefix.empty()) out += '/';
    return out.append(field(0, 100));
  }

  // What it is, unless it is a regular file.
  [[nodiscard]] const char* kind_in_header() const {
    switch (header[156]) {
      case '0': return nullptr;
      case '1': return "a hard link";
      case '2': return "a symbolic link";
      case '3':
      case '4': return "a device";
      case '5': return "a folder";
      case '6': return "a pipe";
      case 'g':
      case 'x':
      case 'X':
      case 'A': return "extended attributes";
      case 'K':
      case 'L': return "a long name";
      case 'S': return "a sparse file";
      default: return "no regular file";
    }
  }

  // The first failure is kept: there is no way on.
  void refuse(Error error) {
    if (!failure) failure = error.where.empty() ? at(std::move(error), path) : std::move(error);
  }
  tl::unexpected<Error> refused(ErrorCode code, std::string message) {
    refuse(Error{code, std::move(message), path});
    return fail(*failure);
  }
  tl::unexpected<Error> fail_member(ErrorCode code, std::string_view message) {
    return refused(code, member_words(name) + std::string(message));
  }

  Status open() {
    if (zstd.a == nullptr || tar.a == nullptr) return refused(ErrorCode::kIo, "out of memory");
    // The filter is given, not guessed: no other compression, none at all, and none within another.
    struct archive_entry* unused = nullptr;
    if (archive_read_support_format_raw(zstd.a) != ARCHIVE_OK ||
        archive_read_append_filter(zstd.a, ARCHIVE_FILTER_ZSTD) != ARCHIVE_OK ||
        archive_read_open2(zstd.a, this, nullptr, read_file, nullptr, nullptr) != ARCHIVE_OK ||
        archive_read_next_header(zstd.a, &unused) != ARCHIVE_OK) {
      return refused(ErrorCode::kSyntax, words_of(zstd.a));
    }
    if (archive_read_support_format_tar(tar.a) != ARCHIVE_OK ||
        archive_read_open2(tar.a, this, nullptr, read_tar, nullptr, nullptr) != ARCHIVE_OK) {
      return refused(ErrorCode::kSyntax, words_of(tar.a));
    }
    TRUCE_TRY(const bool there, next_header());
    if (!there || name != kBundleManifestName) {
      return refused(ErrorCode::kSyntax, "the first member is not " + std::string(kBundleManifestName));
    }
    TRUCE_TRY(const std::string bytes, body(kBundleManifestBytesMax));
    auto parsed = BundleManifest::parse(bytes);
    if (!parsed) return fail_member(ErrorCode::kSyntax, parsed.error().to_string());
    manifest = std::move(parsed).value();
    return {};
  }

  // Goes to the next member: its name and size; false at the end.
  Result<bool> next_header() {
    struct archive_entry* entry = nullptr;
    const int r = archive_read_next_header(tar.a, &entry);
    if (failure) return fail(*failure);
    if (r == ARCHIVE_EOF) {
      TRUCE_CHECK(check_end());
      return false;
    }
    if (r != ARCHIVE_OK) return fail_member(ErrorCode::kSyntax, words_of(tar.a));
    // header_block() has let nothing else through. Believed all the same only when libarchive says so too.
    const char* pathname = archive_entry_pathname(entry);
    if (archive_entry_filetype(entry) != AE_IFREG || archive_entry_hardlink(entry) != nullptr ||
        archive_entry_symlink(entry) != nullptr || archive_entry_sparse_count(entry) != 0 ||
        archive_entry_xattr_count(entry) != 0 || archive_entry_acl_types(entry) != 0 ||
        archive_entry_size_is_set(entry) == 0 || archive_entry_size(entry) < 0) {
      return fail_member(ErrorCode::kSyntax, "no regular file");
    }
    if (pathname == nullptr || name != pathname) return fail_member(ErrorCode::kSyntax, "another name is meant");
    size = static_cast<std::uint64_t>(archive_entry_size(entry));
    return true;
  }

  // The bytes of the member whose header was read. They grow as they come, whatever the header says.
  Result<std::string> body(std::uint64_t most) {
    if (size > most) return fail_member(ErrorCode::kLimit, "longer than " + std::to_string(most) + " bytes");
    body_left = (size + kBlock - 1) / kBlock * kBlock;
    std::string out;
    for (;;) {
      const void* bytes = nullptr;
      std::size_t n = 0;
      la_int64_t where = 0;
      const int r = archive_read_data_block(tar.a, &bytes, &n, &where);
      if (failure) return fail(*failure);
      if (r == ARCHIVE_EOF) break;
      if (r != ARCHIVE_OK) return fail_member(ErrorCode::kSyntax, words_of(tar.a));
      if (static_cast<std::uint64_t>(where) != out.size() || n > size - out.size()) {
        return fail_member(ErrorCode::kSyntax, "a sparse file");
      }
      out.append(static_cast<const char*>(bytes), n);
    }
    if (out.size() != size) return fail_member(ErrorCode::kSyntax, "shorter than its header says");
    return out;
  }

  // Two empty blocks, and not a byte more in the tar or in the file.
  Status check_end() {
    if (zero_blocks != 2) return refused(ErrorCode::kSyntax, "the archive ends without its two empty blocks");
    TRUCE_CHECK(unpack());
    if (!plain.empty()) return refused(ErrorCode::kSyntax, "data after the archive's end");
    ended = true;
    return {};
  }

  Result<std::optional<Member>> next() {
    if (failure) return fail(*failure);
    if (ended) return std::optional<Member>();
    TRUCE_TRY(const bool there, next_header());
    if (!there) return std::optional<Member>();
    auto parsed = BundleName::parse(name);
    if (!parsed) return refused(parsed.error().code, parsed.error().message);
    if (name <= last_name) return fail_member(ErrorCode::kSyntax, "not after " + quoted(last_name));
    if (++members > limits.members_max) {
      return fail_member(ErrorCode::kLimit, "more than " + std::to_string(limits.members_max) + " members");
    }
    TRUCE_CHECK(check_total(bundle_member_bytes_max(parsed->kind)));
    Member out;
    TRUCE_TRY(out.bytes, body(bundle_member_bytes_max(parsed->kind)));
    bytes_total += out.bytes.size();
    last_name = name;
    out.name = name;
    return std::optional<Member>(std::move(out));
  }

  // Of members that are not too long by themselves.
  Status check_total(std::uint64_t most) {
    if (size > most || size <= limits.bytes_total_max - bytes_total) return {};
    return fail_member(ErrorCode::kLimit, "more than " + std::to_string(limits.bytes_total_max) + " bytes in all");
  }

  FileSystem& files;
  std::string path;
  BundleLimits limits;
  FrameOutline outline;
  std::uint64_t offset = 0;  // in the file
  std::string chunk;         // of the file, at libarchive's disposal
  std::string_view plain;    // unpacked, not handed on yet
  bool plain_ended = false;
  std::string header;           // the block that was handed on last where a header stands
  int zero_blocks = 0;          // of those
  std::uint64_t body_left = 0;  // of the member, with the zeros after it, not handed on yet
  std::optional<Error> failure;
  bool ended = false;
  BundleManifest manifest;
  std::string name, last_name;
  std::uint64_t size = 0, members = 0, bytes_total = 0;
  ReadArchive zstd, tar;  // go first: they point to the rest
};

BundleReader::BundleReader(std::unique_ptr<State> state) : state_(std::move(state)) {}
BundleReader::~BundleReader() = default;

Result<std::unique_ptr<BundleReader>> BundleReader::open(FileSystem& files, const std::string& path,
                                                         const BundleLimits& limits) {
  auto state = std::make_unique<State>(files, path, limits);
  TRUCE_CHECK(state->open());
  return std::unique_ptr<BundleReader>(new BundleReader(std::move(state)));
}

const BundleManifest& BundleReader::manifest() const {
  return state_->manifest;
}

Result<std::optional<BundleReader::Member>> BundleReader::next() {
  return state_->next();
}

}  // namespace truce::record
