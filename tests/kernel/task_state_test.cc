// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernel/task_state.h"

#include <gtest/gtest.h>

#include <string_view>
#include <vector>

#include "support/fake_kernel.h"

namespace kmortem::kernel {
namespace {

constexpr uint64_t kTable = 0xffffffff81800000;

void put_table(test::FakeKernel& k, const std::vector<std::string_view>& texts) {
  k.symbols.add("task_state_array", kTable);
  k.types.variable("task_state_array", k.types.array(k.types.pointer(), texts.size()));
  for (size_t i = 0; i < texts.size(); ++i) {
    const uint64_t text = kTable + 0x1000 + i * 32;
    k.memory.put_u64(kTable + i * 8, text);
    k.memory.put_string(text, texts[i]);
  }
}

TEST(TaskState, ModernLetters) {
  test::FakeKernel k;
  const TaskStateLetters letters(k.target());
  EXPECT_EQ(letters.letter(0, 0), 'R');
  EXPECT_EQ(letters.letter(1, 0), 'S');
  EXPECT_EQ(letters.letter(2, 0), 'D');
  EXPECT_EQ(letters.letter(0x102, 0), 'D');   // killable
  EXPECT_EQ(letters.letter(0x402, 0), 'I');   // TASK_IDLE
  EXPECT_EQ(letters.letter(0x2402, 0), 'I');  // and freezable
  EXPECT_EQ(letters.letter(0x401, 0), 'S');
  EXPECT_EQ(letters.letter(4, 0), 'T');
  EXPECT_EQ(letters.letter(8, 0), 't');
  EXPECT_EQ(letters.letter(0x40, 0), 'P');
  EXPECT_EQ(letters.letter(0x80, 0x20), 'Z');
  EXPECT_EQ(letters.letter(0x80, 0x10), 'X');
  EXPECT_EQ(letters.letter(0x1000, 0), 'D');  // an rtlock waiter
  EXPECT_EQ(letters.letter(0x8000, 0), 'D');  // frozen
}

TEST(TaskState, TableOf310HasZombiesFirst) {
  test::FakeKernel k;
  put_table(k, {"R (running)", "S (sleeping)", "D (disk sleep)", "T (stopped)", "t (tracing stop)",
                "Z (zombie)", "X (dead)", "x (dead)", "K (wakekill)", "W (waking)", "P (parked)"});
  const TaskStateLetters letters(k.target());
  EXPECT_EQ(letters.letter(0x40, 0x10), 'Z');  // TASK_DEAD was 64
  EXPECT_EQ(letters.letter(0x40, 0x20), 'X');
  EXPECT_EQ(letters.letter(0x402, 0), 'D');  // no I then
}

TEST(TaskState, NonsenseInTheTableIsNotBelieved) {
  test::FakeKernel k;
  put_table(k, {"xyz", "S (sleeping)"});
  EXPECT_EQ(TaskStateLetters(k.target()).letter(2, 0), 'D');
}

}  // namespace
}  // namespace kmortem::kernel
