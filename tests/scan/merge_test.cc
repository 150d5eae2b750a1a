// SPDX-License-Identifier: GPL-3.0-or-later
#include "scan/merge.h"

#include <gtest/gtest.h>

#include "scan/folder.h"
#include "scan/rows.h"

namespace kmortem::scan {
namespace {

using test::item;
using test::outcome;

struct Row {
  Item what;
  Outcome how;
  int64_t when = 5;
};

struct MergeTest : testing::Test {
  test::Folder folder;

  std::string make(const std::string& name, const std::vector<Row>& rows) {
    const std::string path = folder.path(name);
    const auto database = test::open(path);
    for (const Row& row : rows) EXPECT_TRUE(database->record(row.what, "t", row.when, row.how));
    EXPECT_TRUE(database->finish());
    return path;
  }

  /// All rows of all tables, in order.
  static std::string contents(const std::string& path) {
    Connection database(path, Connection::Mode::read);
    std::string text;
    for (const char* table : {"kernels", "hosts", "dumps", "signatures", "findings"}) {
      Statement select = database.prepare("SELECT * FROM " + std::string(table) + " ORDER BY 1, 2");
      while (select.step()) {
        for (int i = 0; i < 8; ++i) text += select.text(i) + "|";
        text += "\n";
      }
    }
    return text;
  }
};

TEST_F(MergeTest, TwoHalvesAreTheWhole) {
  const auto whole = make("whole.db", {{item("/a"), outcome("s:1", "x")},
                                       {item("/b"), outcome("s:1", "y")},
                                       {item("/c"), outcome("s:2", "y")}});
  const auto one = make("1.db", {{item("/a"), outcome("s:1", "x")}});
  const auto two =
      make("2.db", {{item("/b"), outcome("s:1", "y")}, {item("/c"), outcome("s:2", "y")}});
  ASSERT_TRUE(merge_databases(folder.path("out.db"), {one, two}));
  EXPECT_EQ(contents(folder.path("out.db")), contents(whole));
}

TEST_F(MergeTest, NeitherOrderNorRepetitionMatters) {
  const auto one = make("1.db", {{item("/a"), outcome("s:1", "x")}, {item("/b"), outcome("s:2")}});
  const auto two = make("2.db", {{item("/b"), outcome("s:3", "z"), 9}, {item("/c"), outcome("")}});
  ASSERT_TRUE(merge_databases(folder.path("12.db"), {one, two}));
  ASSERT_TRUE(merge_databases(folder.path("21.db"), {two, one, two, one}));
  ASSERT_TRUE(merge_databases(folder.path("21.db"), {one}));
  EXPECT_EQ(contents(folder.path("12.db")), contents(folder.path("21.db")));
}

TEST_F(MergeTest, TheResultThatGotFurtherCounts) {
  Outcome failed;
  failed.status = Status::crashed;
  const auto one = make("1.db", {{item("/a"), outcome("s:1")}});
  const auto two = make("2.db", {{item("/a"), failed, 99}});
  ASSERT_TRUE(merge_databases(folder.path("out.db"), {one, two}));
  EXPECT_EQ(contents(folder.path("out.db")), contents(one));
}

TEST_F(MergeTest, TheLaterStateOfTheFileCounts) {
  Outcome failed;
  failed.status = Status::unreadable;
  const auto one = make("1.db", {{item("/a"), outcome("s:1")}});
  const auto two = make("2.db", {{item("/a", 2'000'000'000), failed}});
  ASSERT_TRUE(merge_databases(folder.path("out.db"), {two, one}));
  EXPECT_EQ(contents(folder.path("out.db")), contents(two));
}

TEST_F(MergeTest, WhatIsNoDatabaseEndsIt) {
  const auto one = make("1.db", {{item("/a"), outcome("s:1")}});
  EXPECT_FALSE(merge_databases(folder.path("out.db"), {one, folder.path("missing.db")}));
  EXPECT_FALSE(merge_databases(folder.path("out.db"), {folder.put("text", std::string(99, 'x'))}));
  EXPECT_EQ(contents(folder.path("out.db")), contents(one));
}

}  // namespace
}  // namespace kmortem::scan
