// SPDX-License-Identifier: Apache-2.0
//
// Bundles from any bytes: no crash; members that are given out have names of the format, in their order, and are no
// longer than their kind may be. The first byte says what the rest is: 'z' the file, 't' a tar, which is put into a
// frame of zstd with the checksums of its headers mended, so that the reader is reached past both.

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "truce/record/bundle_file.h"

namespace {

using truce::ErrorCode;
using truce::fail;
using truce::Result;
using truce::Status;

// One file under every name, to be read only.
class OneFile final : public truce::FileSystem {
 public:
  explicit OneFile(std::string bytes) : bytes_(std::move(bytes)) {}

  Result<std::string> read(const std::string& /*path*/, std::uint64_t limit_bytes) override {
    if (bytes_.size() > limit_bytes) return fail(ErrorCode::kLimit, "too long");
    return bytes_;
  }
  // In small pieces, so that they end anywhere.
  Result<std::string> read_at(const std::string& /*path*/, std::uint64_t offset, std::uint64_t size) override {
    if (offset >= bytes_.size()) return std::string();
    return bytes_.substr(static_cast<std::size_t>(offset),
                         static_cast<std::size_t>(std::min<std::uint64_t>(size, 700)));
  }
  Result<truce::FileStatus> status(const std::string& /*path*/) override { return changed(); }
  Result<std::vector<std::string>> list(const std::string& /*path*/) override { return changed(); }
  Result<std::unique_ptr<truce::File>> open_append(const std::string& /*path*/, std::uint32_t /*mode*/) override {
    return changed();
  }
  Status write(const std::string& /*path*/, std::string_view /*bytes*/, std::uint32_t /*mode*/) override {
    return changed();
  }
  Status write_atomic(const std::string& /*path*/, std::string_view /*bytes*/, std::uint32_t /*mode*/) override {
    return changed();
  }
  Status rename(const std::string& /*from*/, const std::string& /*to*/) override { return changed(); }
  Status remove(const std::string& /*path*/) override { return changed(); }
  Status make_folders(const std::string& /*path*/, std::uint32_t /*mode*/) override { return changed(); }
  Status sync(const std::string& /*path*/) override { return changed(); }
  Status sync_all(const std::string& /*path*/) override { return changed(); }
  Result<std::unique_ptr<truce::FileLock>> lock(const std::string& /*path*/, std::int64_t /*wait_ms*/) override {
    return changed();
  }

 private:
  // The reader must do nothing but read.
  [[noreturn]] static tl::unexpected<truce::Error> changed() { std::abort(); }

  std::string bytes_;
};

void mend_checksums(std::string& tar) {
  for (std::size_t at = 0; at + 512 <= tar.size(); at += 512) {
    if (tar.compare(at + 257, 5, "ustar") != 0) continue;
    tar.replace(at + 148, 8, 8, ' ');
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < 512; ++i) sum += static_cast<unsigned char>(tar[at + i]);
    for (std::size_t i = 6; i > 0; --i, sum >>= 3) tar[at + 147 + i] = static_cast<char>('0' + (sum & 7));
    tar[at + 154] = '\0';
  }
}

std::string in_frame(std::string_view bytes) {
  std::string out("\x28\xB5\x2F\xFD\x00\x58", 6);
  do {
    const std::string_view part = bytes.substr(0, 100'000);
    bytes.remove_prefix(part.size());
    const std::size_t header = part.size() << 3 | (bytes.empty() ? 1 : 0);
    for (int i = 0; i < 3; ++i) out += static_cast<char>(header >> (8 * i) & 0xff);
    out += part;
  } while (!bytes.empty());
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace truce::record;
  if (size == 0 || size > (1 << 20)) return 0;
  std::string bytes(reinterpret_cast<const char*>(data + 1), size - 1);
  if (data[0] == 't') {
    mend_checksums(bytes);
    bytes = in_frame(bytes);
  } else if (data[0] != 'z') {
    return 0;
  }
  OneFile files(std::move(bytes));
  const auto reader = BundleReader::open(files, "bundle");
  if (!reader) return 0;
  const BundleManifest& manifest = (*reader)->manifest();
  if (BundleManifest::parse(manifest.to_bytes()) != manifest) std::abort();
  std::string last;
  for (;;) {
    const auto member = (*reader)->next();
    if (!member || !*member) return 0;
    const auto name = BundleName::parse((*member)->name);
    if (!name || (*member)->name <= last) std::abort();
    if ((*member)->bytes.size() > bundle_member_bytes_max(name->kind)) std::abort();
    last = (*member)->name;
  }
}
