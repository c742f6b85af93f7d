// SPDX-License-Identifier: Apache-2.0
//
// Messages of HTTP from any bytes: no crash, no more body than allowed, and the same message however the bytes are cut.
// The first byte chooses the kind, the second the size of the pieces.

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "truce/server/http_message.h"

namespace {

using truce::server::HttpRequest;
using truce::server::MessageReader;

constexpr std::uint64_t kBodyBytesMax = 100;

// False: refused, or not whole.
bool read(MessageReader& reader, std::string_view bytes, std::size_t piece_bytes) {
  std::string buffer;
  bool limited = false;
  while (!bytes.empty()) {
    buffer += bytes.substr(0, piece_bytes);
    bytes.remove_prefix(std::min(piece_bytes, bytes.size()));
    for (;;) {
      const auto used = reader.put(buffer);
      if (!used) return false;
      if (*used > buffer.size()) std::abort();
      buffer.erase(0, *used);
      if (reader.head_done() && !limited) {
        limited = true;
        if (!reader.set_body_limit(kBodyBytesMax)) return false;
      }
      if (reader.done()) return true;
      if (*used == 0 || buffer.empty()) break;
    }
    if (reader.body_bytes() > kBodyBytesMax) std::abort();
  }
  return reader.put_end().has_value();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const auto kind = data[0] % 2 == 0 ? MessageReader::Kind::kRequest : MessageReader::Kind::kResponse;
  const std::size_t piece_bytes = std::size_t{data[1]} + 1;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 2, size - 2);
  MessageReader whole(kind, 1024);
  MessageReader cut(kind, 1024);
  const bool whole_ok = read(whole, bytes, std::max<std::size_t>(bytes.size(), 1));
  const bool cut_ok = read(cut, bytes, piece_bytes);
  if (whole_ok != cut_ok) std::abort();
  if (!whole_ok) return 0;
  if (whole.status() != cut.status() || whole.keep_alive() != cut.keep_alive()) std::abort();
  const HttpRequest a = whole.take_request();
  const HttpRequest b = cut.take_request();
  if (a.method != b.method || a.target != b.target || a.body != b.body || a.headers != b.headers) std::abort();
  if (a.body.size() > kBodyBytesMax) std::abort();
  return 0;
}
