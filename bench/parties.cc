// SPDX-License-Identifier: Apache-2.0

#include "bench/parties.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <thread>

#include "bench/scenario.h"
#include "truce/mechanism/mechanism.h"
#include "truce/monitor/report.h"
#include "truce/node/exchange.h"
#include "truce/node/founding.h"
#include "truce/record/note.h"

namespace truce::bench {
namespace {

constexpr std::int64_t kBatch = 10'000;

std::vector<char*> pointers_to(std::vector<std::string>& words) {
  std::vector<char*> out;
  for (std::string& w : words) out.push_back(w.data());
  out.push_back(nullptr);
  return out;
}

// A child of a benchmark that fails must not go on serving.
void end_with_parent() {
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
}

// A child that runs `words` with these descriptors as output and errors.
pid_t begin(std::vector<std::string> words, int out, int errors) {
  const std::vector<char*> arguments = pointers_to(words);
  const pid_t child = ::fork();
  if (child < 0) die("cannot fork");
  if (child == 0) {
    end_with_parent();
    ::dup2(out, STDOUT_FILENO);
    ::dup2(errors, STDERR_FILENO);
    ::execv(arguments[0], arguments.data());
    ::_exit(127);
  }
  return child;
}

int exit_status(int status) {
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

double mib(const rusage& usage) {
  return static_cast<double>(usage.ru_maxrss) / 1024;
}

}  // namespace

void die(const std::string& words) {
  std::fflush(stdout);
  fmt::print(stderr, "benchmark: {}\n", words);
  std::exit(1);
}

double seconds_now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

void line(const std::string& name, double value, const std::string& unit, const std::string& peer, double peer_value) {
  fmt::print("{} {:.3f} {} {} {:.3f} {:.3f}\n", name, value, unit, peer, peer_value, value / peer_value);
  std::fflush(stdout);
}
void line(const std::string& name, double value, const std::string& unit) {
  fmt::print("{} {:.3f} {} - - -\n", name, value, unit);
  std::fflush(stdout);
}

double quantile(std::vector<double> values, double part) {
  std::ranges::sort(values);
  const auto rank = static_cast<std::size_t>(std::ceil(part * static_cast<double>(values.size())));
  return values[std::min(values.size() - 1, rank == 0 ? 0 : rank - 1)];
}

std::int64_t argument(int argc, char** argv, int n, std::int64_t otherwise) {
  return argc > n ? std::atoll(argv[n]) : otherwise;
}

std::string program(const std::string& name) {
  const auto self = std::filesystem::read_symlink("/proc/self/exe");
  const std::string path = (self.parent_path().parent_path() / name).string();
  if (::access(path.c_str(), X_OK) != 0) die("there is no " + path);
  return path;
}

Ended run(const std::vector<std::string>& words) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) die("cannot make a pipe");
  std::FILE* errors = std::tmpfile();
  if (errors == nullptr) die("cannot make a temporary file");
  const double start = seconds_now();
  const pid_t child = begin(words, ends[1], ::fileno(errors));
  ::close(ends[1]);
  Ended out;
  char buffer[65'536];
  for (ssize_t n = ::read(ends[0], buffer, sizeof buffer); n > 0; n = ::read(ends[0], buffer, sizeof buffer))
    out.out.append(buffer, static_cast<std::size_t>(n));
  ::close(ends[0]);
  int status = 0;
  rusage usage{};
  ::wait4(child, &status, 0, &usage);
  out.seconds = seconds_now() - start;
  out.status = exit_status(status);
  out.memory_mib = mib(usage);
  if (out.status != 0) {
    std::rewind(errors);
    while (std::fgets(buffer, sizeof buffer, errors) != nullptr) std::fputs(buffer, stderr);
  }
  std::fclose(errors);
  return out;
}

Ended run_well(const std::vector<std::string>& words) {
  Ended out = run(words);
  if (out.status != 0) die(fmt::format("{} ended with {}", fmt::join(words, " "), out.status));
  return out;
}

void in_child(const std::function<void()>& work) {
  std::fflush(stdout);
  const pid_t child = ::fork();
  if (child == 0) {
    work();
    std::fflush(stdout);
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  if (exit_status(status) != 0) std::exit(1);
}

Running::Running(const std::vector<std::string>& words) {
  const int nothing = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
  pid_ = begin(words, nothing, nothing);
  ::close(nothing);
}

Running::Running(const std::function<void()>& work) {
  std::fflush(stdout);
  pid_ = ::fork();
  if (pid_ == 0) {
    end_with_parent();
    work();
    ::_exit(0);
  }
}

double Running::stop() {
  if (pid_ <= 0) return 0;
  ::kill(pid_, SIGTERM);
  rusage usage{};
  ::wait4(std::exchange(pid_, -1), nullptr, 0, &usage);
  return mib(usage);
}

std::vector<std::uint16_t> free_ports(std::size_t count) {
  std::vector<int> sockets;
  std::vector<std::uint16_t> out;
  for (std::size_t i = 0; i < count; ++i) {
    sockets.push_back(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof at;
    if (::bind(sockets.back(), reinterpret_cast<sockaddr*>(&at), size) != 0 ||
        ::getsockname(sockets.back(), reinterpret_cast<sockaddr*>(&at), &size) != 0)
      die("no port is free");
    out.push_back(ntohs(at.sin_port));
  }
  for (const int s : sockets) ::close(s);
  return out;
}

void wait_for_port(std::uint16_t port) {
  for (const double end = seconds_now() + 10; seconds_now() < end;) {
    const int s = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    at.sin_port = htons(port);
    const bool is_there = ::connect(s, reinterpret_cast<sockaddr*>(&at), sizeof at) == 0;
    ::close(s);
    if (is_there) return;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  die("nobody listens on port " + std::to_string(port));
}

std::string url_of(std::uint16_t port) {
  return "http://127.0.0.1:" + std::to_string(port);
}

Parties::Parties(std::vector<std::string> ids) : ids_(std::move(ids)), owner_(::getpid()) {
  std::ranges::sort(ids_);
  root_ = (std::filesystem::temp_directory_path() / fmt::format("truce-bench-{}", owner_)).string();
  std::filesystem::remove_all(root_);
  const node::World world = node::system_world();
  mechanism::Mechanism m;
  m.name = "bench";
  m.exercise = true;
  m.decisions["finding"] = {"k-of-n", "guarantors", 2, 0};
  for (const std::string& id : ids_) {
    const auto role = id.starts_with("watch") ? mechanism::Role::kObserver : mechanism::Role::kGuarantor;
    m.parties.push_back(must(node::keygen(world, {folder(id), id, "Party " + id, role, {}})).card.party);
  }
  const std::string founding = must(m.to_bytes());
  for (const std::string& id : ids_) must(node::accept(world, folder(id), founding));
}

Parties::~Parties() {
  if (::getpid() == owner_) std::filesystem::remove_all(root_);
}

std::unique_ptr<node::Node> Parties::open(const std::string& id) const {
  return must(node::Node::open(node::system_world(), folder(id)));
}

void Parties::settle() const {
  for (bool quiet = false; !quiet;) {
    quiet = true;
    for (const std::string& to : ids_) {
      const auto node = open(to);
      for (const std::string& from : ids_) {
        if (from == to) continue;
        node::FolderPeer peer(*node->world().files, folder(from));
        const auto report = must(node::receive(*node, peer, {}));
        quiet = quiet && !report.any_new() && report.stated.empty();
      }
    }
  }
}

Reports::Reports() : scenario_(must(exercise::Scenario::make(scenario_options(1'400, 500'000)))) {}

bool Reports::has_more() {
  while (at_ == day_.reports.size()) {
    at_ = 0;
    if (!scenario_.next(day_)) return false;
  }
  return true;
}

node::Draft Reports::next() {
  if (!has_more()) die("the exercise is over");
  const monitor::Report report = exercise::to_report(scenario_.world(), day_.reports[at_++]);
  return {monitor::kTypeReport, report.to_body(), {}, {}, {}};
}

void Reports::state(node::Node& node, std::int64_t count) {
  while (count > 0) {
    const auto writer = must(node.writer());
    for (std::int64_t n = std::min(count, kBatch); n > 0; --n, --count) must(writer->add(next()));
    must(writer->commit());
  }
}

std::int64_t Reports::state_day(node::Node& node, std::int64_t count) {
  if (!has_more()) return 0;
  const std::int64_t out = std::min(count, static_cast<std::int64_t>(day_.reports.size() - at_));
  state(node, out);
  return out;
}

std::uint64_t size_held(const std::string& folder, const LogId& log) {
  const auto bytes = system_files().read(folder + "/logs/" + log.to_string() + "/checkpoint", record::kNoteBytesMax);
  if (!bytes) return 0;
  return must(record::claimed_checkpoint(*bytes)).size;
}

}  // namespace truce::bench
