// SPDX-License-Identifier: Apache-2.0

#include "truce/server/http_response.h"

#include <fmt/format.h>

#include "truce/server/compression.h"

namespace truce::server {
namespace {

// Bodies below this are not worth compressing.
constexpr std::size_t kCompressBytesMin = 1024;

std::string_view reason(int status) {
  switch (status) {
    case 200: return "OK";
    case 201: return "Created";
    case 202: return "Accepted";
    case 204: return "No Content";
    case 206: return "Partial Content";
    case 301: return "Moved Permanently";
    case 302: return "Found";
    case 303: return "See Other";
    case 304: return "Not Modified";
    case 307: return "Temporary Redirect";
    case 308: return "Permanent Redirect";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 408: return "Request Timeout";
    case 409: return "Conflict";
    case 410: return "Gone";
    case 411: return "Length Required";
    case 412: return "Precondition Failed";
    case 413: return "Content Too Large";
    case 415: return "Unsupported Media Type";
    case 422: return "Unprocessable Content";
    case 423: return "Locked";
    case 429: return "Too Many Requests";
    case 431: return "Request Header Fields Too Large";
    case 500: return "Internal Server Error";
    case 501: return "Not Implemented";
    case 503: return "Service Unavailable";
    case 507: return "Insufficient Storage";
    default: return "Other";
  }
}

bool is_compressible(std::string_view content_type) {
  const std::string_view type = content_type.substr(0, content_type.find_first_of("; "));
  return type == "application/octet-stream" || type == "application/json" || type == "text/plain";
}

// A handler's header may not end its line: what is below a blank becomes one.
void append_header(std::string& out, std::string_view name, std::string_view value) {
  const std::size_t begin = out.size();
  out.append(name).append(": ").append(value);
  for (std::size_t i = begin; i < out.size(); ++i) {
    if (static_cast<unsigned char>(out[i]) < ' ') out[i] = ' ';
  }
  out += "\r\n";
}

}  // namespace

void append_response(std::string& out, HttpResponse response, const ResponseForm& form) {
  const bool has_body = response.status != 204 && response.status != 304;
  if (response.file.empty() && response.body.size() > kCompressBytesMin && is_compressible(response.content_type) &&
      response.header("content-encoding").empty()) {
    response.headers.emplace_back("vary", "accept-encoding");
    std::string smaller = form.zstd ? zstd_compress(response.body) : std::string();
    if (!smaller.empty() && smaller.size() < response.body.size()) {
      response.body = std::move(smaller);
      response.headers.emplace_back("content-encoding", "zstd");
    }
  }
  out += fmt::format("HTTP/1.1 {} {}\r\n", response.status, reason(response.status));
  if (has_body) {
    if (!response.content_type.empty()) append_header(out, "content-type", response.content_type);
    const std::uint64_t length = response.file.empty() ? response.body.size() : response.file_size;
    append_header(out, "content-length", std::to_string(length));
  }
  if (form.close) {
    append_header(out, "connection", "close");
  } else if (form.http_1_0) {
    append_header(out, "connection", "keep-alive");
  }
  for (const auto& [name, value] : response.headers) append_header(out, name, value);
  out += "\r\n";
  if (has_body && !form.head && response.file.empty()) out += response.body;
}

}  // namespace truce::server
