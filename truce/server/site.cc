// SPDX-License-Identifier: Apache-2.0

#include "truce/server/site.h"

#include <algorithm>

#include "truce/base/decimal.h"
#include "truce/base/encoding.h"
#include "truce/node/exchange.h"
#include "truce/node/sharing.h"
#include "truce/record/bundle.h"
#include "truce/record/bundle_file.h"
#include "truce/record/handover.h"
#include "truce/record/note.h"
#include "truce/record/witness.h"

namespace truce::server {
namespace {

// How often what the logs say about logs is read again, if a request asks for something unknown.
constexpr std::int64_t kRefreshMs = 1'000;

HttpResponse bytes_response(std::string body, std::string_view content_type) {
  HttpResponse r;
  r.content_type = content_type;
  r.body = std::move(body);
  return r;
}

// The value of a query's parameter; empty without it. Values here are numbers and hex: nothing is percent-encoded.
std::string_view parameter(std::string_view query, std::string_view name) {
  while (!query.empty()) {
    const std::size_t end = std::min(query.find('&'), query.size());
    const std::string_view one = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    if (one.size() > name.size() && one.starts_with(name) && one[name.size()] == '=')
      return one.substr(name.size() + 1);
  }
  return {};
}

}  // namespace

Site::Site(std::unique_ptr<node::Node> node, std::function<bool(const std::string& path)> pushed)
    : node_(std::move(node)), pushed_(std::move(pushed)) {}

std::uint64_t Site::body_bytes_max(std::string_view method, std::string_view target) {
  if (method != "POST") return 0;
  if (target == "/bundle") return kPushedBundleBytesMax;
  if (target == "/add-checkpoint") return record::kAddCheckpointBytesMax;
  if (target == "/handovers") return record::kHandoverFileBytesMax;
  return kSizesCountMax * 80;
}

void Site::refresh() {
  const std::int64_t now = node_->world().clock->now().ms;
  if (now - refreshed_ms_ < kRefreshMs && now >= refreshed_ms_) return;
  refreshed_ms_ = now;
  static_cast<void>(node_->refresh_roster());
}

HttpAnswer Site::handle(const HttpRequest& request) {
  const std::string_view target = request.target;
  const std::size_t mark = target.find('?');
  const std::string_view path = target.substr(0, mark);
  const std::string_view query = mark == std::string_view::npos ? std::string_view() : target.substr(mark + 1);
  if (request.method == "GET") return get(path, query);
  if (request.method != "POST") return text_response(405, "GET or POST");
  if (path == "/add-checkpoint") return add_checkpoint(request.body);
  if (path == "/sizes") return sizes(request.body);
  if (path == "/handovers") return handovers(request.body);
  if (path == "/taker") return taker(request.body);
  if (path == "/bundle") return take_bundle(request.body);
  return text_response(404, "nothing here");
}

HttpAnswer Site::get(std::string_view path, std::string_view query) {
  FileSystem& files = *node_->world().files;
  if (path == "/heads") return heads(query);
  if (path == "/mechanism.json") {
    auto bytes = files.read(node_->folder() + "/mechanism.json", 1 << 20);
    if (!bytes) return text_response(500, "cannot be read");
    return bytes_response(std::move(bytes).value(), "application/json");
  }
  // The names of a bundle's members are those of the files, and the one list of what may be given to everybody.
  const auto name = path.empty() ? Result<record::BundleName>(fail(ErrorCode::kSyntax, ""))
                                 : record::BundleName::parse(path.substr(1));
  if (!name) return text_response(404, "nothing here");
  const std::string file = node_->folder() + std::string(path);
  switch (name->kind) {
    case record::BundleKind::kCheckpoint: {
      auto bytes = files.read(file, record::kNoteBytesMax);
      if (!bytes) return text_response(404, "no such log here");
      HttpResponse r = bytes_response(std::move(bytes).value(), "text/plain; charset=utf-8");
      r.headers.emplace_back("cache-control", "no-cache");
      return r;
    }
    case record::BundleKind::kEntryBundle: {
      // In memory: texts like these pack to a quarter.
      auto bytes = files.read(file, record::kBundleBytesMax);
      if (!bytes) return text_response(404, "no such tile here");
      HttpResponse r = bytes_response(std::move(bytes).value(), "application/octet-stream");
      r.headers.emplace_back("cache-control", "max-age=31536000, immutable");
      return r;
    }
    case record::BundleKind::kHashTile:
    case record::BundleKind::kBlob: {
      const auto status = files.status(file);
      if (!status || status->is_directory) return text_response(404, "not here");
      HttpResponse r;
      r.content_type = "application/octet-stream";
      r.file = file;
      r.file_size = status->size;
      r.headers.emplace_back("cache-control", "max-age=31536000, immutable");
      return r;
    }
    case record::BundleKind::kSealed:
    case record::BundleKind::kHandover: break;  // for those addressed alone, never over this
  }
  return text_response(404, "nothing here");
}

std::string Site::heads_document() const {
  Json list = Json::array();
  node::FolderPeer here(*node_->world().files, node_->folder());
  const auto heads = here.heads();
  for (const std::string& h : heads.value_or(std::vector<std::string>())) list.push_back(h);
  return Json::object({{"heads", std::move(list)}, {"v", 1}}).to_canonical();
}

HttpAnswer Site::heads(std::string_view query) {
  const auto respond = [](std::string document) {
    HttpResponse r = bytes_response(std::move(document), "application/json");
    r.headers.emplace_back("cache-control", "no-cache");
    return r;
  };
  const std::string have(parameter(query, "have"));
  const auto wait = parse_integer(std::string(parameter(query, "wait")));
  std::string document = heads_document();
  if (have.empty() || sha256(document).hex() != have) return respond(std::move(document));
  HttpResponse same;
  same.status = 304;
  if (!wait || *wait <= 0) return same;
  Waiting waiting;
  waiting.timeout_ms = std::min<std::int64_t>(*wait * 1000, kHeadsWaitMsMax);
  waiting.late = same;
  waiting.ready = [this, have, respond]() -> std::optional<HttpResponse> {
    std::string now = heads_document();
    if (sha256(now).hex() == have) return std::nullopt;
    return respond(std::move(now));
  };
  return waiting;
}

HttpResponse Site::add_checkpoint(const std::string& body) {
  const auto witness = node_->witness();
  if (!witness || *witness == nullptr) return text_response(503, "this node's keys are locked: it cosigns nothing");
  const auto lookup = [&](std::string_view origin) -> std::optional<record::Witness::KnownLog> {
    auto place = node_->roster().place_by_origin(origin);
    if (!place) {
      refresh();
      place = node_->roster().place_by_origin(origin);
    }
    if (!place) return std::nullopt;
    return record::Witness::KnownLog{place->log, place->public_key};
  };
  record::Witness::Answer answer = (*witness)->add_checkpoint(body, lookup);
  if (answer.fork) static_cast<void>(node_->keep_evidence(*answer.fork));
  HttpResponse r = bytes_response(std::move(answer.body), answer.content_type);
  r.status = answer.status;
  return r;
}

// A JSON list of hashes in hex; the lengths in the same order, -1 for what is not here.
HttpResponse Site::sizes(const std::string& body) const {
  const auto json = Json::parse_canonical(body);
  if (!json || !json->is_array() || json->as_array().size() > kSizesCountMax)
    return text_response(400, "a list of hashes");
  std::vector<Hash> hashes;
  for (const Json& j : json->as_array()) {
    const auto h = j.is_string() ? Hash::from_hex(j.as_string()) : Result<Hash>(fail(ErrorCode::kSyntax, ""));
    if (!h) return text_response(400, "a list of hashes");
    hashes.push_back(h.value());
  }
  node::FolderPeer here(*node_->world().files, node_->folder());
  Json out = Json::array();
  const auto sizes = here.sizes(hashes);
  for (const std::int64_t size : sizes.value_or(std::vector<std::int64_t>())) out.push_back(size);
  return bytes_response(out.to_canonical(), "application/json");
}

// What was given to the party that asks, and proves that it is that party.
HttpResponse Site::handovers(const std::string& body) {
  const auto query = record::HandoverQuery::parse(body);
  if (!query) return text_response(400, "a signed question: party, signature, time");
  refresh();
  const mechanism::Party* party = node_->mechanism().party(query->party);
  if (party == nullptr) return text_response(404, "no such party");
  const auto signed_by_party = query->check(node_->mechanism_id(), party->keys.cosign, node_->world().clock->now());
  if (!signed_by_party) return text_response(403, signed_by_party.error().message);
  // Whoever has just read of a share in the log asks at once: this view must know of it, too.
  if (!node_->refresh_roster()) return text_response(503, "cannot be read now");
  FileSystem& files = *node_->world().files;
  const std::string path = temporary_name(node_->folder() + "/handovers");
  const auto made = node::export_parcels(*node_, path, query->party);
  auto bytes = made ? files.read(path, kHandoversBundleBytesMax) : Result<std::string>(fail(made.error()));
  static_cast<void>(files.remove(path));
  if (!bytes) return text_response(503, "cannot be made now");
  HttpResponse r = bytes_response(std::move(bytes).value(), "application/zstd");
  r.headers.emplace_back("cache-control", "no-store");
  return r;
}

// Whose node this is, signed over the nonce of whoever is about to push.
HttpResponse Site::taker(const std::string& body) {
  const auto nonce = from_hex(body);
  if (!nonce || nonce->size() != record::kTakerNonceBytes) return text_response(400, "a nonce: 32 bytes in hex");
  refresh();
  auto word = node::taker_word(*node_, *nonce);
  if (!word) return text_response(503, "the keys are locked");
  HttpResponse r = bytes_response(std::move(word).value(), "application/json");
  r.headers.emplace_back("cache-control", "no-store");
  return r;
}

HttpResponse Site::take_bundle(const std::string& body) {
  const std::string path = temporary_name(node_->folder() + "/pushed");
  if (auto ok = node_->world().files->write(path, body); !ok) return text_response(507, "cannot be kept here");
  if (!pushed_(path)) {
    static_cast<void>(node_->world().files->remove(path));
    return text_response(503, "too much waits already");
  }
  return text_response(202, "taken; what becomes of it is seen in /heads");
}

}  // namespace truce::server
