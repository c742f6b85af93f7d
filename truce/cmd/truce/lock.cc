// SPDX-License-Identifier: Apache-2.0
//
// truce lock, truce unlock: wraps this node's private keys under a passphrase, and back.

#include <termios.h>
#include <unistd.h>

#include <iostream>

#include "truce/cmd/truce/command.h"

namespace truce::cmd {
namespace {

constexpr std::uint64_t kPassphraseBytesMax = 4096;

Result<int> run(const Context& context, const std::string& file, bool lock) {
  TRUCE_TRY(const auto node, context.open_node());
  const std::string keys = node->folder() + "/keys";
  if (lock == node->is_locked()) {
    print_line(lock ? "this node is locked already" : "this node is not locked");
    return kOk;
  }
  TRUCE_TRY(const record::Secret secret, ask_passphrase(file, lock));
  if (lock) {
    TRUCE_CHECK(record::KeyRing::lock(*node->world().files, keys, secret.view(), *node->world().random));
    print_line("locked: this node reads, folds and briefs; it appends and opens nothing until truce unlock");
  } else {
    TRUCE_CHECK(record::KeyRing::unlock(*node->world().files, keys, secret.view()));
    print_line("unlocked");
  }
  return kOk;
}

}  // namespace

Result<record::Secret> ask_passphrase(const std::string& file, bool twice) {
  std::string text;
  if (!file.empty()) {
    TRUCE_TRY(text, read_argument_file(file, kPassphraseBytesMax));
  } else {
    if (::isatty(STDIN_FILENO) == 0)
      return fail(ErrorCode::kInvalidArgument, "no terminal to ask for the passphrase on; use --passphrase-file FILE");
    const auto ask = [](const char* prompt) {
      std::cerr << prompt << std::flush;
      termios before{};
      ::tcgetattr(STDIN_FILENO, &before);
      termios quiet = before;
      quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
      ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
      std::string line;
      std::getline(std::cin, line);
      ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
      std::cerr << '\n';
      return line;
    };
    text = ask("passphrase: ");
    if (twice && ask("once more:  ") != text) return fail(ErrorCode::kInvalidArgument, "the two passphrases differ");
  }
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  if (text.empty()) return fail(ErrorCode::kInvalidArgument, "an empty passphrase protects nothing");
  return record::Secret::from(std::move(text));
}

void add_lock(CLI::App& app, Context& context) {
  for (const bool lock : {true, false}) {
    auto file = std::make_shared<std::string>();
    CLI::App* c = lock ? app.add_subcommand("lock", "wrap this node's keys under a passphrase")
                       : app.add_subcommand("unlock", "unwrap this node's keys");
    c->add_option("--passphrase-file", *file, "file that holds the passphrase (default: asked on the terminal)");
    c->footer(lock ? "Example: truce lock" : "Example: truce unlock --passphrase-file FILE");
    c->callback([file, lock, &context] {
      context.run = guarded([file, lock, &context] { return run(context, *file, lock); });
    });
  }
}

}  // namespace truce::cmd
