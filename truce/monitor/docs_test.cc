// SPDX-License-Identifier: Apache-2.0
//
// The pages under docs/format say what the code does: columns, codes and kinds are named there.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "truce/monitor/import_reports.h"
#include "truce/monitor/zone.h"

namespace truce::monitor {
namespace {

using testing::HasSubstr;

std::string page(const std::string& name) {
  std::ifstream in(std::string(TRUCE_SOURCE_DIR) + "/docs/format/" + name);
  std::ostringstream out;
  out << in.rdbuf();
  EXPECT_FALSE(out.str().empty()) << name;
  return out.str();
}

TEST(DocsTest, ReportPageNamesEveryCode) {
  const std::string text = page("report.md");
  for (const KindInfo& k : all_kinds()) EXPECT_THAT(text, HasSubstr('`' + std::string(k.code) + '`'));
  for (const std::string_view c : weapon_classes()) EXPECT_THAT(text, HasSubstr('`' + std::string(c) + '`'));
  for (int i = 1; i <= 6; ++i) EXPECT_THAT(text, HasSubstr('`' + std::string(means_code(static_cast<Means>(i))) + '`'));
  for (const DetailField& d : detail_fields()) {
    EXPECT_THAT(text, HasSubstr('`' + std::string(d.name) + '`'));
    for (std::string_view rest = d.values; rest.find('|') != std::string_view::npos;) {
      EXPECT_THAT(text, HasSubstr('`' + std::string(rest.substr(0, rest.find('|'))) + '`'));
      rest.remove_prefix(rest.find('|') + 1);
    }
  }
}

TEST(DocsTest, ImportPageNamesEveryColumn) {
  const std::string text = page("import.md");
  for (const ReportColumn& c : report_columns()) {
    if (c.name.starts_with("detail_")) continue;  // "detail_form, ..." stands for the fields of report.md
    const std::size_t split = c.name.find('_');
    const bool of_killed = c.name.starts_with("killed_") || c.name.starts_with("injured_");
    // Splits of killed and injured are listed by their ends, low and high by one example.
    if (of_killed && (c.name.ends_with("_low") || c.name.ends_with("_high"))) continue;
    EXPECT_THAT(text, HasSubstr(std::string(of_killed ? c.name.substr(split) : c.name))) << c.name;
  }
}

TEST(DocsTest, ZonePageNamesEveryKind) {
  const std::string text = page("zone.md");
  for (int i = 0; i < 7; ++i)
    EXPECT_THAT(text, HasSubstr('`' + std::string(zone_kind_code(static_cast<ZoneKind>(i))) + '`'));
}

}  // namespace
}  // namespace truce::monitor
