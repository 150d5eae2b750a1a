// SPDX-License-Identifier: GPL-3.0-or-later
#include "debuginfo/source_path.h"

#include <gtest/gtest.h>

namespace kmortem::debuginfo {
namespace {

TEST(SourcePath, Normal) {
  EXPECT_EQ(normal_path("./include/linux/list.h"), "include/linux/list.h");
  EXPECT_EQ(normal_path("kernel//sched/../softirq.c"), "kernel/softirq.c");
  EXPECT_EQ(normal_path("/build/./linux/"), "/build/linux");
  EXPECT_EQ(normal_path("../../outside.c"), "../../outside.c");
  EXPECT_EQ(normal_path(""), "");
  EXPECT_EQ(normal_path("/"), "");
}

TEST(SourcePath, Relative) {
  EXPECT_EQ(relative_to("/build/linux/kernel/softirq.c", "/build/linux/", ""), "kernel/softirq.c");
  EXPECT_EQ(relative_to("/build/out/include/generated/x.h", "/build/linux", "/build/out"),
            "include/generated/x.h");
  EXPECT_EQ(relative_to("/build/linux-rt/a.c", "/build/linux", ""), "/build/linux-rt/a.c");
  EXPECT_EQ(relative_to("./kernel/softirq.c", "", ""), "kernel/softirq.c");
  EXPECT_EQ(relative_to("/elsewhere/a.c", "", ""), "/elsewhere/a.c");
}

}  // namespace
}  // namespace kmortem::debuginfo
