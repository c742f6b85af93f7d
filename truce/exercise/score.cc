// SPDX-License-Identifier: Apache-2.0

#include "truce/exercise/score.h"

#include <fmt/format.h>

#include <algorithm>

#include "truce/base/csv.h"
#include "truce/base/encoding.h"
#include "truce/base/json.h"

namespace truce::exercise {
namespace {

// Numbers for names, in the order in which they come.
class Names {
 public:
  std::size_t of(std::string_view name) {
    const auto [it, is_new] = numbers_.try_emplace(std::string(name), numbers_.size());
    return it->second;
  }
  [[nodiscard]] std::size_t count() const { return numbers_.size(); }

 private:
  std::unordered_map<std::string, std::size_t> numbers_;
};

double pairs(const std::vector<std::int64_t>& sizes) {
  std::int64_t sum = 0;
  for (const std::int64_t n : sizes) sum += n * (n - 1) / 2;
  return static_cast<double>(sum);
}

void count_at(std::vector<std::int64_t>& sizes, std::size_t i) {
  if (i >= sizes.size()) sizes.resize(i + 1, 0);
  ++sizes[i];
}

}  // namespace

Result<std::vector<std::pair<std::string, std::string>>> read_grouping(std::string_view csv) {
  TRUCE_TRY(auto reader, CsvReader::open(csv));
  constexpr std::size_t kColumns = 2;
  if (reader.header().size() != kColumns) return fail(ErrorCode::kSyntax, "is not a table of two columns", "line 1");
  std::vector<std::pair<std::string, std::string>> rows;
  for (;;) {
    TRUCE_TRY(const auto* fields, reader.next());
    if (fields == nullptr) return rows;
    rows.emplace_back((*fields)[0], (*fields)[1]);
  }
}

ClusterScore score_clusters(std::span<const std::pair<std::string, std::string>> truth, const Grouping& predicted) {
  Names true_names, predicted_names;
  std::vector<std::int64_t> true_sizes, predicted_sizes;
  std::vector<std::pair<std::size_t, std::size_t>> both;
  both.reserve(truth.size());
  std::size_t alone = 0;
  for (const auto& [id, cluster] : truth) {
    const std::size_t t = true_names.of(cluster);
    count_at(true_sizes, t);
    if (const auto it = predicted.find(id); it != predicted.end()) {
      const std::size_t p = predicted_names.of(it->second);
      count_at(predicted_sizes, p);
      both.emplace_back(t, p);
    } else {
      ++alone;
    }
  }
  std::ranges::sort(both);
  std::vector<std::int64_t> common;
  for (std::size_t i = 0; i < both.size(); ++i) {
    if (i == 0 || both[i] != both[i - 1]) common.push_back(0);
    ++common.back();
  }
  ClusterScore s;
  s.records = static_cast<std::int64_t>(truth.size());
  s.true_clusters = static_cast<std::int64_t>(true_names.count());
  s.predicted_clusters = static_cast<std::int64_t>(predicted_names.count() + alone);
  const double together = pairs(common), t = pairs(true_sizes), q = pairs(predicted_sizes);
  s.precision = q > 0 ? together / q : 1;
  s.recall = t > 0 ? together / t : 1;
  s.f1 = s.precision + s.recall > 0 ? 2 * s.precision * s.recall / (s.precision + s.recall) : 0;
  const double n = static_cast<double>(truth.size());
  const double expected = truth.size() > 1 ? t * q / (n * (n - 1) / 2) : 0;
  s.adjusted_rand = (t + q) / 2 != expected ? (together - expected) / ((t + q) / 2 - expected) : 1;
  return s;
}

std::string ClusterScore::to_string() const {
  return fmt::format(
      "records {}  true clusters {}  predicted clusters {}\nprecision {:.4f}  recall {:.4f}  F1 {:.4f}  ARI {:.4f}\n",
      records, true_clusters, predicted_clusters, precision, recall, f1, adjusted_rand);
}

Result<std::vector<TrueOffset>> read_offsets(std::string_view scenario) {
  // Incidents are the last member and may be very many: what stands before them is enough.
  const std::size_t incidents = scenario.find("\n\"incidents\":[");
  std::string head(scenario.substr(0, incidents));
  if (incidents == std::string_view::npos || !head.ends_with(','))
    return fail(ErrorCode::kSyntax, "is no scenario.json of an exercise");
  const std::size_t posts = head.find("\n\"posts\":[");
  if (posts == std::string::npos) return fail(ErrorCode::kSyntax, "names no posts");
  constexpr std::string_view kBefore = "\n\"posts\":";
  const std::size_t begin = posts + kBefore.size(), end = head.find("],\n", begin);
  if (end == std::string::npos) return fail(ErrorCode::kSyntax, "ends within the posts");
  std::string list = head.substr(begin, end + 1 - begin);
  std::erase(list, '\n');
  TRUCE_TRY(const Json json, Json::parse_canonical(list));
  std::vector<TrueOffset> offsets;
  for (const Json& post : json.as_array()) {
    const Json* id = post.find("id");
    const Json* seconds = post.find("clock_offset_s");
    if (id == nullptr || !id->is_string() || seconds == nullptr || !seconds->is_integer())
      return fail(ErrorCode::kSyntax, "a post has no id or no clock_offset_s");
    offsets.push_back({id->as_string(), seconds->as_integer()});
  }
  return offsets;
}

OffsetScore score_offsets(std::span<const TrueOffset> truth, const OffsetEstimates& estimates) {
  OffsetScore s;
  s.posts = static_cast<std::int64_t>(truth.size());
  std::vector<std::int64_t> errors;
  std::int64_t sum = 0, uncorrected = 0;
  for (const TrueOffset& t : truth) {
    const auto it = estimates.find(t.post);
    if (it == estimates.end()) continue;
    const std::int64_t off = it->second - t.seconds;
    errors.push_back(off < 0 ? -off : off);
    sum += errors.back();
    uncorrected += t.seconds < 0 ? -t.seconds : t.seconds;
  }
  s.estimated = static_cast<std::int64_t>(errors.size());
  if (errors.empty()) return s;
  std::ranges::sort(errors);
  s.mean_error_s = static_cast<double>(sum) / static_cast<double>(errors.size());
  s.mean_uncorrected_s = static_cast<double>(uncorrected) / static_cast<double>(errors.size());
  s.median_error_s = errors[(errors.size() - 1) / 2];
  s.largest_error_s = errors.back();
  return s;
}

std::string OffsetScore::to_string() const {
  if (estimated == 0) return "offsets: no calibration\n";
  return fmt::format(
      "offsets: {} of {} posts estimated  error mean {:.0f} s  median {} s  largest {} s  uncorrected mean {:.0f} s\n",
      estimated, posts, mean_error_s, median_error_s, largest_error_s, mean_uncorrected_s);
}

Reliability reliability(std::span<const std::pair<double, bool>> statements, std::size_t bin_count) {
  Reliability r;
  r.bins.resize(bin_count);
  for (std::size_t i = 0; i < bin_count; ++i) {
    r.bins[i].low = static_cast<double>(i) / static_cast<double>(bin_count);
    r.bins[i].high = static_cast<double>(i + 1) / static_cast<double>(bin_count);
  }
  for (const auto& [stated, is_true] : statements) {
    const double p = stated >= 0 ? std::min(stated, 1.0) : 0;  // NaN too
    const auto i = std::min(static_cast<std::size_t>(p * static_cast<double>(bin_count)), bin_count - 1);
    ReliabilityBin& bin = r.bins[i];
    ++bin.count;
    bin.hits += is_true ? 1 : 0;
    bin.mean_stated += p;
    const double off = p - (is_true ? 1 : 0);
    r.brier += off * off;
    ++r.count;
  }
  if (r.count == 0) return r;
  for (ReliabilityBin& bin : r.bins) {
    if (bin.count == 0) continue;
    const auto n = static_cast<double>(bin.count);
    const double off = static_cast<double>(bin.hits) - bin.mean_stated;
    r.calibration_error += off < 0 ? -off : off;
    bin.mean_stated /= n;
  }
  r.brier /= static_cast<double>(r.count);
  r.calibration_error /= static_cast<double>(r.count);
  return r;
}

std::string Reliability::to_string() const {
  if (count == 0) return "reliability: no probabilities\n";
  std::string out = "stated       mean   true   count\n";
  for (const ReliabilityBin& b : bins) {
    if (b.count == 0) continue;
    out += fmt::format("{:.2f}-{:.2f}  {:.3f}  {:.3f}  {:6}\n", b.low, b.high, b.mean_stated,
                       static_cast<double>(b.hits) / static_cast<double>(b.count), b.count);
  }
  return out + fmt::format("reliability: {} statements  Brier {:.4f}  calibration error {:.4f}\n", count, brier,
                           calibration_error);
}

}  // namespace truce::exercise
