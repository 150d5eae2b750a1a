// SPDX-License-Identifier: GPL-3.0-or-later
#include "scan/cover_names.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "scan/folder.h"

namespace kmortem::scan {
namespace {

TEST(CoverNamesTest, WhoeverHasTheKeyCallsThemTheSame) {
  const test::Folder folder;
  const auto first = CoverNames::open(folder.path("private"));
  const auto second = CoverNames::open(folder.path("private"));
  ASSERT_TRUE(first && second);
  EXPECT_EQ(first->of_host("db1"), second->of_host("db1"));
  EXPECT_NE(first->of_host("db1"), first->of_host("db2"));
  EXPECT_NE(first->of_host("db1").substr(5), first->of_dump("db1").substr(5));
  EXPECT_THAT(first->of_dump("/var/crash/vmcore"), testing::MatchesRegex("dump-[0-9a-f]{16}"));
}

TEST(CoverNamesTest, AnotherKeyGivesOtherNames) {
  const test::Folder folder;
  const auto one = CoverNames::open(folder.path("a"));
  const auto other = CoverNames::open(folder.path("b"));
  ASSERT_TRUE(one && other);
  EXPECT_NE(one->of_host("db1"), other->of_host("db1"));
}

TEST(CoverNamesTest, TheKeyIsForItsOwnerAlone) {
  const test::Folder folder;
  ASSERT_TRUE(CoverNames::open(folder.path("private")));
  struct stat status = {};
  ASSERT_EQ(stat(folder.path("private").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0700U);
  ASSERT_EQ(stat(folder.path("private/key").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
  EXPECT_EQ(status.st_size, 32);
  size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder.path("private"))) {
    files += entry.is_regular_file() ? 1 : 0;
  }
  EXPECT_EQ(files, 1U) << "nothing is left behind";
}

// As Python's hashlib has it, with a key of 32 bytes "k":
// blake2b(b"host db1", key=b"k" * 32, digest_size=8).
TEST(CoverNamesTest, TheNamesAreKeyedBlake2b) {
  const test::Folder folder;
  folder.put("private/key", std::string(32, 'k'));
  const auto names = CoverNames::open(folder.path("private"));
  ASSERT_TRUE(names);
  EXPECT_EQ(names->of_host("db1"), "host-18d1485241f3bf9f");
}

TEST(CoverNamesTest, ADamagedKeyIsNoKey) {
  const test::Folder folder;
  folder.put("private/key", "short");
  EXPECT_FALSE(CoverNames::open(folder.path("private")));
}

}  // namespace
}  // namespace kmortem::scan
