// SPDX-License-Identifier: Apache-2.0
//
// A server that serves a node's static files as a Subject: a node, or any web server over a copy of its folder. Files
// are checked as they come and nothing is written; memory holds one tree a log and what is under way. Sealed parts are
// not fetched: they are for those whom they address.

#pragma once

#include <memory>
#include <string>

#include "truce/cmd/verify/subject.h"
#include "truce/record/log_source.h"
#include "truce/server/http_client.h"

namespace truce::verify {

// Static files by their names under a URL. kNotFound for 404; kIo for any other answer but 200.
class ServerFiles final : public record::LogSource {
 public:
  explicit ServerFiles(server::Url url) : client_(std::move(url), {}) {}

  Status get(std::span<const std::string> names, std::uint64_t limit_bytes, const Take& take) override;
  [[nodiscard]] Result<std::string> one(const std::string& name, std::uint64_t limit_bytes);

 private:
  server::HttpClient client_;
};

// `files` must live as long as the subject.
[[nodiscard]] std::unique_ptr<Subject> server_subject(record::LogSource& files);

}  // namespace truce::verify
