// SPDX-License-Identifier: Apache-2.0

#include "truce/record/bundle_file.h"

#include <archive.h>
#include <archive_entry.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>
#include <map>

#include "truce/base/encoding.h"
#include "truce/base/file_testing.h"
#include "truce/base/memory_files.h"
#include "truce/record/blobs.h"
#include "truce/record/bundle.h"
#include "truce/record/note.h"
#include "truce/record/sealed_size.h"

namespace truce::record {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using Member = BundleReader::Member;
using Members = std::vector<Member>;

const std::string kPath = "/stick/un.bundle";

BundleManifest test_manifest() {
  return {Instant{1'500'000'000'000}, sha256("an invented mechanism"), "un"};
}
std::string hex(int n) {
  return sha256(std::to_string(n)).hex();
}

// A folder for bundles in memory.
struct Stick {
  Stick() { EXPECT_TRUE(files.make_folders("/stick").has_value()); }
  void put(std::string_view bytes) { EXPECT_TRUE(files.write(kPath, bytes).has_value()); }
  std::string bytes() { return files.read(kPath, UINT64_MAX).value(); }

  FixedClock clock{Instant{0}};
  MemoryFileSystem files{clock};
};

Status write_all(FileSystem& files, const Members& members, const BundleLimits& limits = {}) {
  TRUCE_TRY(const auto writer, BundleWriter::create(files, kPath, test_manifest(), limits));
  for (const Member& m : members) TRUCE_CHECK(writer->add(m.name, m.bytes));
  return writer->finish();
}

Result<Members> read_all(FileSystem& files, const BundleLimits& limits = {}) {
  TRUCE_TRY(const auto reader, BundleReader::open(files, kPath, limits));
  Members out;
  for (;;) {
    auto member = reader->next();
    if (!member) {
      const Error first = member.error();
      EXPECT_EQ(reader->next().error(), first);  // there is no way on
      return fail(first);
    }
    if (!*member) break;
    out.push_back(std::move(**member));
  }
  EXPECT_FALSE(reader->next().value().has_value());
  return out;
}

Result<Members> read_bytes(std::string_view bytes, const BundleLimits& limits = {}) {
  Stick stick;
  stick.put(bytes);
  return read_all(stick.files, limits);
}

// ---- Archives by hand, so that they can be wrong.

void put_octal(std::string& block, std::size_t at, std::size_t digits, std::uint64_t value) {
  for (std::size_t i = digits; i > 0; --i, value >>= 3) block[at + i - 1] = static_cast<char>('0' + (value & 7));
}

void set_checksum(std::string& block) {
  block.replace(148, 8, 8, ' ');
  std::uint64_t sum = 0;
  for (const char c : block) sum += static_cast<unsigned char>(c);
  put_octal(block, 148, 6, sum);
  block[154] = '\0';
}

std::string tar_header(std::string_view name, std::uint64_t size, char type = '0', std::string_view link = "") {
  std::string b(512, '\0');
  b.replace(0, name.size(), name);
  put_octal(b, 100, 7, 0644);
  put_octal(b, 108, 7, 0);
  put_octal(b, 116, 7, 0);
  put_octal(b, 124, 11, size);
  put_octal(b, 136, 11, 0);
  b[156] = type;
  b.replace(157, link.size(), link);
  b.replace(257, 8, std::string_view("ustar\00000", 8));
  set_checksum(b);
  return b;
}

std::string padded(std::string bytes) {
  bytes.resize((bytes.size() + 511) / 512 * 512);
  return bytes;
}

std::string tar_member(std::string_view name, const std::string& bytes, char type = '0') {
  return tar_header(name, bytes.size(), type) + padded(bytes);
}

const std::string kEnd(1024, '\0');

std::string tar_manifest() {
  return tar_member(kBundleManifestName, test_manifest().to_bytes());
}

std::string little(std::uint64_t value, std::size_t size) {
  std::string out;
  for (std::size_t i = 0; i < size; ++i, value >>= 8) out += static_cast<char>(value & 0xff);
  return out;
}

constexpr std::uint64_t kRaw = 0, kRepeat = 1;
std::string block_header(std::uint64_t size, std::uint64_t type, bool last) {
  return little(size << 3 | type << 1 | (last ? 1 : 0), 3);
}

const std::string kMagic = "\x28\xB5\x2F\xFD";
const std::string kWindow2MiB("\x00\x58", 2);

std::string raw_blocks(std::string_view bytes, bool last = true) {
  std::string out;
  do {
    const std::string_view part = bytes.substr(0, 100'000);
    bytes.remove_prefix(part.size());
    out += block_header(part.size(), kRaw, last && bytes.empty());
    out += part;
  } while (!bytes.empty());
  return out;
}

// One frame that holds the bytes as they are.
std::string zstd(std::string_view bytes, const std::string& descriptor = kWindow2MiB) {
  return kMagic + descriptor + raw_blocks(bytes);
}

std::string skippable(const std::string& bytes) {
  return "\x50\x2A\x4D\x18" + little(bytes.size(), 4) + bytes;
}

// What libarchive's reader makes of a bundle: the tar, and its members.
std::string unpacked(const std::string& bundle) {
  struct archive* a = archive_read_new();
  archive_read_support_format_raw(a);
  archive_read_support_filter_zstd(a);
  EXPECT_EQ(archive_read_open_memory(a, bundle.data(), bundle.size()), ARCHIVE_OK);
  struct archive_entry* entry = nullptr;
  EXPECT_EQ(archive_read_next_header(a, &entry), ARCHIVE_OK);
  std::string out, buffer(65536, '\0');
  for (la_ssize_t n = 0; (n = archive_read_data(a, buffer.data(), buffer.size())) > 0;) {
    out.append(buffer, 0, static_cast<std::size_t>(n));
  }
  archive_read_free(a);
  return out;
}

Members members_by_libarchive(const std::string& bundle) {
  struct archive* a = archive_read_new();
  archive_read_support_format_all(a);
  archive_read_support_filter_all(a);
  EXPECT_EQ(archive_read_open_memory(a, bundle.data(), bundle.size()), ARCHIVE_OK);
  struct archive_entry* entry = nullptr;
  Members out;
  while (archive_read_next_header(a, &entry) == ARCHIVE_OK) {
    EXPECT_EQ(archive_entry_perm(entry), 0644);
    EXPECT_EQ(archive_entry_mtime(entry), 0);
    EXPECT_EQ(archive_entry_uid(entry), 0);
    EXPECT_EQ(archive_entry_gid(entry), 0);
    EXPECT_EQ(std::string(archive_entry_uname(entry)), "");
    Member m{archive_entry_pathname(entry), std::string(static_cast<std::size_t>(archive_entry_size(entry)), '\0')};
    EXPECT_EQ(archive_read_data(a, m.bytes.data(), m.bytes.size()), static_cast<la_ssize_t>(m.bytes.size()));
    out.push_back(std::move(m));
  }
  archive_read_free(a);
  return out;
}

// One of each kind, in their order.
Members small_members() {
  return {{"blobs/" + hex(1), "a blob"},
          {"handover/" + hex(2), "keys"},
          {"logs/un/main/checkpoint", "a head\n"},
          {"logs/un/main/tile/0/000.p/2", std::string(64, 'h')},
          {"logs/un/main/tile/entries/000.p/2", "two entries"},
          {"sealed/" + hex(3), std::string(296, 's')}};
}

// ---- Names

TEST(BundleNameTest, EachKindHasItsForm) {
  const std::string id(32, 'a');
  const struct {
    std::string name;
    BundleKind kind;
    std::uint64_t bytes_max;
  } kCases[] = {
      {"logs/un/main/checkpoint", BundleKind::kCheckpoint, kNoteBytesMax},
      {"logs/" + id + "/" + id + "/checkpoint", BundleKind::kCheckpoint, kNoteBytesMax},
      {"logs/un/main/tile/0/000", BundleKind::kHashTile, 8192},
      {"logs/un/main/tile/63/x001/x234/067.p/255", BundleKind::kHashTile, 8192},
      {"logs/un/main/tile/entries/x001/000", BundleKind::kEntryBundle, kBundleBytesMax},
      {"logs/un/main/tile/entries/000.p/1", BundleKind::kEntryBundle, kBundleBytesMax},
      {"blobs/" + hex(1), BundleKind::kBlob, 64 << 20},
      {"sealed/" + hex(1), BundleKind::kSealed, (64 << 20) + 40},
      {"handover/" + hex(1), BundleKind::kHandover, 65536},
  };
  for (const auto& c : kCases) {
    const auto got = BundleName::parse(c.name);
    ASSERT_TRUE(got.has_value()) << c.name;
    EXPECT_EQ(got->kind, c.kind) << c.name;
    EXPECT_EQ(bundle_member_bytes_max(got->kind), c.bytes_max) << c.name;
  }
  const BundleName tile = BundleName::parse("logs/un/main/tile/63/x001/x234/067.p/255").value();
  EXPECT_EQ(tile.log, (LogId{"un", "main"}));
  EXPECT_EQ(tile.tile, (TilePath{63, 1'234'067, 255}));
  EXPECT_EQ(BundleName::parse("blobs/" + hex(1))->hash.hex(), hex(1));
}

std::vector<std::string> refused_names() {
  std::string upper = hex(1);
  std::transform(upper.begin(), upper.end(), upper.begin(), [](char c) { return c >= 'a' ? c - 32 : c; });
  return {"x",
          "blobs",
          "blobs/",
          "blobs/" + hex(1).substr(1),
          "blobs/" + hex(1) + "0",
          "blobs/" + upper,
          "blobs/" + hex(1) + "/x",
          "/blobs/" + hex(1),
          "./blobs/" + hex(1),
          "blobs//" + hex(1),
          "blobs/../blobs/" + hex(1),
          "blobs\\" + hex(1),
          "Blobs/" + hex(1),
          "private/" + hex(1),
          "private/keys",
          "truce.toml",
          std::string(kBundleManifestName),
          "logs/un/main",
          "logs/un/main/",
          "logs/un/main/journal",
          "logs/un/main/lock",
          "logs/un/main/checkpoint/",
          "logs/un/main/checkpoint\n",
          "logs/un/main/pending/tile/0/000",
          "logs/un/checkpoint",
          "logs/Un/main/checkpoint",
          "logs//main/checkpoint",
          "logs/../main/checkpoint",
          "logs/un/../checkpoint",
          "logs/" + std::string(33, 'a') + "/main/checkpoint",
          "logs/un/main/tile/64/000",
          "logs/un/main/tile/0/0",
          "logs/un/main/tile/0/x000/000",
          "logs/un/main/tile/0/000.p/0",
          "logs/un/main/tile/0/000.p/256",
          "logs/un/main/tile/00/000",
          "logs/un/main/tile/0/../0/000",
          "logs/\xD0\x96/main/checkpoint",
          "..",
          "/etc/passwd",
          "C:\\x"};
}

TEST(BundleNameTest, OtherNamesAreRefused) {
  for (const std::string& name : refused_names()) {
    const auto got = BundleName::parse(name);
    ASSERT_FALSE(got.has_value()) << quoted(name);
    EXPECT_EQ(got.error().code, ErrorCode::kSyntax);
    EXPECT_THAT(got.error().message, HasSubstr(quoted(name)));
  }
  EXPECT_FALSE(BundleName::parse("").has_value());
  EXPECT_FALSE(BundleName::parse(std::string("blobs/\0", 7)).has_value());
}

// ---- Manifest

TEST(BundleManifestTest, BytesAndBack) {
  EXPECT_EQ(test_manifest().to_bytes(), "{\"made\":1500000000000,\"mechanism\":\"" + test_manifest().mechanism.hex() +
                                            "\",\"party\":\"un\",\"v\":1}");
  EXPECT_EQ(BundleManifest::parse(test_manifest().to_bytes()).value(), test_manifest());
}

TEST(BundleManifestTest, OtherManifestsAreRefused) {
  const std::string good = test_manifest().to_bytes();
  const std::string mechanism = test_manifest().mechanism.hex();
  const auto with = [&](std::string_view old, std::string_view now) {
    std::string out = good;
    return out.replace(out.find(old), old.size(), now);
  };
  const std::string kCases[] = {"",
                                "{}",
                                "[]",
                                "null",
                                good + "\n",
                                " " + good,
                                with("\"v\":1", "\"v\":2"),
                                with(",\"v\":1", ""),
                                with("\"v\":1", "\"v\":1,\"w\":1"),
                                with("\"un\"", "\"Un\""),
                                with("\"un\"", "\"\""),
                                with("\"un\"", "7"),
                                with("1500000000000", "1.5"),
                                with("1500000000000", "253402300800000"),
                                with("1500000000000", "\"now\""),
                                with(mechanism, mechanism.substr(1)),
                                with(mechanism, "A" + mechanism.substr(1)),
                                with("\"made\":1500000000000,", "")};
  for (const std::string& bytes : kCases) {
    const auto got = BundleManifest::parse(bytes);
    ASSERT_FALSE(got.has_value()) << bytes;
    EXPECT_EQ(got.error().code, ErrorCode::kSyntax) << bytes;
    const auto read = read_bytes(zstd(tar_member(kBundleManifestName, bytes) + kEnd));
    ASSERT_FALSE(read.has_value()) << bytes;
    EXPECT_EQ(read.error().code, ErrorCode::kSyntax) << bytes;
    EXPECT_THAT(read.error().message, HasSubstr("truce-bundle.json"));
  }
}

// ---- Round trips

TEST(BundleFileTest, ThousandsOfMembersComeBackAsTheyWere) {
  SeededNumbers random(logged_seed());
  std::map<std::string, std::string> members;
  for (int i = 0; i < 1500; ++i) {
    members["blobs/" + hex(i)] = random.text(random.below(3000), "abcdefgh");
    members["sealed/" + hex(i)] = random.text(296, "0123456789");
    const TilePath tile{static_cast<int>(random.between(-1, 3)), random.below(2'000'000),
                        static_cast<std::uint32_t>(random.between(1, 256))};
    members["logs/un/main/" + tile.to_string()] = random.text(random.below(8192), "xyz");
  }
  for (const std::uint64_t size : {0, 1, 511, 512, 513, 1024, 131'071, 131'072, 131'073, 1'000'000}) {
    members["blobs/" + sha256("size " + std::to_string(size)).hex()] = std::string(size, 'b');
  }
  Members expected;
  for (const auto& [name, bytes] : members) expected.push_back({name, bytes});
  Stick stick;
  ASSERT_TRUE(write_all(stick.files, expected).has_value());
  EXPECT_THAT(stick.files.list("/stick").value(), ElementsAre("un.bundle"));
  const auto got = read_all(stick.files);
  ASSERT_TRUE(got.has_value()) << got.error().to_string();
  EXPECT_TRUE(*got == expected);
  expected.insert(expected.begin(), {std::string(kBundleManifestName), test_manifest().to_bytes()});
  EXPECT_TRUE(members_by_libarchive(stick.bytes()) == expected);
  EXPECT_EQ(BundleReader::open(stick.files, kPath).value()->manifest(), test_manifest());
}

TEST(BundleFileTest, EmptyBundleIsABundle) {
  Stick stick;
  ASSERT_TRUE(write_all(stick.files, {}).has_value());
  EXPECT_EQ(read_all(stick.files).value(), Members());
}

TEST(BundleFileTest, LargestMembersComeBack) {
  const Members members = {{"blobs/" + hex(1), std::string(kBlobBytesMax, 'b')},
                           {"handover/" + hex(1), std::string(kHandoverBytesMax, 'h')},
                           {"logs/un/main/checkpoint", std::string(kNoteBytesMax, 'n')},
                           {"logs/un/main/tile/0/000", std::string(kHashTileBytesMax, 't')},
                           {"logs/un/main/tile/entries/000", std::string(kBundleBytesMax, 'e')},
                           {"sealed/" + hex(1), std::string(kSealedPaddedBytesMax + 40, 's')}};
  Stick stick;
  ASSERT_TRUE(write_all(stick.files, members).has_value());
  EXPECT_TRUE(read_all(stick.files).value() == members);
}

TEST(BundleFileTest, EqualMembersGiveEqualBytes) {
  Stick one, other;
  ASSERT_TRUE(write_all(one.files, small_members()).has_value());
  ASSERT_TRUE(write_all(other.files, small_members()).has_value());
  EXPECT_EQ(one.bytes(), other.bytes());
}

TEST(BundleFileTest, BytesOfTheTarNeverChange) {
  Stick stick;
  ASSERT_TRUE(write_all(stick.files, small_members()).has_value());
  const std::string tar = unpacked(stick.bytes());
  EXPECT_EQ(tar.size(), 7 * 1024 + 1024U);
  EXPECT_EQ(sha256(tar).hex(), "a9c828fba55f61526d119e473a6de9281b8e24b5188db11d20be8a641fd65a87");
  EXPECT_EQ(stick.bytes().substr(0, 4), kMagic);
}

TEST(BundleFileTest, ReaderTakesArchivesOfOtherMaking) {
  std::string tar = tar_manifest();
  for (const Member& m : small_members()) tar += tar_member(m.name, m.bytes);
  EXPECT_EQ(read_bytes(zstd(tar + kEnd)).value(), small_members());
  // Owner, mode and time mean nothing; a long name may be split.
  const std::string log = "logs/" + std::string(32, 'p') + '/' + std::string(32, 'l');
  std::string header = tar_header("tile/entries/x001/x234/067.p/255", 3);
  header.replace(345, log.size(), log);
  put_octal(header, 100, 7, 0777);
  put_octal(header, 136, 11, 1'500'000'000);
  header.replace(265, 4, "root");
  set_checksum(header);
  EXPECT_THAT(read_bytes(zstd(tar_manifest() + header + padded("abc") + kEnd)).value(),
              ElementsAre(Member{log + "/tile/entries/x001/x234/067.p/255", "abc"}));
}

// ---- Refusals

TEST(BundleFileTest, OtherArchivesAreRefused) {
  const std::string blob = "blobs/" + hex(1), blob2 = "blobs/" + hex(0), sealed = "sealed/" + hex(1);
  ASSERT_LT(blob2, "c");
  const std::string start = tar_manifest(), good = start + tar_member(blob, "x");
  const auto with_header = [&](auto change) {
    std::string header = tar_header(blob, 1);
    change(header);
    set_checksum(header);
    return zstd(start + header + padded("x") + kEnd);
  };
  const std::string pax = "30 SCHILY.xattr.user.a=secret\n";
  const std::string longer_name = "25 path=logs/un/main/lock\n";
  const std::string lower = std::min(blob, blob2), higher = std::max(blob, blob2);
  const struct {
    const char* what;
    std::string bytes;
    ErrorCode code;
    std::string words;
  } kCases[] = {
      {"nothing", "", ErrorCode::kSyntax, "ends within"},
      {"text", "hello, world", ErrorCode::kSyntax, "is not a zstd file"},
      {"a tar alone", good + kEnd, ErrorCode::kSyntax, "is not a zstd file"},
      {"gzip", "\x1f\x8b\x08", ErrorCode::kSyntax, ""},
      {"gzip of some length", "\x1f\x8b\x08" + std::string(100, 'x'), ErrorCode::kSyntax, "is not a zstd file"},
      {"xz", "\xFD" + std::string("7zXZ\0\0\0", 8), ErrorCode::kSyntax, "is not a zstd file"},
      {"zstd within zstd", zstd(zstd(good + kEnd)), ErrorCode::kSyntax, "not ustar"},
      {"a frame to skip before", skippable("x") + zstd(good + kEnd), ErrorCode::kSyntax, "is not a zstd file"},
      {"a frame to skip after", zstd(good + kEnd) + skippable("x"), ErrorCode::kSyntax, "data after"},
      {"an empty frame after", zstd(good + kEnd) + zstd(""), ErrorCode::kSyntax, "data after"},
      {"a byte after", zstd(good + kEnd) + '\0', ErrorCode::kSyntax, "data after"},
      {"two frames", zstd(good) + zstd(kEnd), ErrorCode::kSyntax, "data after"},
      {"a dictionary", zstd(good + kEnd, std::string("\x01\x58\x07", 3)), ErrorCode::kSyntax, "dictionary"},
      {"a reserved bit", zstd(good + kEnd, std::string("\x08\x58", 2)), ErrorCode::kSyntax, ""},
      {"a wrong content size", zstd(good + kEnd, std::string("\x80\x58\x07\0\0\0", 6)), ErrorCode::kSyntax, ""},
      {"a block of type 3", kMagic + kWindow2MiB + block_header(4, 3, true) + "abcd", ErrorCode::kSyntax, "type"},
      {"a window over the limit", zstd(good + kEnd, std::string("\x00\x89", 2)), ErrorCode::kLimit, "window"},
      {"the largest window", zstd(good + kEnd, std::string("\x00\xFF", 2)), ErrorCode::kLimit, "window"},
      {"one segment over the limit", zstd(good + kEnd, "\xA0" + little(kBundleWindowBytesMax + 1, 4)),
       ErrorCode::kLimit, "window"},
      {"an empty frame", zstd(""), ErrorCode::kSyntax, ""},
      {"zip", zstd("PK\x03\x04" + std::string(600, 'x')), ErrorCode::kSyntax, "not ustar"},
      {"cpio", zstd("070701" + std::string(600, '0')), ErrorCode::kSyntax, "not ustar"},
      {"no manifest", zstd(tar_member(blob, "x") + kEnd), ErrorCode::kSyntax, "first member"},
      {"no member at all", zstd(kEnd), ErrorCode::kSyntax, "first member"},
      {"a manifest too long", zstd(tar_member(kBundleManifestName, std::string(1025, ' ')) + kEnd), ErrorCode::kLimit,
       "1024"},
      {"a manifest twice", zstd(start + start + kEnd), ErrorCode::kSyntax, "truce-bundle.json"},
      {"no empty blocks", zstd(good), ErrorCode::kSyntax, "empty blocks"},
      {"one empty block", zstd(good + std::string(512, '\0')), ErrorCode::kSyntax, "empty blocks"},
      {"a part of an empty block", zstd(good + std::string(1023, '\0')), ErrorCode::kSyntax, "empty blocks"},
      {"three empty blocks", zstd(good + kEnd + std::string(512, '\0')), ErrorCode::kSyntax, "data after"},
      {"a member after one empty block", zstd(start + std::string(512, '\0') + tar_member(blob, "x") + kEnd),
       ErrorCode::kSyntax, "data after"},
      {"a member after the end", zstd(good + kEnd + tar_member(sealed, "x") + kEnd), ErrorCode::kSyntax, "data after"},
      {"one byte after the end", zstd(good + kEnd + "x"), ErrorCode::kSyntax, "data after"},
      {"bytes in the padding", zstd(start + tar_header(blob, 1) + std::string(512, 'x') + kEnd), ErrorCode::kSyntax,
       "other than zero"},
      {"one byte in the padding", zstd(start + tar_header(blob, 1) + "x" + std::string(510, '\0') + "y" + kEnd),
       ErrorCode::kSyntax, "other than zero"},
      {"an end within a member", zstd(start + tar_header(blob, 600) + std::string(512, 'x')), ErrorCode::kSyntax,
       "ends within it"},
      {"a name twice", zstd(good + tar_member(blob, "x") + kEnd), ErrorCode::kSyntax, "not after"},
      {"names that descend", zstd(start + tar_member(higher, "x") + tar_member(lower, "x") + kEnd), ErrorCode::kSyntax,
       "not after"},
      {"a hard link", zstd(start + tar_header(blob, 0, '1', "private/keys") + kEnd), ErrorCode::kSyntax, "hard link"},
      {"a hard link with bytes", zstd(start + tar_header(blob, 1, '1', "private/keys") + padded("x") + kEnd),
       ErrorCode::kSyntax, "hard link"},
      {"a symbolic link", zstd(start + tar_header(blob, 0, '2', "/etc/passwd") + kEnd), ErrorCode::kSyntax,
       "symbolic link"},
      {"a character device", zstd(start + tar_header(blob, 0, '3') + kEnd), ErrorCode::kSyntax, "device"},
      {"a block device", zstd(start + tar_header(blob, 0, '4') + kEnd), ErrorCode::kSyntax, "device"},
      {"a folder", zstd(start + tar_header("blobs/", 0, '5') + kEnd), ErrorCode::kSyntax, "a folder"},
      {"a folder by its slash", zstd(start + tar_header(blob + "/", 0) + kEnd), ErrorCode::kSyntax, "no regular file"},
      {"a pipe", zstd(start + tar_header(blob, 0, '6') + kEnd), ErrorCode::kSyntax, "pipe"},
      {"a contiguous file", zstd(start + tar_member(blob, "x", '7') + kEnd), ErrorCode::kSyntax, "no regular file"},
      {"an old regular file", zstd(start + tar_member(blob, "x", '\0') + kEnd), ErrorCode::kSyntax, "no regular file"},
      {"a sparse file", zstd(start + tar_member(blob, "x", 'S') + kEnd), ErrorCode::kSyntax, "sparse"},
      {"extended attributes", zstd(start + tar_member("p", pax, 'x') + tar_member(blob, "x") + kEnd),
       ErrorCode::kSyntax, "extended attributes"},
      {"another name by attributes", zstd(start + tar_member("p", longer_name, 'x') + tar_member(blob, "x") + kEnd),
       ErrorCode::kSyntax, "extended attributes"},
      {"attributes for all", zstd(start + tar_member("p", pax, 'g') + tar_member(blob, "x") + kEnd), ErrorCode::kSyntax,
       "extended attributes"},
      {"attributes before the manifest", zstd(tar_member("p", pax, 'g') + good + kEnd), ErrorCode::kSyntax,
       "extended attributes"},
      {"a long name", zstd(start + tar_member("././@LongLink", blob, 'L') + tar_member(blob, "x") + kEnd),
       ErrorCode::kSyntax, "long name"},
      {"a volume's label", zstd(start + tar_header("v", 0, 'V') + tar_member(blob, "x") + kEnd), ErrorCode::kSyntax,
       "no regular file"},
      {"a header of GNU tar", with_header([](std::string& h) { h.replace(257, 8, std::string_view("ustar  \0", 8)); }),
       ErrorCode::kSyntax, "not ustar"},
      {"a header of before ustar", with_header([](std::string& h) { h.replace(257, 8, 8, '\0'); }), ErrorCode::kSyntax,
       "not ustar"},
      {"a negative size", with_header([](std::string& h) { h.replace(124, 12, 12, '\xFF'); }), ErrorCode::kSyntax, ""},
      {"a size of a tebibyte",
       with_header([](std::string& h) { h.replace(124, 12, std::string("\x80\0\0\0\0\0\x01\0\0\0\0\0", 12)); }),
       ErrorCode::kLimit, "longer than 67108864"},
      {"a wrong checksum", zstd(start + tar_header(blob, 1).replace(100, 1, "7") + padded("x") + kEnd),
       ErrorCode::kSyntax, ""},
      {"a long checkpoint", zstd(start + tar_member("logs/a/b/checkpoint", std::string(kNoteBytesMax + 1, 'x')) + kEnd),
       ErrorCode::kLimit, "longer than 65536"},
      {"a long hash tile", zstd(start + tar_member("logs/a/b/tile/0/000", std::string(8193, 'x')) + kEnd),
       ErrorCode::kLimit, "longer than 8192"},
      {"a long entry bundle", zstd(start + tar_header("logs/a/b/tile/entries/000", kBundleBytesMax + 1) + kEnd),
       ErrorCode::kLimit, "longer than 16777472"},
      {"a long blob", zstd(start + tar_header(blob, kBlobBytesMax + 1) + kEnd), ErrorCode::kLimit, "longer than"},
      {"a long sealed part", zstd(start + tar_header(sealed, kSealedPaddedBytesMax + 41) + kEnd), ErrorCode::kLimit,
       "longer than"},
      {"long wrapped keys", zstd(start + tar_member("handover/" + hex(1), std::string(65537, 'x')) + kEnd),
       ErrorCode::kLimit, "longer than 65536"},
  };
  for (const auto& c : kCases) {
    const auto got = read_bytes(c.bytes);
    ASSERT_FALSE(got.has_value()) << c.what;
    EXPECT_EQ(got.error().code, c.code) << c.what << ": " << got.error().to_string();
    EXPECT_THAT(got.error().to_string(), HasSubstr(c.words)) << c.what;
    EXPECT_THAT(got.error().where, HasSubstr(kPath)) << c.what;
  }
  EXPECT_EQ(read_bytes(zstd(good + kEnd)).value().size(), 1U);
  EXPECT_TRUE(read_bytes(zstd(good + kEnd, std::string("\x00\x88", 2))).has_value());  // 128 MiB
}

TEST(BundleFileTest, NamesThatAreNotAllowedAreRefusedByBoth) {
  for (const std::string& name : refused_names()) {
    const auto got = read_bytes(zstd(tar_manifest() + tar_header(name.substr(0, 100), 0) + kEnd));
    ASSERT_FALSE(got.has_value()) << quoted(name);
    EXPECT_EQ(got.error().code, ErrorCode::kSyntax) << got.error().to_string();
    EXPECT_THAT(got.error().message, HasSubstr(quoted(name.substr(0, 100))));
    Stick stick;
    EXPECT_EQ(write_all(stick.files, {{name, "x"}}).error().code, ErrorCode::kInvalidArgument) << quoted(name);
    EXPECT_THAT(stick.files.list("/stick").value(), ElementsAre());
  }
}

TEST(BundleFileTest, EveryTruncationIsRefused) {
  Stick stick;
  ASSERT_TRUE(write_all(stick.files, small_members()).has_value());
  const std::string packed = stick.bytes();
  std::string tar = tar_manifest();
  for (const Member& m : small_members()) tar += tar_member(m.name, m.bytes);
  for (const std::string& whole : {packed, zstd(tar + kEnd)}) {
    ASSERT_TRUE(read_bytes(whole).has_value());
    for (std::size_t size = 0; size < whole.size(); ++size) {
      const auto got = read_bytes(whole.substr(0, size));
      ASSERT_FALSE(got.has_value()) << size;
      EXPECT_EQ(got.error().code, ErrorCode::kSyntax) << size << ": " << got.error().to_string();
    }
  }
  // Of the tar alone, in a frame that is whole.
  for (std::size_t size = 0; size < tar.size() + kEnd.size(); ++size) {
    const auto got = read_bytes(zstd((tar + kEnd).substr(0, size)));
    ASSERT_FALSE(got.has_value()) << size;
    EXPECT_EQ(got.error().code, ErrorCode::kSyntax) << size << ": " << got.error().to_string();
  }
}

// `count` times 128 KiB of zeros, in four bytes each.
std::string zero_blocks(int count, bool last) {
  std::string out;
  for (int i = 0; i < count; ++i) out += block_header(131'072, kRepeat, last && i + 1 == count) + '\0';
  return out;
}

TEST(BundleFileTest, BombsFailAtTheirLimitWithoutTakingMemory) {
  const std::string head = kMagic + kWindow2MiB + raw_blocks(tar_manifest(), false);
  const auto header = [](std::string_view name, std::uint64_t size) {
    return raw_blocks(tar_header(name, size), false);
  };
  std::string tebibyte = tar_header("blobs/" + hex(1), 0);
  tebibyte.replace(124, 12, std::string("\x80\0\0\0\0\0\x01\0\0\0\0\0", 12));
  set_checksum(tebibyte);
  const std::string zeros = zero_blocks(8192, true);  // a gibibyte
  const struct {
    const char* what;
    std::string bytes;
    ErrorCode code;
  } kCases[] = {
      {"a header of a tebibyte", head + raw_blocks(tebibyte, false) + zeros, ErrorCode::kLimit},
      {"a blob over its limit", head + header("blobs/" + hex(1), kBlobBytesMax + 1) + zeros, ErrorCode::kLimit},
      {"a tile over its limit", head + header("logs/a/b/tile/0/000", 1 << 30) + zeros, ErrorCode::kLimit},
      {"more bytes than the header says", head + header("logs/a/b/tile/0/000", 4096) + zeros, ErrorCode::kSyntax},
      {"a manifest without end", kMagic + kWindow2MiB + header(kBundleManifestName, 1 << 30) + zeros,
       ErrorCode::kLimit},
      {"nothing but zeros", kMagic + kWindow2MiB + zeros, ErrorCode::kSyntax},
      {"zeros after the end", head + zeros, ErrorCode::kSyntax},
  };
  rusage before{}, after{};
  ASSERT_EQ(::getrusage(RUSAGE_SELF, &before), 0);
  for (const auto& c : kCases) {
    const auto got = read_bytes(c.bytes);
    ASSERT_FALSE(got.has_value()) << c.what;
    EXPECT_EQ(got.error().code, c.code) << c.what << ": " << got.error().to_string();
  }
  ASSERT_EQ(::getrusage(RUSAGE_SELF, &after), 0);
  EXPECT_LT(after.ru_maxrss - before.ru_maxrss, 48 * 1024) << "KiB";
}

TEST(BundleFileTest, LimitsOfTheWholeHoldForBoth) {
  const Members members = {{"blobs/" + hex(1), "12345"}, {"sealed/" + hex(1), "12345"}};
  const struct {
    BundleLimits limits;
    bool ok;
  } kCases[] = {{{2, 10}, true}, {{1, 10}, false}, {{2, 9}, false}, {{0, 0}, false}, {{2, 4}, false}};
  Stick whole;
  ASSERT_TRUE(write_all(whole.files, members).has_value());
  for (const auto& c : kCases) {
    const auto got = read_all(whole.files, c.limits);
    EXPECT_EQ(got.has_value(), c.ok);
    EXPECT_TRUE(c.ok || got.error().code == ErrorCode::kLimit) << got.error().to_string();
    Stick stick;
    const auto written = write_all(stick.files, members, c.limits);
    EXPECT_EQ(written.has_value(), c.ok);
    EXPECT_TRUE(c.ok || written.error().code == ErrorCode::kLimit);
  }
}

// ---- Writing

TEST(BundleFileTest, RefusedMemberLeavesTheWriterAsItWas) {
  Stick stick;
  const auto writer = BundleWriter::create(stick.files, kPath, test_manifest()).value();
  const std::string low = std::min(hex(1), hex(2)), high = std::max(hex(1), hex(2));
  ASSERT_TRUE(writer->add("blobs/" + high, "one").has_value());
  EXPECT_EQ(writer->add("blobs/" + high, "one").error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(writer->add("blobs/" + low, "one").error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(writer->add("private/keys", "one").error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(writer->add("handover/" + high, std::string(65537, 'x')).error().code, ErrorCode::kLimit);
  EXPECT_FALSE(stick.files.exists(kPath));
  ASSERT_TRUE(writer->finish().has_value());
  EXPECT_EQ(writer->finish().error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(writer->add("sealed/" + high, "").error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(read_all(stick.files).value(), (Members{{"blobs/" + high, "one"}}));
}

TEST(BundleFileTest, ManifestThatWouldNotBeReadIsNotWritten) {
  Stick stick;
  BundleManifest manifest = test_manifest();
  manifest.party = "Un";
  EXPECT_EQ(BundleWriter::create(stick.files, kPath, manifest).error().code, ErrorCode::kInvalidArgument);
  manifest = test_manifest();
  manifest.made.ms = Instant::kMax + 1;
  EXPECT_EQ(BundleWriter::create(stick.files, kPath, manifest).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(BundleWriter::create(stick.files, "/none/x", test_manifest()).error().code, ErrorCode::kNotFound);
  EXPECT_THAT(stick.files.list("/stick").value(), ElementsAre());
}

TEST(BundleFileTest, UnfinishedBundleLeavesNothing) {
  Stick stick;
  stick.put("old");
  {
    const auto writer = BundleWriter::create(stick.files, kPath, test_manifest()).value();
    ASSERT_TRUE(writer->add("blobs/" + hex(1), std::string(1 << 20, 'x')).has_value());
  }
  EXPECT_THAT(stick.files.list("/stick").value(), ElementsAre("un.bundle"));
  EXPECT_EQ(stick.bytes(), "old");
}

// Members that do not shrink, so that the file is written in several steps.
Members long_members() {
  Members out = small_members();
  SeededRandom random(1);
  out[0].bytes = random.bytes(600'000);
  return out;
}

TEST(BundleFileTest, EveryFailedStepLeavesNoFileOrAWholeOne) {
  std::uint64_t n = 1;
  for (;; ++n) {
    Stick stick;
    FaultyFileSystem faulty(stick.files, logged_seed() + n);
    faulty.fail_at(n);
    const auto got = write_all(faulty, long_members());
    if (!faulty.struck()) {
      EXPECT_TRUE(got.has_value());
      break;
    }
    ASSERT_FALSE(got.has_value()) << faulty.struck_step();
    EXPECT_EQ(got.error().code, ErrorCode::kIo) << faulty.struck_step();
    EXPECT_THAT(got.error().message, HasSubstr("No space left")) << faulty.struck_step();
    const auto names = stick.files.list("/stick").value();
    if (stick.files.exists(kPath)) {
      EXPECT_THAT(names, ElementsAre("un.bundle")) << faulty.struck_step();
      EXPECT_EQ(read_all(stick.files).value(), long_members()) << faulty.struck_step();
    } else {
      EXPECT_THAT(names, ElementsAre()) << faulty.struck_step();
    }
  }
  EXPECT_GT(n, 6U);
}

TEST(BundleFileTest, CutOfPowerLeavesNoFileOrAWholeOne) {
  for (std::uint64_t n = 0;; ++n) {
    bool struck = false;
    for (std::uint64_t seed = 0; seed < 8; ++seed) {
      Stick stick;
      FaultyFileSystem faulty(stick.files, logged_seed() + seed);
      faulty.cut_power_after(n);
      const auto got = write_all(faulty, long_members());
      struck = faulty.struck();
      faulty.power_on();
      if (stick.files.exists(kPath)) {
        EXPECT_EQ(read_all(stick.files).value(), long_members()) << n;
      } else {
        EXPECT_FALSE(got.has_value()) << n;
      }
    }
    if (!struck) break;
  }
}

// ---- Reading

TEST(BundleFileTest, ReaderChangesNothingOnDisk) {
  Stick stick;
  ASSERT_TRUE(write_all(stick.files, long_members()).has_value());
  FaultyFileSystem counted(stick.files, 1);
  EXPECT_EQ(read_all(counted).value(), long_members());
  EXPECT_EQ(counted.steps(), 0U);
}

TEST(BundleFileTest, FailedReadIsAnErrorOfTheDisk) {
  Stick stick;
  ASSERT_TRUE(write_all(stick.files, long_members()).has_value());
  FaultyFileSystem faulty(stick.files, 1);
  const auto reader = BundleReader::open(faulty, kPath).value();
  faulty.cut_power_after(0);
  const auto got = reader->next();
  ASSERT_FALSE(got.has_value());
  EXPECT_EQ(got.error().code, ErrorCode::kIo);
  faulty.power_on();
  EXPECT_EQ(reader->next().error().code, ErrorCode::kIo);
  EXPECT_EQ(BundleReader::open(stick.files, "/stick/none").error().code, ErrorCode::kNotFound);
  EXPECT_EQ(BundleReader::open(stick.files, "/stick").error().code, ErrorCode::kIo);
}

}  // namespace
}  // namespace truce::record
