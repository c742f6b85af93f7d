// SPDX-License-Identifier: Apache-2.0

#include "truce/monitor/import_rows.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "truce/monitor/import_common.h"
#include "truce/monitor/import_reports.h"

namespace truce::monitor {
namespace {

ImportedFile read(std::string_view bytes) {
  ReportImportOptions o;
  o.me = "un";
  return read_reports(bytes, o).value();
}

TEST(ImportRowsTest, RejectsCarryTheHeaderAndTheReason) {
  const ImportedFile f = read(
      "\xEF\xBB\xBFid;observed_at;kind;zone\r\n"
      "a;2018-09-18T06:58:42Z;tea;idlib\r\n"
      "b;2018-09-18T06:58:42Z;shelling;idlib\r\n"
      "c;2018-09-18T06:58:42Z;shelling\r\n");
  EXPECT_EQ(write_rejects(f.header, f.refused),
            "id;observed_at;kind;zone;reason\n"
            "a;2018-09-18T06:58:42Z;tea;idlib;\"kind: \"\"tea\"\" is not in the taxonomy\"\n"
            "\"c;2018-09-18T06:58:42Z;shelling\";;;;\"" +
                f.refused[1].reason + "\"\n");
}

TEST(ImportRowsTest, RejectsThatComeBackGetTheirReasonReplaced) {
  const ImportedFile f = read(
      "id,reason,observed_at,kind,zone\n"
      "a,\"old, and long\",2018-09-18T06:58:42Z,tea,idlib\n"
      "b,mended,2018-09-18T06:58:42Z,shelling,idlib\n");
  EXPECT_THAT(f.ignored_columns, testing::ElementsAre("reason"));
  EXPECT_EQ(f.rows.size(), 1U);
  EXPECT_EQ(write_rejects(f.header, f.refused),
            "id,observed_at,kind,zone,reason\n"
            "a,2018-09-18T06:58:42Z,tea,idlib,\"kind: \"\"tea\"\" is not in the taxonomy\"\n");
}

TEST(ImportRowsTest, MendedRejectsCanBeImported) {
  const ImportedFile f =
      read("id,observed_at,kind,zone,text\na,2018-09-18T06:58:42Z,tea,idlib,\"two\nlines, \"\"quoted\"\"\"\n");
  std::string rejects = write_rejects(f.header, f.refused);
  rejects.replace(rejects.find(",tea,"), 5, ",mine,");
  const ImportedFile g = read(rejects);
  ASSERT_EQ(g.rows.size(), 1U);
  EXPECT_EQ(g.rows[0].report.text, "two\nlines, \"quoted\"");
}

TEST(ImportRowsTest, NoRefusedRowsGiveTheHeaderAlone) {
  EXPECT_EQ(write_rejects("a,b", {}), "a,b,reason\n");
}

TEST(ImportRowsTest, EditDistanceOfShortWords) {
  struct Case {
    std::string_view a, b;
    std::size_t edits;
  };
  for (const Case& c : std::initializer_list<Case>{{"", "", 0},
                                                   {"a", "", 1},
                                                   {"kind", "kind", 0},
                                                   {"knid", "kind", 1},
                                                   {"kin", "kind", 1},
                                                   {"kindd", "kind", 1},
                                                   {"kand", "kind", 1},
                                                   {"xyz", "kind", 4},
                                                   {"observd_at", "observed_at", 1},
                                                   {"abcdef", "ghijkl", 4}}) {
    EXPECT_EQ(edit_distance(c.a, c.b, 3), c.edits) << c.a << ' ' << c.b;
    EXPECT_EQ(edit_distance(c.b, c.a, 3), c.edits) << c.a << ' ' << c.b;
  }
}

TEST(ImportRowsTest, CutTextNeverCutsALetterInHalf) {
  EXPECT_EQ(cut_text("abcdef", 6), "abcdef");
  EXPECT_EQ(cut_text("abcdefg", 6), "abc...");
  EXPECT_EQ(cut_text("ab\u0448\u0448\u0448", 6), "ab...");
  EXPECT_EQ(cut_text("\u0448\u0448\u0448\u0448", 7), "\u0448\u0448...");
}

}  // namespace
}  // namespace truce::monitor
