// SPDX-License-Identifier: Apache-2.0
//
// URLs from any bytes: no crash; what is taken is written as a URL that means the same, and holds nothing that would
// end a line or a word of a request.

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "truce/server/http.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using truce::server::Url;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto url = Url::parse(text);
  if (!url) return 0;
  const auto again = Url::parse(url->to_string());
  if (!again || *again != *url || again->to_string() != url->to_string()) std::abort();
  if (url->host.empty() || url->host.find('@') != std::string::npos || url->port == 0) std::abort();
  for (const char c : url->to_string()) {
    if (c <= ' ' || c > '~' || c == '#' || c == '?') std::abort();
  }
  if (!url->path.empty() && (url->path.front() != '/' || url->path.back() == '/')) std::abort();
  return 0;
}
