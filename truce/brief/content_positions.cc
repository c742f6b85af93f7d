// SPDX-License-Identifier: Apache-2.0

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "truce/brief/content_maker.h"
#include "truce/monitor/finding.h"
#include "truce/picture/positions.h"

namespace truce::brief {
namespace {

constexpr std::string_view kAttribute = "attribute:", kExcludedGroup = "excluded-group";

// An attribution to a group of the register, or to an excluded group whichever it is.
bool is_to_excluded(const mechanism::Mechanism& mechanism, std::string_view attribution) {
  if (attribution.starts_with(kExcludedGroup)) return true;
  return attribution.starts_with(kAttribute) &&
         std::ranges::any_of(mechanism.excluded, [&](const mechanism::ExcludedGroup& g) {
           return g.actor == attribution.substr(kAttribute.size());
         });
}

}  // namespace

Result<Json> Maker::bulletin_json() const {
  TRUCE_TRY(std::vector<monitor::Told> told, picture::told(rows_, findings_));
  const std::vector<monitor::BulletinLine> days = monitor::bulletin(mechanism_, told);
  for (monitor::Told& t : told) t.day.clear();
  const std::vector<monitor::BulletinLine> sums = monitor::bulletin(mechanism_, told);
  // Where nobody but one records or answers, there is nothing to hold beside each other.
  std::set<std::string_view> heard;
  for (const monitor::BulletinLine& line : sums) {
    if (line.recorded > 0) heard.insert(line.party);
    for (const auto& [party, count] : line.others)
      if (count.answered > 0) heard.insert(party);
  }
  if (heard.size() < 2) return Json();
  const auto list = [](const std::vector<monitor::BulletinLine>& lines) {
    Json out = Json::array();
    for (const monitor::BulletinLine& line : lines) out.push_back(monitor::to_json(line));
    return out;
  };
  return Json::object({{"by_day", list(days)}, {"sums", list(sums)}});
}

Result<Json> Maker::excluded_json() const {
  if (mechanism_.excluded_version == 0) return Json();
  Json groups = Json::array();
  for (const mechanism::ExcludedGroup& g : mechanism_.excluded) {
    Json dissent = Json::array();
    for (const std::string& id : g.dissent) {
      const mechanism::Party* p = mechanism_.party(id);
      if (p != nullptr && may_name(*p)) dissent.push_back(id);
    }
    groups.push_back(Json::object({{"actor", g.actor}, {"dissent", std::move(dissent)}, {"name", g.name}}));
  }
  Json out = Json::object({{"groups", std::move(groups)}, {"version", mechanism_.excluded_version}});
  if (is_public_) return out;
  std::map<std::string_view, const picture::FindingRow*> finding_of;
  for (const picture::FindingRow& f : findings_) finding_of[f.incident] = &f;
  const std::vector<std::string> deciders = mechanism_.deciders(mechanism_.rule("finding"));
  Json incidents = Json::array();
  for (std::size_t row = 0; row < shown_.size(); ++row) {
    const auto f = finding_of.find(shown_[row].id);
    if (f == finding_of.end() || !counts(shown_[row])) continue;
    TRUCE_TRY(const auto parties, picture::parties_of(*f->second));
    Json says = Json::array(), dissent = Json::array();
    for (const monitor::PartyView& p : parties) {
      if (p.attribution.empty() || !std::ranges::binary_search(deciders, p.party)) continue;
      (is_to_excluded(mechanism_, p.attribution) ? says : dissent)
          .push_back(Json::object({{"attribution", p.attribution}, {"party", p.party}}));
    }
    if (says.as_array().empty()) continue;
    Json j = Json::object(
        {{"dissent", std::move(dissent)}, {"row", static_cast<std::int64_t>(row)}, {"says", std::move(says)}});
    const std::string& joint = f->second->attribution;
    if (is_to_excluded(mechanism_, joint)) j.set("joint", joint);
    incidents.push_back(std::move(j));
  }
  out.set("incidents", std::move(incidents));
  return out;
}

}  // namespace truce::brief
