// SPDX-License-Identifier: GPL-3.0-or-later
#include "splats/lock_text.h"

#include <gtest/gtest.h>

namespace kmortem::splats {
namespace {

model::SplatLock lock_of(std::string_view text) {
  const auto lock = take_lock(text);
  EXPECT_TRUE(lock) << text;
  return lock.value_or(model::SplatLock());
}

TEST(LockText, ReadsEveryPart) {
  const model::SplatLock lock =
      lock_of("ffff888004a31068 (&dev->beta#2/1){+.?.}-{2:2}, at: take_beta+0x21/0x90 [lab]");
  EXPECT_EQ(lock.name, "&dev->beta#2/1");
  EXPECT_EQ(lock.address, 0xffff888004a31068U);
  EXPECT_EQ(lock.usage, "+.?.");
  EXPECT_EQ(lock.wait, "2:2");
  EXPECT_EQ(lock.at.function, "take_beta");
  EXPECT_EQ(lock.at.offset, 0x21U);
  EXPECT_EQ(lock.at.function_size, 0x90U);
  EXPECT_EQ(lock.at.module, "lab");
}

TEST(LockText, ReadsOlderForms) {
  EXPECT_EQ(lock_of("(M2){+.+...}, at: [<ffffffffa012f054>] f+0x54/0x70 [aaa]").at.pc,
            0xffffffffa012f054U);
  EXPECT_EQ(lock_of("[ffffffc0013a6b18] (a){+.+...}").address, 0xffffffc0013a6b18U);
  EXPECT_EQ(lock_of("00000000abcdef12 (a){+.+.}").address, 0xabcdef12U);
  EXPECT_EQ(lock_of("(a){--..}").usage, "--..");
}

TEST(LockText, NamesMayHoldParenthesesAndBraces) {
  EXPECT_EQ(lock_of("((wq_completion)md_misc){+.+.}").name, "(wq_completion)md_misc");
  EXPECT_EQ(lock_of("(&(&h->lock)->rlock#2){-.-...}").name, "&(&h->lock)->rlock#2");
  EXPECT_EQ(lock_of("((work_completion)(&m->del_work)){+.+.}").name,
            "(work_completion)(&m->del_work)");
  EXPECT_EQ(lock_of("(x){odd){....}").name, "x){odd");
}

TEST(LockText, ReadsWhatIsLeftOfACutLine) {
  const model::SplatLock lock = lock_of("ffff888004a31068 (&x->lock){+.");
  EXPECT_EQ(lock.name, "&x->lock");
  EXPECT_EQ(lock.usage, "+.");
}

TEST(LockText, TakesOneAfterTheOther) {
  std::string_view text = "(a){-...}-{2:2} -> (b){+.+.}-{2:2}";
  EXPECT_EQ(take_lock(text)->name, "a");
  EXPECT_EQ(take_lock(text)->name, "b");
  EXPECT_FALSE(take_lock(text));
}

TEST(LockText, OtherParenthesesAreNoLocks) {
  for (std::string_view text : {"f() returned {0}", "(nothing)", "hardirqs last enabled at (12): x",
                                "Stack: (0xc0 to 0xc1)", "(x){not usage}", ""}) {
    EXPECT_FALSE(take_lock(text)) << text;
  }
}

TEST(LockText, ScenarioLinesAndChains) {
  EXPECT_EQ(scenario_lock("  lock((wq_completion)md);"), "(wq_completion)md");
  EXPECT_EQ(scenario_lock("  rlock(&x->lock);"), "&x->lock");
  EXPECT_EQ(scenario_lock("  sync(x);"), "x");
  EXPECT_FALSE(scenario_lock("  local_irq_disable();"));
  EXPECT_EQ(arrow_names(" a --> &b->c --> (d)e"), (std::vector<std::string>{"a", "&b->c", "(d)e"}));
  EXPECT_TRUE(arrow_names("a -> b").empty());
}

}  // namespace
}  // namespace kmortem::splats
