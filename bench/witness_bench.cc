// SPDX-License-Identifier: Apache-2.0
//
// How long the witness of a real `truce serve` takes for add-checkpoint when asked at a steady rate: each question is
// of a log that has grown, with its proof, and its answer's cosignature is checked. Times count from when a question
// was due, so that one that had to wait is not forgotten. Beside it, in turns and on the same disk, an append +
// fdatasync. Prints: name value unit peer peer_value ratio. Usage: witness_bench [SECONDS [RATE]]   (default 20 s, 200
// a second; files under TMPDIR or /tmp)

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <thread>

#include "bench/parties.h"
#include "truce/base/encoding.h"
#include "truce/record/cosignature.h"
#include "truce/record/keys.h"
#include "truce/record/merkle.h"
#include "truce/record/note.h"
#include "truce/record/proof.h"
#include "truce/server/http_client.h"

namespace truce::bench {
namespace {

constexpr double kMsWanted = 5;

// A log that lives in memory and grows by one: what a log's owner would ask a witness.
class Growing {
 public:
  Growing(record::LogPlace place, std::string seed) : place_(std::move(place)), seed_(std::move(seed)) {}

  // The next question, and the text that its answer must be signed under.
  struct Question {
    std::string body, text;
  };
  Question next() {
    const std::uint64_t old = leaves_.size();
    leaves_.push_back(sha256("entry " + std::to_string(old)));
    const std::uint64_t size = leaves_.size();
    record::TileNodes nodes(size, [&](int level, std::uint64_t index, std::uint32_t width) {
      return Result<std::vector<Hash>>(tile(level, index, width));
    });
    const record::Checkpoint head{place_.origin(), size, must(record::root_from_nodes(size, nodes.reader())), {}};
    std::string body = "old " + std::to_string(old) + '\n';
    if (old != 0) {
      for (const Hash& h : must(record::prove_consistency(old, size, nodes.reader())))
        body += to_base64(h.view()) + '\n';
    }
    return {body + '\n' + record::sign_checkpoint(head, seed_), head.to_text()};
  }

 private:
  [[nodiscard]] std::vector<Hash> tile(int level, std::uint64_t index, std::uint32_t width) const {
    std::vector<Hash> out;
    for (std::uint64_t i = index * 256; i < index * 256 + width; ++i) {
      out.push_back(level == 0
                        ? leaves_[i]
                        : record::subtree_hash(std::span(leaves_).subspan(i << (8 * level), 1ULL << (8 * level))));
    }
    return out;
  }

  record::LogPlace place_;
  std::string seed_;
  std::vector<Hash> leaves_;
};

void sleep_until(double when) {
  const double left = when - seconds_now();
  if (left > 0) std::this_thread::sleep_for(std::chrono::duration<double>(left));
}

void bench(std::int64_t seconds, std::int64_t rate) {
  const Parties parties({"east", "north", "watch"});
  const auto owner = parties.open("east");
  const record::KeyRing keys = must(record::KeyRing::open(system_files(), parties.folder("east") + "/keys"));
  // The witness has never seen east's own log: the bench keeps one of its own under that name.
  Growing log(must(owner->place_of({"east", "main"})), std::string(must(keys.log_seed("main"))));
  std::vector<Growing::Question> questions;
  for (std::int64_t i = 0; i < seconds * rate; ++i) questions.push_back(log.next());
  const record::Cosigner cosigner =
      record::Cosigner::of(owner->mechanism_id(), "watch", owner->mechanism().party("watch")->keys.cosign);

  const std::uint16_t port = free_ports(1)[0];
  const Running server(
      {program("truce"), "-C", parties.folder("watch"), "serve", "--listen", "127.0.0.1:" + std::to_string(port)});
  wait_for_port(port);
  server::HttpClient client(must(server::Url::parse(url_of(port))), {});
  const int fd = ::open((parties.root() + "/bare").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  const std::string record(questions.front().body.size(), 'x');

  std::vector<double> answers_ms, syncs_ms;
  std::vector<std::string> cosigned;
  const double begin = seconds_now();
  const double step = 1 / static_cast<double>(rate);
  for (std::size_t i = 0; i < questions.size(); ++i) {
    const double due = begin + static_cast<double>(i) * step;
    sleep_until(due);
    const auto answer = must(client.request("POST", "/add-checkpoint", questions[i].body, "text/plain", 1 << 16));
    answers_ms.push_back((seconds_now() - due) * 1000);
    if (answer.status != 200) die("the witness answers " + std::to_string(answer.status) + ' ' + answer.body);
    cosigned.push_back(questions[i].text + '\n' + answer.body);
    // In the gap to the next question, so that neither waits for the other.
    if (seconds_now() > due + step / 2) continue;
    sleep_until(due + step / 2);
    const double start = seconds_now();
    if (::write(fd, record.data(), record.size()) < 0 || ::fdatasync(fd) != 0) die("cannot write");
    syncs_ms.push_back((seconds_now() - start) * 1000);
  }
  const double took = seconds_now() - begin;
  ::close(fd);
  for (const std::string& note : cosigned) {
    if (!record::cosigned_at(must(record::SignedNote::parse(note)), cosigner, system_clock().now()))
      die("a cosignature is not good");
  }
  if (syncs_ms.empty()) die("no time was left to measure a bare append + fdatasync");
  line("witness.rate", static_cast<double>(questions.size()) / took, "checkpoints/s", "asked",
       static_cast<double>(rate));
  for (const auto& [name, part] : {std::pair("p50", 0.5), std::pair("p99", 0.99), std::pair("max", 1.0)})
    line(fmt::format("witness.add_checkpoint.{}", name), quantile(answers_ms, part), "ms", "append+fdatasync",
         quantile(syncs_ms, part));
  line("witness.add_checkpoint.p99-wanted", quantile(answers_ms, 0.99), "ms", "5ms+fdatasync(p99)",
       kMsWanted + quantile(syncs_ms, 0.99));
}

}  // namespace
}  // namespace truce::bench

int main(int argc, char** argv) {
  using truce::bench::argument;
  truce::bench::bench(std::max<std::int64_t>(1, argument(argc, argv, 1, 20)),
                      std::max<std::int64_t>(1, argument(argc, argv, 2, 200)));
  return 0;
}
