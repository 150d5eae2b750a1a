// SPDX-License-Identifier: GPL-3.0-or-later
#include "scan/database.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>

#include "scan/folder.h"
#include "scan/rows.h"
#include "scan/summary.h"

namespace kmortem::scan {
namespace {

using test::item;
using test::outcome;
using testing::HasSubstr;

struct DatabaseTest : testing::Test {
  test::Folder folder;
  std::string path = folder.path("kmortem.db");

  int64_t count(Database& database, const std::string& table) {
    return database.connection().number("SELECT count(*) FROM " + table);
  }
};

TEST_F(DatabaseTest, KnowsWhatItRecorded) {
  {
    const auto database = test::open(path);
    EXPECT_FALSE(database->recorded("/a"));
    ASSERT_TRUE(database->record(item("/a"), "tool", 5, outcome("s:1")));
    ASSERT_TRUE(database->finish());
  }
  const auto known = test::open(path)->recorded("/a");
  ASSERT_TRUE(known);
  EXPECT_EQ(known->size, 100U);
  EXPECT_EQ(known->mtime_ns, 1'000'000'000);
  EXPECT_EQ(known->tool, "tool");
  EXPECT_EQ(known->status, Status::analysed);
}

TEST_F(DatabaseTest, SaysByWhatTheyWereLookedAt) {
  const auto database = test::open(path);
  EXPECT_TRUE(database->tools().empty());
  ASSERT_TRUE(database->record(item("/a"), "one", 5, outcome("s:1")));
  ASSERT_TRUE(database->record(item("/b"), "one", 5, outcome("s:1")));
  ASSERT_TRUE(database->record(item("/c"), "two", 5, outcome("s:1")));
  EXPECT_THAT(database->tools(), testing::UnorderedElementsAre("one", "two"));
}

TEST_F(DatabaseTest, AnotherResultTakesThePlaceOfTheFirst) {
  const auto database = test::open(path);
  ASSERT_TRUE(database->record(item("/a"), "tool", 5, outcome("s:1", "old")));
  ASSERT_TRUE(database->record(item("/a"), "tool", 6, outcome("s:2", "new")));
  ASSERT_TRUE(database->finish());
  EXPECT_EQ(count(*database, "dumps"), 1);
  EXPECT_EQ(count(*database, "findings"), 1);
  EXPECT_EQ(count(*database, "signatures"), 1) << "nobody refers to s:1 any more";
  EXPECT_EQ(count(*database, "hosts WHERE name = 'new'"), 1);
  EXPECT_EQ(count(*database, "hosts"), 1);
}

TEST_F(DatabaseTest, TheSameBugIsOneRowOfBugs) {
  const auto database = test::open(path);
  ASSERT_TRUE(database->record(item("/a"), "tool", 5, outcome("s:1", "x")));
  ASSERT_TRUE(database->record(item("/b"), "tool", 5, outcome("s:1", "y")));
  ASSERT_TRUE(database->record(item("/c"), "tool", 5, outcome("", "y")));
  EXPECT_EQ(count(*database, "bugs"), 1);
  EXPECT_EQ(database->connection().number("SELECT dumps FROM bugs"), 2);
  EXPECT_EQ(database->connection().number("SELECT hosts FROM bugs"), 2);
  EXPECT_EQ(database->connection().number("SELECT kernels FROM bugs"), 1);
}

TEST_F(DatabaseTest, KilledItLosesNothingThatWasRecorded) {
  const pid_t child = fork();
  if (child == 0) {
    auto database = Database::open(path);
    for (int i = 0; database && i < 10; ++i) {
      const std::string name = "/" + std::to_string(i);
      if (!(*database)->record(item(name), "tool", 5, outcome("s:1"))) _exit(1);
    }
    std::raise(SIGKILL);
  }
  int status = 0;
  waitpid(child, &status, 0);
  ASSERT_TRUE(WIFSIGNALED(status));
  const auto database = test::open(path);
  EXPECT_EQ(count(*database, "dumps"), 10);
  EXPECT_EQ(count(*database, "findings"), 10);
}

TEST_F(DatabaseTest, FinishedItIsOneFile) {
  {
    const auto database = test::open(path);
    ASSERT_TRUE(database->record(item("/a"), "tool", 5, outcome("s:1")));
    ASSERT_TRUE(database->finish());
  }
  EXPECT_FALSE(std::filesystem::exists(path + "-wal"));
  EXPECT_TRUE(read_summary(path));
}

TEST_F(DatabaseTest, OneAtATime) {
  const auto first = test::open(path);
  const auto second = Database::open(path);
  ASSERT_FALSE(second);
  EXPECT_THAT(second.error().message, HasSubstr("another scan"));
}

TEST_F(DatabaseTest, RefusesWhatIsNoneOfOurs) {
  folder.put("text", "This is no database at all, but a text of some length.");
  EXPECT_FALSE(Database::open(folder.path("text")));
  {
    Connection other(folder.path("other.db"), Connection::Mode::write);
    other.run("CREATE TABLE t (x)");
  }
  const auto other = Database::open(folder.path("other.db"));
  ASSERT_FALSE(other);
  EXPECT_THAT(other.error().message, HasSubstr("no database of kmortem scan"));
  EXPECT_FALSE(Database::open(folder.path("no/such/folder.db")));
  EXPECT_FALSE(read_summary(folder.path("missing.db")));
}

TEST_F(DatabaseTest, TheSummaryCountsAndSaysWhatFailed) {
  auto database = test::open(path);
  Outcome failed;
  failed.status = Status::timeout;
  failed.reason = "ended after 1.0 s";
  ASSERT_TRUE(database->record(item("/a"), "tool", 5, outcome("s:1")));
  ASSERT_TRUE(database->record(item("/b"), "tool", 5, failed));
  ASSERT_TRUE(database->finish());
  database.reset();
  const auto summary = read_summary(path);
  ASSERT_TRUE(summary);
  EXPECT_EQ(summary->dumps, 2);
  EXPECT_EQ(summary->with_findings, 1);
  const std::string text = summary_text(*summary);
  EXPECT_THAT(text, HasSubstr("2 dumps: 1 analysed, 1 timeout"));
  EXPECT_THAT(text, HasSubstr("s:1"));
  EXPECT_THAT(text, HasSubstr("timeout: ended after 1.0 s"));
  EXPECT_THAT(summary_json(*summary), HasSubstr("kmortem-scan-summary/1"));
}

}  // namespace
}  // namespace kmortem::scan
