// SPDX-License-Identifier: GPL-3.0-or-later
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>

#include "dump/archives.h"
#include "dump/containers.h"
#include "dump/dump_file.h"
#include "dump/fake_machine.h"
#include "dump/temp_file.h"

namespace kmortem::dump {
namespace {

using test::FakeMachine;
using test::KdumpOptions;
using test::TempFile;
using testing::HasSubstr;

class SplitTest : public testing::Test {
 protected:
  std::vector<std::byte> part(uint64_t begin, uint64_t end, int64_t timestamp = 0) {
    KdumpOptions options;
    options.notes = machine_.notes(true, true);
    options.excluded = {0x5000, 0x601000};
    options.split = {begin, end};
    options.timestamp = timestamp;
    return test::make_kdump(machine_.memory, options);
  }

  FakeMachine machine_;
  uint64_t frames_ = FakeMachine::kRam / kPageSize;
  TempFile first_{part(0, 700)};
  TempFile second_{part(700, 1500)};
  TempFile third_{part(1500, frames_)};
};

std::string error_of(const std::vector<std::string>& paths) {
  auto dump = DumpFile::open(paths);
  EXPECT_FALSE(dump);
  return dump ? "" : dump.error().message;
}

TEST_F(SplitTest, PartsInAnyOrderAreOneDump) {
  std::vector<std::string> paths = {first_.path(), second_.path(), third_.path()};
  std::ranges::sort(paths);
  do {
    auto dump = DumpFile::open(paths);
    ASSERT_TRUE(dump) << dump.error().message;
    const model::DumpInfo& info = (*dump)->info();
    EXPECT_EQ(info.release, "6.1.0-test");
    EXPECT_EQ(info.parts.size(), 3u);
    EXPECT_EQ(info.excluded_pages, 2u);
    EXPECT_EQ(info.missing_pages, 0u);
    EXPECT_FALSE(info.truncated);
    EXPECT_TRUE(info.problems.empty());
    EXPECT_EQ(info.present_bytes, FakeMachine::kRam - 2 * kPageSize);
    auto clone = (*dump)->clone();
    ASSERT_NE(clone, nullptr);
    std::vector<std::byte> page(kPageSize);
    for (const auto& [address, bytes] : machine_.memory.pages) {
      const auto done = clone->read_physical(address, page);
      if (address == 0x5000 || address == 0x601000) {
        ASSERT_EQ(done.error().kind, ReadError::Kind::excluded);
        continue;
      }
      ASSERT_TRUE(done) << address;
      ASSERT_EQ(memcmp(page.data(), bytes.data(), kPageSize), 0) << address;
    }
    // In one piece over the border between two parts.
    std::vector<std::byte> both(4 * kPageSize);
    ASSERT_TRUE((*dump)->read_physical(698 * kPageSize, both));
    EXPECT_EQ(memcmp(&both[2 * kPageSize], machine_.memory.pages.at(700 * kPageSize).data(), 4096),
              0);
  } while (std::ranges::next_permutation(paths).found);
}

TEST_F(SplitTest, AMissingPartCostsItsPagesAndIsSaidOnce) {
  auto dump = DumpFile::open(std::vector{third_.path(), first_.path()});
  ASSERT_TRUE(dump) << dump.error().message;
  const model::DumpInfo& info = (*dump)->info();
  EXPECT_EQ(info.missing_pages, 800u);
  EXPECT_TRUE(info.truncated);
  EXPECT_EQ(info.excluded_pages, 2u);
  ASSERT_EQ(info.problems.size(), 1u);
  EXPECT_THAT(info.problems[0].reason, HasSubstr("0x2bc000-0x5dbfff was not given"));
  EXPECT_THAT(info.problems[0].consequence, HasSubstr("800 pages"));
  std::vector<std::byte> page(kPageSize);
  EXPECT_TRUE((*dump)->read_physical(699 * kPageSize, page));
  EXPECT_TRUE((*dump)->read_physical(1500 * kPageSize, page));
  EXPECT_EQ((*dump)->read_physical(700 * kPageSize, page).error().kind, ReadError::Kind::truncated);
  EXPECT_EQ((*dump)->read_physical(FakeMachine::kRam, page).error().kind,
            ReadError::Kind::excluded);
}

TEST_F(SplitTest, EachPartMayComeInItsOwnWrapping) {
  const TempFile flattened(test::flatten(part(700, 1500), 10'007));
  const TempFile packed(test::pack("zstd", part(1500, frames_)));
  auto dump = DumpFile::open(std::vector{packed.path(), first_.path(), flattened.path()});
  ASSERT_TRUE(dump) << dump.error().message;
  EXPECT_EQ((*dump)->info().missing_pages, 0u);
  EXPECT_EQ((*dump)->info().present_bytes, FakeMachine::kRam - 2 * kPageSize);
}

TEST_F(SplitTest, PartsWithoutPagesDoNoHarm) {
  // makedumpfile writes them when it splits what was filtered before.
  const TempFile empty(part(frames_, frames_));
  const TempFile all(part(0, frames_));
  auto dump = DumpFile::open(std::vector{empty.path(), all.path(), empty.path()});
  ASSERT_TRUE(dump) << dump.error().message;
  EXPECT_EQ((*dump)->info().missing_pages, 0u);
}

TEST_F(SplitTest, RefusesWhatDoesNotBelongTogether) {
  const TempFile other(part(700, 1500, 1'700'000'000));
  const TempFile plain(test::make_elf(machine_.memory, {.notes = machine_.notes(true, true)}));
  EXPECT_THAT(error_of({first_.path(), other.path()}), HasSubstr("a part of another dump"));
  EXPECT_THAT(error_of({first_.path(), plain.path()}), HasSubstr("not a part of a split dump"));
  EXPECT_THAT(error_of({plain.path(), plain.path()}), HasSubstr("one dump at a time"));
  EXPECT_THAT(error_of({second_.path(), second_.path()}), HasSubstr("given twice"));
  EXPECT_THAT(error_of({}), HasSubstr("no dump"));
}

}  // namespace
}  // namespace kmortem::dump
