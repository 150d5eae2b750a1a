// SPDX-License-Identifier: GPL-3.0-or-later
#include "crash_memory.h"

#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <map>
#include <vector>

namespace kmortem::crash {
namespace {

// What crash would say, page by page; the interface is C's and has no room for a context.
std::map<uint64_t, enum kmortem_read> answers;
std::vector<uint64_t> asked;
int interrupted = 0;

enum kmortem_read read_page(uint64_t physical, void* page) {
  asked.push_back(physical);
  // What a failed read leaves behind must not be taken for the page.
  memset(page, static_cast<int>(physical >> 12), 4096);
  const auto found = answers.find(physical);
  return found == answers.end() ? KMORTEM_READ : found->second;
}

class CrashMemoryTest : public ::testing::Test {
 protected:
  CrashMemoryTest() {
    answers.clear();
    asked.clear();
    interrupted = 0;
    session_.ranges = ranges_.data();
    session_.range_count = ranges_.size();
    session_.read_page = read_page;
    session_.pause = [](unsigned) {};
    session_.interrupted = [] { return interrupted; };
  }

  std::array<kmortem_range, 2> ranges_ = {{{0x100000, 0x200000}, {0, 0x9f000}}};
  kmortem_session session_ = {};
};

TEST_F(CrashMemoryTest, AReadOverPages) {
  CrashMemory memory(session_);
  std::array<std::byte, 16> bytes = {};
  ASSERT_TRUE(memory.read(0x5ff8, bytes));
  EXPECT_EQ(bytes[7], std::byte{5});
  EXPECT_EQ(bytes[8], std::byte{6});
  EXPECT_EQ(asked, (std::vector<uint64_t>{0x5000, 0x6000}));
}

TEST_F(CrashMemoryTest, APageIsAskedForOnce) {
  CrashMemory memory(session_);
  std::array<std::byte, 8> bytes = {};
  ASSERT_TRUE(memory.read(0x5000, bytes));
  ASSERT_TRUE(memory.read(0x5100, bytes));
  EXPECT_EQ(asked.size(), 1U);
}

TEST_F(CrashMemoryTest, WhyAPageIsMissing) {
  answers[0x6000] = KMORTEM_EXCLUDED;
  answers[0x8000] = KMORTEM_UNREADABLE;
  CrashMemory memory(session_);
  std::array<std::byte, 16> bytes = {};
  const auto excluded = memory.read(0x5ff8, bytes);
  ASSERT_FALSE(excluded);
  EXPECT_EQ(excluded.error().kind, ReadError::Kind::excluded);
  EXPECT_EQ(excluded.error().address, 0x6000U);
  const auto corrupt = memory.read(0x8010, bytes);
  ASSERT_FALSE(corrupt);
  EXPECT_EQ(corrupt.error().kind, ReadError::Kind::corrupt);
  EXPECT_EQ(corrupt.error().address, 0x8010U);
}

TEST_F(CrashMemoryTest, AMissingPageStaysMissing) {
  answers[0x6000] = KMORTEM_EXCLUDED;
  CrashMemory memory(session_);
  std::array<std::byte, 8> bytes = {};
  EXPECT_FALSE(memory.read(0x6000, bytes));
  EXPECT_FALSE(memory.read(0x6000, bytes));
}

TEST_F(CrashMemoryTest, AnInterruptIsThrownBeforeTheNextPage) {
  CrashMemory memory(session_);
  std::array<std::byte, 8> bytes = {};
  ASSERT_TRUE(memory.read(0x5000, bytes));
  interrupted = 1;
  EXPECT_THROW(static_cast<void>(memory.read(0x7000, bytes)), Interrupted);
  EXPECT_EQ(asked.size(), 1U);
  interrupted = 0;
  ASSERT_TRUE(memory.read(0x7000, bytes));
  EXPECT_EQ(bytes[0], std::byte{7});
}

TEST_F(CrashMemoryTest, RangesAscendAndThereIsNoSecondView) {
  CrashMemory memory(session_);
  const auto ranges = memory.ranges();
  ASSERT_EQ(ranges.size(), 2U);
  EXPECT_EQ(ranges[0].begin, 0U);
  EXPECT_EQ(ranges[1].end, 0x200000U);
  EXPECT_EQ(memory.clone(), nullptr);
}

}  // namespace
}  // namespace kmortem::crash
