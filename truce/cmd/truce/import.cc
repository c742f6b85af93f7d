// SPDX-License-Identifier: Apache-2.0
//
// truce import reports|ged: a file's rows as one batch: an import statement, then the rows that refer to it. All or
// nothing.

#include <fmt/format.h>

#include <unordered_map>

#include "truce/base/encoding.h"
#include "truce/cmd/truce/command.h"
#include "truce/cmd/truce/json_document.h"
#include "truce/geo/geodesy.h"
#include "truce/geo/mgrs.h"
#include "truce/monitor/import_ged.h"
#include "truce/monitor/import_reports.h"

namespace truce::cmd {
namespace {

using monitor::ImportedReport;
using monitor::RefusedRow;

// Files up to this size are read whole, so that rows can be held against each other (swapped coordinates); larger ones
// row by row.
constexpr std::size_t kWholeFileBytesMax = std::size_t{64} << 20;
constexpr std::size_t kListedMax = 20;

struct Options {
  std::string file, source, encoding, map, rejects;
  bool check = false, corrections = false, seal_observers = false, json = false;
  std::optional<std::int64_t> default_radius_m;
};

// The rows of a file, as often as they are asked for.
class FileRows {
 public:
  using Visitor = std::function<Status(const ImportedReport*, const RefusedRow*)>;
  static Result<FileRows> open(std::string_view bytes, std::string file, bool ged,
                               monitor::ReportImportOptions options) {
    FileRows rows;
    rows.bytes_ = bytes;
    rows.file_ = std::move(file);
    rows.ged_ = ged;
    rows.options_ = std::move(options);
    if (bytes.size() <= kWholeFileBytesMax) {
      auto whole = ged ? monitor::read_ged(bytes, rows.options_.encoding) : monitor::read_reports(bytes, rows.options_);
      if (!whole) return fail(at(whole.error(), rows.file_));
      rows.whole_ = std::move(whole).value();
      rows.header_ = rows.whole_->header;
    }
    return rows;
  }
  Status each(const node::Progress& progress, const Visitor& visitor) {
    if (whole_) {
      std::size_t r = 0;
      for (const ImportedReport& row : whole_->rows) {
        while (r < whole_->refused.size() && whole_->refused[r].line < row.line)
          TRUCE_CHECK(visitor(nullptr, &whole_->refused[r++]));
        TRUCE_CHECK(visitor(&row, nullptr));
      }
      while (r < whole_->refused.size()) TRUCE_CHECK(visitor(nullptr, &whole_->refused[r++]));
      return {};
    }
    if (ged_) {
      return stream(monitor::GedReader::open(bytes_, options_.encoding), progress, visitor);
    }
    return stream(monitor::ReportReader::open(bytes_, options_), progress, visitor);
  }
  [[nodiscard]] std::string_view header() const { return header_; }

 private:
  template <typename Reader>
  Status stream(Result<Reader> opened, const node::Progress& progress, const Visitor& visitor) {
    if (!opened) return fail(at(opened.error(), file_));
    Reader& reader = opened.value();
    text_ = reader.text();  // what rows point into
    header_ = reader.header();
    for (std::uint64_t n = 0;; ++n) {
      const monitor::ImportStep step = reader.next();
      if (const auto* row = std::get_if<ImportedReport>(&step)) {
        TRUCE_CHECK(visitor(row, nullptr));
      } else if (const auto* refused = std::get_if<RefusedRow>(&step)) {
        TRUCE_CHECK(visitor(nullptr, refused));
      } else {
        return {};
      }
      if (progress && n % 4096 == 0) progress("reading", reader.offset(), text_->size());
    }
  }
  std::string_view bytes_;
  std::string file_;
  bool ged_ = false;
  monitor::ReportImportOptions options_;
  std::optional<monitor::ImportedFile> whole_;
  std::shared_ptr<const std::string> text_;
  std::string_view header_;
};

// Keys of this party's reports that are not withdrawn, over all its logs, loaded a source at a time.
class KnownKeys {
 public:
  explicit KnownKeys(node::Node& node) : node_(node) {}

  // The statement that counts for this key, or nullptr.
  Result<const StatementId*> find(const monitor::SourceKey& key) {
    TRUCE_TRY(auto* keys, of_source(key.source));
    const std::string id = key.id.empty() ? "#" + key.row->base64url() + "#" + std::to_string(key.ordinal) : key.id;
    const auto it = keys->find(id);
    return it == keys->end() ? nullptr : &it->second;
  }

 private:
  using Keys = std::unordered_map<std::string, StatementId>;  // looked up only, never walked
  Result<Keys*> of_source(const std::string& source) {
    if (const auto it = sources_.find(source); it != sources_.end()) return &it->second;
    Keys& keys = sources_[source];
    const picture::Table& table = picture::table(picture::table_name<picture::ReportRow>());
    TRUCE_CHECK(node_.picture().find(table, "source", source, [&](const picture::Row& cells) -> Status {
      TRUCE_TRY(const auto row, picture::from_row<picture::ReportRow>(cells));
      if (row.party != node_.me() || row.state == "withdrawn") return {};
      TRUCE_TRY(const StatementId version, StatementId::parse(row.version));
      keys.emplace(row.source_id, version);
      return {};
    }));
    return &keys;
  }
  node::Node& node_;
  std::map<std::string, Keys> sources_;
};

enum class Action : std::uint8_t { kNew, kKnown, kCorrect, kRefused };

struct Plan {
  std::vector<Action> actions;  // by row of the file
  std::vector<RefusedRow> refused;
  std::vector<std::string> warnings;
  std::vector<std::string> differing;
  std::int64_t fresh = 0, known = 0, corrected = 0;
};

// What becomes of every row; nothing is changed.
Result<Plan> plan(FileRows& rows, node::Node& node, KnownKeys& known, const Options& o) {
  Plan p;
  std::unordered_map<std::string, std::size_t> in_file;  // key -> row; looked up only
  std::unordered_map<std::string, Hash> first_values;
  TRUCE_CHECK(rows.each(progress_bar(), [&](const ImportedReport* row, const RefusedRow* refused) -> Status {
    if (refused != nullptr) {
      p.refused.push_back(*refused);
      p.actions.push_back(Action::kRefused);
      return {};
    }
    for (const std::string& w : row->warnings) p.warnings.push_back(fmt::format("line {}: {}", row->line, w));
    const auto refuse = [&](std::string reason) {
      RefusedRow r;
      r.line = row->line;
      r.raw = row->raw;
      r.column = "id";
      r.value = row->report.key ? row->report.key->id : std::string();
      r.reason = std::move(reason);
      p.refused.push_back(std::move(r));
      p.actions.push_back(Action::kRefused);
      return Status{};
    };
    const std::string key = row->report.key->to_string();
    const Hash values = sha256(row->report.to_body().to_canonical());
    if (const auto [it, is_new] = in_file.try_emplace(key, p.actions.size()); !is_new) {
      if (first_values[key] == values) {
        ++p.known;
        p.actions.push_back(Action::kKnown);
        return {};
      }
      return refuse("this key stands twice in the file, with different values");
    }
    first_values.emplace(key, values);
    TRUCE_TRY(const StatementId* statement, known.find(*row->report.key));
    if (statement == nullptr) {
      ++p.fresh;
      p.actions.push_back(Action::kNew);
      return {};
    }
    TRUCE_TRY(const auto envelope, node.envelope(*statement));
    if (sha256(envelope.body.to_canonical()) == values) {
      ++p.known;
      p.actions.push_back(Action::kKnown);
      return {};
    }
    if (!o.corrections) {
      p.differing.push_back(fmt::format("line {}: key {} is known as {} with other values", row->line,
                                        quoted(row->report.key->id), statement->to_string()));
      return refuse("the key is known as " + statement->to_string() +
                    " with other values; --corrections would correct it");
    }
    ++p.corrected;
    p.actions.push_back(Action::kCorrect);
    return {};
  }));
  return p;
}

void list_some(const std::vector<std::string>& lines, std::string_view rest) {
  for (std::size_t i = 0; i < lines.size() && i < kListedMax; ++i) note("  " + lines[i]);
  if (lines.size() > kListedMax) note(fmt::format("  ... and {} {}", lines.size() - kListedMax, rest));
}

Json summary(const Plan& p, const std::string& file, std::int64_t number, bool checked) {
  return Json::object({{"file", file},
                       {"new", p.fresh},
                       {"known", p.known},
                       {"corrected", p.corrected},
                       {"refused", static_cast<std::int64_t>(p.refused.size())},
                       {"warnings", static_cast<std::int64_t>(p.warnings.size())},
                       {"import", number},
                       {"check", checked}});
}

Result<monitor::ReportImportOptions> report_options(node::Node& node, const Options& o, Json& map_json) {
  monitor::ReportImportOptions options;
  options.me = node.me();
  options.source = o.source;
  options.encoding = o.encoding;
  options.seal_observers = o.seal_observers;
  options.default_radius_m = o.default_radius_m;
  if (!o.map.empty()) {
    constexpr std::uint64_t kMapBytesMax = 1 << 20;
    TRUCE_TRY(const std::string text, read_argument_file(o.map, kMapBytesMax));
    auto json = parse_json_document(text);
    if (!json) return fail(at(json.error(), o.map));
    map_json = json.value();
    auto map = monitor::ColumnMap::from_json(map_json);
    if (!map) return fail(at(map.error(), o.map));
    options.map = std::move(map).value();
  }
  TRUCE_TRY(const auto book, node.zone_book());
  for (const auto& m : book.maps()) {
    if (monitor::is_ring_zone(m.zone.kind)) options.area.add(geo::bounding_box(m.geometry));
  }
  auto finder = std::make_shared<monitor::PlaceFinder>();
  TRUCE_TRY(*finder, node.place_finder());
  options.find_place = [finder](std::string_view text) -> Result<monitor::ResolvedPlace> {
    TRUCE_TRY(const auto found, finder->find_one(text));
    return monitor::ResolvedPlace{found.place->at, found.place->radius_m, found.ref()};
  };
  options.parse_mgrs = [](std::string_view text) -> Result<monitor::ResolvedPlace> {
    TRUCE_TRY(const auto square, geo::parse_mgrs(text));
    // Half a square's diagonal, rounded up.
    return monitor::ResolvedPlace{square.centre, (std::int64_t{square.side_m} * 71 + 99) / 100, ""};
  };
  return options;
}

Result<int> run(const Context& context, const Options& o, bool ged) {
  TRUCE_TRY(const std::string bytes, read_argument_file(o.file));
  TRUCE_TRY(const auto node, context.open_node());
  std::unique_ptr<node::Writer> writer;
  if (!o.check) {
    // The lock first, then the picture: keys cannot change between the look-up and the append.
    TRUCE_TRY(writer, node->writer());
    tell_repair(writer->repair());
  }
  node::Node::PictureOptions picture_options;
  picture_options.progress = progress_bar();
  TRUCE_TRY(const auto facts, node->update_picture(picture_options));
  if (!facts.notice.empty()) note(facts.notice);
  Json map_json;
  monitor::ReportImportOptions options;
  options.encoding = o.encoding;
  if (!ged) {
    TRUCE_TRY(options, report_options(*node, o, map_json));
  }
  TRUCE_TRY(FileRows rows, FileRows::open(bytes, o.file, ged, std::move(options)));
  KnownKeys known(*node);
  TRUCE_TRY(const Plan p, plan(rows, *node, known, o));

  if (!p.warnings.empty()) {
    note(fmt::format("{}: {} warning(s)", o.file, p.warnings.size()));
    list_some(p.warnings, "warnings");
  }
  std::vector<std::string> reasons;
  for (const RefusedRow& r : p.refused) reasons.push_back(o.file + ": " + r.to_string());
  const bool refuse_all = !p.refused.empty() && o.rejects.empty();
  if (!reasons.empty()) {
    note(fmt::format("{}: {} row(s) refused", o.file, reasons.size()));
    list_some(reasons, "refused rows");
  }
  if (!o.rejects.empty() && !p.refused.empty() && !o.check) {
    TRUCE_CHECK(node->world().files->write_atomic(o.rejects, monitor::write_rejects(rows.header(), p.refused)));
    note(fmt::format("refused rows with reasons are in {}", o.rejects));
  }
  if (o.check) {
    if (o.json) {
      print_json(summary(p, o.file, 0, true));
    } else {
      print_line(fmt::format("check only, nothing was changed: {} new, {} known, {} to correct, {} refused", p.fresh,
                             p.known, p.corrected, p.refused.size()));
    }
    return p.refused.empty() ? kOk : kProblem;
  }
  if (refuse_all) {
    note("nothing was imported; mend the rows, or take the good ones with --rejects BAD.csv");
    return kProblem;
  }
  if (p.fresh + p.corrected == 0) {
    if (o.json) {
      print_json(summary(p, o.file, 0, false));
    } else {
      print_line(fmt::format("nothing new: {} row(s) were known", p.known));
    }
    return kOk;
  }
  monitor::ImportStatement import;
  import.file = sha256(bytes);
  import.format = ged ? "ged" : "reports";
  import.source = ged ? std::string(monitor::kGedSource) : !o.source.empty() ? o.source : node->me();
  import.rows = p.fresh + p.corrected;
  import.known = p.known;
  import.rejected = static_cast<std::int64_t>(p.refused.size());
  import.map = map_json;
  TRUCE_TRY(const StatementRef import_ref, writer->add({monitor::kTypeImport, import.to_body(), {}, {}, {}}));
  std::size_t at_row = 0;
  TRUCE_CHECK(rows.each(progress_bar(), [&](const ImportedReport* row, const RefusedRow*) -> Status {
    const Action action = p.actions[at_row++];
    if (row == nullptr || action == Action::kKnown || action == Action::kRefused) return {};
    node::Draft draft{monitor::kTypeReport, row->report.to_body(), {}, row->sealed, {}};
    if (action == Action::kCorrect) {
      TRUCE_TRY(const StatementId* statement, known.find(*row->report.key));
      TRUCE_TRY(const StatementRef target, node->reference(*statement));
      draft.references.push_back({std::string(monitor::kCorrects), target});
    }
    draft.references.push_back({std::string(monitor::kOfImport), import_ref});
    TRUCE_TRY(const StatementRef unused, writer->add(std::move(draft)));
    return {};
  }));
  TRUCE_CHECK(writer->commit());
  TRUCE_TRY(const auto imports, picture::read_rows<picture::ImportRow>(node->picture()));
  std::int64_t number = 1;
  for (const auto& i : imports) number += i.party == node->me() ? 1 : 0;
  writer.reset();
  if (o.json) {
    print_json(summary(p, o.file, number, false));
  } else {
    print_line(fmt::format("import {}: {} new, {} corrected, {} known, {} refused ({})", number, p.fresh, p.corrected,
                           p.known, p.refused.size(), import_ref.id.to_string()));
  }
  return kOk;
}

}  // namespace

void add_import(CLI::App& app, Context& context) {
  CLI::App* c = app.add_subcommand("import", "bring in a file of reports, all or nothing");
  c->require_subcommand(1);
  c->footer("Example: truce import reports reports.csv --check");
  for (const bool ged : {false, true}) {
    auto o = std::make_shared<Options>();
    CLI::App* s = ged ? c->add_subcommand("ged", "events of the UCDP GED (CSV, layouts 17.1 to 25.1)")
                      : c->add_subcommand("reports", "a CSV file of reports; docs/format/import.md lists the columns");
    s->add_option("FILE", o->file, "the file; - for standard input")->required();
    s->add_flag("--check", o->check, "change nothing, show what would come in");
    s->add_option("--rejects", o->rejects, "take the good rows, write the others with reasons to this file")
        ->type_name("BAD.csv");
    s->add_flag("--corrections", o->corrections, "known keys with other values are corrections");
    s->add_option("--encoding", o->encoding, "windows-1251, windows-1256, windows-1252, iso-8859-1 (default: UTF-8)");
    s->add_flag("--json", o->json, "print for programs");
    if (!ged) {
      s->add_option("--source", o->source, "name of the keys' source (default: each row's party)");
      s->add_option("--map", o->map, "file that says what the sender's columns mean")->type_name("FILE.json");
      s->add_flag("--seal-observers", o->seal_observers, "observer, bearing and distance go into the sealed part");
      s->add_option("--default-radius-m", o->default_radius_m,
                    "radius of points whose row states none, metres (default: such rows are refused)");
    }
    s->footer(ged ? "Example: truce import ged GEDEvent.csv --check"
                  : "Example: truce import reports reports.csv --rejects bad.csv");
    s->callback([o, ged, &context] { context.run = guarded([o, ged, &context] { return run(context, *o, ged); }); });
  }
}

}  // namespace truce::cmd
