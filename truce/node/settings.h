// SPDX-License-Identifier: Apache-2.0
//
// truce.toml: this node's own settings. Never shared, never part of a statement.

#pragma once

#include <string>

#include "truce/base/file.h"
#include "truce/base/result.h"

namespace truce::node {

struct Settings {
  std::string me;  // party id of this node
  std::string by;  // pseudonym of this device in statements; empty: not said
};

// Fails with kInvalidArgument naming the line (bad TOML, an id that is none), kNotFound, kIo.
[[nodiscard]] Result<Settings> read_settings(FileSystem& files, const std::string& node_folder);
[[nodiscard]] Status write_settings(FileSystem& files, const std::string& node_folder, const Settings& settings);

}  // namespace truce::node
