// SPDX-License-Identifier: GPL-3.0-or-later
#include "splats/frame_text.h"

#include <gtest/gtest.h>

#include "splats/logs.h"

namespace kmortem::splats {
namespace {

using Names = std::vector<std::string>;

Names names_in(std::string_view line) {
  return testing::functions(stack_line(line));
}

TEST(FrameText, ReadsEveryArchitecturesForm) {
  EXPECT_EQ(names_in(" dump_stack_lvl+0x56/0x73"), Names{"dump_stack_lvl"});
  EXPECT_EQ(names_in(" [<ffffffff81c01b4c>] dump_stack+0x80/0xb4"), Names{"dump_stack"});
  EXPECT_EQ(names_in("[<c0018cf4>] (f+0x0/0x14) from [<c00471b4>] (g+0x11c/0x154)"),
            (Names{"f", "g"}));
  EXPECT_EQ(names_in(" unwind_backtrace from show_stack+0x10/0x14"),
            (Names{"unwind_backtrace", "show_stack"}));
  EXPECT_EQ(names_in("([<000001cbdd2e7eea>] f+0xa2/0xe8)"), Names{"f"});
  EXPECT_EQ(names_in("[c00000000fe0fb60] [c0000000001a2b3c] .f+0x1c/0x40 (unreliable)"),
            Names{".f"});
  EXPECT_EQ(names_in("Call Trace: [<00408d62>] f+0x10/0x16"), Names{"f"});
  EXPECT_EQ(names_in("... [<ffffffc00010b834>] f+0x180/0x770"), Names{"f"});
  EXPECT_EQ(names_in("PC is at f+0x2a8/0x3c8"), Names{"f"});
  EXPECT_EQ(names_in("pc : f+0x2a8/0x3c8 [mod]"), Names{"f"});
  EXPECT_EQ(names_in("EIP is at f+0x32/0x40"), Names{"f"});
}

TEST(FrameText, ReadsOffsetsModulesAndMarks) {
  const model::Stack maybe = stack_line(" ? f.cold+0x1f/0x2e [snd_hda 5ab1]");
  ASSERT_EQ(maybe.size(), 1U);
  EXPECT_EQ(maybe[0].function, "f.cold");
  EXPECT_EQ(maybe[0].offset, 0x1fU);
  EXPECT_EQ(maybe[0].function_size, 0x2eU);
  EXPECT_EQ(maybe[0].module, "snd_hda");
  EXPECT_EQ(maybe[0].found_by, model::FoundBy::scan);
  const model::Stack stood =
      stack_line("RIP: 0010:[<ffffffff811005ce>]  [<ffffffff811005ce>] f+0x1/0x2");
  ASSERT_EQ(stood.size(), 1U);
  EXPECT_TRUE(stood[0].interrupted);
  EXPECT_EQ(stood[0].pc, 0xffffffff811005ceU);
  const model::Stack user = stack_line("[<00007fd6d37761ea>] 0x7fd6d37761ea");
  ASSERT_EQ(user.size(), 1U);
  EXPECT_EQ(user[0].pc, 0x7fd6d37761eaU);
}

TEST(FrameText, OtherLinesAreNoFrames) {
  for (const char* line : {"RIP: 0033:0x7fda32415f82", "Code: 0f 0b 48", "RAX: 00 RBX: 01", "",
                           "#0: ffff (x){+.+.}, at: f+0x1/0x2", "free+0x", "f+0x12", "f+0x1/0xg",
                           "hardirqs last enabled at (12): [<ffffffff81000000>] f+0x1/0x2"}) {
    EXPECT_TRUE(stack_line(line).empty()) << line;
  }
}

TEST(FrameText, KnowsTheCompanyOfStacks) {
  for (const char* line : {"Call Trace:", "Modules linked in: a b", "RSP: 0018:ffff", "...",
                           "x29: ffffffc07bf4fdd0 x28: ffffff80090d3000", "r5:00000000 r4:00000001",
                           "bb40: ffffffc072b01080 0000000000000001", " <IRQ>"}) {
    EXPECT_TRUE(is_stack_company(line)) << line;
  }
  for (const char* line : {"usb 1-1: new device", "WARNING: x", "audit: type=1400"}) {
    EXPECT_FALSE(is_stack_company(line)) << line;
  }
  EXPECT_TRUE(is_broken_frame(" ? checkp"));
  EXPECT_FALSE(is_broken_frame(" ? check+0x1/0x2"));
}

}  // namespace
}  // namespace kmortem::splats
