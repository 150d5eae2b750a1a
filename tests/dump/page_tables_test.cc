// SPDX-License-Identifier: GPL-3.0-or-later
#include "dump/page_tables.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "dump/fake_physical.h"

namespace kmortem::dump {
namespace {

using test::FakePhysical;
using test::TableBuilder;

constexpr uint64_t kRoot = 0x10000;

struct Mapped {
  uint64_t address;
  uint64_t physical;
  uint64_t length;
  bool operator==(const Mapped&) const = default;
};

std::vector<Mapped> runs_in(FakePhysical& memory, const PageTables& tables, uint64_t begin,
                            uint64_t end, uint64_t* unreadable = nullptr) {
  std::vector<Mapped> runs;
  const uint64_t bad = tables.for_each_mapping(
      memory, begin, end, [&](uint64_t address, uint64_t physical, uint64_t length) {
        runs.push_back({address, physical, length});
      });
  if (unreadable != nullptr) *unreadable = bad;
  return runs;
}

class PageTablesTest : public testing::TestWithParam<int> {
 protected:
  PageTablesTest() { memory_.put(kRoot, FakePhysical::Page{}); }

  FakePhysical memory_;
  TableBuilder builder_{memory_, kRoot, GetParam(), 0x20000};
  PageTables tables_{kRoot, GetParam()};
};

INSTANTIATE_TEST_SUITE_P(Levels, PageTablesTest, testing::Values(4, 5));

TEST_P(PageTablesTest, TranslatesAllPageSizes) {
  builder_.map(0xffffc90000001000, 0x7000, 1);
  builder_.map(0xffff888000400000, 0x40000000, 2);
  builder_.map(0xffff888040000000, 0x180000000, 3);

  const auto small = tables_.translate(memory_, 0xffffc90000001123);
  ASSERT_TRUE(small);
  EXPECT_EQ(small->physical, 0x7123u);
  EXPECT_EQ(small->remaining, 0x1000u - 0x123);
  const auto large = tables_.translate(memory_, 0xffff8880004abcde);
  ASSERT_TRUE(large);
  EXPECT_EQ(large->physical, 0x400abcdeu);
  EXPECT_EQ(large->remaining, 0x200000u - 0xabcde);
  const auto huge = tables_.translate(memory_, 0xffff88804abcdef0);
  ASSERT_TRUE(huge);
  EXPECT_EQ(huge->physical, 0x18abcdef0u);
  EXPECT_EQ(huge->page_size, 0x40000000u);
}

TEST_P(PageTablesTest, SaysWhyNot) {
  builder_.map(0xffffc90000001000, 0x7000, 1);
  const auto absent = tables_.translate(memory_, 0xffffc90000002008);
  ASSERT_FALSE(absent);
  EXPECT_EQ(absent.error().kind, ReadError::Kind::unmapped);
  EXPECT_EQ(absent.error().address, 0xffffc90000002008);
  EXPECT_EQ(tables_.translate(memory_, 0x400000).error().kind, ReadError::Kind::invalid);
  EXPECT_EQ(tables_.translate(memory_, 0x8000000000000000).error().kind, ReadError::Kind::invalid);
}

TEST_P(PageTablesTest, ATableThatIsNotInTheDumpIsNotAnUnmappedPage) {
  builder_.map(0xffffc90000001000, 0x7000, 1);
  memory_.pages.erase(builder_.next_table - kPageSize);
  EXPECT_EQ(tables_.translate(memory_, 0xffffc90000001000).error().kind, ReadError::Kind::excluded);
}

TEST_P(PageTablesTest, ALargePageBitAtTheTopIsDamage) {
  memory_.put(kRoot + 8 * 511, uint64_t{0x5000 | kEntryPresent | kEntryLarge});
  EXPECT_EQ(tables_.translate(memory_, 0xffffffff81000000).error().kind, ReadError::Kind::corrupt);
}

TEST_P(PageTablesTest, TheEncryptionBitIsNoAddress) {
  const uint64_t mask = uint64_t{1} << 47;
  builder_.map(0xffffc90000001000, 0x7000 | mask, 1);
  const PageTables tables(kRoot | mask, GetParam(), mask);
  EXPECT_EQ(tables.translate(memory_, 0xffffc90000001000)->physical, 0x7000u);
}

TEST_P(PageTablesTest, MergesNeighboursAndKeepsOrder) {
  for (uint64_t i = 0; i < 4; ++i)
    builder_.map(0xffffc90000000000 + i * 0x1000, 0x8000 + i * 0x1000);
  builder_.map(0xffffc90000004000, 0x20000000);
  builder_.map(0xffff888000000000, 0x0, 2);
  builder_.map(0xffff888000200000, 0x200000, 2);
  uint64_t unreadable = 99;
  const auto runs = runs_in(memory_, tables_, 0, UINT64_MAX, &unreadable);
  EXPECT_THAT(runs, testing::ElementsAre(Mapped{0xffff888000000000, 0, 0x400000},
                                         Mapped{0xffffc90000000000, 0x8000, 0x4000},
                                         Mapped{0xffffc90000004000, 0x20000000, 0x1000}));
  EXPECT_EQ(unreadable, 0u);
}

TEST_P(PageTablesTest, ClipsRunsToTheRange) {
  builder_.map(0xffff888000200000, 0x600000, 2);
  builder_.map(0xffff888000600000, 0x900000, 2);
  EXPECT_THAT(runs_in(memory_, tables_, 0xffff888000201000, 0xffff888000203000),
              testing::ElementsAre(Mapped{0xffff888000201000, 0x601000, 0x2000}));
  EXPECT_TRUE(runs_in(memory_, tables_, 0xffff888000400000, 0xffff888000500000).empty());
  EXPECT_TRUE(runs_in(memory_, tables_, 0xffff888000203000, 0xffff888000203000).empty());
}

TEST_P(PageTablesTest, PassesOverTheLowerHalf) {
  builder_.map(0x400000, 0x9000);
  builder_.map(0xffffc90000000000, 0x8000);
  EXPECT_THAT(runs_in(memory_, tables_, 0, UINT64_MAX),
              testing::ElementsAre(Mapped{0xffffc90000000000, 0x8000, 0x1000}));
}

TEST_P(PageTablesTest, CountsMissingTablesAndGoesOn) {
  builder_.map(0xffff888000001000, 0x7000);
  memory_.pages.erase(builder_.next_table - kPageSize);
  builder_.map(0xffffc90000000000, 0x8000);
  uint64_t unreadable = 0;
  EXPECT_EQ(runs_in(memory_, tables_, 0, UINT64_MAX, &unreadable).size(), 1u);
  EXPECT_EQ(unreadable, 1u);
}

TEST_P(PageTablesTest, TablesThatPointAtThemselvesEnd) {
  for (uint64_t i = 0; i < kEntriesPerTable; ++i) memory_.put(kRoot + i * 8, kRoot | kEntryPresent);
  EXPECT_TRUE(runs_in(memory_, tables_, 0, UINT64_MAX).empty());
  EXPECT_LE(memory_.reads, 10u);
}

TEST(PageTablesWithoutRoot, TranslateNothing) {
  FakePhysical memory;
  PageTables tables;
  EXPECT_FALSE(tables.usable());
  EXPECT_EQ(tables.translate(memory, 0xffffffff81000000).error().kind, ReadError::Kind::invalid);
  EXPECT_EQ(tables.for_each_mapping(memory, 0, UINT64_MAX, [](auto, auto, auto) { FAIL(); }), 0u);
}

}  // namespace
}  // namespace kmortem::dump
