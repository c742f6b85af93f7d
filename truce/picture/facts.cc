// SPDX-License-Identifier: Apache-2.0

#include "truce/picture/facts.h"

#include "truce/base/id.h"

namespace truce::picture {
namespace {

constexpr std::string_view kStates[] = {"effective", "withdrawn", "linked", "over-quota"};
constexpr std::string_view kForms[] = {"point", "bearing", "post-bearing", "zone"};

SmallRange small(const std::optional<monitor::Range>& r) {
  if (!r) return {};
  return {static_cast<std::int32_t>(r->low), static_cast<std::int32_t>(r->best), static_cast<std::int32_t>(r->high)};
}
OptInt present(std::int32_t v) {
  return v < 0 ? OptInt() : OptInt(v);
}
std::int32_t absent_as_minus(const OptInt& v) {
  return v ? static_cast<std::int32_t>(*v) : -1;
}

// The members of the body that have no column of their own.
std::string members_without_column(const monitor::Report& r) {
  const bool splits = [&] {
    for (const monitor::Casualties* c : {&r.killed, &r.injured}) {
      if (c->women || c->men || c->children || c->person_unknown || c->civilian || c->military || c->status_unknown)
        return true;
    }
    return false;
  }();
  const bool any = splits || !r.weapon.weapon_class.empty() ||
                   r.attribution.state != monitor::AttributionState::kNotStated || !r.details.is_null() ||
                   !r.coded.is_null() || !r.text.empty();
  if (!any) return {};
  const Json body = r.to_body();
  Json more = Json::object();
  for (const char* name : {"attribution", "coded", "details", "text", "weapon"}) {
    if (const Json* j = body.find(name)) more.set(name, *j);
  }
  if (splits) {
    for (const char* name : {"injured", "killed"}) {
      if (const Json* j = body.find(name)) more.set(name, *j);
    }
  }
  return more.to_canonical();
}

std::uint32_t scheme_of(const Json& coded, NamePool& names) {
  const Json* scheme = coded.is_object() ? coded.find("scheme") : nullptr;
  return scheme != nullptr && scheme->is_string() ? names.number(scheme->as_string()) : 0;
}

}  // namespace

std::uint32_t NamePool::number(std::string_view text) {
  const auto [it, is_new] = numbers_.try_emplace(std::string(text), static_cast<std::uint32_t>(texts_.size()));
  if (is_new) texts_.push_back(&it->first);
  return it->second;
}

std::string_view report_state_code(ReportState state) {
  return kStates[static_cast<std::size_t>(state)];
}

monitor::Place Facts::place(const NamePool& names) const {
  monitor::Place p;
  p.form = form;
  p.at = at;
  p.radius_m = radius_m;
  p.ref = names.text(place_ref);
  p.bearing_mdeg = bearing_mdeg;
  p.distance_m = distance_m;
  if (bearing_error_mdeg >= 0) p.bearing_error_mdeg = bearing_error_mdeg;
  if (distance_error_m >= 0) p.distance_error_m = distance_error_m;
  return p;
}

std::string Facts::id(const NamePool& names) const {
  return names.text(party) + '/' + names.text(log) + '/' + std::to_string(idx);
}

Facts facts_of(const monitor::Report& r, NamePool& names) {
  Facts f;
  f.scheme = scheme_of(r.coded, names);
  f.form = r.place.form;
  f.kind = r.kind;
  f.means = r.means;
  f.assessment = r.assessment;
  f.from_ms = r.from.ms;
  f.to_ms = r.to.ms;
  f.precision_s = static_cast<std::int32_t>(r.precision_s);
  f.at = r.place.at;
  f.radius_m = static_cast<std::int32_t>(r.place.radius_m);
  f.bearing_mdeg = static_cast<std::int32_t>(r.place.bearing_mdeg);
  f.distance_m = static_cast<std::int32_t>(r.place.distance_m);
  f.bearing_error_mdeg = absent_as_minus(r.place.bearing_error_mdeg);
  f.distance_error_m = absent_as_minus(r.place.distance_error_m);
  f.direction_mdeg = absent_as_minus(r.direction_mdeg);
  f.place_ref = names.number(r.place.ref);
  f.subkind = names.number(r.subkind);
  f.said_by = names.number(r.said_by);
  f.reporter = names.number(r.reporter);
  f.count = small(r.count);
  f.killed = small(r.killed.all);
  f.injured = small(r.injured.all);
  if (r.key) {
    f.source = names.number(r.key->source);
    f.source_id = r.key->id.empty() ? "#" + r.key->row->base64url() + "#" + std::to_string(r.key->ordinal) : r.key->id;
  }
  f.more = members_without_column(r);
  return f;
}

Result<Facts> facts_of(const ReportRow& row, NamePool& names) {
  const auto bad = [&](std::string_view column) {
    return fail(ErrorCode::kBadDatabase, "a value that the fold did not write",
                "reports " + row.id + " " + std::string(column));
  };
  Facts f;
  f.party = names.number(row.party);
  f.log = names.number(row.log);
  f.idx = static_cast<std::uint64_t>(row.idx);
  const auto version = StatementId::parse(row.version);
  if (!version) return bad("version");
  f.version_party = names.number(version->log.party);
  f.version_log = names.number(version->log.log);
  f.version_idx = version->index;
  f.import_id = names.number(row.import_id);
  f.linked_to = names.number(row.linked_to);
  const auto code = [](const auto& codes, std::string_view text, auto& out) {
    for (std::size_t i = 0; i < std::size(codes); ++i) {
      if (codes[i] == text) {
        out = static_cast<std::remove_reference_t<decltype(out)>>(i);
        return true;
      }
    }
    return false;
  };
  if (!code(kStates, row.state, f.state)) return bad("state");
  if (!code(kForms, row.place_form, f.form)) return bad("place_form");
  const auto kind = monitor::kind_from_code(row.kind);
  if (!kind) return bad("kind");
  f.kind = *kind;
  f.means = monitor::means_from_code(row.means).value_or(monitor::Means::kNotStated);
  f.assessment = monitor::assessment_from_code(row.assessment).value_or(monitor::Assessment::kNotStated);
  const auto day = Date::parse(row.day);
  if (!day) return bad("day");
  f.day = day->days;
  f.from_ms = row.from_ms;
  f.to_ms = row.to_ms;
  f.recorded_ms = row.recorded_ms;
  f.precision_s = static_cast<std::int32_t>(row.precision_s);
  const bool point = f.form == monitor::Place::Form::kPoint;
  const OptInt& lat = point ? row.lat_e7 : row.observer_lat_e7;
  const OptInt& lng = point ? row.lng_e7 : row.observer_lng_e7;
  if (lat && lng) f.at = geo::LatLng::from_e7(static_cast<std::int32_t>(*lat), static_cast<std::int32_t>(*lng));
  f.radius_m = static_cast<std::int32_t>(point ? row.radius_m : row.observer_radius_m.value_or(0));
  f.bearing_mdeg = static_cast<std::int32_t>(row.bearing_mdeg.value_or(0));
  f.distance_m = static_cast<std::int32_t>(row.distance_m.value_or(0));
  f.bearing_error_mdeg = absent_as_minus(row.bearing_error_mdeg);
  f.distance_error_m = absent_as_minus(row.distance_error_m);
  f.direction_mdeg = absent_as_minus(row.direction_mdeg);
  f.place_ref = names.number(row.place_ref);
  f.subkind = names.number(row.subkind);
  f.said_by = names.number(row.said_by);
  f.reporter = names.number(row.reporter);
  f.source = names.number(row.source);
  f.source_id = row.source_id;
  f.count = {absent_as_minus(row.count_low), absent_as_minus(row.count_best), absent_as_minus(row.count_high)};
  f.killed = {absent_as_minus(row.killed_low), absent_as_minus(row.killed_best), absent_as_minus(row.killed_high)};
  f.injured = {absent_as_minus(row.injured_low), absent_as_minus(row.injured_best), absent_as_minus(row.injured_high)};
  f.more = row.more;
  if (row.more.find("\"coded\"") != std::string::npos) {
    TRUCE_TRY(const Json more, Json::parse_canonical(row.more));
    if (const Json* coded = more.find("coded")) f.scheme = scheme_of(*coded, names);
  }
  if (!row.incident.empty()) {
    const auto incident = StatementId::parse(row.incident);
    if (!incident) return bad("incident");
    f.incident_party = names.number(incident->log.party);
    f.incident_log = names.number(incident->log.log);
    f.incident_idx = incident->index;
  }
  f.certainty_ppm = static_cast<std::int32_t>(row.certainty_ppm);
  return f;
}

ReportRow report_row(const Facts& f, const NamePool& names) {
  ReportRow r;
  r.day = Date{f.day}.to_string();
  r.party = names.text(f.party);
  r.log = names.text(f.log);
  r.idx = static_cast<Int>(f.idx);
  r.id = f.id(names);
  r.version = names.text(f.version_party) + '/' + names.text(f.version_log) + '/' + std::to_string(f.version_idx);
  r.state = report_state_code(f.state);
  r.linked_to = names.text(f.linked_to);
  r.import_id = names.text(f.import_id);
  r.from_ms = f.from_ms;
  r.to_ms = f.to_ms;
  r.precision_s = f.precision_s;
  r.place_form = kForms[static_cast<std::size_t>(f.form)];
  r.place_ref = names.text(f.place_ref);
  if (f.form == monitor::Place::Form::kPoint) {
    r.lat_e7 = f.at.lat_e7;
    r.lng_e7 = f.at.lng_e7;
    r.radius_m = f.radius_m;
  } else if (f.form == monitor::Place::Form::kBearing) {
    r.observer_lat_e7 = f.at.lat_e7;
    r.observer_lng_e7 = f.at.lng_e7;
    r.observer_radius_m = f.radius_m;
  }
  if (f.form == monitor::Place::Form::kBearing || f.form == monitor::Place::Form::kPostBearing) {
    r.bearing_mdeg = f.bearing_mdeg;
    r.distance_m = f.distance_m;
    r.bearing_error_mdeg = present(f.bearing_error_mdeg);
    r.distance_error_m = present(f.distance_error_m);
  }
  r.kind = monitor::kind_code(f.kind);
  r.subkind = names.text(f.subkind);
  r.means = monitor::means_code(f.means);
  r.assessment = monitor::assessment_code(f.assessment);
  r.direction_mdeg = present(f.direction_mdeg);
  r.count_low = present(f.count.low), r.count_best = present(f.count.best), r.count_high = present(f.count.high);
  r.killed_low = present(f.killed.low), r.killed_best = present(f.killed.best), r.killed_high = present(f.killed.high);
  r.injured_low = present(f.injured.low), r.injured_best = present(f.injured.best),
  r.injured_high = present(f.injured.high);
  r.said_by = names.text(f.said_by);
  r.reporter = names.text(f.reporter);
  r.source = names.text(f.source);
  r.source_id = f.source_id;
  r.recorded_ms = f.recorded_ms;
  if (f.incident_party != 0) {
    r.incident = names.text(f.incident_party) + '/' + names.text(f.incident_log) + '/' + std::to_string(f.incident_idx);
  }
  r.certainty_ppm = f.certainty_ppm;
  r.more = f.more;
  return r;
}

bool before(const Facts& a, const Facts& b, const NamePool& names) {
  if (a.party != b.party) return names.text(a.party) < names.text(b.party);
  if (a.log != b.log) return names.text(a.log) < names.text(b.log);
  return a.idx < b.idx;
}

}  // namespace truce::picture
