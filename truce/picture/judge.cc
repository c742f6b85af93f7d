// SPDX-License-Identifier: Apache-2.0

#include "truce/picture/judge.h"

#include <algorithm>

namespace truce::picture {

void Judge::without_effect(const StatementId& id, std::string_view type, std::string_view what, std::string reason,
                           std::int64_t recorded_ms, Judged& out) const {
  ChangeRow row;
  row.statement = id.to_string();
  row.type = type;
  row.what = what;
  row.reason = std::move(reason);
  row.recorded_ms = recorded_ms;
  out.without_effect.push_back(std::move(row));
}

void Judge::take_report(const record::Envelope& e, const StatementId& id, const StatementRef* corrects, Judged& out) {
  auto report = monitor::Report::from_body(e.body);
  if (!report) {
    return without_effect(id, e.type, "ignored", std::string(error_code_name(report.error().code)), e.recorded.ms, out);
  }
  Facts f = facts_of(report.value(), names_);
  f.party = f.version_party = names_.number(id.log.party);
  f.log = f.version_log = names_.number(id.log.log);
  f.idx = f.version_idx = id.index;
  f.recorded_ms = e.recorded.ms;
  f.day = mechanism_.days.day_of(report->from).days;
  if (const StatementRef* import = e.reference(monitor::kOfImport)) {
    if (import->id.log.party != id.log.party) {
      return without_effect(id, e.type, "ignored", "import of another party", e.recorded.ms, out);
    }
    if (*import != last_import_) {
      last_import_ = *import;
      last_import_name_ = names_.number(import->id.to_string());
    }
    f.import_id = last_import_name_;
  }
  if (corrects == nullptr) {
    out.reports.push_back(std::move(f));
  } else {
    out.corrected_reports.emplace(id, std::move(f));
  }
}

template <typename Body>
void Judge::take_stated(const record::Envelope& e, const StatementId& id, const StatementRef* corrects,
                        std::vector<Stated<Body>>& base, std::map<StatementId, Body>& corrections, Judged& out) {
  auto body = Body::from_body(e.body);
  if (!body) {
    return without_effect(id, e.type, "ignored", std::string(error_code_name(body.error().code)), e.recorded.ms, out);
  }
  if (corrects == nullptr) {
    base.push_back({id, e.recorded.ms, std::move(body).value()});
  } else {
    corrections.emplace(id, std::move(body).value());
  }
}

void Judge::take_own(const record::Envelope& e, const StatementId& id, const Hash& leaf, Judged& out) {
  const auto ignored = [&](std::string reason) {
    without_effect(id, e.type, "ignored", std::move(reason), e.recorded.ms, out);
  };
  const bool is_main = book_.of(id.log).is_main;
  if (!is_main && e.type != record::kLogCloseType) return ignored("not from the main log");
  if (auto taken = take_record(e, id, leaf, out.record); !taken)
    return ignored(std::string(error_code_name(taken.error().code)));
  if (e.type == record::kLogOpenType) {
    const LogBook::Log& opened = book_.of({id.log.party, out.record.openings.back().log});
    if (!opened.opened_by.empty() && opened.opened_by != id.to_string()) ignored("log opened already");
  } else if (e.type == record::kLogCloseType) {
    const std::string& name = out.record.closings.back().log;
    if (name == id.log.log) return;
    const LogBook::Log& closed = book_.of({id.log.party, name});
    if (!is_main) {
      ignored("not from the main log");
    } else if (!closed.is_open || closed.is_main) {
      ignored("not its log to close");
    }
  }
}

// A position, inquiry or question.
void Judge::take_opinion(const record::Envelope& e, const StatementId& id, const Hash& leaf, Judged& out) {
  const auto ignored = [&](std::string_view reason) {
    without_effect(id, e.type, "ignored", std::string(reason), e.recorded.ms, out);
  };
  if (!book_.of(id.log).is_main) return ignored("not from the main log");
  if (auto taken = take_view(e, id, leaf, out.views); !taken) return ignored(error_code_name(taken.error().code));
}

void Judge::take_brief(const record::Envelope& e, const StatementId& id, const Hash& leaf, Judged& out) {
  const auto ignored = [&](std::string_view reason) {
    without_effect(id, e.type, "ignored", std::string(reason), e.recorded.ms, out);
  };
  if (!book_.of(id.log).is_main) return ignored("not from the main log");
  auto body = monitor::BriefStatement::from_body(e.body);
  if (!body) return ignored(error_code_name(body.error().code));
  out.briefs.push_back({id, leaf, e.recorded.ms, std::move(body).value()});
}

void Judge::take(const StatementId& id, std::string_view entry, const Hash& leaf, Judged& out) {
  auto decoded = record::decode(entry);
  if (!decoded)
    return without_effect(id, "", "not-understood", std::string(error_code_name(decoded.error().code)), 0, out);
  const record::Envelope& e = decoded.value();
  if (e.mechanism != mechanism_id_ || e.author != id.log) {
    return without_effect(id, e.type, "ignored", e.author != id.log ? "another author" : "another mechanism",
                          e.recorded.ms, out);
  }
  if (mechanism_.party(id.log.party) == nullptr)
    return without_effect(id, e.type, "ignored", "not a party", e.recorded.ms, out);
  const LogBook::Log& log = book_.of(id.log);
  if (!log.is_open || id.index >= log.closed_at) {
    return without_effect(id, e.type, "ignored",
                          !log.is_open    ? "log not opened"
                          : log.is_frozen ? "log frozen"
                                          : "log closed",
                          e.recorded.ms, out);
  }
  auto [newest, first] = newest_.try_emplace(id.log, e.recorded.ms);
  newest->second = std::max(newest->second, e.recorded.ms);
  if (e.mechanism_version > 0) moved_on_.take(id, e.mechanism_version);
  if (is_record_type(e.type)) return take_own(e, id, leaf, out);
  if (mechanism_.party(id.log.party)->role == mechanism::Role::kHumanitarian)
    return without_effect(id, e.type, "ignored", "no right", e.recorded.ms, out);
  if (is_view_type(e.type)) return take_opinion(e, id, leaf, out);
  if (e.type == monitor::kTypeBrief) return take_brief(e, id, leaf, out);
  const StatementRef* corrects = e.reference(monitor::kCorrects);
  const StatementRef* withdraws = e.reference(monitor::kWithdraws);
  const std::size_t kept = out.changes.size() + out.without_effect.size();
  if (e.type == monitor::kTypeReport) {
    take_report(e, id, corrects, out);
  } else if (e.type == monitor::kTypeZone) {
    take_stated(e, id, corrects, out.zones, out.corrected_zones, out);
  } else if (e.type == monitor::kTypeActor) {
    take_stated(e, id, corrects, out.actors, out.corrected_actors, out);
  } else if (e.type == monitor::kTypePlaces) {
    take_stated(e, id, corrects, out.places, out.corrected_places, out);
  } else if (e.type == monitor::kTypeImport) {
    auto body = monitor::ImportStatement::from_body(e.body);
    if (!body || corrects != nullptr) {
      return without_effect(id, e.type, "ignored", body ? "an import cannot be corrected" : "invalid-import",
                            e.recorded.ms, out);
    }
    out.imports.push_back({id, e.recorded.ms, std::move(body).value()});
  } else if (e.type == monitor::kTypeWithdrawal) {
    auto body = monitor::WithdrawalStatement::from_body(e.body);
    if (!body || withdraws == nullptr) {
      return without_effect(id, e.type, "ignored", body ? "withdraws nothing" : "invalid-argument", e.recorded.ms, out);
    }
    Change c{id,           withdraws->id, e.type, true, std::string(monitor::withdrawal_reason_code(body->reason)),
             e.recorded.ms};
    out.changes.push_back({std::move(c), withdraws->leaf, leaf, e.by});
  } else if (e.type == monitor::kTypeSecond) {
    const StatementRef* seconds = e.reference(monitor::kSeconds);
    if (!monitor::check_second_body(e.body) || seconds == nullptr || corrects != nullptr || withdraws != nullptr)
      return without_effect(id, e.type, "ignored", "invalid-statement", e.recorded.ms, out);
    out.seconds.push_back({id, e.recorded.ms, *seconds, e.by});
  } else if (e.type == monitor::kTypeCalibration) {
    auto body = monitor::CalibrationStatement::from_body(e.body);
    const bool has_model = body && std::ranges::find(e.required_blobs, body->model) != e.required_blobs.end();
    if (!has_model || corrects != nullptr) {
      return without_effect(id, e.type, "ignored",
                            corrects != nullptr ? "a calibration cannot be corrected" : "invalid-calibration",
                            e.recorded.ms, out);
    }
    StatedCalibration c{id, leaf, e.recorded.ms, std::nullopt, std::move(body).value()};
    if (const StatementRef* follows = e.reference(monitor::kFollows)) c.follows = *follows;
    out.calibrations.push_back(std::move(c));
  } else if (e.type == monitor::kTypeJoin || e.type == monitor::kTypeSplit) {
    const StatementRef* one = e.reference(monitor::kLinkFirst);
    const StatementRef* two = e.reference(monitor::kLinkSecond);
    if (!monitor::check_link_body(e.body) || one == nullptr || two == nullptr || corrects != nullptr) {
      return without_effect(id, e.type, "ignored", "invalid-link", e.recorded.ms, out);
    }
    out.links.push_back({id, e.recorded.ms, e.type == monitor::kTypeJoin, *one, *two});
  } else if (e.type != "acceptance") {
    return without_effect(id, e.type, "not-understood", "type", e.recorded.ms, out);
  }
  // A correction whose own body was refused has no change to make.
  if (corrects != nullptr && out.changes.size() + out.without_effect.size() == kept) {
    out.changes.push_back({Change{id, corrects->id, e.type, false, "", e.recorded.ms}, corrects->leaf, leaf, e.by});
  }
}

}  // namespace truce::picture
