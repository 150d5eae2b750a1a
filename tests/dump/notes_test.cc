// SPDX-License-Identifier: GPL-3.0-or-later
#include "dump/notes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "dump/container.h"
#include "dump/fake_machine.h"
#include "dump/registers.h"

namespace kmortem::dump {
namespace {

using test::Bytes;
using test::FakeMachine;
using test::make_note;

std::vector<std::string> names(std::span<const std::byte> bytes) {
  std::vector<std::string> names;
  for_each_note(bytes, [&](const Note& note) { names.emplace_back(note.name); });
  return names;
}

TEST(NotesTest, VisitsEachNoteAndPassesOverEmptyOnes) {
  Bytes bytes;
  const char text[] = "abcde";
  bytes.append_bytes(make_note("ONE", 1, std::as_bytes(std::span(text))));
  bytes.append_bytes(std::vector<std::byte>(12));
  bytes.append_bytes(make_note("THREE", 2, {}));
  EXPECT_THAT(names(bytes.data()), testing::ElementsAre("ONE", "THREE"));
}

TEST(NotesTest, EveryTruncationIsHarmless) {
  const auto notes = FakeMachine().notes(true, true);
  for (size_t size = 0; size < notes.size(); ++size) {
    // A copy of its own, so that a read beyond the end is seen.
    const std::vector<std::byte> cut(notes.begin(), notes.begin() + static_cast<ptrdiff_t>(size));
    EXPECT_LE(names(cut).size(), 3u);
    (void)registers_from_notes(cut);
  }
}

TEST(NotesTest, HugeSizesEndTheWalk) {
  Bytes bytes;
  bytes.append(uint32_t{0xfffffffe});
  bytes.append(uint32_t{0xffffffff});
  bytes.append(uint32_t{1});
  bytes.append(uint64_t{0});
  EXPECT_TRUE(names(bytes.data()).empty());
}

TEST(RegistersTest, JoinsPrstatusAndQemusNote) {
  const auto cpus = registers_from_notes(FakeMachine(5).notes(true, true));
  ASSERT_EQ(cpus.size(), 1u);
  EXPECT_EQ(cpus[0].cpu, 0);
  EXPECT_EQ(cpus[0].pid, 77);
  EXPECT_EQ(cpus[0].rip, FakeMachine::kImageVirtual + 0x123);
  EXPECT_EQ(cpus[0].rsp, FakeMachine::kImageVirtual + 0x3eb8);
  EXPECT_TRUE(cpus[0].paging());
  EXPECT_TRUE(cpus[0].five_levels());
  EXPECT_EQ(cpus[0].gdt_base, FakeMachine::kImageVirtual + 0x2000);
  EXPECT_EQ(cpus[0].idt_base, FakeMachine::kImageVirtual + 0x3000);
}

TEST(RegistersTest, WithoutQemuThereIsNoControlState) {
  const auto cpus = registers_from_notes(FakeMachine().notes(false, false));
  ASSERT_EQ(cpus.size(), 1u);
  EXPECT_TRUE(cpus[0].has_general);
  EXPECT_FALSE(cpus[0].has_control);
  EXPECT_FALSE(cpus[0].paging());
}

TEST(NotesTest, FindsTheVmcoreinfoNote) {
  EXPECT_EQ(vmcoreinfo_note(FakeMachine().notes(true, true)), FakeMachine().vmcoreinfo());
  EXPECT_EQ(vmcoreinfo_note(FakeMachine().notes(true, false)), "");
}

}  // namespace
}  // namespace kmortem::dump
