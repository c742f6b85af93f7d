// SPDX-License-Identifier: Apache-2.0

#include "truce/server/http.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cstring>

namespace truce::server {
namespace {

// Of a whole name and of one label: RFC 1035.
constexpr std::size_t kHostBytesMax = 253;
constexpr std::size_t kLabelBytesMax = 63;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_lower(char c) {
  return c >= 'a' && c <= 'z';
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

bool is_ipv4(const std::string& host) {
  in_addr address{};
  return ::inet_pton(AF_INET, host.c_str(), &address) == 1;
}

tl::unexpected<Error> refuse(std::string message) {
  return fail(ErrorCode::kInvalidArgument, std::move(message));
}

// The name or IPv4 address as it is used from here on.
Result<std::string> parse_name(std::string_view text) {
  std::string host = lower(text);
  if (host.empty()) return refuse("a URL without a host");
  if (host.size() > kHostBytesMax) return fail(ErrorCode::kLimit, "a host name of more than 253 bytes");
  std::string_view last;
  for (std::size_t begin = 0; begin <= host.size();) {
    const std::size_t end = std::min(host.find('.', begin), host.size());
    last = std::string_view(host).substr(begin, end - begin);
    if (last.empty() || last.size() > kLabelBytesMax || last.front() == '-' || last.back() == '-') {
      return refuse("not a host name");
    }
    for (const char c : last) {
      if (!is_digit(c) && !is_lower(c) && c != '-' && c != '_') return refuse("a character that no host name has");
    }
    begin = end + 1;
  }
  // "127.1" and "0x7f000001" are addresses to some resolvers and names to others.
  if (is_digit(last.front()) && !is_ipv4(host)) return refuse("a host that is neither a name nor an IPv4 address");
  return host;
}

Result<std::string> parse_ipv6(std::string_view text) {
  const std::string host(text);
  in6_addr address{};
  std::array<char, INET6_ADDRSTRLEN> shortest{};
  if (::inet_pton(AF_INET6, host.c_str(), &address) != 1 ||
      ::inet_ntop(AF_INET6, &address, shortest.data(), shortest.size()) == nullptr) {
    return refuse("no IPv6 address in the brackets");
  }
  return std::string(shortest.data());
}

Result<std::uint16_t> parse_port(std::string_view text) {
  if (text.empty() || text.size() > 5 || !std::all_of(text.begin(), text.end(), is_digit)) {
    return refuse("a port is a number from 1 to 65535");
  }
  std::uint32_t port = 0;
  for (const char c : text) port = port * 10 + static_cast<std::uint32_t>(c - '0');
  if (port == 0 || port > 65535) return refuse("a port is a number from 1 to 65535");
  return static_cast<std::uint16_t>(port);
}

Result<std::string> parse_path(std::string_view text) {
  if (!text.empty() && text.back() == '/') text.remove_suffix(1);
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('/', begin + 1), text.size());
    const std::string_view part = text.substr(begin + 1, end - begin - 1);
    if (part.empty() || part == "." || part == "..") return refuse("a path with an empty, \".\" or \"..\" part");
    begin = end;
  }
  return std::string(text);
}

std::uint16_t port_of_scheme(bool tls) {
  return tls ? 443 : 80;
}

}  // namespace

std::string_view find_header(const HttpHeaders& headers, std::string_view name) {
  for (const auto& [n, value] : headers) {
    if (n == name) return value;
  }
  return {};
}

HttpResponse text_response(int status, std::string_view line) {
  HttpResponse response;
  response.status = status;
  response.content_type = "text/plain; charset=utf-8";
  response.body = line;
  response.body += '\n';
  return response;
}

Result<Url> Url::parse(std::string_view text) {
  if (text.size() > kUrlBytesMax) return fail(ErrorCode::kLimit, "a URL of more than 2048 bytes");
  for (const char c : text) {
    if (c <= ' ' || c > '~') return refuse("a blank, a control character or a letter beyond ASCII in a URL");
    if (std::strchr("\"<>\\^`{|}", c) != nullptr) return refuse("a character that must be percent-encoded in a URL");
  }
  const std::size_t colon = text.find("://");
  if (colon == std::string_view::npos) return refuse("a URL begins with http:// or https://");
  const std::string scheme = lower(text.substr(0, colon));
  if (scheme != "http" && scheme != "https") return refuse("a URL begins with http:// or https://");
  text.remove_prefix(colon + 3);
  if (text.find('#') != std::string_view::npos) return refuse("a URL with a fragment");
  if (text.find('?') != std::string_view::npos) return refuse("a URL with a query");

  const std::size_t slash = std::min(text.find('/'), text.size());
  std::string_view authority = text.substr(0, slash);
  if (authority.find('@') != std::string_view::npos) return refuse("a URL with a user or password");
  Url url;
  url.tls = scheme == "https";
  TRUCE_TRY(url.path, parse_path(text.substr(slash)));
  if (!authority.empty() && authority.front() == '[') {
    const std::size_t end = authority.find(']');
    if (end == std::string_view::npos) return refuse("an IPv6 address without its closing bracket");
    TRUCE_TRY(url.host, parse_ipv6(authority.substr(1, end - 1)));
    authority.remove_prefix(end + 1);
    if (!authority.empty() && authority.front() != ':') return refuse("text behind the brackets of an IPv6 address");
  } else {
    const std::size_t end = std::min(authority.find(':'), authority.size());
    TRUCE_TRY(url.host, parse_name(authority.substr(0, end)));
    authority.remove_prefix(end);
  }
  url.port = port_of_scheme(url.tls);
  if (!authority.empty()) {
    TRUCE_TRY(url.port, parse_port(authority.substr(1)));
  }
  return url;
}

std::string Url::authority() const {
  std::string out = host.find(':') == std::string::npos ? host : '[' + host + ']';
  if (port != port_of_scheme(tls)) out += ':' + std::to_string(port);
  return out;
}

std::string Url::to_string() const {
  return (tls ? "https://" : "http://") + authority() + path;
}

bool Url::host_is_address() const {
  return host.find(':') != std::string::npos || is_ipv4(host);
}

}  // namespace truce::server
