// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/stack_text.h"

#include <gtest/gtest.h>

#include "reports.h"

namespace kmortem::report {
namespace {

using testing::frame;

TEST(StackText, OutermostFirstWithBoundaries) {
  model::Stack stack = {frame("callback", 0xc, "lk", model::Context::softirq),
                        frame("handle_softirqs", 0xcb, "", model::Context::softirq),
                        frame("irq_exit_rcu", 0x93, "", model::Context::hardirq),
                        frame("do_idle", 0xb3)};
  stack[0].note = "takes it";
  stack[1].file = "kernel/softirq.c";
  stack[1].line = 571;
  EXPECT_EQ(stack_text(stack, 2, Style(false)),
            "    do_idle+0xb3\n"
            "  ── interrupt ──\n"
            "    irq_exit_rcu+0x93\n"
            "  ── softirq ──\n"
            "    handle_softirqs+0xcb   kernel/softirq.c:571\n"
            "    callback+0xc           [lk]                   takes it\n");
}

TEST(StackText, FramesWithoutSymbolAndInlinedOnes) {
  model::Frame unknown;
  unknown.pc = 0xffffffffc01a1071;
  EXPECT_EQ(frame_text(unknown), "0xffffffffc01a1071");
  model::Frame inlined = frame("f", 0);
  inlined.inlined = true;
  EXPECT_EQ(frame_text(inlined), "f (inlined)");
}

TEST(StackText, OneLongNameDoesNotPushTheOthersAway) {
  const model::Stack stack = {frame("f", 1, "m"), frame(std::string(200, 'x'), 1, "m")};
  const std::string text = stack_text(stack, 0, Style(false));
  EXPECT_NE(text.find("\n  f+0x1" + std::string(48 - 5 + 3, ' ') + "[m]"), std::string::npos)
      << text;
}

TEST(StackText, EmptyStackIsEmpty) {
  EXPECT_EQ(stack_text({}, 2, Style(false)), "");
}

}  // namespace
}  // namespace kmortem::report
