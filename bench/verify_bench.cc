// SPDX-License-Identifier: Apache-2.0
//
// How quickly truce-verify checks a folder, and how much memory the program takes. Prints one line a figure: name value
// unit peer peer_value ratio. The peer is OpenSSL's SHA-256 over as many bytes (at most 512 MiB), in one piece a
// thread, by as many threads, in the same run. Usage: verify_bench [STATEMENTS]   (default 1,000,000; 10,000,000 take 4
// GB and some minutes; files under TMPDIR or /tmp)

#include <openssl/evp.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <string>
#include <thread>
#include <vector>

#include "bench/parties.h"
#include "truce/base/file_testing.h"
#include "truce/cmd/verify/folder.h"
#include "truce/cmd/verify/report.h"
#include "truce/cmd/verify/verify_testing.h"

namespace truce::verify {
namespace {

using Clock = std::chrono::steady_clock;

constexpr double kMemoryMibWanted = 1'024;
constexpr std::uint64_t kPeerBytesMax = 512ULL << 20;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

double median(std::vector<double> v) {
  std::sort(v.begin(), v.end());
  return v[v.size() / 2];
}

// As many statements of about 400 bytes in east/main, receipts of them by the others now and then.
void fill(Round& round, std::uint64_t count) {
  const LogId east{"east", "main"};
  constexpr std::uint64_t kBatch = 10'000;
  std::vector<std::string> entries;
  for (std::uint64_t i = 0; i < count; ++i) {
    auto e = round.envelope(east, "report",
                            Json::object({{"id", "post-4-" + std::to_string(i)},
                                          {"kind", "shelling"},
                                          {"lat", 359'000'000 + static_cast<int>(i % 1000)},
                                          {"lon", 366'000'000},
                                          {"text", std::string(120, 'x')}}));
    entries.push_back(record::encode(e).value());
    if (entries.size() < kBatch && i + 1 < count) continue;
    round.append(east, entries);
    entries.clear();
    round.receipt("north", {round.head(east)});
    round.receipt("south", {round.head(east)});
  }
}

void bench_folder(std::uint64_t count) {
  const TemporaryFolder folder;
  const std::string path = folder / "n";
  bench::in_child([&] {
    Round round(system_files(), path);
    fill(round, count);
  });
  const std::string founding = bench::must(system_files().read(path + "/mechanism.json", 1 << 20));
  // The program itself: everything from its start to its end.
  const bench::Ended program = bench::run_well({bench::program("truce-verify"), path});
  bench::line("verify.program", static_cast<double>(count) / program.seconds, "statements/s");
  bench::line("verify.program.memory", program.memory_mib, "MiB", "wanted", kMemoryMibWanted);
  const unsigned threads = std::min(8U, std::max(1U, std::thread::hardware_concurrency()));
  std::vector<double> ours, peer;
  std::uint64_t bytes = 0;
  for (int turn = 0; turn < 3; ++turn) {
    auto start = Clock::now();
    const auto subject = folder_subject(system_files(), path, threads);
    const Report report = verify(*subject, founding, {0, Instant{kBeginMs}});
    const double s = seconds_since(start);
    if (!report.is_verified()) {
      std::fputs(report.to_text().c_str(), stderr);
      std::exit(1);
    }
    bytes = 0;
    for (const auto& [id, log] : report.logs) bytes += log.entry_bytes;
    ours.push_back(static_cast<double>(bytes) / s / 1e6);
    const std::string share(std::min(bytes / threads, kPeerBytesMax / threads), 'x');
    start = Clock::now();
    std::vector<std::thread> running;
    for (unsigned t = 0; t < threads; ++t) {
      running.emplace_back([&share] {
        unsigned char digest[32];
        EVP_Digest(share.data(), share.size(), digest, nullptr, EVP_sha256(), nullptr);
      });
    }
    for (std::thread& t : running) t.join();
    peer.push_back(static_cast<double>(share.size()) * threads / seconds_since(start) / 1e6);
  }
  bench::line("verify.folder", median(ours), "MB/s", "openssl-sha256-all-threads", median(peer));
}

}  // namespace
}  // namespace truce::verify

int main(int argc, char** argv) {
  const std::uint64_t count = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 1'000'000;
  truce::verify::bench_folder(std::max<std::uint64_t>(count, 1));
  return 0;
}
