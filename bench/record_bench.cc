// SPDX-License-Identifier: Apache-2.0
//
// How quickly the record appends and checks itself. Prints one line a figure: name value unit peer peer_value ratio.
// Peers are measured in the same run on the same disk: a bare append + fdatasync, one thread's rate, OpenSSL's SHA-256
// over the same bytes. Usage: record_bench [STATEMENTS [one|threads|batch]]   (default 1,000,000; files under TMPDIR or
// /tmp)

#include <fcntl.h>
#include <openssl/evp.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <string>
#include <thread>
#include <vector>

#include "truce/record/fsck.h"
#include "truce/record/log.h"
#include "truce/record/record_testing.h"
#include "truce/record/statements.h"

namespace truce::record {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

void line(const char* name, double value, const char* unit, const char* peer, double peer_value) {
  std::printf("%-24s %14.1f %-14s %-28s %14.1f %8.2f\n", name, value, unit, peer, peer_value, value / peer_value);
  std::fflush(stdout);
}

template <typename T>
T must(Result<T> r) {
  if (r) return std::move(r).value();
  std::fprintf(stderr, "record_bench: %s\n", r.error().to_string().c_str());
  std::exit(1);
}
void must(const Status& s) {
  if (s) return;
  std::fprintf(stderr, "record_bench: %s\n", s.error().to_string().c_str());
  std::exit(1);
}

std::unique_ptr<Log> opened(const LogPlace& place) {
  return must(Log::open(system_files(), place, test_seed(), {}));
}

// Padded with a note to exactly `bytes`.
std::string sized_entry(std::uint64_t number, std::size_t bytes) {
  Envelope e = test_statement(number);
  e.body.set("text", "x");
  const std::size_t base = encode(e).value().size();
  if (base < bytes) e.body.set("text", std::string(bytes - base + 1, 'x'));
  return encode(e).value();
}

double median(std::vector<double> v) {
  std::sort(v.begin(), v.end());
  return v[v.size() / 2];
}

// One append to its acknowledgement, in turns with a bare append + fdatasync of as many bytes.
void bench_single(const TemporaryFolder& node) {
  const auto log = opened(test_place(node / "single"));
  const std::string entry[] = {sized_entry(1, 400)};
  const std::string record(entry[0].size() + 58, 'x');
  const int fd = ::open((node / "bare").c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
  std::vector<double> ours;
  std::vector<double> bare;
  for (int i = 0; i < 2000; ++i) {
    auto start = Clock::now();
    must(log->append(entry));
    ours.push_back(seconds_since(start) * 1e6);
    start = Clock::now();
    if (::write(fd, record.data(), record.size()) < 0 || ::fdatasync(fd) != 0) std::exit(1);
    bare.push_back(seconds_since(start) * 1e6);
  }
  ::close(fd);
  line("record.append.one", median(ours), "us", "append+fdatasync", median(bare));
  std::vector<double> published;
  for (int i = 0; i < 300; ++i) {
    const auto start = Clock::now();
    must(log->append(entry));
    must(log->publish());
    published.push_back(seconds_since(start) * 1e6);
  }
  line("record.append.published", median(published), "us", "append+fdatasync", median(bare));
}

double threads_rate(const TemporaryFolder& node, const std::string& name, int threads, double duration_s) {
  const auto log = opened(test_place(node / name));
  const std::string entry[] = {sized_entry(1, 400)};
  std::vector<std::thread> running;
  const auto start = Clock::now();
  for (int t = 0; t < threads; ++t) {
    running.emplace_back([&] {
      while (seconds_since(start) < duration_s) must(log->append(entry));
    });
  }
  for (auto& t : running) t.join();
  return static_cast<double>(log->size()) / seconds_since(start);
}

void bench_threads(const TemporaryFolder& node) {
  const double one = threads_rate(node, "one", 1, 3.0);
  const double many = threads_rate(node, "many", 64, 3.0);
  line("record.append.threads64", many, "statements/s", "one thread", one);
}

void bench_batch(const TemporaryFolder& node, std::uint64_t count) {
  const LogPlace place = test_place(node / "batch");
  std::uint64_t bytes = 0;
  {
    std::vector<std::string> entries;
    entries.reserve(count);
    entries.push_back(must(encode(make_acceptance(place, Instant{1'500'000'000'000}))));
    while (entries.size() < count) entries.push_back(sized_entry(entries.size(), 400));
    for (const std::string& e : entries) bytes += e.size();
    const auto log = opened(place);
    ::sync();
    const auto start = Clock::now();
    must(log->append(entries));
    const double acknowledged_s = seconds_since(start);
    must(log->publish());
    const double s = seconds_since(start);
    line("record.append.batch", static_cast<double>(count) / s, "statements/s", "wanted", 200'000);
    line("record.append.batch-ack", static_cast<double>(count) / acknowledged_s, "statements/s", "wanted", 200'000);
  }

  // fsck against OpenSSL's SHA-256 over the entries' bytes, by one thread, in one piece.
  std::vector<double> ours;
  std::vector<double> peer;
  const std::string all(bytes, 'x');
  for (int round = 0; round < 3; ++round) {
    auto start = Clock::now();
    const FsckReport report = must(fsck(system_files(), place, {}));
    ours.push_back(static_cast<double>(bytes) / seconds_since(start) / 1e6);
    if (!report.ok()) must(Status(fail(report.faults.front().error)));
    unsigned char digest[32];
    start = Clock::now();
    EVP_Digest(all.data(), all.size(), digest, nullptr, EVP_sha256(), nullptr);
    peer.push_back(static_cast<double>(bytes) / seconds_since(start) / 1e6);
  }
  line("record.fsck", median(ours), "MB/s", "openssl sha256", median(peer));
}

}  // namespace
}  // namespace truce::record

int main(int argc, char** argv) {
  const std::uint64_t count = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 1'000'000;
  const truce::TemporaryFolder node;
  const std::string_view only = argc > 2 ? argv[2] : "";
  if (only.empty() || only == "one") truce::record::bench_single(node);
  if (only.empty() || only == "threads") truce::record::bench_threads(node);
  if (only.empty() || only == "batch") truce::record::bench_batch(node, std::max<std::uint64_t>(count, 2));
  return 0;
}
