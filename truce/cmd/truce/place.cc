// SPDX-License-Identifier: Apache-2.0
//
// truce place import|find: lists of named places, each one statement with the places in a required blob, and looking
// names up in them.

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "truce/base/csv.h"
#include "truce/base/decimal.h"
#include "truce/base/encoding.h"
#include "truce/base/trimmed.h"
#include "truce/base/unicode.h"
#include "truce/cmd/truce/command.h"
#include "truce/cmd/truce/place_argument.h"
#include "truce/geo/geojson.h"
#include "truce/geo/mgrs.h"
#include "truce/monitor/import_rows.h"

namespace truce::cmd {
namespace {

using monitor::NamedPlace;

constexpr std::uint64_t kFileBytesMax = std::uint64_t{256} << 20;
constexpr std::size_t kListedMax = 20;
constexpr std::size_t kIdBytesMax = 64;
constexpr std::string_view kColumns[] = {"id", "name", "lat", "lon", "radius_m", "variants", "mgrs"};
constexpr std::string_view kNamePrefix = "name_";

struct ImportOptions {
  std::string file, list, title, source_note, encoding;
  std::vector<std::string> ignore;
  bool corrections = false, json = false;
};

// Places of a file and what is wrong in it; every fault is listed, none mended.
struct PlaceFile {
  std::vector<NamedPlace> places;
  std::vector<std::string> spots;  // "line 3", "feature 2", beside `places`
  std::vector<std::string> faults;
};

// One place out of named texts, whatever file they stand in.
class PlaceReader {
 public:
  PlaceReader(std::string spot, PlaceFile& file) : spot_(std::move(spot)), file_(file) {}

  void fault(std::string_view field, std::string_view message) {
    if (ok_) file_.faults.push_back(fmt::format("{}{}{}: {}", spot_, field.empty() ? "" : ": ", field, message));
    ok_ = false;
  }

  void take(std::string_view field, std::string_view raw) {
    const auto text = to_nfc(trimmed(raw));
    if (!text) return fault(field, text.error().message);
    const std::string& value = *text;
    if (field == "id") {
      place_.id = value;
    } else if (field == "name") {
      if (!value.empty()) plain_name_ = value;
    } else if (field.starts_with(kNamePrefix)) {
      if (!value.empty()) place_.names[std::string(field.substr(kNamePrefix.size()))] = value;
    } else if (field == "variants") {
      for (std::size_t begin = 0; begin <= value.size();) {
        const std::size_t end = std::min(value.find('|', begin), value.size());
        add_variant(std::string(trimmed(std::string_view(value).substr(begin, end - begin))));
        begin = end + 1;
      }
    } else if (value.empty()) {
      return;
    } else if (field == "lat") {
      lat_ = degrees(field, value);
    } else if (field == "lon") {
      lng_ = degrees(field, value);
    } else if (field == "radius_m") {
      const auto n = parse_integer(value);
      if (!n || *n < 0 || *n > monitor::kRadiusMetresMax)
        return fault(field, quoted(value) + " is not a whole number of metres within 0 and 1000000");
      radius_m_ = *n;
    } else if (field == "mgrs") {
      mgrs_ = value;
    }
  }
  void take_point(geo::LatLng at) { point_ = at; }

  void finish() {
    const bool bad_id =
        place_.id.empty() || place_.id.size() > kIdBytesMax || std::ranges::any_of(place_.id, [](char c) {
          return c == '/' || (static_cast<unsigned char>(c) <= ' ') || c == 0x7f;
        });
    if (bad_id) fault("id", quoted(place_.id) + " is not 1 to 64 bytes without spaces and '/'");
    // A name without a language is English where no other is; else one more way to write it.
    if (!plain_name_.empty() && !place_.names.emplace("en", plain_name_).second && place_.names["en"] != plain_name_)
      add_variant(plain_name_);
    if (place_.names.empty()) fault("name", "is empty: a place has a name in at least one language");
    if (const auto names = monitor::parse_names(monitor::names_json(place_.names)); !names)
      fault("name", names.error().message);
    constexpr std::size_t kVariantBytesMax = 200, kVariantCountMax = 200;
    if (place_.variants.size() > kVariantCountMax) fault("variants", "are more than 200");
    if (std::ranges::any_of(place_.variants, [](const auto& v) { return v.size() > kVariantBytesMax; }))
      fault("variants", "one is longer than 200 bytes");
    locate();
    if (!ok_) return;
    file_.places.push_back(std::move(place_));
    file_.spots.push_back(std::move(spot_));
  }

 private:
  void add_variant(std::string v) {
    if (!v.empty() && std::ranges::find(place_.variants, v) == place_.variants.end())
      place_.variants.push_back(std::move(v));
  }
  std::optional<std::int64_t> degrees(std::string_view field, const std::string& value) {
    const auto e7 = parse_decimal(value, 7);
    if (!e7) return fault(field, quoted(value) + " is not decimal degrees"), std::nullopt;
    return *e7;
  }
  void locate() {
    if (point_) {
      place_.at = *point_;
    } else if (lat_ || lng_) {
      if (!lat_ || !lng_) return fault(lat_ ? "lon" : "lat", "is empty");
      const auto at = geo::LatLng::checked(*lat_, *lng_);
      if (!at) return fault("lat, lon", at.error().message);
      place_.at = *at;
    } else if (!mgrs_.empty()) {
      const auto square = geo::parse_mgrs(mgrs_);
      if (!square) return fault("mgrs", square.error().message);
      place_.at = square->centre;
      place_.radius_m = half_diagonal_m(square->side_m);
    } else {
      return fault("lat", "no coordinates: lat and lon, or mgrs");
    }
    if (radius_m_) place_.radius_m = *radius_m_;
  }

  std::string spot_;
  PlaceFile& file_;
  NamedPlace place_;
  std::string plain_name_, mgrs_;
  std::optional<std::int64_t> lat_, lng_, radius_m_;
  std::optional<geo::LatLng> point_;
  bool ok_ = true;
};

bool is_known_column(std::string_view name) {
  return std::ranges::find(kColumns, name) != std::end(kColumns) ||
         (name.starts_with(kNamePrefix) && name.size() > kNamePrefix.size());
}

Result<PlaceFile> read_csv(std::string_view text, const ImportOptions& o) {
  TRUCE_TRY(CsvReader csv, CsvReader::open(text));
  std::vector<std::size_t> taken;
  std::string unknown;
  for (std::size_t i = 0; i < csv.header().size(); ++i) {
    const std::string& name = csv.header()[i];
    if (is_known_column(name)) {
      taken.push_back(i);
    } else if (std::ranges::find(o.ignore, name) == o.ignore.end()) {
      unknown += (unknown.empty() ? "" : ", ") + quoted(name);
    }
  }
  if (!unknown.empty()) {
    return fail(ErrorCode::kInvalidPlaceList,
                "unknown columns " + unknown +
                    "; there are: id, name, lat, lon, radius_m, name_LANGUAGE, variants, mgrs (--ignore COLUMN passes "
                    "one over)",
                "line 1");
  }
  const bool has_name =
      csv.column("name") || std::ranges::any_of(csv.header(), [](const auto& h) { return h.starts_with(kNamePrefix); });
  const bool has_place = (csv.column("lat") && csv.column("lon")) || csv.column("mgrs");
  if (!csv.column("id") || !has_name || !has_place) {
    return fail(ErrorCode::kInvalidPlaceList,
                "columns are missing; needed are id, name (or name_LANGUAGE), and lat and lon (or mgrs)", "line 1");
  }
  PlaceFile file;
  while (true) {
    const auto row = csv.next();
    if (!row) {
      file.faults.push_back(row.error().to_string());
      continue;
    }
    if (*row == nullptr) return file;
    PlaceReader reader(fmt::format("line {}", csv.line()), file);
    for (const std::size_t i : taken) reader.take(csv.header()[i], (**row)[i]);
    reader.finish();
    if (file.places.size() > monitor::kPlaceCountMax)
      return fail(ErrorCode::kLimit, "more than 300000 places in one list");
  }
}

// What a property says, as a cell of a table would.
std::string property_text(const geo::GeoJsonValue& v) {
  if (v.kind != geo::GeoJsonValue::Kind::kStrings) return v.text;
  std::string out;
  for (const std::string& item : v.items) out += (out.empty() ? "" : "|") + item;
  return out;
}

Result<PlaceFile> read_geojson(std::string_view text) {
  TRUCE_TRY(const geo::GeoJsonFile features, geo::parse_geojson(text));
  PlaceFile file;
  std::set<std::string> passed_over;
  for (std::size_t i = 0; i < features.features.size(); ++i) {
    const geo::GeoJsonFeature& f = features.features[i];
    PlaceReader reader(f.id.empty() ? fmt::format("feature {}", i) : fmt::format("feature {} ({})", i, f.id), file);
    if (!f.id.empty()) reader.take("id", f.id);
    for (const auto& [name, value] : f.properties) {
      if (!is_known_column(name) || name == "lat" || name == "lon" || name == "mgrs") {
        passed_over.insert(name);
      } else if (name != "id" || f.id.empty()) {
        reader.take(name, property_text(value));
      }
    }
    const auto* points = std::get_if<geo::Points>(&f.geometry);
    if (points == nullptr || points->points.size() != 1) {
      reader.fault("geometry", "is not one point");
    } else {
      reader.take_point(points->points[0]);
    }
    reader.finish();
  }
  std::string names;
  for (const std::string& name : passed_over) names += (names.empty() ? "" : ", ") + name;
  if (!names.empty()) note("properties that were passed over: " + names);
  return file;
}

// Ascending by id, each once. Latitudes and longitudes that look exchanged are told, never changed.
void check_list(PlaceFile& file, std::vector<std::string>& warnings) {
  std::vector<monitor::ImportedReport> points(file.places.size());
  for (std::size_t i = 0; i < points.size(); ++i) points[i].report.place.at = file.places[i].at;
  monitor::warn_swapped(points);
  for (std::size_t i = 0; i < points.size(); ++i) {
    for (const std::string& w : points[i].warnings) warnings.push_back(file.spots[i] + ": " + w);
  }
  std::set<std::string> ids;
  for (std::size_t i = 0; i < file.places.size(); ++i) {
    if (!ids.insert(file.places[i].id).second)
      file.faults.push_back(
          fmt::format("{}: id: {} stands twice in the file", file.spots[i], quoted(file.places[i].id)));
  }
  std::ranges::sort(file.places, {}, &NamedPlace::id);
}

void list_some(const std::string& file, const std::vector<std::string>& lines) {
  for (std::size_t i = 0; i < lines.size() && i < kListedMax; ++i) note("  " + file + ": " + lines[i]);
  if (lines.size() > kListedMax) note(fmt::format("  ... and {} more", lines.size() - kListedMax));
}

// "gaz/Places 2017.csv" -> "places-2017".
std::string list_id_of(const std::string& path) {
  std::string name = path.substr(path.rfind('/') + 1);
  name = name.substr(0, name.find('.'));
  for (char& c : name) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))) c = '-';
  }
  return name;
}

bool is_geojson(const std::string& path, std::string_view bytes) {
  const std::size_t first = bytes.find_first_not_of(" \t\r\n\xEF\xBB\xBF");
  return path.ends_with(".geojson") || path.ends_with(".json") ||
         (first != std::string_view::npos && bytes[first] == '{');
}

Result<int> import(const Context& context, const ImportOptions& o) {
  TRUCE_TRY(const std::string bytes, read_argument_file(o.file, kFileBytesMax));
  monitor::PlacesStatement list;
  list.list = o.list.empty() ? list_id_of(o.file) : o.list;
  if (!is_id(list.list))
    return fail(ErrorCode::kInvalidArgument,
                quoted(list.list) + " is no id of a list (a-z, 0-9 and '-', beginning with a letter); name one",
                "--list");
  auto text = decode_text(bytes, o.encoding);
  if (!text) return fail(at(text.error(), o.file));
  auto read = is_geojson(o.file, *text) ? read_geojson(*text) : read_csv(*text, o);
  if (!read) return fail(at(read.error(), o.file));
  PlaceFile& file = *read;
  std::vector<std::string> warnings;
  check_list(file, warnings);
  if (!warnings.empty()) {
    note(fmt::format("{}: {} warning(s)", o.file, warnings.size()));
    list_some(o.file, warnings);
  }
  if (!file.faults.empty()) {
    note(fmt::format("{}: {} place(s) refused; nothing was imported", o.file, file.faults.size()));
    list_some(o.file, file.faults);
    return kProblem;
  }
  if (file.places.empty()) return fail(ErrorCode::kInvalidPlaceList, "holds no place", o.file);
  TRUCE_TRY(const std::string blob, monitor::places_to_blob(file.places));
  // What is read back is what others will read.
  if (const auto back = monitor::places_from_blob(blob); !back) return fail(at(back.error(), o.file));
  list.places = sha256(blob);
  list.count = static_cast<std::int64_t>(file.places.size());

  TRUCE_TRY(const auto node, context.open_node());
  TRUCE_TRY(const auto writer, node->writer());
  tell_repair(writer->repair());
  TRUCE_TRY(const auto facts, node->update_picture());
  if (!facts.notice.empty()) note(facts.notice);
  TRUCE_TRY(const auto rows, picture::read_rows<picture::PlaceListRow>(node->picture()));
  const auto mine =
      std::ranges::find_if(rows, [&](const auto& r) { return r.list == list.list && r.party == node->me(); });
  const bool is_known = mine != rows.end();
  list.title = !o.title.empty() ? o.title : is_known ? mine->title : list.list;
  list.source = !o.source_note.empty() ? o.source_note : is_known ? mine->source : std::string("not stated");
  for (std::string* words : {&list.title, &list.source}) {
    auto nfc = to_nfc(*words);
    if (!nfc)
      return fail(ErrorCode::kInvalidArgument, nfc.error().message, words == &list.title ? "--title" : "--source-note");
    *words = std::move(*nfc);
  }
  if (const auto parsed = monitor::PlacesStatement::from_body(list.to_body()); !parsed)
    return fail(ErrorCode::kInvalidArgument, parsed.error().message, parsed.error().where);
  node::Draft draft{monitor::kTypePlaces, list.to_body(), {}, {}, {list.places}};
  Json told = Json::object({{"list", list.list}, {"places", list.count}, {"known", false}});
  if (is_known) {
    TRUCE_TRY(const StatementId version, StatementId::parse(mine->statement));
    TRUCE_TRY(const auto envelope, node->envelope(version));
    if (envelope.body == draft.body) {
      if (o.json) {
        told.set("known", true);
        told.set("statement", mine->statement);
        print_json(told);
      } else {
        print_line(fmt::format("place list {}: {} place(s) known as {} already; nothing was added", list.list,
                               list.count, mine->statement));
      }
      return kOk;
    }
    if (!o.corrections) {
      return fail(
          ErrorCode::kExists,
          "is stated as " + mine->statement + " with other content; --corrections replaces it, --list ID makes another",
          "place list " + list.list);
    }
    TRUCE_TRY(const StatementRef target, node->reference(version));
    draft.references.push_back({std::string(monitor::kCorrects), target});
    told.set("corrects", mine->statement);
  }
  TRUCE_TRY(const Hash stored, writer->put_blob(blob));
  if (stored != list.places) return fail(ErrorCode::kBadBlob, "the blob that was stored has another hash");
  TRUCE_TRY(const StatementRef made, writer->add(std::move(draft)));
  TRUCE_CHECK(writer->commit());
  told.set("statement", made.id.to_string());
  if (o.json) {
    print_json(told);
  } else {
    print_line(fmt::format("place list {}: {} place(s) {} as {}", list.list, list.count,
                           is_known ? "corrected" : "stated", made.id.to_string()));
  }
  return kOk;
}

std::string_view match_words(monitor::MatchKind kind) {
  switch (kind) {
    case monitor::MatchKind::kId: return "id";
    case monitor::MatchKind::kExact: return "same";
    case monitor::MatchKind::kPrefix: return "begins so";
    case monitor::MatchKind::kOneEdit: return "one letter off";
  }
  return "";
}

Result<int> find(const Context& context, const std::string& text, bool json) {
  TRUCE_TRY(const auto node, context.open_picture());
  TRUCE_TRY(const monitor::PlaceFinder finder, node->place_finder());
  const auto candidates = finder.find(text);
  if (json) {
    Json list = Json::array();
    for (const auto& c : candidates) {
      Json j = Json::object({{"place", c.ref()},
                             {"mgrs", geo::to_mgrs(c.place->at)},
                             {"names", monitor::names_json(c.place->names)},
                             {"matched", c.matched},
                             {"match", match_words(c.kind)},
                             {"lat_e7", std::int64_t{c.place->at.lat_e7}},
                             {"lng_e7", std::int64_t{c.place->at.lng_e7}},
                             {"radius_m", c.place->radius_m}});
      list.push_back(std::move(j));
    }
    print_json(Json::object({{"places", std::move(list)}}));
    return candidates.empty() ? kProblem : kOk;
  }
  if (candidates.empty()) {
    note(finder.place_count() == 0 ? "no place list is stated yet; bring one in with: truce place import FILE"
                                   : fmt::format("no place \"{}\" among {} named places", text, finder.place_count()));
    return kProblem;
  }
  std::vector<std::vector<std::string>> cells;
  for (const auto& c : candidates) {
    cells.push_back({c.ref(), monitor::name_in(c.place->names, "en", c.place->id), c.matched,
                     std::string(match_words(c.kind)), degrees_text(c.place->at.lat_e7, c.place->at.lng_e7),
                     geo::to_mgrs(c.place->at), std::to_string(c.place->radius_m)});
  }
  print_table({"place", "name", "matched", "how", "degrees", "MGRS", "radius m"}, cells);
  return kOk;
}

}  // namespace

void add_place(CLI::App& app, Context& context) {
  CLI::App* c = app.add_subcommand("place", "named places");
  c->require_subcommand(1);
  c->footer("Example: truce place find Sarmin");
  auto o = std::make_shared<ImportOptions>();
  CLI::App* i =
      c->add_subcommand("import", "bring in a list of named places (CSV or GeoJSON points), as one statement");
  i->add_option("FILE", o->file,
                "CSV with columns id, name, lat, lon (degrees) and, as wanted, radius_m, name_LANGUAGE, variants "
                "(separated by |), mgrs; "
                "or GeoJSON points with such properties; - for standard input")
      ->required();
  i->add_option("--list", o->list, "id of the list, such as gazetteer (default: made of the file's name)")
      ->type_name("ID");
  i->add_option("--title", o->title, "title of the list, such as \"Places of the southern sector\"")->type_name("TEXT");
  i->add_option("--source-note", o->source_note,
                "where the list is from and under which terms, such as \"own survey, free to share\"")
      ->type_name("TEXT");
  i->add_option("--encoding", o->encoding, "windows-1251, windows-1256, windows-1252, iso-8859-1 (default: UTF-8)");
  i->add_option("--ignore", o->ignore, "a column of the file to pass over, such as population; may be repeated")
      ->type_name("COLUMN")
      ->allow_extra_args(false);
  i->add_flag("--corrections", o->corrections, "a known list with other content is replaced");
  i->add_flag("--json", o->json, "print for programs");
  i->footer(
      "Example: truce place import gazetteer.csv --list gazetteer --title \"Places of the southern sector\" "
      "--source-note \"own survey\"");
  i->callback([o, &context] { context.run = guarded([o, &context] { return import(context, *o); }); });
  auto text = std::make_shared<std::string>();
  auto json = std::make_shared<bool>(false);
  CLI::App* f =
      c->add_subcommand("find", "places with that name in any language or spelling; exit status 1 if there is none");
  f->add_option("TEXT", *text, "a name, such as Sarmin, or an id, such as gazetteer/sarmin")->required();
  f->add_flag("--json", *json, "print for programs");
  f->footer("Example: truce place find سرمين");
  f->callback([text, json, &context] {
    context.run = guarded([text, json, &context] { return find(context, *text, *json); });
  });
}

}  // namespace truce::cmd
