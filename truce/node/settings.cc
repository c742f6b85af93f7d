// SPDX-License-Identifier: Apache-2.0

#include "truce/node/settings.h"

#include <toml++/toml.h>
#include <sstream>

#include "truce/base/id.h"

namespace truce::node {
namespace {
constexpr std::uint64_t kSettingsBytesMax = 1 << 20;
}

Result<Settings> read_settings(FileSystem& files, const std::string& node_folder) {
  const std::string path = node_folder + "/truce.toml";
  TRUCE_TRY(const std::string text, files.read(path, kSettingsBytesMax));
  Settings s;
  try {
    const toml::table table = toml::parse(text);
    s.me = table["me"].value_or(std::string());
    s.by = table["by"].value_or(std::string());
  } catch (const toml::parse_error& e) {
    std::ostringstream where;
    where << path << ": line " << e.source().begin.line;
    return fail(ErrorCode::kSyntax, std::string(e.description()), where.str());
  }
  TRUCE_CHECK(check_id(s.me, "`me`"));
  if (!s.by.empty()) TRUCE_CHECK(check_id(s.by, "`by`"));
  return s;
}

Status write_settings(FileSystem& files, const std::string& node_folder, const Settings& settings) {
  return files.write_atomic(node_folder + "/truce.toml",
                            "# Settings of this node.\n"
                            "me = \"" +
                                settings.me +
                                "\"    # the party that this node belongs to\n"
                                "by = \"" +
                                settings.by + "\"    # pseudonym of this device in statements\n");
}

}  // namespace truce::node
