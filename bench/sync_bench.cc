// SPDX-License-Identifier: Apache-2.0
//
// How quickly `truce sync` takes in, checked, what a peer on loopback holds; how much memory that process takes; and
// how many requests it makes when there is nothing new, counted where they are answered. Prints one line a figure: name
// value unit peer peer_value ratio. Usage: sync_bench [STATEMENTS]   (default 1,000,000; files under TMPDIR or /tmp)

#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <new>

#include "bench/parties.h"
#include "truce/server/http_server.h"
#include "truce/server/site.h"

namespace truce::bench {
namespace {

constexpr double kStatementsPerSecondWanted = 50'000;
constexpr double kMemoryMibWanted = 300;

// Counts what a site is asked. In memory that parent and child share.
class Counted final : public server::HttpHandler {
 public:
  Counted(server::HttpHandler& under, std::atomic<std::int64_t>& count) : under_(under), count_(count) {}
  server::HttpAnswer handle(const server::HttpRequest& request) override {
    ++count_;
    return under_.handle(request);
  }

 private:
  server::HttpHandler& under_;
  std::atomic<std::int64_t>& count_;
};

// Serves a node's folder as `truce serve` does, and never returns.
void serve(const Parties& parties, const std::string& id, std::uint16_t port, std::atomic<std::int64_t>& count) {
  server::Site site(parties.open(id), [](const std::string&) { return false; });
  Counted counted(site, count);
  server::HttpServerOptions options;
  options.port = port;
  options.request_body_bytes_max_of = &server::Site::body_bytes_max;
  const auto server = must(server::HttpServer::start(options, counted));
  while (true) ::pause();
}

void bench(std::int64_t statements) {
  const Parties parties({"east", "north", "south", "watch"});
  in_child([&] {
    parties.settle();
    Reports().state(*parties.open("east"), statements);
  });
  void* shared = ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (shared == MAP_FAILED) die("no memory to share");
  auto& count = *new (shared) std::atomic<std::int64_t>(0);
  const std::uint16_t port = free_ports(1)[0];
  const Running server([&] { serve(parties, "east", port, count); });
  wait_for_port(port);

  const std::string truce = program("truce");
  const std::vector<std::string> sync = {truce, "-C", parties.folder("north"), "sync", url_of(port)};
  count = 0;
  const Ended all = run_well(sync);
  const auto held = static_cast<std::int64_t>(size_held(parties.folder("north"), {"east", "main"}));
  if (held < statements) die("only " + std::to_string(held) + " statements came");
  line("sync.loopback", static_cast<double>(statements) / all.seconds, "statements/s", "wanted",
       kStatementsPerSecondWanted);
  line("sync.loopback.memory", all.memory_mib, "MiB", "wanted", kMemoryMibWanted);
  line("sync.loopback.requests", static_cast<double>(count), "requests");
  // Nothing new: what is asked at most for each log.
  count = 0;
  const Ended nothing = run_well(sync);
  line("sync.nothing_new.requests", static_cast<double>(count), "requests", "logs",
       static_cast<double>(parties.ids().size()));
  line("sync.nothing_new.time", nothing.seconds * 1000, "ms");
  line("sync.nothing_new.memory", nothing.memory_mib, "MiB");
  const Ended check = run_well({truce, "-C", parties.folder("north"), "fsck"});
  line("sync.fsck_afterwards", check.seconds, "s");
}

}  // namespace
}  // namespace truce::bench

int main(int argc, char** argv) {
  truce::bench::bench(truce::bench::argument(argc, argv, 1, 1'000'000));
  return 0;
}
