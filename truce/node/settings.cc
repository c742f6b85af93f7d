// SPDX-License-Identifier: Apache-2.0

#include "truce/node/settings.h"

#include <toml++/toml.h>
#include <sstream>

#include "truce/base/encoding.h"
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
    s.desk = table["desk"].value_or(std::string());
    s.listen = table["listen"].value_or(std::string());
    s.tls_certificate = table["tls_certificate"].value_or(std::string());
    s.tls_key = table["tls_key"].value_or(std::string());
    s.ca_file = table["ca_file"].value_or(std::string());
    if (const toml::array* peers = table["peers"].as_array()) {
      for (const auto& peer : *peers) s.peers.push_back(peer.value_or(std::string()));
    }
    const std::string key = table["desk_key"].value_or(std::string());
    if (!key.empty()) {
      TRUCE_TRY(s.desk_key, from_base64url(key));
      if (s.desk_key.size() != 32) return fail(ErrorCode::kSyntax, "desk_key is not 32 bytes long", path);
    }
  } catch (const toml::parse_error& e) {
    std::ostringstream where;
    where << path << ": line " << e.source().begin.line;
    return fail(ErrorCode::kSyntax, std::string(e.description()), where.str());
  }
  TRUCE_CHECK(check_id(s.me, "`me`"));
  if (!s.by.empty()) TRUCE_CHECK(check_id(s.by, "`by`"));
  if (!s.desk.empty()) TRUCE_CHECK(check_id(s.desk, "`desk`"));
  if (s.desk.empty() != s.desk_key.empty()) return fail(ErrorCode::kSyntax, "desk and desk_key belong together", path);
  return s;
}

Status write_settings(FileSystem& files, const std::string& node_folder, const Settings& settings) {
  std::string text = "# Settings of this node.\nme = \"" + settings.me +
                     "\"    # the party that this node belongs to\nby = \"" + settings.by +
                     "\"    # pseudonym of this device in statements\n";
  if (!settings.desk.empty()) {
    text += "desk = \"" + settings.desk + "\"    # the log of this device\ndesk_key = \"" +
            to_base64url(settings.desk_key) + "\"\n";
  }
  if (!settings.peers.empty()) {
    text += "peers = [";
    for (std::size_t i = 0; i < settings.peers.size(); ++i) text += (i == 0 ? "\"" : ", \"") + settings.peers[i] + '"';
    text += "]\n";
  }
  if (!settings.listen.empty()) text += "listen = \"" + settings.listen + "\"\n";
  if (!settings.tls_certificate.empty()) text += "tls_certificate = \"" + settings.tls_certificate + "\"\n";
  if (!settings.tls_key.empty()) text += "tls_key = \"" + settings.tls_key + "\"\n";
  if (!settings.ca_file.empty()) text += "ca_file = \"" + settings.ca_file + "\"\n";
  return files.write_atomic(node_folder + "/truce.toml", text);
}

}  // namespace truce::node
