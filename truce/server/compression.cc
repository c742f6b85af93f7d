// SPDX-License-Identifier: Apache-2.0

#include "truce/server/compression.h"

#include <zstd.h>

#include <algorithm>
#include <memory>

#include "truce/base/trimmed.h"

namespace truce::server {
namespace {

constexpr int kLevel = 3;
constexpr std::string_view kSpace = " ";

// "0", "0.", "0.0" to "0.000".
bool is_zero(std::string_view weight) {
  return !weight.empty() && weight.find_first_not_of("0.") == std::string_view::npos;
}

}  // namespace

std::string zstd_compress(std::string_view bytes) {
  std::string out(ZSTD_compressBound(bytes.size()), '\0');
  const std::size_t n = ZSTD_compress(out.data(), out.size(), bytes.data(), bytes.size(), kLevel);
  out.resize(ZSTD_isError(n) != 0 ? 0 : n);
  return out;
}

Result<std::string> zstd_decompress(std::string_view bytes, std::uint64_t bytes_max) {
  const std::unique_ptr<ZSTD_DCtx, decltype(&ZSTD_freeDCtx)> context(ZSTD_createDCtx(), ZSTD_freeDCtx);
  if (!context || ZSTD_isError(ZSTD_DCtx_setParameter(context.get(), ZSTD_d_windowLogMax, kZstdWindowLogMax)) != 0) {
    return fail(ErrorCode::kIo, "zstd cannot be set up");
  }
  std::string out;
  std::string piece(ZSTD_DStreamOutSize(), '\0');
  ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
  for (;;) {
    ZSTD_outBuffer piece_out{piece.data(), piece.size(), 0};
    const std::size_t hint = ZSTD_decompressStream(context.get(), &piece_out, &in);
    if (ZSTD_isError(hint) != 0) {
      return fail(ErrorCode::kSyntax, std::string("not zstd: ") + ZSTD_getErrorName(hint));
    }
    if (piece_out.pos > bytes_max - out.size()) return fail(ErrorCode::kLimit, "a body longer than the limit");
    out.append(piece.data(), piece_out.pos);
    if (in.pos < in.size) continue;
    if (hint == 0) return out;
    if (piece_out.pos < piece_out.size) return fail(ErrorCode::kSyntax, "zstd that ends too early");
  }
}

bool accepts_zstd(std::string_view accept_encoding) {
  while (!accept_encoding.empty()) {
    const std::size_t comma = std::min(accept_encoding.find(','), accept_encoding.size());
    const std::string_view item = accept_encoding.substr(0, comma);
    accept_encoding.remove_prefix(std::min(comma + 1, accept_encoding.size()));
    const std::size_t semicolon = std::min(item.find(';'), item.size());
    if (trimmed(item.substr(0, semicolon), kSpace) != "zstd") continue;
    const std::string_view parameter = trimmed(item.substr(std::min(semicolon + 1, item.size())), kSpace);
    return !(parameter.size() > 2 && parameter.substr(0, 2) == "q=" && is_zero(parameter.substr(2)));
  }
  return false;
}

}  // namespace truce::server
