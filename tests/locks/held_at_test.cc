// SPDX-License-Identifier: GPL-3.0-or-later
#include "locks/held_at.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <initializer_list>
#include <utility>

#include "kernel/symbolizer.h"
#include "locks/awaited_lock.h"
#include "locks/compiled_code.h"
#include "locks/stack_locks.h"

namespace kmortem::locks {
namespace {

using kernel::FrameRegisters;
using model::Grade;
using test::CompiledCode;
using test::FakeKernel;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

constexpr uint64_t kObject = 0xffff888003450000;
constexpr uint64_t kLock = kObject + 8;

class HeldAtTest : public ::testing::Test {
 protected:
  HeldAtTest() : code_(kernel_) {}

  using Values = std::initializer_list<std::pair<Register, uint64_t>>;

  static FrameRegisters registers(const Values& values) {
    FrameRegisters result;
    for (const auto& [which, value] : values) result.set(which, value);
    return result;
  }

  /// `offset` is that of the instruction behind a call.
  LocksAtPoint in(std::string_view function, uint64_t offset, const Values& values) {
    const kernel::Target target = kernel_.target();
    kernel::Symbolizer symbolizer(target, {});
    LockAnalyses analyses(target, symbolizer);
    return HeldAt(analyses, kernel_.memory)
        .at({code_.at(function, offset), false, registers(values), std::nullopt});
  }

  std::vector<PartyAt> awaited(const kernel::UnwoundStack& stack) {
    const kernel::Target target = kernel_.target();
    kernel::Symbolizer symbolizer(target, {});
    LockAnalyses analyses(target, symbolizer);
    HeldAt held_at(analyses, kernel_.memory);
    return awaited_locks(held_at, stack, std::nullopt);
  }

  static kernel::UnwoundFrame frame(uint64_t pc, const Values& values, bool interrupted = false) {
    kernel::UnwoundFrame result;
    result.registers = registers(values);
    result.registers.set(Register::rip, pc);
    result.interrupted = interrupted;
    return result;
  }

  FakeKernel kernel_;
  CompiledCode code_;
};

TEST_F(HeldAtTest, BetweenLockAndUnlock) {
  const auto point = in("paired", 0x1d, {{Register::rbx, kObject}, {Register::rbp, kLock}});
  ASSERT_THAT(point.held, SizeIs(1));
  EXPECT_EQ(point.held[0].address, kLock);
  EXPECT_EQ(point.held[0].type, model::LockType::raw_spinlock);
  EXPECT_EQ(point.held[0].grade, Grade::proven);
  EXPECT_EQ(point.held[0].site, code_.at("paired", 0x10));
  EXPECT_EQ(point.held[0].function, "_raw_spin_lock");
  EXPECT_THAT(point.held[0].evidence, HasSubstr("no unlock on any path to +0x1d"));
  EXPECT_EQ(point.function, "paired");
}

TEST_F(HeldAtTest, BeforeTheLockAndBehindTheUnlock) {
  const Values values = {{Register::rbx, kObject}, {Register::rbp, kLock}};
  EXPECT_THAT(in("paired", 0x15, values).held, IsEmpty());
  EXPECT_THAT(in("paired", 0x25, values).held, SizeIs(1));
  EXPECT_THAT(in("paired", 0x2a, values).held, IsEmpty());
}

TEST_F(HeldAtTest, AnAddressThatIsLost) {
  const auto point = in("paired", 0x1d, {});
  ASSERT_THAT(point.held, SizeIs(1));
  EXPECT_FALSE(point.held[0].address);
  EXPECT_EQ(point.held[0].grade, Grade::unknown);
}

TEST_F(HeldAtTest, AConditionThatIsTestedTwice) {
  const Values values = {{Register::rbx, kObject}, {Register::r12, kLock}};
  const auto held = in("sometimes", 0x21, values).held;
  ASSERT_THAT(held, SizeIs(1));
  EXPECT_EQ(held[0].address, kLock);
  EXPECT_EQ(held[0].grade, Grade::proven);
  EXPECT_THAT(in("sometimes", 0x50, values).held, IsEmpty());
}

TEST_F(HeldAtTest, AnUnlockOnOnePathIsUndecided) {
  const auto held = in("unsure", 0x22, {{Register::rbx, kLock}}).held;
  ASSERT_THAT(held, SizeIs(1));
  EXPECT_TRUE(held[0].maybe);
  EXPECT_EQ(held[0].grade, Grade::unknown);
  EXPECT_THAT(held[0].evidence, HasSubstr("unlocked on some paths"));
}

TEST_F(HeldAtTest, ATrialIsHeldWhereItSucceeded) {
  const Values values = {{Register::rbx, kObject}, {Register::rbp, kLock}};
  const auto held = in("tried", 0x21, values).held;
  ASSERT_THAT(held, SizeIs(1));
  EXPECT_EQ(held[0].address, kLock);
  EXPECT_EQ(held[0].grade, Grade::proven);
  EXPECT_THAT(in("tried", 0x3d, values).held, IsEmpty());
}

TEST_F(HeldAtTest, ATrialIsHeldWhereItsResultSaysSo) {
  const kernel::Target target = kernel_.target();
  kernel::Symbolizer symbolizer(target, {});
  LockAnalyses analyses(target, symbolizer);
  HeldAt held_at(analyses, kernel_.memory);
  // Interrupted right behind the call, before the code looks at what it returned.
  const auto after = [&](const Values& values) {
    return held_at.at({code_.at("tried", 0x15), true, registers(values), std::nullopt}).held;
  };
  const auto got = after({{Register::rax, 1}, {Register::rbp, kLock}});
  ASSERT_THAT(got, SizeIs(1));
  EXPECT_EQ(got[0].address, kLock);
  EXPECT_EQ(got[0].grade, Grade::proven);
  EXPECT_THAT(after({{Register::rax, 0}, {Register::rbp, kLock}}), IsEmpty());
  const auto unknown = after({{Register::rbp, kLock}});
  ASSERT_THAT(unknown, SizeIs(1));
  EXPECT_TRUE(unknown[0].maybe);
}

TEST_F(HeldAtTest, AnUnlockInLine) {
  const Values values = {{Register::rbx, kObject}};
  const auto held = in("inlined_unlock", 0x15, values).held;
  ASSERT_THAT(held, SizeIs(1));
  EXPECT_EQ(held[0].address, kLock);
  EXPECT_THAT(in("inlined_unlock", 0x1e, values).held, IsEmpty());
}

TEST_F(HeldAtTest, AStaticLockNeedsNoRegister) {
  const auto held = in("statics", 0x15, {}).held;
  ASSERT_THAT(held, SizeIs(1));
  EXPECT_EQ(held[0].address, test::kTableLock);
  EXPECT_EQ(held[0].grade, Grade::proven);
  EXPECT_THAT(in("statics", 0x26, {}).held, IsEmpty());
}

TEST_F(HeldAtTest, ACalledFunctionThatMayUnlock) {
  code_.redirect("work", code_.at("give_up"));
  const Values values = {{Register::rbx, kObject}, {Register::rbp, kLock}};
  const auto held = in("paired", 0x25, values).held;
  ASSERT_THAT(held, SizeIs(1));
  EXPECT_TRUE(held[0].maybe);
  EXPECT_EQ(in("paired", 0x1d, values).held[0].grade, Grade::proven) << "it is still in there";
}

TEST_F(HeldAtTest, ACalledFunctionThatIsTooLargeToKnow) {
  // jmp _raw_spin_unlock at its beginning, and much behind it.
  code_.add("work", 0x2000, {0xe9, 0xfb, 0xe0, 0xff, 0xff}, 2000);
  code_.redirect("work", test::kText + 0x2000);
  const Values values = {{Register::rbx, kObject}, {Register::rbp, kLock}};
  const auto held = in("paired", 0x25, values).held;
  ASSERT_THAT(held, SizeIs(1));
  EXPECT_EQ(held[0].address, kLock);
  EXPECT_EQ(held[0].grade, Grade::inferred);
  EXPECT_THAT(held[0].evidence, HasSubstr("unless work(), called at +0x18 released it"));
}

TEST_F(HeldAtTest, ALargeFunctionThatDoesNotLockIsNoDoubt) {
  code_.add("work", 0x2000, {0xc3}, 2000);
  code_.redirect("work", test::kText + 0x2000);
  const auto held = in("paired", 0x25, {{Register::rbx, kObject}, {Register::rbp, kLock}}).held;
  ASSERT_THAT(held, SizeIs(1));
  EXPECT_EQ(held[0].grade, Grade::proven);
}

TEST_F(HeldAtTest, AStaticLockThatNobodyGetsIsNoDoubt) {
  code_.add("check", 0x2000, {0xe9, 0xfb, 0xe0, 0xff, 0xff}, 2000);
  code_.redirect("check", test::kText + 0x2000);
  const auto held = in("statics", 0x21, {}).held;
  ASSERT_THAT(held, SizeIs(1));
  EXPECT_EQ(held[0].grade, Grade::proven);
}

TEST_F(HeldAtTest, WhatLiesOutsideOfEveryFunction) {
  const auto point = in("give_up", 0x4000, {});
  EXPECT_THAT(point.held, IsEmpty());
  EXPECT_FALSE(point.undecided.empty());
}

TEST_F(HeldAtTest, ASpinnersLockByItsRegisterAndItsCaller) {
  kernel::UnwoundStack stack;
  stack.cpu = 1;
  stack.frames = {
      frame(code_.at("native_queued_spin_lock_slowpath", 2), {{Register::rdi, kLock}}, true),
      frame(code_.at("_raw_spin_lock", 9), {{Register::rbx, kLock}}),
      frame(code_.at("paired", 0x15), {{Register::rbx, kObject}, {Register::rbp, kLock}})};
  const auto found = awaited(stack);
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_EQ(found[0].lock, kLock);
  EXPECT_TRUE(found[0].waits);
  EXPECT_EQ(found[0].party.grade, Grade::proven);
  EXPECT_EQ(found[0].party.frame, 2);
}

TEST_F(HeldAtTest, OneValueHandedOnIsOneWitness) {
  kernel::UnwoundStack stack;
  stack.frames = {
      frame(code_.at("native_queued_spin_lock_slowpath", 2), {{Register::rdi, kLock}}, true),
      frame(code_.at("_raw_spin_lock", 9), {{Register::rbx, kLock}}),
      frame(code_.at("paired", 0x15), {})};
  const auto found = awaited(stack);
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_EQ(found[0].party.grade, Grade::inferred);
}

TEST_F(HeldAtTest, WitnessesThatDifferNameNoLock) {
  kernel::UnwoundStack stack;
  stack.frames = {
      frame(code_.at("native_queued_spin_lock_slowpath", 2), {{Register::rdi, kLock}}, true),
      frame(code_.at("_raw_spin_lock", 9), {{Register::rbx, kLock}}),
      frame(code_.at("paired", 0x15), {{Register::rbp, kLock + 64}})};
  EXPECT_THAT(awaited(stack), IsEmpty());
}

// paired() has called work(), which ended in a jump to _raw_spin_lock() with another lock.
TEST_F(HeldAtTest, WhatACallerGaveToAnotherFunctionIsNoWitness) {
  constexpr uint64_t kOther = kObject + 0x400;
  kernel::UnwoundStack stack;
  stack.frames = {
      frame(code_.at("native_queued_spin_lock_slowpath", 2), {{Register::rdi, kOther}}, true),
      frame(code_.at("_raw_spin_lock", 9), {{Register::rbx, kOther}}),
      frame(code_.at("paired", 0x1d), {{Register::rbx, kObject}, {Register::rbp, kLock}})};
  const auto found = awaited(stack);
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_EQ(found[0].lock, kOther);
  EXPECT_EQ(found[0].party.grade, Grade::inferred);
  EXPECT_THAT(found[0].party.evidence, Not(HasSubstr("paired")));
}

TEST_F(HeldAtTest, AStackHoldsWhatItsFramesHold) {
  const kernel::Target target = kernel_.target();
  kernel::Symbolizer symbolizer(target, {});
  LockAnalyses analyses(target, symbolizer);
  HeldAt held_at(analyses, kernel_.memory);
  kernel::UnwoundStack stack;
  stack.frames = {
      frame(code_.at("check"), {}, true), frame(code_.at("statics", 0x15), {}),
      frame(code_.at("paired", 0x1d), {{Register::rbx, kObject}, {Register::rbp, kLock}})};
  const auto locks = locks_held_on_stack(held_at, stack, std::nullopt);
  ASSERT_THAT(locks.parties, SizeIs(2));
  EXPECT_EQ(locks.parties[0].lock, test::kTableLock);
  EXPECT_EQ(locks.parties[0].party.frame, 1);
  EXPECT_EQ(locks.parties[1].lock, kLock);
  EXPECT_EQ(locks.parties[1].party.frame, 2);
}

class ReleasedForAWhileTest : public HeldAtTest {
 protected:
  /// around() has called again(), which stands at `offset` behind a call.
  StackLocks stack_at(uint64_t offset) {
    const kernel::Target target = kernel_.target();
    kernel::Symbolizer symbolizer(target, {});
    LockAnalyses analyses(target, symbolizer);
    HeldAt held_at(analyses, kernel_.memory);
    kernel::UnwoundStack stack;
    stack.cpu = 1;
    stack.frames = {
        frame(code_.at("again", offset),
              {{Register::r12, kObject}, {Register::rbp, kLock}, {Register::rbx, 1}}),
        frame(code_.at("around", 0x22), {{Register::rbx, kObject}, {Register::rbp, kLock}})};
    return locks_held_on_stack(held_at, stack, std::nullopt);
  }
};

TEST_F(ReleasedForAWhileTest, NobodyHoldsItThen) {
  EXPECT_THAT(stack_at(0x28).parties, IsEmpty());
}

TEST_F(ReleasedForAWhileTest, TakenAgainItIsHeldOnce) {
  const auto found = stack_at(0x35);
  ASSERT_THAT(found.parties, SizeIs(1));
  EXPECT_EQ(found.parties[0].lock, kLock);
  EXPECT_EQ(found.parties[0].party.grade, Grade::proven);
}

TEST_F(ReleasedForAWhileTest, OnPathsThatDidAndDidNotTheCallerHoldsIt) {
  const auto found = stack_at(0x3f);
  ASSERT_THAT(found.parties, SizeIs(1));
  EXPECT_EQ(found.parties[0].lock, kLock);
  EXPECT_EQ(found.parties[0].party.frame, 1);
  EXPECT_EQ(found.parties[0].party.grade, Grade::proven);
  EXPECT_THAT(found.undecided, IsEmpty());
}

TEST_F(ReleasedForAWhileTest, BehindTheCallTheCallerHoldsIt) {
  const auto point = in("around", 0x27, {{Register::rbx, kObject}, {Register::rbp, kLock}});
  ASSERT_THAT(point.held, SizeIs(1));
  EXPECT_EQ(point.held[0].grade, Grade::proven);
  EXPECT_THAT(in("around", 0x34, {{Register::rbp, kLock}}).held, IsEmpty());
}

TEST_F(ReleasedForAWhileTest, AFunctionAloneSaysWhatItTookAgain) {
  const auto point = in("again", 0x28, {{Register::rbp, kLock}});
  EXPECT_THAT(point.held, IsEmpty());
  ASSERT_THAT(point.released, SizeIs(1));
  EXPECT_EQ(point.released[0].address, kLock);
  EXPECT_FALSE(point.released[0].maybe);
}

TEST_F(HeldAtTest, AnotherTaskGetsTheLockInASwitch) {
  const Values values = {{Register::rbx, kObject}};
  const auto before = in("switches", 0x15, values);
  ASSERT_THAT(before.held, SizeIs(1));
  EXPECT_EQ(before.held[0].grade, Grade::proven);
  EXPECT_FALSE(before.switching);
  EXPECT_TRUE(in("switches", 0x1d, values).switching);
  EXPECT_THAT(in("switches", 0x22, values).held, IsEmpty());
}

TEST_F(HeldAtTest, ATaskThatWasSwitchedAwayHoldsNoSpinningLock) {
  const kernel::Target target = kernel_.target();
  kernel::Symbolizer symbolizer(target, {});
  LockAnalyses analyses(target, symbolizer);
  HeldAt held_at(analyses, kernel_.memory);
  kernel::UnwoundStack stack;
  stack.frames = {frame(code_.at("switches", 0x1d), {{Register::rbx, kObject}})};
  EXPECT_THAT(locks_held_on_stack(held_at, stack, std::nullopt).parties, IsEmpty());
}

TEST_F(HeldAtTest, AnUnlockerHoldsTheLockUntilItHasStored) {
  const kernel::Target target = kernel_.target();
  kernel::Symbolizer symbolizer(target, {});
  LockAnalyses analyses(target, symbolizer);
  HeldAt held_at(analyses, kernel_.memory);
  kernel::UnwoundStack stack;
  stack.cpu = 1;
  stack.frames = {frame(code_.at("_raw_spin_unlock"), {{Register::rdi, kLock}}, true)};
  const auto before = locks_held_on_stack(held_at, stack, std::nullopt);
  ASSERT_THAT(before.parties, SizeIs(1));
  EXPECT_EQ(before.parties[0].lock, kLock);
  EXPECT_EQ(before.parties[0].party.grade, Grade::inferred);
  // Its caller says the same, and knows better.
  stack.frames.push_back(
      frame(code_.at("paired", 0x25), {{Register::rbx, kObject}, {Register::rbp, kLock}}));
  const auto with_caller = locks_held_on_stack(held_at, stack, std::nullopt);
  ASSERT_THAT(with_caller.parties, SizeIs(1));
  EXPECT_EQ(with_caller.parties[0].party.grade, Grade::proven);
  stack.frames = {frame(code_.at("_raw_spin_unlock", 3), {{Register::rdi, kLock}}, true)};
  EXPECT_THAT(locks_held_on_stack(held_at, stack, std::nullopt).parties, IsEmpty());
}

TEST_F(HeldAtTest, ALockThatIsBeingCountedIsHeld) {
  code_.add("lock_acquired", 0x1e0, {0xc3});
  const kernel::Target target = kernel_.target();
  kernel::Symbolizer symbolizer(target, {});
  LockAnalyses analyses(target, symbolizer);
  HeldAt held_at(analyses, kernel_.memory);
  kernel::UnwoundStack stack;
  stack.cpu = 1;
  stack.frames = {
      frame(code_.at("lock_acquired"), {}, true),
      frame(code_.at("paired", 0x15), {{Register::rbx, kObject}, {Register::rbp, kLock}})};
  const auto counted = locks_held_on_stack(held_at, stack, std::nullopt);
  ASSERT_THAT(counted.parties, SizeIs(1));
  EXPECT_EQ(counted.parties[0].lock, kLock);
  EXPECT_EQ(counted.parties[0].party.grade, Grade::inferred);
  stack.frames[0] = frame(code_.at("check"), {}, true);
  EXPECT_THAT(locks_held_on_stack(held_at, stack, std::nullopt).parties, IsEmpty());
}

TEST_F(HeldAtTest, AFrameThatWasGuessedProvesNothing) {
  const kernel::Target target = kernel_.target();
  kernel::Symbolizer symbolizer(target, {});
  LockAnalyses analyses(target, symbolizer);
  HeldAt held_at(analyses, kernel_.memory);
  kernel::UnwoundStack stack;
  stack.frames = {frame(code_.at("statics", 0x15), {})};
  stack.frames[0].found_by = model::FoundBy::scan;
  const auto locks = locks_held_on_stack(held_at, stack, std::nullopt);
  ASSERT_THAT(locks.parties, SizeIs(1));
  EXPECT_EQ(locks.parties[0].party.grade, Grade::inferred);
}

}  // namespace
}  // namespace kmortem::locks
