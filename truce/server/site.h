// SPDX-License-Identifier: Apache-2.0
//
// Site: what a node answers to others over HTTP (docs/format/http.md): the static files of the logs that it holds as
// C2SP tlog-tiles, blobs, all heads at once with a long poll, the witness's add-checkpoint, bundles that are pushed,
// and to a party that signs for it what was given to it (docs/format/handover.md).
//
// It serves what everybody may have, and sealed parts to those alone that they were given to: never keys or anything
// private. It judges nothing; what is pushed
// goes through the same checks as what is fetched. One thread calls handle(); receive() happens on the caller's thread.

#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "truce/node/node.h"
#include "truce/server/http.h"

namespace truce::server {

// Longest bundle that may be pushed at once; a larger difference goes in several, or on a stick.
inline constexpr std::uint64_t kPushedBundleBytesMax = 256ULL << 20;
// Longest wait of GET /heads.
inline constexpr std::int64_t kHeadsWaitMsMax = 60'000;
// Most blobs whose lengths are asked for at once.
inline constexpr std::size_t kSizesCountMax = 4096;
// Longest answer to POST /handovers: of all it gives at once, as a bundle.
inline constexpr std::uint64_t kHandoversBundleBytesMax = kPushedBundleBytesMax + (64ULL << 20);
// Pushed bundles that wait to be taken in.
inline constexpr std::size_t kPushedCountMax = 16;

class Site final : public HttpHandler {
 public:
  // `node` is the site's own view of the folder: nobody else uses it. `pushed` is told the path of each bundle that has
  // arrived (made durable, this site's to name; the callee removes it) and gives false if it wants no more for now.
  Site(std::unique_ptr<node::Node> node, std::function<bool(const std::string& path)> pushed);

  [[nodiscard]] HttpAnswer handle(const HttpRequest& request) override;

  // Longest body for a target, for the server's options.
  [[nodiscard]] static std::uint64_t body_bytes_max(std::string_view method, std::string_view target);

 private:
  [[nodiscard]] HttpAnswer get(std::string_view path, std::string_view query);
  [[nodiscard]] HttpAnswer heads(std::string_view query);
  [[nodiscard]] HttpResponse add_checkpoint(const std::string& body);
  [[nodiscard]] HttpResponse sizes(const std::string& body) const;
  [[nodiscard]] HttpResponse handovers(const std::string& body);
  [[nodiscard]] HttpResponse taker(const std::string& body);
  [[nodiscard]] HttpResponse take_bundle(const std::string& body);
  [[nodiscard]] std::string heads_document() const;
  void refresh();

  std::unique_ptr<node::Node> node_;
  std::function<bool(const std::string&)> pushed_;
  std::int64_t refreshed_ms_ = 0;
};

}  // namespace truce::server
