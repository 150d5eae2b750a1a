// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/problems.h"

#include <gtest/gtest.h>

namespace kmortem::model {
namespace {

TEST(Problems, AlikeOnesAreCountedNotRepeated) {
  Problems problems;
  for (uint64_t i = 0; i < 1000; ++i) {
    problems.add({.structure = "task_struct",
                  .address = 0xffff888000000000 + i * 4096,
                  .reason = "page excluded from the dump",
                  .consequence = "the task is not listed"});
  }
  ASSERT_EQ(problems.all().size(), 1u);
  EXPECT_EQ(problems.all()[0].count, 1000u);
  EXPECT_EQ(problems.all()[0].address, 0xffff888000000000);
}

TEST(Problems, DifferentConsequencesStayApart) {
  Problems problems;
  problems.add({.structure = "task_struct", .reason = "not mapped", .consequence = "a"});
  problems.add({.structure = "task_struct", .reason = "not mapped", .consequence = "b"});
  EXPECT_EQ(problems.all().size(), 2u);
}

}  // namespace
}  // namespace kmortem::model
