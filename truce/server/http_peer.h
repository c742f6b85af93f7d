// SPDX-License-Identifier: Apache-2.0
//
// HttpPeer: another node at an address, as something to exchange with (docs/format/http.md). Believes nothing: lengths
// are limited here, contents are checked by whoever asks. One thread.

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "truce/node/exchange.h"
#include "truce/record/handover.h"
#include "truce/server/http_client.h"

namespace truce::server {

class HttpPeer final : public node::Peer {
 public:
  HttpPeer(Url url, HttpClientOptions options);

  [[nodiscard]] Result<std::vector<std::string>> heads() override;
  [[nodiscard]] Result<std::vector<std::int64_t>> sizes(std::span<const Hash> blobs) override;
  [[nodiscard]] Status get(std::span<const std::string> names, std::uint64_t limit_bytes, const Take& take) override;
  [[nodiscard]] Status handovers(const node::HandoversRequest& request, node::HandoverSink& sink) override;

  // Waits until the peer's heads are others than those that heads() gave last, at most `wait_s` seconds. False: they
  // are the same still.
  [[nodiscard]] Result<bool> wait_for_news(int wait_s);
  // From now on get() gives up with kBusy once so much time has gone, between two answers: what came is kept, and
  // others have a turn at the logs that were held meanwhile. 0: never.
  void begin_slice(std::int64_t ms);
  [[nodiscard]] bool slice_ended() const { return slice_ended_; }
  // Whose node answers there, by that party's signature; nothing where it does not say (locked keys, an older program).
  // kRefused where the signature is not that party's.
  [[nodiscard]] Result<std::optional<record::Taker>> taker(const node::Node& node);
  // Gives it a bundle. kRefused with the peer's words.
  [[nodiscard]] Status push(std::string_view bundle);
  [[nodiscard]] std::string name() const { return client_.url().to_string(); }

 private:
  [[nodiscard]] Result<std::vector<std::string>> parse_heads(std::string body);

  HttpClient client_;
  std::string seen_;                  // hex of the heads document's hash
  std::vector<std::string> waiting_;  // heads that wait_for_news() got, for the next heads()
  bool has_waiting_ = false;
  std::int64_t slice_end_ms_ = 0;  // of a clock that only goes forward
  bool slice_ended_ = false;
};

}  // namespace truce::server
