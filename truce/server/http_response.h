// SPDX-License-Identifier: Apache-2.0
//
// A response as bytes: what of it depends on the request, and how it is written. Within this module only. Pure; any
// thread.

#pragma once

#include <string>

#include "truce/server/http.h"

namespace truce::server {

struct ResponseForm {
  bool head = false;      // the request was HEAD: no body
  bool http_1_0 = false;  // is told that its connection is kept
  bool zstd = false;      // the client takes it
  bool close = false;     // the connection ends behind this response
};

// Writes the head and, unless it is a file, the body behind `out`. Bodies in memory of more than 1 KiB of JSON, plain
// text or octets are compressed where the client takes zstd. Control characters in headers become blanks.
void append_response(std::string& out, HttpResponse response, const ResponseForm& form);

}  // namespace truce::server
