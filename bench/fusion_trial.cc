// scratch
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iostream>
#include <map>
#include <set>
#include <sstream>

#include "truce/monitor/calibration.h"
#include "truce/monitor/fusion.h"
#include "truce/monitor/import_reports.h"
using namespace truce;
using namespace truce::monitor;

int main(int argc, char** argv) {
  for (int a = 1; a < argc; ++a) {
    const std::string dir = argv[a];
    auto slurp = [](const std::string& p) { std::ifstream f(p); std::stringstream s; s << f.rdbuf(); return s.str(); };
    const std::string bytes = slurp(dir + "/reports.csv");
    ReportImportOptions opt; opt.me = "me";
    auto file = read_reports(bytes, opt);
    if (!file) { std::printf("%s\n", file.error().message.c_str()); return 1; }
    std::map<std::string, std::string> truth;
    { std::ifstream f(dir + "/truth.csv"); std::string l; std::getline(f, l); while (std::getline(f, l)) { auto c = l.find(','); truth[l.substr(0, c)] = l.substr(c + 1); } }
    std::map<std::string, std::uint32_t> pn, rn; std::vector<std::string> parties, reporters{""};
    std::vector<FusionReport> rs; std::vector<std::string> ids;
    auto rows = file->rows;
    std::stable_sort(rows.begin(), rows.end(), [](auto& x, auto& y) { return x.report.from.ms < y.report.from.ms; });
    for (auto& row : rows) {
      const Report& r = row.report;
      FusionReport f; f.from_ms = r.from.ms; f.to_ms = r.to.ms; f.precision_s = r.precision_s; f.form = r.place.form; f.at = r.place.at;
      f.radius_m = r.place.radius_m; f.bearing_mdeg = r.place.bearing_mdeg; f.distance_m = r.place.distance_m; f.kind = r.kind; f.means = r.means;
      if (r.count) f.count = r.count->best; if (r.killed.all) f.killed = r.killed.all->best; if (r.injured.all) f.injured = r.injured.all->best;
      auto [p, np] = pn.try_emplace(r.said_by, parties.size()); if (np) parties.push_back(r.said_by);
      auto key = r.said_by + "/" + r.reporter; auto [q, nq] = rn.try_emplace(key, reporters.size()); if (nq) reporters.push_back(key);
      f.party = p->second; f.reporter = q->second;
      rs.push_back(f); ids.push_back(r.key->id);
    }
    auto score = [&](const Grouping& g, const char* what) {
      std::map<std::string, std::int64_t> ts; std::map<std::uint32_t, std::int64_t> ps; std::map<std::pair<std::string, std::uint32_t>, std::int64_t> b;
      for (std::size_t i = 0; i < rs.size(); ++i) { ++ts[truth[ids[i]]]; ++ps[g.reports[i].cluster]; ++b[{truth[ids[i]], g.reports[i].cluster}]; }
      auto pairs = [](auto& m) { double s = 0; for (auto& [k, n] : m) s += double(n) * double(n - 1) / 2; return s; };
      double P = pairs(b) / pairs(ps), R = pairs(b) / pairs(ts);
      // score of truth
      std::printf("%s %s: P %.4f R %.4f F1 %.4f  clusters %zu of %zu  score %.1f\n", dir.c_str(), what, P, R, 2 * P * R / (P + R), ps.size(), ts.size(), g.score / 1e6);
    };
    auto t0 = std::chrono::steady_clock::now();
    auto ms = [&] { auto t = std::chrono::steady_clock::now(); double d = std::chrono::duration<double>(t - t0).count() * 1e3; t0 = t; return d; };
    FusionModel neutral = FusionModel::neutral();
    {
      Scorer s(rs, neutral, parties, reporters);
      std::printf("prepare %.0f ms\n", ms());
      auto pairs = near_pairs(s); std::printf("pairs %zu in %.0f ms\n", pairs.size(), ms());
      auto g = fuse(s); std::printf("fuse %.0f ms\n", ms());
      score(g, "neutral");
    }
    std::vector<LearningBlock> blocks{{rs}}; Learner learner(blocks, parties, reporters, double(rs.back().from_ms - rs.front().from_ms) / 86400e3);
    auto show = [&](const FusionModel& m, const char* w) { std::printf("  %s time %.3f %.3f radius %.3f bearing %.0f dist %.3f count %.3f harm %.3f %.3f same %.3f rpi %.2f post %.3f\n", w, m.time_scale[0], m.time_scale[1], m.radius_scale, m.bearing_sigma_mdeg, m.distance_sigma_part, m.count_sigma, m.harm_sigma[0], m.harm_sigma[1], m.same_spot, m.reports_per_incident, m.post_reports); };
    { Learner tl(blocks, parties, reporters, double(rs.back().from_ms - rs.front().from_ms) / 86400e3); Grouping tg; tg.reports.resize(rs.size()); std::map<std::string, std::uint32_t> first; for (std::uint32_t i = 0; i < rs.size(); ++i) tg.reports[i].cluster = first.try_emplace(truth[ids[i]], i).first->second;
      std::vector<Grouping> gs{tg}; for (int k = 0; k < 4; ++k) { tl.learn_from(gs); } show(tl.model(), "TRUTH"); Scorer s(rs, tl.model(), parties, reporters); score(fuse(s), "with truth's model"); }
    ms();
    for (int round = 0; round < 6; ++round) {
      learner.round();
      std::printf("round %.0f ms\n", ms());
      show(learner.model(), "learnt");
      Scorer s(rs, learner.model(), parties, reporters);
      auto g = fuse(s); ms();
      score(g, ("round " + std::to_string(round)).c_str());
      if (round == 5) {
        std::map<std::string, std::vector<std::uint32_t>> m; for (std::uint32_t i = 0; i < rs.size(); ++i) m[truth[ids[i]]].push_back(i);
        std::int64_t tot = 0; ScoreParts tp{}, gp{};
        std::map<std::uint32_t, std::vector<std::uint32_t>> gm; for (std::uint32_t i = 0; i < rs.size(); ++i) gm[g.reports[i].cluster].push_back(i);
        for (auto& [k, v] : m) { auto c = s.cluster_of(v); tot += c.score; auto p = s.parts(c); for (int k2 = 0; k2 < 8; ++k2) tp[k2] += p[k2]; }
        for (auto& [k, v] : gm) { auto c = s.cluster_of(v); auto p = s.parts(c); for (int k2 = 0; k2 < 8; ++k2) gp[k2] += p[k2]; }
        std::printf("truth score %.1f\n", tot / 1e6);
        for (int k2 = 0; k2 < 8; ++k2) std::printf("  %s found %.1f truth %.1f\n", std::string(score_part_code(ScorePart(k2))).c_str(), gp[k2], tp[k2]);
        if (getenv("ERR")) {
          auto line = [&](std::uint32_t i) { const auto& r = rs[i]; const auto& q = s.prepared()[i]; std::printf("      %s %s %s t %.0f s %.0f x %.0f y %.0f spot %d kind %s how %s n %d k %d i %d cert %d\n", ids[i].c_str(), reporters[r.reporter].c_str(), truth[ids[i]].c_str(), q.t_s, q.sigma_s, q.x_m, q.y_m, q.spot, std::string(kind_code(r.kind)).c_str(), std::string(means_code(r.means)).c_str(), r.count, r.killed, r.injured, g.reports[i].certainty_ppm); };
          int shown = 0;
          for (auto& [k, v] : gm) { std::map<std::string, std::vector<std::uint32_t>> t; for (auto i : v) t[truth[ids[i]]].push_back(i);
            bool wrong = t.size() > 1; for (auto& [a, b] : t) for (auto j : m[a]) wrong = wrong || g.reports[j].cluster != k;
            if (!wrong || ++shown > 25) continue;
            std::printf("  cluster\n"); for (auto i : v) line(i); for (auto& [a, b] : t) for (auto j : m[a]) if (g.reports[j].cluster != k) { std::printf("   missing"); line(j); }
            double found = 0, tr = 0; ScoreParts d{}; std::set<std::uint32_t> cl; for (auto& [a, b] : t) { auto c = s.cluster_of(m[a]); tr += c.score; auto p = s.parts(c); for (int z = 0; z < 8; ++z) d[z] -= p[z]; for (auto j : m[a]) cl.insert(g.reports[j].cluster); }
            for (auto c : cl) { auto x = s.cluster_of(gm[c]); found += x.score; auto p = s.parts(x); for (int z = 0; z < 8; ++z) d[z] += p[z]; }
            std::printf("   found-truth %.2f:", (found - tr) / 1e6); for (int z = 0; z < 8; ++z) std::printf(" %s %.1f", std::string(score_part_code(ScorePart(z))).c_str(), d[z]); std::printf("\n");
          }
        }
        // reliability
        std::array<int, 10> n{}, ok{};
        for (std::uint32_t i = 0; i < rs.size(); ++i) {
          auto& mem = gm[g.reports[i].cluster]; int same = 0, others = 0;
          for (auto j : mem) if (j != i) { ++others; same += truth[ids[j]] == truth[ids[i]]; }
          bool right = others ? same * 2 > others : m[truth[ids[i]]].size() == 1 || true;
          if (!others) right = m[truth[ids[i]]].size() == 1;
          int b = std::min(9, g.reports[i].certainty_ppm / 100000); ++n[b]; ok[b] += right;
        }
        for (int b = 0; b < 10; ++b) if (n[b]) std::printf("  rel %d0%%: n %d right %.3f\n", b, n[b], double(ok[b]) / n[b]);
      }
    }
    const FusionModel& m = learner.model();
    std::printf("time %.3f %.3f radius %.3f bearing %.0f dist %.3f count %.3f harm %.3f %.3f same %.3f rpi %.2f post %.3f spots %zu cells %zu\n", m.time_scale[0], m.time_scale[1], m.radius_scale, m.bearing_sigma_mdeg, m.distance_sigma_part, m.count_sigma, m.harm_sigma[0], m.harm_sigma[1], m.same_spot, m.reports_per_incident, m.post_reports, m.spots.size(), m.grid.incidents.size());
    for (auto& [p, h] : m.habits) std::printf("%s %.3f %.3f; ", p.c_str(), h.reports, h.again);
    std::printf("\n"); for (auto& [p, h] : m.clock_offset_s) std::printf("%s %.0f; ", p.c_str(), h); std::printf("\n");
    for (auto& g : m.confusion) { for (auto& r : g) { for (double v : r) std::printf("%.3f ", v); std::printf("\n"); } std::printf("\n"); }
    for (double v : m.kind_prior) std::printf("%.3f ", v); std::printf("| "); for (auto& row : m.count_prior) { for (double v : row) std::printf("%.3f ", v); std::printf("\n"); } std::printf("| "); for (double v : m.killed_prior) std::printf("%.3f ", v); std::printf("| "); for (double v : m.injured_prior) std::printf("%.3f ", v); for (double v : m.harm_missed) std::printf("miss %.3f ", v);
    std::printf("\n");
  }
}
