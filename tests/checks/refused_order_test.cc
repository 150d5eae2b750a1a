// SPDX-License-Identifier: GPL-3.0-or-later
// What lockdep refused, by each of its witnesses alone and together.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "checks/rules.h"
#include "order_scenarios.h"

namespace kmortem::checks {
namespace {

using namespace testing;
using ::testing::HasSubstr;

constexpr uint64_t kChainKey = 0x1234567890abcdef;

// A -> B is recorded; the task holds B and asked for A.
struct Refusal {
  model::Snapshot snapshot;

  Refusal() {
    snapshot = LockEvents().run("A B -B -A  B");
    snapshot.lockdep.features.hlock_id_in_chains = true;
    model::HeldLock slot = held();
    slot.class_index = 'A';
    slot.address = 0xffff888100777000;
    slot.acquired_at.function = "grab_a";
    task().one_past_top = slot;
    task().curr_chain_key = kChainKey;
    task().one_past_top->prev_chain_key = kChainKey - 1;  // left over
  }

  model::Task& task() { return snapshot.tasks[0]; }
  model::HeldLock& held() { return snapshot.tasks[0].held_locks[0]; }

  void same_chain_key() { task().one_past_top->prev_chain_key = kChainKey; }
  void chain() {
    model::LockChain chain;
    chain.index = 77;
    chain.hlocks = {'B', 'A'};
    snapshot.lockdep.chains.push_back(chain);
  }
  void log() {
    log_line(snapshot, 2.5, "WARNING: possible circular locking dependency detected");
    log_line(snapshot, 2.5, "worker/48 is trying to acquire lock:");
    log_line(snapshot, 2.5, "ffff888100777000 (A){+.+.}-{3:3}, at: grab_a+0x1/0x2");
  }
  std::vector<model::Finding> cycles() const { return check_lock_order_cycle(snapshot); }
};

TEST(RefusedOrder, ALeftOverSlotIsNothing) {
  EXPECT_TRUE(Refusal().cycles().empty());
}

TEST(RefusedOrder, SlotAloneIsInferred) {
  Refusal refusal;
  refusal.same_chain_key();
  const auto findings = refusal.cycles();
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].grade, model::Grade::inferred);
  EXPECT_THAT(findings[0].explanation, HasSubstr("refused by lockdep (worker [48])"));
  EXPECT_THAT(findings[0].remedy, HasSubstr("grab_a()"));
  ASSERT_EQ(findings[0].tasks.size(), 1U);
  EXPECT_EQ(findings[0].tasks[0].pid, 48);
}

TEST(RefusedOrder, TheClockTellsASlotFromALeftOverToo) {
  Refusal refusal;
  refusal.held().stamp = 1000;
  refusal.task().one_past_top->stamp = 1001;
  EXPECT_EQ(refusal.cycles().size(), 1U);
  refusal.task().one_past_top->stamp = 999;
  EXPECT_TRUE(refusal.cycles().empty());
}

TEST(RefusedOrder, ChainAloneIsInferred) {
  Refusal refusal;
  refusal.task().one_past_top.reset();
  refusal.chain();
  const auto findings = refusal.cycles();
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].grade, model::Grade::inferred);
  EXPECT_THAT(all_text(findings[0]), HasSubstr("lock_chains[77] ends in B -> A"));
}

TEST(RefusedOrder, ChainAndLogAreProofWhenTheTaskIsGone) {
  Refusal refusal;
  refusal.snapshot.tasks.clear();
  refusal.chain();
  refusal.log();
  const auto findings = refusal.cycles();
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].grade, model::Grade::proven);
}

TEST(RefusedOrder, SlotAndChainAreProof) {
  Refusal refusal;
  refusal.same_chain_key();
  refusal.chain();
  const auto findings = refusal.cycles();
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].grade, model::Grade::proven);
}

TEST(RefusedOrder, SlotAndLogAreProof) {
  Refusal refusal;
  refusal.log();
  const auto findings = refusal.cycles();
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].grade, model::Grade::proven);
  EXPECT_THAT(all_text(findings[0]), HasSubstr("worker/48 asked for A at grab_a"));
}

TEST(RefusedOrder, NothingWhileLockdepIsOn) {
  Refusal refusal;
  refusal.same_chain_key();
  refusal.chain();
  refusal.snapshot.lockdep.enabled = true;
  EXPECT_TRUE(refusal.cycles().empty());
}

TEST(RefusedOrder, TrylocksAndUncheckedLocksHaveNoOrder) {
  Refusal refusal;
  refusal.same_chain_key();
  refusal.task().one_past_top->trylock = true;
  EXPECT_TRUE(refusal.cycles().empty());
  refusal.task().one_past_top->trylock = false;
  refusal.held().check = false;
  EXPECT_TRUE(refusal.cycles().empty());
}

TEST(RefusedOrder, AChainOverAnUncheckedKeyIsHealthy) {
  Refusal refusal;
  refusal.task().one_past_top.reset();
  refusal.chain();
  for (model::LockClass& each : refusal.snapshot.lockdep.classes) {
    if (each.name == "B") each.key_symbol = "__lockdep_no_validate__";
  }
  EXPECT_TRUE(refusal.cycles().empty());
}

// validate_chain() adds no dependency where check_deadlock() returns 2: wait/wound mutexes with
// another lock taken between two of them.
TEST(RefusedOrder, LocksThatNestInTheirClassHaveNoOrder) {
  Refusal refusal;
  refusal.chain();
  refusal.snapshot.lockdep.chains.back().hlocks = {'A', 'B', 'A'};
  EXPECT_TRUE(refusal.cycles().empty());

  refusal.same_chain_key();
  ASSERT_EQ(refusal.cycles().size(), 1U);
  model::HeldLock earlier = *refusal.task().one_past_top;
  earlier.address += 8;
  refusal.task().held_locks.insert(refusal.task().held_locks.begin(), earlier);
  refusal.task().one_past_top->nest_lock = refusal.held().address;
  EXPECT_TRUE(refusal.cycles().empty());
}

TEST(RefusedOrder, ATableThatWasNotReadRefusesNothing) {
  Refusal refusal;
  refusal.task().one_past_top.reset();
  refusal.chain();
  refusal.snapshot.lockdep.read_completely = false;
  EXPECT_TRUE(refusal.cycles().empty());
}

TEST(RecursiveLock, TheVeryLock) {
  const auto findings = check_recursive_lock(LockEvents().run("A1 A1"));
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_THAT(findings[0].explanation, HasSubstr("It is the same lock"));
  EXPECT_THAT(findings[0].remedy, HasSubstr("do not call take_A()"));
  EXPECT_EQ(findings[0].locks.size(), 1U);
  EXPECT_EQ(findings[0].signature, "recursive-lock:A:take_A:take_A");
}

TEST(RecursiveLock, TwoOfOneClassAskForNesting) {
  const auto findings = check_recursive_lock(LockEvents().run("A1 A2"));
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_THAT(findings[0].remedy, HasSubstr("SINGLE_DEPTH_NESTING"));
  EXPECT_EQ(findings[0].locks.size(), 2U);
}

TEST(RecursiveLock, NestLockAndOrderedClassesAreSafe) {
  model::Snapshot snapshot = LockEvents().run("P A1 A2");
  snapshot.tasks[0].one_past_top->nest_lock = snapshot.tasks[0].held_locks[0].address;
  EXPECT_TRUE(check_recursive_lock(snapshot).empty());
  snapshot.tasks[0].one_past_top->nest_lock = 0;
  EXPECT_EQ(check_recursive_lock(snapshot).size(), 1U);
  for (model::LockClass& each : snapshot.lockdep.classes) each.ordered = true;
  EXPECT_TRUE(check_recursive_lock(snapshot).empty());
  // The kernel asked cmp_fn, and reported it nevertheless.
  log_line(snapshot, 2.5, "WARNING: possible recursive locking detected");
  log_line(snapshot, 2.5, "worker/48 is trying to acquire lock:");
  log_line(snapshot, 2.5, "ffff888100777000 (A){+.+.}-{3:3}, at: grab_a+0x1/0x2");
  EXPECT_EQ(check_recursive_lock(snapshot).size(), 1U);
}

TEST(RecursiveLock, SubclassesAreOtherClasses) {
  model::Snapshot snapshot = LockEvents().run("A1");
  add_class(snapshot, 300, "A", 0xffffffff82000000 + 'A' * 16, 2, 1);
  model::HeldLock slot = snapshot.tasks[0].held_locks[0];
  slot.class_index = 300;
  slot.address += 64;
  snapshot.tasks[0].one_past_top = slot;
  EXPECT_TRUE(check_recursive_lock(snapshot).empty());
}

}  // namespace
}  // namespace kmortem::checks
