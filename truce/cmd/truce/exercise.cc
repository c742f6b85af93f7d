// SPDX-License-Identifier: Apache-2.0
//
// truce exercise: makes a scenario with its hidden truth aside and a node that holds its reports; `exercise score`
// compares a node's picture with that truth.

#include <fmt/format.h>

#include <set>

#include "truce/base/decimal.h"
#include "truce/base/encoding.h"
#include "truce/base/math.h"
#include "truce/cmd/truce/command.h"
#include "truce/cmd/truce/zone_file.h"
#include "truce/exercise/files.h"
#include "truce/exercise/places.h"
#include "truce/exercise/score.h"
#include "truce/monitor/bodies.h"
#include "truce/monitor/calibration_statement.h"

namespace truce::cmd {
namespace {

using exercise::Day;
using exercise::ReportRow;
using exercise::Scenario;

constexpr std::string_view kPlaceList = "exercise-places";

// ---- files

// A file that grows, and the hash of what was written.
class TextFile {
 public:
  static Result<TextFile> create(FileSystem& files, const std::string& path, std::string_view header) {
    TextFile f;
    TRUCE_TRY(f.file_, files.open_append(path));
    f.text += header;
    return f;
  }
  std::string text;  // what is still to be written
  Status flush() {
    hash_->update(text);
    TRUCE_CHECK(file_->append(text));
    text.clear();
    return {};
  }
  Status flush_if_large() {
    constexpr std::size_t kChunk = 1 << 20;
    return text.size() < kChunk ? Status{} : flush();
  }
  Status close() {
    TRUCE_CHECK(flush());
    return file_->sync();
  }
  // Of everything. REQUIRES: close() succeeded.
  Hash hash() { return hash_->finish(); }

 private:
  std::unique_ptr<File> file_;
  std::unique_ptr<Sha256> hash_ = std::make_unique<Sha256>();
};

struct Written {
  Hash reports, corrections, patrols;
  std::int64_t incidents = 0, report_rows = 0, correction_rows = 0, patrol_rows = 0;
};

Result<Written> write_files(FileSystem& files, const std::string& folder, Scenario& scenario,
                            const node::Progress& progress) {
  const exercise::World& w = scenario.world();
  const auto create = [&](const char* name, std::string_view header) {
    return TextFile::create(files, folder + '/' + name, header);
  };
  TRUCE_CHECK(files.write_atomic(folder + "/zones.geojson", exercise::zones_geojson(w)));
  TRUCE_CHECK(files.write_atomic(folder + "/places.csv", exercise::places_csv(w)));
  TRUCE_TRY(TextFile reports, create("reports.csv", exercise::kReportsHeader));
  TRUCE_TRY(TextFile corrections, create("corrections.csv", exercise::kReportsHeader));
  TRUCE_TRY(TextFile patrols, create("patrols.csv", exercise::kPatrolsHeader));
  TRUCE_TRY(TextFile truth, create("truth.csv", exercise::kTruthHeader));
  TRUCE_TRY(TextFile told, create("scenario.json", exercise::scenario_head(w)));
  Written out;
  Day day;
  while (scenario.next(day)) {
    if (progress) {
      progress("scenario", static_cast<std::uint64_t>(scenario.days_done()),
               static_cast<std::uint64_t>(w.options.days));
    }
    for (const exercise::Incident& e : day.incidents) exercise::append_incident(told.text, e, ++out.incidents == 1);
    for (const ReportRow& row : day.reports) {
      exercise::append_report(reports.text, w, row);
      exercise::append_truth(truth.text, row);
    }
    for (const ReportRow& row : day.corrections) exercise::append_report(corrections.text, w, row);
    for (const exercise::PatrolRow& row : day.patrols) {
      exercise::append_patrol(patrols.text, w, row);
      exercise::append_patrol_truth(truth.text, row);
    }
    out.report_rows += static_cast<std::int64_t>(day.reports.size());
    out.correction_rows += static_cast<std::int64_t>(day.corrections.size());
    out.patrol_rows += static_cast<std::int64_t>(day.patrols.size());
    for (TextFile* f : {&reports, &corrections, &patrols, &truth, &told}) TRUCE_CHECK(f->flush_if_large());
  }
  told.text += exercise::scenario_tail();
  for (TextFile* f : {&reports, &corrections, &patrols, &truth, &told}) TRUCE_CHECK(f->close());
  out.reports = reports.hash();
  out.corrections = corrections.hash();
  out.patrols = patrols.hash();
  return out;
}

// ---- node

// Appends reports to a node, in batches of bounded size: an import statement each, then its rows.
class ReportAppender {
 public:
  ReportAppender(node::Node& node, const Hash& file) : node_(node), file_(file) {}
  // `corrects`: what the row replaces. `keep`: gets the new statement's name, once flushed.
  void add(monitor::Report report, std::optional<StatementRef> corrects = {}, StatementRef* keep = nullptr) {
    rows_.push_back({std::move(report), std::move(corrects), keep});
  }
  Status flush_if_large() {
    constexpr std::size_t kBatch = 50'000;
    return rows_.size() < kBatch ? Status{} : flush();
  }
  Status flush() {
    if (rows_.empty()) return {};
    TRUCE_TRY(const auto writer, node_.writer());
    monitor::ImportStatement import;
    import.file = file_;
    import.format = "reports";
    import.source = node_.me();
    import.rows = static_cast<std::int64_t>(rows_.size());
    TRUCE_TRY(const StatementRef ref, writer->add({monitor::kTypeImport, import.to_body(), {}, {}, {}}));
    for (Row& row : rows_) {
      node::Draft draft{monitor::kTypeReport, row.report.to_body(), {}, {}, {}};
      if (row.corrects) draft.references.push_back({std::string(monitor::kCorrects), *row.corrects});
      draft.references.push_back({std::string(monitor::kOfImport), ref});
      TRUCE_TRY(const StatementRef made, writer->add(std::move(draft)));
      if (row.keep != nullptr) *row.keep = made;
    }
    rows_.clear();
    return writer->commit();
  }

 private:
  struct Row {
    monitor::Report report;
    std::optional<StatementRef> corrects;
    StatementRef* keep;
  };
  node::Node& node_;
  Hash file_;
  std::vector<Row> rows_;
};

Status state_places(node::Node& node, const exercise::World& w) {
  const std::vector<monitor::NamedPlace> places = exercise::place_list(w);
  TRUCE_TRY(const std::string blob, monitor::places_to_blob(places));
  monitor::PlacesStatement list;
  list.list = kPlaceList;
  list.title = "Places of the exercise";
  list.source = exercise::kPlacesAttribution;
  list.places = sha256(blob);
  list.count = static_cast<std::int64_t>(places.size());
  TRUCE_TRY(const auto writer, node.writer());
  TRUCE_TRY(const Hash hash, writer->put_blob(blob));
  TRUCE_TRY(const StatementRef ref, writer->add({monitor::kTypePlaces, list.to_body(), {}, {}, {hash}}));
  return writer->commit();
}

Status found_node(const std::string& folder, Scenario& scenario, const Written& files, const node::Progress& progress) {
  const exercise::World& w = scenario.world();
  node::Node::InitRequest request;
  request.folder = folder;
  request.me = w.parties[0].id;
  mechanism::Mechanism& m = request.mechanism;
  m.name = fmt::format("Exercise {}", w.options.seed);
  m.exercise = true;
  m.decision.of = "all";
  m.parties.push_back({w.parties[0].id, w.parties[0].name, mechanism::Role::kObserver, {}});
  TRUCE_TRY(const auto founded, node::Node::init(node::system_world(), std::move(request)));
  TRUCE_TRY(const auto node, node::Node::open(node::system_world(), folder));
  TRUCE_CHECK(state_zones(*node, exercise::zones_geojson(w)));
  TRUCE_CHECK(state_places(*node, w));

  // Those that are corrected later, with the names of their statements.
  struct Corrected {
    ReportRow row;
    StatementRef old;
  };
  std::vector<std::unique_ptr<Corrected>> corrected;
  ReportAppender reports(*node, files.reports);
  std::vector<exercise::PatrolRow> patrols;
  scenario.rewind();
  Day day;
  std::uint64_t done = 0;
  while (scenario.next(day)) {
    std::size_t next = 0;
    for (const ReportRow& row : day.reports) {
      StatementRef* keep = nullptr;
      if (next < day.corrections.size() && day.corrections[next].number == row.number) {
        corrected.push_back(std::make_unique<Corrected>(Corrected{day.corrections[next++], {}}));
        keep = &corrected.back()->old;
      }
      reports.add(exercise::to_report(w, row), std::nullopt, keep);
      TRUCE_CHECK(reports.flush_if_large());
      if (progress && ++done % 4096 == 0) progress("node", done, static_cast<std::uint64_t>(files.report_rows));
    }
    patrols.insert(patrols.end(), day.patrols.begin(), day.patrols.end());
  }
  TRUCE_CHECK(reports.flush());
  ReportAppender corrections(*node, files.corrections);
  for (const auto& c : corrected) {
    corrections.add(exercise::to_report(w, c->row), c->old);
    TRUCE_CHECK(corrections.flush_if_large());
  }
  TRUCE_CHECK(corrections.flush());
  ReportAppender walked(*node, files.patrols);
  for (const exercise::PatrolRow& row : patrols) walked.add(exercise::to_report(w, row));
  return walked.flush();
}

// ---- exercise

struct MakeOptions {
  exercise::Options scenario;
  std::string out, seed, incidents_per_day, patrols_per_day, from, region;
  bool no_node = false, json = false;
};

Result<std::int64_t> per_day(const std::string& text, std::string_view option) {
  constexpr int kDecimals = 3;
  const auto n = parse_decimal(text, kDecimals);
  if (!n || *n < 0) return fail(ErrorCode::kInvalidArgument, quoted(text) + " is not a number", std::string(option));
  return *n;
}

// "35.2,36.0,36.6,37.4": south, west, north, east.
Result<geo::Box> parse_box(const std::string& text) {
  std::vector<std::int32_t> sides;
  std::size_t at = 0;
  while (at <= text.size()) {
    const std::size_t comma = std::min(text.find(',', at), text.size());
    const auto e7 = parse_decimal(text.substr(at, comma - at), 7);
    if (!e7 || *e7 < -geo::kLngE7Max || *e7 > geo::kLngE7Max) break;
    sides.push_back(static_cast<std::int32_t>(*e7));
    at = comma + 1;
  }
  constexpr std::size_t kSides = 4;
  if (sides.size() != kSides || at <= text.size()) {
    return fail(ErrorCode::kInvalidArgument,
                quoted(text) + " is neither a region nor a box SOUTH,WEST,NORTH,EAST in degrees", "--region");
  }
  return geo::Box{sides[0], sides[1], sides[2], sides[3]};
}

Result<exercise::Options> scenario_options(const MakeOptions& o) {
  exercise::Options s = o.scenario;
  if (!o.seed.empty()) {
    const auto n = parse_integer(o.seed);
    if (!n || *n < 0)
      return fail(ErrorCode::kInvalidArgument, quoted(o.seed) + " is not a whole number from 0 to 2^53", "--seed");
    s.seed = static_cast<std::uint64_t>(*n);
  }
  if (!o.incidents_per_day.empty()) {
    TRUCE_TRY(s.incidents_per_day_milli, per_day(o.incidents_per_day, "--incidents-per-day"));
  }
  if (!o.patrols_per_day.empty()) {
    TRUCE_TRY(s.patrols_per_day_milli, per_day(o.patrols_per_day, "--patrols-per-day"));
  }
  if (!o.from.empty()) {
    const auto date = Date::parse(o.from);
    if (!date) return fail(ErrorCode::kInvalidArgument, date.error().message, "--from");
    s.from = *date;
  }
  if (o.region.find(',') != std::string::npos) {
    TRUCE_TRY(s.box, parse_box(o.region));
  } else if (!o.region.empty()) {
    s.region = o.region;
  }
  TRUCE_CHECK(s.check());
  return s;
}

Result<int> make(const MakeOptions& o) {
  if (o.out.empty()) return fail(ErrorCode::kInvalidArgument, "--out DIR is missing: where should the exercise go?");
  TRUCE_TRY(const exercise::Options options, scenario_options(o));
  TRUCE_TRY(Scenario scenario, Scenario::make(options));
  FileSystem& files = *node::system_world().files;
  if (const auto there = files.list(o.out); there && !there->empty())
    return fail(ErrorCode::kExists, "is not empty; an exercise gets a folder of its own", o.out);
  TRUCE_CHECK(files.make_folders(o.out));
  TRUCE_TRY(const Written written, write_files(files, o.out, scenario, progress_bar()));
  if (!o.no_node) TRUCE_CHECK(found_node(o.out + "/node", scenario, written, progress_bar()));
  if (o.json) {
    print_json(Json::object({{"exercise", true},
                             {"folder", o.out},
                             {"node", o.no_node ? Json() : Json(o.out + "/node")},
                             {"seed", std::to_string(options.seed)},
                             {"days", scenario.days_done()},
                             {"incidents", written.incidents},
                             {"reports", written.report_rows},
                             {"corrections", written.correction_rows},
                             {"patrols", written.patrol_rows},
                             {"posts", options.posts}}));
    return kOk;
  }
  print_line(fmt::format("EXERCISE: {} day(s), {} incidents, {} reports, {} corrections, {} patrols; seed {}",
                         scenario.days_done(), written.incidents, written.report_rows, written.correction_rows,
                         written.patrol_rows, options.seed));
  print_line(o.out + ": reports.csv, corrections.csv, patrols.csv, places.csv, zones.geojson");
  print_line("the truth, not for the trained: truth.csv, scenario.json");
  if (!o.no_node) {
    print_line("node: truce -C " + o.out + "/node status, then truce exercise score " + o.out);
  }
  return kOk;
}

// ---- score

struct ScoreOptions {
  std::string folder, node;
  bool reliability = false, json = false;
};

// Report id as imported -> incident, as `truce incidents --format csv --members` lists them.
Result<exercise::Grouping> picture_grouping(node::Node& node) {
  exercise::Grouping grouping;
  TRUCE_CHECK(node.picture().visit(picture::table("reports"), "", "", [&](const picture::Row& cells) -> Status {
    TRUCE_TRY(const auto r, picture::from_row<picture::ReportRow>(cells));
    if (!r.incident.empty() && r.state != "linked")
      grouping.emplace(r.source_id.empty() ? r.id : r.source_id, r.incident);
    return {};
  }));
  return grouping;
}

// What the calibration in force says of clocks, by reporter.
Result<exercise::OffsetEstimates> calibrated_offsets(node::Node& node) {
  exercise::OffsetEstimates out;
  TRUCE_TRY(const auto rows, picture::read_rows<picture::CalibrationRow>(node.picture()));
  const picture::CalibrationRow* last = nullptr;
  for (const auto& row : rows) {
    if (row.state == "in-force" && (last == nullptr || row.number > last->number)) last = &row;
  }
  if (last == nullptr) return out;
  TRUCE_TRY(const Hash hash, Hash::from_base64url(last->model));
  TRUCE_TRY(const std::string blob, node.blob(hash));
  TRUCE_TRY(const monitor::FusionModel model, monitor::model_from_blob(blob));
  // Keys are "party/reporter"; a scenario's posts have one name each.
  for (const auto& [name, s] : model.clock_offset_s) out[name.substr(name.find('/') + 1)] = math::round_to_integer(s);
  return out;
}

// Each report's stated certainty, and whether it was with those that it belongs to: most of its group is of its
// incident; alone: nobody else tells of it.
Result<exercise::Reliability> certainty_reliability(node::Node& node, const exercise::Grouping& truth) {
  struct Stated {
    std::string true_incident;
    double certainty = 0;
  };
  std::map<std::string, std::vector<Stated>> groups;
  std::map<std::string, std::int64_t> true_sizes;
  for (const auto& [id, incident] : truth) ++true_sizes[incident];
  TRUCE_CHECK(node.picture().visit(picture::table("reports"), "", "", [&](const picture::Row& cells) -> Status {
    TRUCE_TRY(const auto r, picture::from_row<picture::ReportRow>(cells));
    const auto it = truth.find(r.source_id);
    if (it != truth.end() && !r.incident.empty() && r.state != "linked")
      groups[r.incident].push_back({it->second, static_cast<double>(r.certainty_ppm) / 1e6});
    return {};
  }));
  std::vector<std::pair<double, bool>> statements;
  for (const auto& [incident, members] : groups) {
    for (std::size_t i = 0; i < members.size(); ++i) {
      std::size_t with = 0;
      for (std::size_t k = 0; k < members.size(); ++k)
        with += k != i && members[k].true_incident == members[i].true_incident ? 1 : 0;
      const bool right =
          members.size() == 1 ? true_sizes[members[i].true_incident] == 1 : 2 * with > members.size() - 1;
      statements.emplace_back(members[i].certainty, right);
    }
  }
  return exercise::reliability(statements);
}

constexpr std::int64_t kPartsPerMillion = 1'000'000;

Json score_json(const exercise::ClusterScore& c, const exercise::OffsetScore& f) {
  const auto ppm = [](double x) { return std::int64_t{math::round_to_integer(x * kPartsPerMillion)}; };
  const auto whole = [](double x) { return std::int64_t{math::round_to_integer(x)}; };
  Json offsets;
  if (f.estimated != 0) {
    offsets = Json::object({{"posts", f.posts},
                            {"estimated", f.estimated},
                            {"mean_error_s", whole(f.mean_error_s)},
                            {"median_error_s", f.median_error_s},
                            {"largest_error_s", f.largest_error_s},
                            {"mean_uncorrected_s", whole(f.mean_uncorrected_s)}});
  }
  return Json::object({{"records", c.records},
                       {"true_clusters", c.true_clusters},
                       {"predicted_clusters", c.predicted_clusters},
                       {"precision_ppm", ppm(c.precision)},
                       {"recall_ppm", ppm(c.recall)},
                       {"f1_ppm", ppm(c.f1)},
                       {"ari_ppm", ppm(c.adjusted_rand)},
                       {"offsets", std::move(offsets)}});
}

Result<int> score(const Context& context, const ScoreOptions& o) {
  const std::string truth_path = o.folder + "/truth.csv", scenario_path = o.folder + "/scenario.json";
  TRUCE_TRY(const std::string truth_text, read_argument_file(truth_path));
  const auto truth = exercise::read_grouping(truth_text);
  if (!truth) return fail(at(truth.error(), truth_path));
  // Incidents are the last member: the posts stand well within the first part.
  constexpr std::uint64_t kHeadBytes = std::uint64_t{16} << 20;
  TRUCE_TRY(const std::string scenario, node::system_world().files->read_at(scenario_path, 0, kHeadBytes));
  const auto offsets = exercise::read_offsets(scenario);
  if (!offsets) return fail(at(offsets.error(), scenario_path));
  Context where;
  where.node_folder = !o.node.empty()                ? o.node
                      : !context.node_folder.empty() ? context.node_folder
                                                     : o.folder + "/node";
  TRUCE_TRY(const auto node, where.open_picture());
  TRUCE_TRY(const exercise::Grouping grouping, picture_grouping(*node));
  const exercise::ClusterScore clusters = exercise::score_clusters(*truth, grouping);
  TRUCE_TRY(const exercise::OffsetEstimates estimates, calibrated_offsets(*node));
  const exercise::OffsetScore clocks = exercise::score_offsets(*offsets, estimates);
  if (o.json) {
    print_json(score_json(clusters, clocks));
  } else {
    print(clusters.to_string());
    print(clocks.to_string());
    if (o.reliability) {
      TRUCE_TRY(const exercise::Reliability r,
                certainty_reliability(*node, exercise::Grouping(truth->begin(), truth->end())));
      print(r.to_string());
    }
  }
  return kOk;
}

}  // namespace

void add_exercise(CLI::App& app, Context& context) {
  auto o = std::make_shared<MakeOptions>();
  exercise::Options& s = o->scenario;
  CLI::App* c =
      app.add_subcommand("exercise", "a scenario for training, its truth aside; and how well it was found out");
  std::string known;
  for (const std::string_view r : exercise::regions()) known += (known.empty() ? "" : ", ") + std::string(r);
  c->add_option("--out", o->out, "folder for the exercise, new or empty")->type_name("DIR");
  c->add_option("--seed", o->seed, "the same seed and options give the same scenario (default 1)")->type_name("N");
  c->add_option("--days", s.days, "how many days")->capture_default_str();
  c->add_option("--incidents-per-day", o->incidents_per_day, "how many things happen a day, on average (default 50)")
      ->type_name("X");
  c->add_option("--parties", s.parties, "parties that report; the first is the node's own")->capture_default_str();
  c->add_option("--posts", s.posts, "observation posts")->capture_default_str();
  c->add_option("--reporters", s.reporters, "reporters of each party")->capture_default_str();
  c->add_option("--region", o->region, known + "; or a box SOUTH,WEST,NORTH,EAST in degrees (default alentejo)");
  c->add_option("--from", o->from, "first day (default 2024-06-03)")->type_name("DATE");
  c->add_option("--burst-percent", s.burst_percent, "of incidents in bursts at hot spots")->capture_default_str();
  c->add_option("--spread-m", s.spread_m, "how far from a place incidents lie, one sigma")->capture_default_str();
  c->add_option("--hearing-m", s.hearing_m, "how far posts hear shelling")->capture_default_str();
  c->add_option("--clock-sigma-s", s.clock_sigma_s, "of the posts' clock offsets")->capture_default_str();
  c->add_option("--answered-permille", s.answered_permille, "of fire that is answered")->capture_default_str();
  c->add_option("--relayed-permille", s.relayed_permille, "of reports filed twice or told on")->capture_default_str();
  c->add_option("--corrected-permille", s.corrected_permille, "of reports corrected later")->capture_default_str();
  c->add_option("--patrols-per-day", o->patrols_per_day, "patrols a day, on average (default 2)")->type_name("X");
  c->add_option("--reports-max", s.reports_max, "stop after so many reports (0: never)")->capture_default_str();
  c->add_flag("--no-node", o->no_node, "files only");
  c->add_flag("--json", o->json, "print for programs");
  c->footer("Example: truce exercise --seed 7 --days 14 --incidents-per-day 40 --parties 3 --posts 8 --out drill");

  auto r = std::make_shared<ScoreOptions>();
  CLI::App* sc = c->add_subcommand("score", "compare a node's picture with the truth of an exercise");
  sc->add_option("DIR", r->folder, "folder of the exercise")->required();
  sc->add_option("-C", r->node, "folder of the node (default: DIR/node)")->type_name("NODE");
  sc->add_flag("--reliability", r->reliability,
               "also how often reports of each stated certainty are where they belong");
  sc->add_flag("--json", r->json, "print for programs; shares in parts per million");
  sc->footer("Example: truce exercise score drill -C drill/node");
  sc->callback([r, &context] { context.run = guarded([r, &context] { return score(context, *r); }); });
  c->callback([o, c, &context] {
    if (c->get_subcommands().empty()) context.run = guarded([o] { return make(*o); });
  });
}

}  // namespace truce::cmd
