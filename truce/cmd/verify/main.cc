// SPDX-License-Identifier: Apache-2.0
//
// truce-verify: checks the record of others with nothing but the mechanism's public keys (docs/verify.md).

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <string>

#include "truce/base/clock.h"
#include "truce/base/file.h"
#include "truce/cmd/verify/bundle.h"
#include "truce/cmd/verify/folder.h"
#include "truce/cmd/verify/report.h"
#include "truce/cmd/verify/server.h"

namespace truce::verify {
namespace {

constexpr int kVerified = 0;
constexpr int kFaults = 1;
constexpr int kWrongUse = 2;
// Longest evidence file: two checkpoints and three proofs fit in an entry.
constexpr std::uint64_t kEvidenceBytesMax = 128 * 1024;
// Begins each frame of zstd (RFC 8878), and so each bundle.
constexpr std::string_view kZstdMagic = "\x28\xb5\x2f\xfd";

struct Arguments {
  std::string subject, mechanism;
  std::uint64_t quorum = 0;
  bool json = false;
};

void print(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
}

int cannot(const Error& e, int status = kWrongUse) {
  std::fprintf(stderr, "truce-verify: %s\n", escaped(e.to_string()).c_str());
  return status;
}

int tell(const Report& report, bool json) {
  print(json ? report.to_json().to_pretty() + '\n' : report.to_text());
  return report.is_verified() ? kVerified : kFaults;
}

int run(const Arguments& a) {
  FileSystem& files = system_files();
  std::unique_ptr<Subject> subject;
  std::unique_ptr<ServerFiles> server;
  std::string evidence;
  Result<std::string> founding =
      fail(ErrorCode::kInvalidArgument, "is needed with this: no key comes from elsewhere", "--mechanism");
  if (a.subject.starts_with("http://") || a.subject.starts_with("https://")) {
    auto url = server::Url::parse(a.subject);
    if (!url) return cannot(url.error());
    server = std::make_unique<ServerFiles>(std::move(url).value());
    if (a.mechanism.empty()) {
      founding = server->one("mechanism.json", kMechanismBytesMax);
      if (!founding) return cannot(founding.error(), kFaults);
    }
    subject = server_subject(*server);
  } else {
    const auto status = files.status(a.subject);
    if (!status) return cannot(status.error());
    if (status->is_directory) {
      if (a.mechanism.empty()) founding = files.read(a.subject + "/mechanism.json", kMechanismBytesMax);
      subject = folder_subject(files, a.subject, 0);
    } else {
      const auto magic = files.read_at(a.subject, 0, kZstdMagic.size());
      if (!magic) return cannot(magic.error());
      if (*magic == kZstdMagic) {
        subject = bundle_subject(files, a.subject);
      } else {
        auto bytes = files.read(a.subject, kEvidenceBytesMax);
        if (!bytes || !bytes->starts_with('{'))
          return cannot({ErrorCode::kInvalidArgument, "is no folder, no bundle and no evidence", a.subject});
        evidence = std::move(bytes).value();
      }
    }
  }
  if (!a.mechanism.empty()) founding = files.read(a.mechanism, kMechanismBytesMax);
  if (!founding) return cannot(founding.error());

  if (subject) return tell(verify(*subject, *founding, {a.quorum, system_clock().now()}), a.json);
  const auto words = verify_evidence(evidence, *founding);
  Report report;
  report.mechanism = mechanism::mechanism_id(*founding);
  if (words) {
    report.judgement.notes.push_back("this evidence holds: " + *words);
    report.judgement.contradictions = 1;
  } else {
    report.faults.push_back(at(words.error(), a.subject));
  }
  if (a.json || !words) return tell(report, a.json);
  print(escaped(report.judgement.notes[0]) + "\nverified: the evidence holds\n");
  return kVerified;
}

}  // namespace
}  // namespace truce::verify

int main(int argc, char** argv) {
  using namespace truce::verify;
  CLI::App app{"truce-verify: checks the record of a ceasefire with public keys alone; reads only", "truce-verify"};
  app.footer(
      "Examples:  truce-verify un              a node's folder, or a copy of it\n"
      "           truce-verify --mechanism mechanism.json --quorum 2 https://record.example\n"
      "Exit status: 0 verified, 1 faults, 2 wrong use.");
  Arguments a;
  app.add_option("subject", a.subject, "a node's folder, a server, a bundle, or a file of evidence")
      ->type_name("DIR|URL|BUNDLE|EVIDENCE")
      ->required();
  app.add_option("--mechanism", a.mechanism,
                 "the founding document (default: mechanism.json in the folder or on the server)")
      ->type_name("FILE");
  app.add_option("--quorum", a.quorum, "fewer valid cosignatures of others on a log are a fault")
      ->type_name("N")
      ->check(CLI::Range(0, 64));
  app.add_flag("--json", a.json, "print one object for programs");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? kVerified : kWrongUse;
  }
  const int status = run(a);
  return std::fflush(stdout) == 0 ? status : kFaults;
}
