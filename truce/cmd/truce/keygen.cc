// SPDX-License-Identifier: Apache-2.0
//
// truce keygen: a party's private keys and its public card, or those of one office or device of it.

#include "truce/cmd/truce/command.h"
#include "truce/mechanism/fingerprint.h"
#include "truce/node/founding.h"

namespace truce::cmd {
namespace {

struct Options {
  std::string folder, party, name, role = "guarantor", desk, main = "main", passphrase_file;
  bool passphrase = false, json = false;
};

Result<int> run(const Options& o) {
  node::KeygenRequest request;
  request.folder = o.folder;
  request.party = o.party;
  request.name = o.name.empty() ? o.party : o.name;
  TRUCE_TRY(request.role, mechanism::role_from(o.role));
  request.desk = o.desk;
  request.main = o.main;
  std::optional<record::Secret> secret;
  if (o.passphrase || !o.passphrase_file.empty()) {
    TRUCE_TRY(secret, ask_passphrase(o.passphrase_file, true));
  }
  const node::World world = node::system_world();
  TRUCE_TRY(const auto made, node::keygen(world, request));
  if (secret) TRUCE_CHECK(record::KeyRing::lock(*world.files, o.folder + "/keys", secret->view(), *world.random));
  const std::string words = mechanism::fingerprint_words(sha256(made.card.to_bytes()));
  if (o.json) {
    print_json(Json::object({{"card", made.card_path}, {"fingerprint", words}, {"party", o.party}}));
    return kOk;
  }
  print_line("private keys: " + o.folder + "/keys" +
             (secret ? " (under the passphrase)" : " (not under a passphrase)"));
  print_line("public card:  " + made.card_path);
  print_line("fingerprint:  " + words);
  if (o.desk.empty()) {
    print_line("Hand the card to the others, and read its fingerprint aloud to them. Keys never leave this folder.");
  } else {
    print_line("Hand the card to the party's main node, where: truce desk add " + made.card_path);
  }
  return kOk;
}

}  // namespace

void add_keygen(CLI::App& app, Context& context) {
  auto o = std::make_shared<Options>();
  CLI::App* c = app.add_subcommand("keygen", "make a party's keys and its public card");
  c->add_option("DIR", o->folder, "folder to make the keys in; the node will live there")->required();
  c->add_option("--party", o->party, "id of the party")->required();
  c->add_option("--name", o->name, "its name (default: the id)");
  c->add_option("--role", o->role, "guarantor, observer or humanitarian (default: guarantor)");
  c->add_option("--desk", o->desk, "keys of one more log of the party, for an office or device that works alone");
  c->add_option("--main", o->main, "after a loss of all keys: name of the party's next main log, such as main-2");
  c->add_flag("--passphrase", o->passphrase, "wrap the keys under a passphrase, asked on the terminal");
  c->add_option("--passphrase-file", o->passphrase_file, "the same, from a file");
  c->add_flag("--json", o->json, "print for programs");
  c->footer("Example: truce keygen ~/east --party east --name \"Guarantor East\"");
  c->callback([o, &context] { context.run = guarded([o] { return run(*o); }); });
}

}  // namespace truce::cmd
