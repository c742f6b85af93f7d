// SPDX-License-Identifier: Apache-2.0

#include "truce/server/http_peer.h"

#include <algorithm>

#include "truce/base/encoding.h"
#include "truce/base/json_fields.h"
#include "truce/record/bundle_file.h"
#include "truce/record/note.h"
#include "truce/server/channel.h"
#include "truce/server/site.h"

namespace truce::server {
namespace {

constexpr std::uint64_t kHeadsBytesMax = 16ULL << 20;
constexpr std::size_t kSizesAtOnce = 1024;

Error refusal(const HttpResponse& response, std::string_view what) {
  std::string words = response.body.substr(0, 80);
  while (!words.empty() && words.back() == '\n') words.pop_back();
  return {ErrorCode::kRefused, "the peer answers " + std::to_string(response.status) + ' ' + quoted(words),
          std::string(what)};
}

}  // namespace

HttpPeer::HttpPeer(Url url, HttpClientOptions options) : client_(std::move(url), std::move(options)) {}

Result<std::vector<std::string>> HttpPeer::parse_heads(std::string body) {
  TRUCE_TRY(const Json json, Json::parse_canonical(body));
  JsonFields f(json, "heads");
  if (f.integer("v", 0, 1000) != 1) f.fault("v", "only version 1 is known to this program");
  std::vector<std::string> out = f.texts_or_empty("heads", node::kPeerHeadCountMax, record::kNoteBytesMax);
  TRUCE_CHECK(f.finish(ErrorCode::kSyntax));
  seen_ = sha256(body).hex();
  return out;
}

Result<std::vector<std::string>> HttpPeer::heads() {
  if (has_waiting_) {
    has_waiting_ = false;
    return std::move(waiting_);
  }
  TRUCE_TRY(HttpResponse response, client_.request("GET", "/heads", "", "", kHeadsBytesMax));
  if (response.status != 200) return fail(refusal(response, "/heads"));
  return parse_heads(std::move(response.body));
}

Result<bool> HttpPeer::wait_for_news(int wait_s) {
  const std::string target = "/heads?have=" + seen_ + "&wait=" + std::to_string(wait_s);
  HttpRequestOptions options;
  options.grace_ms = wait_s * 1000 + 30'000;
  TRUCE_TRY(HttpResponse response, client_.request("GET", target, "", "", kHeadsBytesMax, options));
  if (response.status == 304) return false;
  if (response.status != 200) return fail(refusal(response, "/heads"));
  TRUCE_TRY(waiting_, parse_heads(std::move(response.body)));
  has_waiting_ = true;
  return true;
}

Result<std::vector<std::int64_t>> HttpPeer::sizes(std::span<const Hash> blobs) {
  std::vector<std::int64_t> out;
  for (std::size_t begin = 0; begin < blobs.size(); begin += kSizesAtOnce) {
    const auto part = blobs.subspan(begin, std::min(kSizesAtOnce, blobs.size() - begin));
    Json list = Json::array();
    for (const Hash& h : part) list.push_back(h.hex());
    TRUCE_TRY(const HttpResponse response,
              client_.request("POST", "/sizes", list.to_canonical(), "application/json", 1 << 20));
    if (response.status != 200) return fail(refusal(response, "/sizes"));
    TRUCE_TRY(const Json json, Json::parse_canonical(response.body));
    if (!json.is_array() || json.as_array().size() != part.size())
      return fail(ErrorCode::kSyntax, "not as many lengths as were asked for", "/sizes");
    for (const Json& j : json.as_array()) out.push_back(j.is_integer() ? j.as_integer() : -1);
  }
  return out;
}

void HttpPeer::begin_slice(std::int64_t ms) {
  slice_end_ms_ = ms == 0 ? 0 : steady_us() / 1000 + ms;
  slice_ended_ = false;
}

Status HttpPeer::get(std::span<const std::string> names, std::uint64_t limit_bytes, const Take& take) {
  std::vector<std::string> targets;
  for (const std::string& name : names) targets.push_back('/' + name);
  return client_.get_all(targets, limit_bytes, [&](std::size_t i, HttpResponse response) -> Status {
    if (slice_end_ms_ != 0 && i != 0 && steady_us() / 1000 > slice_end_ms_) {
      slice_ended_ = true;
      return fail(ErrorCode::kBusy, "goes on later", names[i]);
    }
    if (response.status == 404 || response.status == 410)
      return take(i, fail(ErrorCode::kNotFound, "the peer does not have it", names[i]));
    if (response.status != 200) return fail(refusal(response, names[i]));
    return take(i, std::move(response.body));
  });
}

Status HttpPeer::handovers(const node::HandoversRequest& request, node::HandoverSink& sink) {
  if (request.query.empty()) return {};
  HttpRequestOptions options;
  options.grace_ms = 60'000;
  TRUCE_TRY(const HttpResponse response, client_.request("POST", "/handovers", request.query, "application/json",
                                                         kHandoversBundleBytesMax, options));
  if (response.status == 404) return {};  // knows no such party yet, or is of an older release
  if (response.status != 200) return fail(refusal(response, "/handovers"));
  const std::string path = temporary_name(request.folder + "/handovers");
  const auto read = [&]() -> Status {
    TRUCE_CHECK(request.files->write(path, response.body, 0600));
    TRUCE_TRY(const auto reader, record::BundleReader::open(*request.files, path));
    while (true) {
      TRUCE_TRY(auto member, reader->next());
      if (!member) return {};
      TRUCE_TRY(const record::BundleName name, record::BundleName::parse(member->name));
      // Handovers come before ciphertexts: members ascend by name.
      if (name.kind == record::BundleKind::kHandover) {
        TRUCE_CHECK(sink.handover(std::move(member->bytes)));
      } else if (name.kind == record::BundleKind::kSealed && sink.wants(name.hash)) {
        TRUCE_CHECK(sink.ciphertext(name.hash, std::move(member->bytes)));
      }
    }
  };
  auto done = read();
  static_cast<void>(request.files->remove(path));
  return done;
}

Result<std::optional<record::Taker>> HttpPeer::taker(const node::Node& node) {
  const std::string nonce = node.world().random->bytes(record::kTakerNonceBytes);
  TRUCE_TRY(const HttpResponse response,
            client_.request("POST", "/taker", to_hex(nonce), "text/plain", record::kHandoverFileBytesMax));
  if (response.status != 200) return std::optional<record::Taker>();
  TRUCE_TRY(record::Taker word, record::Taker::parse(response.body));
  const mechanism::Party* party = node.mechanism().party(word.party);
  if (party == nullptr) return std::optional<record::Taker>();
  TRUCE_CHECK(word.check(node.mechanism_id(), party->keys.cosign, nonce));
  return std::optional(std::move(word));
}

Status HttpPeer::push(std::string_view bundle) {
  HttpRequestOptions options;
  options.grace_ms = 60'000;
  TRUCE_TRY(const HttpResponse response,
            client_.request("POST", "/bundle", bundle, "application/zstd", 1 << 16, options));
  if (response.status != 202) return fail(refusal(response, "/bundle"));
  return {};
}

}  // namespace truce::server
