// SPDX-License-Identifier: Apache-2.0
//
// Founding: keys and public cards, the founding document out of the cards, and its acceptance, which opens a party's
// log (docs/format/mechanism.md, docs/security.md: key ceremony). Each step leaves the folder whole or as it was.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "truce/base/result.h"
#include "truce/mechanism/mechanism.h"
#include "truce/node/node.h"
#include "truce/record/keys.h"

namespace truce::node {

// What a party hands to the others before there is a mechanism, or an office or device to its party's main node.
struct Card {
  mechanism::Party party;  // of a desk: id alone
  std::string desk;        // empty: the party's card
  std::string desk_key;    // 32 raw bytes

  [[nodiscard]] std::string to_bytes() const;
  // kInvalidMechanism. Takes the cards that `truce init` writes, too.
  [[nodiscard]] static Result<Card> parse(std::string_view bytes);
};

struct KeygenRequest {
  std::string folder;
  std::string party, name;
  mechanism::Role role = mechanism::Role::kGuarantor;
  std::string desk;           // not empty: keys of one log for an office or device of the party
  std::string main = "main";  // name of its main log: another after a loss of all keys
};
struct KeygenResult {
  Card card;
  std::string card_path;
};
// Makes keys/, the card and truce.toml. kExists where the folder holds keys.
[[nodiscard]] Result<KeygenResult> keygen(World world, const KeygenRequest& request);

// A new node's folder, from its first file to its last: makes it, and marks it unfinished until end_folder(). What an
// attempt left that was cut off before its end (mechanism.json or the card) is removed: nobody was given anything of
// it. kExists where the folder holds keys or a node.
[[nodiscard]] Status begin_folder(FileSystem& files, const std::string& folder, const std::string& party,
                                  const std::string& desk = {});
[[nodiscard]] Status end_folder(FileSystem& files, const std::string& folder);
// "FOLDER/card-PARTY.json", of a desk "FOLDER/card-PARTY-DESK.json".
[[nodiscard]] std::string card_path(const std::string& folder, const std::string& party, const std::string& desk);

// Whether this program can work by a document: its rules are of a version that it computes, and keys of its parties are
// keys. Parties find out before they accept or consent. kNotComputable, kInvalidMechanism.
[[nodiscard]] Status check_usable(const mechanism::Mechanism& document);

// Begins a log of this party with its acceptance, where it holds nothing yet. Fails where the key ring lacks its key,
// or holds another one.
[[nodiscard]] Status begin_log(World world, const record::LogPlace& place, const record::KeyRing& keys);

// Takes the founding document into the folder whose keys are in it: opens the party's main log (or a desk's) with its
// acceptance, and writes mechanism.json last. Done already with the same document: ok. True: the log is open. False:
// the party is in no document yet that is in force here (it comes in by an amendment): the node can receive, and
// accepts again when it has. kInvalidMechanism where these keys are not the party's; kExists for another document.
// `renewed`: the keys were made anew after a loss, and an amendment will name them: until then as for a party that is
// in no document.
[[nodiscard]] Result<bool> accept(World world, const std::string& folder, std::string_view founding_bytes,
                                  bool renewed = false);

}  // namespace truce::node
