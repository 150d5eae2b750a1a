// SPDX-License-Identifier: GPL-3.0-or-later
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "checks/rules.h"
#include "order_scenarios.h"

namespace kmortem::checks {
namespace {

using namespace testing;
using ::testing::HasSubstr;

// enum lockdep_wait_type with CONFIG_PROVE_RAW_LOCK_NESTING.
enum Wait : unsigned { kNone = 0, kFree = 1, kSpin = 2, kConfig = 3, kSleep = 4 };

constexpr unsigned kHardirq = 2;
constexpr unsigned kSoftirq = 1;

struct Kind {
  unsigned inner;
  unsigned outer;
};
constexpr Kind kRcu = {kConfig, kFree};
constexpr Kind kRcuSched = {kSpin, kFree};
constexpr Kind kRaw = {kSpin, kNone};
constexpr Kind kSpinlock = {kConfig, kNone};
constexpr Kind kMutex = {kSleep, kNone};

// A task that took `held` and asked for `wanted`, with the kernel's report in the log.
model::Snapshot asked(std::vector<Kind> held, Kind wanted, unsigned irq_context = 0) {
  model::Snapshot snapshot = lockdep_snapshot();
  snapshot.lockdep.enabled = false;
  snapshot.lockdep.features.wait_types = true;
  snapshot.lockdep.features.strong_paths = true;
  snapshot.lockdep.wait_type_values = {{"LD_WAIT_INV", 0},        {"LD_WAIT_FREE", kFree},
                                       {"LD_WAIT_SPIN", kSpin},   {"LD_WAIT_CONFIG", kConfig},
                                       {"LD_WAIT_SLEEP", kSleep}, {"LD_WAIT_MAX", 5}};
  model::Task task;
  task.address = 0xffff888100e00000;
  task.pid = 48;
  task.comm = "worker";
  task.lockdep_known = true;
  held.push_back(wanted);
  for (unsigned i = 0; i < held.size(); ++i) {
    auto& lock_class = add_class(snapshot, i, "lock_" + std::to_string(i),
                                 0xffffffff82000000 + i * 16, held[i].inner);
    lock_class.wait_type_outer = held[i].outer;
    model::HeldLock lock;
    lock.class_index = static_cast<int>(i);
    lock.address = 0xffff888100100000 + i * 64;
    lock.irq_context = irq_context;
    lock.acquired_at.function = "take_" + std::to_string(i);
    task.held_locks.push_back(lock);
  }
  task.one_past_top = task.held_locks.back();
  task.held_locks.pop_back();
  snapshot.tasks.push_back(task);
  log_line(snapshot, 1, "[ BUG: Invalid wait context ]");
  log_line(snapshot, 1, "worker/48 is trying to lock:");
  log_line(
      snapshot, 1,
      "ffff888100100000 (lock_" + std::to_string(held.size() - 1) + "){....}-{4:4}, at: f+0x1");
  return snapshot;
}

bool bad(std::vector<Kind> held, Kind wanted, unsigned irq_context = 0) {
  return !check_wait_context(asked(std::move(held), wanted, irq_context)).empty();
}

// wait_context_tests() of lib/locking-selftest.c: by rows, what is taken inside: RCU, a raw
// spinlock, a spinlock, a mutex; FAILURE is true.
TEST(WaitContext, AgreesWithTheKernelsSelftest) {
  struct Row {
    const char* outer;
    std::vector<Kind> held;
    unsigned irq_context;
    std::array<bool, 4> failure;
  };
  const std::vector<Row> rows = {
      {"not threaded hardirq", {}, kHardirq, {false, false, true, true}},
      {"softirq", {}, kSoftirq, {false, false, false, true}},
      {"RCU", {kRcu}, 0, {false, false, false, true}},
      {"RCU sched", {kRcuSched}, 0, {false, false, true, true}},
      {"raw spinlock", {kRaw}, 0, {false, false, true, true}},
      {"spinlock", {kSpinlock}, 0, {false, false, false, true}},
      {"mutex", {kMutex}, 0, {false, false, false, false}},
  };
  const std::array<Kind, 4> wanted = {kRcu, kRaw, kSpinlock, kMutex};
  for (const Row& row : rows) {
    for (size_t i = 0; i < wanted.size(); ++i) {
      EXPECT_EQ(bad(row.held, wanted[i], row.irq_context), row.failure[i]) << row.outer << " " << i;
    }
  }
}

TEST(WaitContext, NamesBothPlacesAndTheTypes) {
  const auto findings = check_wait_context(asked({kSpinlock}, kMutex));
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].severity, model::Severity::error);
  EXPECT_EQ(findings[0].grade, model::Grade::proven);
  EXPECT_THAT(findings[0].title, HasSubstr("lock_1 is taken under lock_0"));
  EXPECT_THAT(findings[0].explanation, HasSubstr("4, may sleep"));
  EXPECT_THAT(findings[0].remedy, HasSubstr("take_1()"));
}

TEST(WaitContext, AnInterruptsLocksAreJudgedAlone) {
  model::Snapshot snapshot = asked({kRaw}, kSpinlock, kSoftirq);
  snapshot.tasks[0].held_locks[0].irq_context = 0;  // of the code that the softirq interrupted
  EXPECT_TRUE(check_wait_context(snapshot).empty());
}

TEST(WaitContext, TrylocksAndUncheckedLocksMayBeTakenAnywhere) {
  model::Snapshot snapshot = asked({kRaw}, kMutex);
  snapshot.tasks[0].one_past_top->trylock = true;
  EXPECT_TRUE(check_wait_context(snapshot).empty());
  EXPECT_FALSE(bad({kRaw}, {kNone, kNone}));
}

TEST(WaitContext, AnOverrideRaisesTheLimit) {
  model::Snapshot snapshot = asked({kRaw, kSpinlock}, kSpinlock);
  EXPECT_EQ(check_wait_context(snapshot).size(), 1U);
  snapshot.lockdep.classes[1].lock_type = 2;  // LD_LOCK_WAIT_OVERRIDE
  EXPECT_TRUE(check_wait_context(snapshot).empty());
}

TEST(WaitContext, AnAliasIsAFalseReport) {
  model::Snapshot snapshot = asked({kSpinlock}, kMutex);
  add_map(snapshot, snapshot.tasks[0].one_past_top->address, "&txq->_xmit_lock", kNoValidate, 1,
          kConfig);
  const auto findings = check_wait_context(snapshot);
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].severity, model::Severity::warning);
  EXPECT_THAT(findings[0].title, HasSubstr("the lock is &txq->_xmit_lock: a false report"));
  EXPECT_EQ(findings[0].locks[0].name, "&txq->_xmit_lock");
}

TEST(WaitContext, WithoutTheLogALeftOverSlotIsNothing) {
  model::Snapshot snapshot = asked({kSpinlock}, kMutex);
  snapshot.log.clear();
  snapshot.tasks[0].curr_chain_key = 1;
  EXPECT_TRUE(check_wait_context(snapshot).empty());
  snapshot.tasks[0].held_locks[0].stamp = 10;
  snapshot.tasks[0].one_past_top->stamp = 11;
  const auto findings = check_wait_context(snapshot);
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].grade, model::Grade::inferred);
}

}  // namespace
}  // namespace kmortem::checks
