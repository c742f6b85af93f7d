// SPDX-License-Identifier: Apache-2.0
//
// truce.toml: this node's own settings. Never shared, never part of a statement.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "truce/base/file.h"
#include "truce/base/result.h"

namespace truce::node {

struct Settings {
  std::string me;                                  // party id of this node
  std::string by;                                  // pseudonym of this device in statements; empty: not said
  std::string desk = {};                           // the one log that is written here; empty: the party's main log
  std::string desk_key = {};                       // its public key, 32 raw bytes
  std::vector<std::string> peers = {};             // addresses that `truce sync` exchanges with
  std::string listen = {};                         // address:port of `truce serve`
  std::string tls_certificate = {}, tls_key = {};  // files; of `truce serve`
  std::string ca_file = {};                        // certificates that peers are checked with; empty: the system's
};

// Fails with kInvalidArgument naming the line (bad TOML, an id that is none), kNotFound, kIo.
[[nodiscard]] Result<Settings> read_settings(FileSystem& files, const std::string& node_folder);
[[nodiscard]] Status write_settings(FileSystem& files, const std::string& node_folder, const Settings& settings);

}  // namespace truce::node
