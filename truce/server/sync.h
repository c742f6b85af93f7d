// SPDX-License-Identifier: Apache-2.0
//
// Sync: one exchange with a peer over the network, both ways: what it holds is received; what it lacks of what is held
// here is pushed to it as a bundle, for nodes that nobody can connect to. And the loop of `truce serve`, which stands
// in long polls on the heads of all peers.

#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "truce/node/exchange.h"
#include "truce/server/http_peer.h"

namespace truce::server {

struct SyncOptions {
  node::ReceiveOptions receive;
  bool push = false;  // also give the peer what it lacks
  const std::atomic<bool>* stop = nullptr;
};

struct SyncReport {
  node::ReceiveReport received;
  std::uint64_t pushed_statements = 0, pushed_bytes = 0, pushed_parts = 0;
};

// Receives, and pushes where asked to.
[[nodiscard]] Result<SyncReport> sync(node::Node& node, HttpPeer& peer, const SyncOptions& options);

struct ServeOptions {
  std::string listen;  // address:port
  std::string tls_certificate, tls_key;
  std::vector<std::string> peers;
  HttpClientOptions client;
  SyncOptions sync;
  std::function<void(const std::string& line)> tell;  // what happens, for people; any thread
};

// Serves the node in `folder` and keeps in exchange with its peers until `stop` is set. Appends only receipts,
// heartbeats and evidence. Fails where it cannot listen.
[[nodiscard]] Status serve(node::World world, const std::string& folder, const ServeOptions& options,
                           const std::atomic<bool>& stop);

}  // namespace truce::server
