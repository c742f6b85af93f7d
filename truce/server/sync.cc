// SPDX-License-Identifier: Apache-2.0

#include "truce/server/sync.h"

#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "truce/base/decimal.h"
#include "truce/base/encoding.h"
#include "truce/node/digests.h"
#include "truce/node/sharing.h"
#include "truce/server/http_server.h"
#include "truce/server/site.h"

namespace truce::server {
namespace {

// After a failure a peer is left alone for a while: longer each time, up to a minute.
constexpr std::int64_t kRetryMsMin = 1'000, kRetryMsMax = 60'000;
constexpr int kPollSeconds = 25;
// A log is held by one exchange at a time, so a slow peer has it for so long; then whoever else waits for it comes
// first.
constexpr std::int64_t kSliceMs = 60'000;
// How often an idle node looks whether a heartbeat or receipt is due.
constexpr std::int64_t kDueMs = 60'000;
// A node that has just begun exchanges first.
constexpr std::int64_t kDigestBeginMs = 10'000;

void sleep_unless(const std::atomic<bool>& stop, std::int64_t ms) {
  for (std::int64_t waited = 0; waited < ms && !stop; waited += 50)
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
}

std::string words_of(const node::ReceiveReport& r) {
  std::string out;
  for (const auto& l : r.logs) {
    if (l.after > l.before) out += ' ' + l.log.to_string() + " +" + std::to_string(l.after - l.before);
    if (l.is_forked) out += " two versions of " + l.log.party + "'s record exist (" + l.log.log + ")";
    if (l.blobs_missing != 0)
      out += ' ' + l.log.to_string() + " waits for " + std::to_string(l.blobs_missing) + " blobs";
    if (l.error) out += ' ' + l.log.to_string() + ": " + l.error->to_string();
  }
  for (const auto& p : r.parts)
    out += " sealed part of " + p.statement.to_string() + (p.error ? ": " + p.error->to_string() : " came");
  return out;
}

// "127.0.0.1:8443", "[::1]:8443", ":8443" (every address).
Result<std::pair<std::string, std::uint16_t>> parse_listen(const std::string& text) {
  const std::size_t colon = text.rfind(':');
  const auto port = colon == std::string::npos ? Result<std::int64_t>(fail(ErrorCode::kSyntax, ""))
                                               : parse_integer(text.substr(colon + 1));
  if (!port || *port < 0 || *port > 65535)
    return fail(ErrorCode::kInvalidArgument, "an address to listen on is ADDRESS:PORT, not " + quoted(text));
  std::string address = text.substr(0, colon);
  if (address.size() > 1 && address.front() == '[' && address.back() == ']')
    address = address.substr(1, address.size() - 2);
  if (address.empty()) address = "::";
  if (address == "localhost") address = "127.0.0.1";
  return std::pair(address, static_cast<std::uint16_t>(*port));
}

// States the day's digest where it is due, and compares the others'. `told`: differences that were told already.
Status digests_of_the_day(node::Node& node, const std::function<void(const std::string&)>& tell, std::size_t& told) {
  TRUCE_CHECK(node.refresh_roster());
  TRUCE_TRY(const bool is_due, node::is_digest_due(node));
  if (is_due) {
    auto stated = node::state_digest(node);
    // Somebody appends right now, or was restored: next time.
    if (!stated && stated.error().code != ErrorCode::kBusy && stated.error().code != ErrorCode::kRolledBack)
      return fail(std::move(stated).error());
    if (stated) tell("stated the digest of " + std::to_string(stated->statements) + " settled statements");
  }
  TRUCE_TRY(const auto compared, node::compare_digests(node));
  std::size_t differing = 0;
  for (const node::ComparedDigest& c : compared) {
    if (c.outcome != node::ComparedDigest::Outcome::kDiffers) continue;
    if (++differing > told) tell(c.party + "'s digest " + c.id.to_string() + " differs from the one computed here");
  }
  told = differing;
  return {};
}

}  // namespace

Result<SyncReport> sync(node::Node& node, HttpPeer& peer, const SyncOptions& options) {
  SyncReport out;
  while (true) {
    peer.begin_slice(kSliceMs);
    TRUCE_TRY(node::ReceiveReport part, node::receive(node, peer, options.receive));
    out.received.heads = part.heads;
    out.received.unknown = part.unknown;
    out.received.blobs += part.blobs;
    out.received.own_behind = part.own_behind;
    out.received.parts.insert(out.received.parts.end(), std::make_move_iterator(part.parts.begin()),
                              std::make_move_iterator(part.parts.end()));
    out.received.handovers_error = part.handovers_error;
    out.received.stated.insert(out.received.stated.end(), part.stated.begin(), part.stated.end());
    for (auto& l : part.logs) {
      if (!(l.error && l.error->code == ErrorCode::kBusy && peer.slice_ended()))
        out.received.logs.push_back(std::move(l));
    }
    if (!peer.slice_ended() || (options.stop != nullptr && *options.stop)) break;
  }
  if (!options.push) return out;
  node::BundleRequest request;
  request.attachments = options.receive.attachments;
  TRUCE_TRY(request.since, node::sizes_at(node, peer));
  bool lacks = false;
  TRUCE_TRY(const auto heads, node.heads());
  for (const auto& [log, head] : heads) {
    const auto it = request.since.find(log);
    lacks = lacks || head.size > (it != request.since.end() ? it->second : 0);
  }
  // What waits for the party that answers there goes along, or alone where that party waits for it.
  TRUCE_TRY(const auto taker, peer.taker(node));
  if (taker && taker->party != node.me()) {
    // What it does not await came already, or its share is about to come.
    TRUCE_TRY(const bool waits,
              taker->awaits ? node::waits_for(node, taker->party) : node::waits_for(node, taker->party, request.since));
    if (waits) request.for_party = taker->party;
    lacks = lacks || waits;
  }
  if (!lacks) return out;
  FileSystem& files = *node.world().files;
  const std::string path = temporary_name(node.folder() + "/outgoing");
  const auto facts = node::export_bundle(node, path, request);
  if (!facts) return fail(facts.error());
  auto bytes = files.read(path, kPushedBundleBytesMax);
  static_cast<void>(files.remove(path));
  if (!bytes) return fail(std::move(bytes).error());
  TRUCE_CHECK(peer.push(*bytes));
  out.pushed_statements = facts->statements;
  out.pushed_bytes = facts->bytes;
  out.pushed_parts = facts->handovers;
  return out;
}

Status serve(node::World world, const std::string& folder, const ServeOptions& options, const std::atomic<bool>& stop) {
  std::mutex mutex;  // of the queue
  std::mutex due;
  std::vector<std::thread> threads;
  std::condition_variable changed;
  std::deque<std::string> pushed;
  std::vector<Url> urls;
  for (const std::string& peer : options.peers) {
    TRUCE_TRY(Url url, Url::parse(peer));
    urls.push_back(std::move(url));
  }
  std::unique_ptr<Site> site;
  std::unique_ptr<HttpServer> server;
  if (!options.listen.empty()) {
    TRUCE_TRY(auto view, node::Node::open(world, folder));
    site = std::make_unique<Site>(std::move(view), [&](const std::string& path) {
      const std::scoped_lock lock(mutex);
      if (pushed.size() >= kPushedCountMax) return false;
      pushed.push_back(path);
      changed.notify_all();
      return true;
    });
    HttpServerOptions http;
    TRUCE_TRY(const auto listen, parse_listen(options.listen));
    http.address = listen.first;
    http.port = listen.second;
    http.tls_certificate = options.tls_certificate;
    http.tls_key = options.tls_key;
    http.request_body_bytes_max_of = &Site::body_bytes_max;
    TRUCE_TRY(server, HttpServer::start(http, *site));
    options.tell("serving on port " + std::to_string(server->port()));
  }
  const auto news = [&] {
    if (server) server->notify();
  };
  // States what is due, one at a time: two that look at the same moment would say the same twice.
  const auto state = [&](node::Node& node) {
    const std::scoped_lock lock(due);
    auto ok = node.refresh_roster();
    if (ok) ok = node::state_due(node).map([](const auto&) {});
    if (!ok) options.tell(ok.error().to_string());
    news();
  };
  // Each thread has its own view of the folder, so that a slow peer holds up nobody else.
  const auto with_node = [&](const std::function<void(node::Node&)>& work) {
    threads.emplace_back([&, work] {
      const auto node = node::Node::open(world, folder);
      if (node) {
        work(**node);
      } else {
        options.tell(node.error().to_string());
      }
    });
  };
  HttpClientOptions client = options.client;
  client.cancel = &stop;
  SyncOptions exchange = options.sync;
  exchange.receive.state = false;
  exchange.stop = &stop;

  // Bundles that were pushed.
  with_node([&](node::Node& node) {
    while (!stop) {
      std::string path;
      {
        std::unique_lock lock(mutex);
        changed.wait_for(lock, std::chrono::milliseconds(200), [&] { return stop || !pushed.empty(); });
        if (!pushed.empty()) path = pushed.front();
      }
      if (path.empty()) continue;
      const auto got = node::import_bundle(node, path, exchange.receive);
      options.tell(got ? "pushed bundle:" + words_of(*got) : "pushed bundle: " + got.error().to_string());
      static_cast<void>(world.files->remove(path));
      state(node);
      const std::scoped_lock queue(mutex);
      pushed.pop_front();
    }
  });
  // What falls due without anybody coming.
  with_node([&](node::Node& node) {
    while (!stop) {
      state(node);
      sleep_unless(stop, kDueMs);
    }
  });
  // The day's digest, and a comparison with the others': whole pictures are computed, so beside everything else.
  with_node([&](node::Node& node) {
    std::size_t told = 0;
    for (sleep_unless(stop, kDigestBeginMs); !stop; sleep_unless(stop, kDueMs)) {
      if (const auto ok = digests_of_the_day(node, options.tell, told); !ok) options.tell(ok.error().to_string());
      news();
    }
  });
  for (const Url& url : urls) {
    with_node([&, url](node::Node& node) {
      HttpPeer peer(url, client);
      std::int64_t retry_ms = kRetryMsMin;
      bool first = true;
      while (!stop) {
        Result<bool> is_new = first ? Result<bool>(true) : peer.wait_for_news(kPollSeconds);
        if (is_new && *is_new && !stop) {
          const auto got = sync(node, peer, exchange);
          if (!got) {
            is_new = fail(got.error());
          } else {
            first = false;
            const std::string words = words_of(got->received);
            if (!words.empty()) options.tell(peer.name() + ':' + words);
            if (got->pushed_statements != 0)
              options.tell(peer.name() + ": pushed " + std::to_string(got->pushed_statements) + " statements");
            state(node);
          }
        }
        if (is_new) {
          retry_ms = kRetryMsMin;
          continue;
        }
        if (stop) break;
        options.tell(is_new.error().to_string());
        sleep_unless(stop, retry_ms);
        retry_ms = std::min(retry_ms * 2, kRetryMsMax);
      }
    });
  }
  // A push-only node has nobody who asks it: it looks for what its own commands append.
  if (options.sync.push) {
    with_node([&](node::Node& node) {
      std::map<LogId, record::Head> before;
      while (!stop) {
        sleep_unless(stop, 500);
        if (stop || !node.refresh_roster()) continue;
        if (node.roster().heads() == before) continue;
        before = node.roster().heads();
        for (const Url& url : urls) {
          HttpPeer peer(url, client);
          const auto got = sync(node, peer, exchange);
          if (got && got->pushed_statements != 0)
            options.tell(peer.name() + ": pushed " + std::to_string(got->pushed_statements) + " statements");
        }
      }
    });
  }
  while (!stop) std::this_thread::sleep_for(std::chrono::milliseconds(50));
  changed.notify_all();
  for (std::thread& t : threads) t.join();
  if (server) server->stop();
  for (const std::string& path : pushed) static_cast<void>(world.files->remove(path));
  return {};
}

}  // namespace truce::server
