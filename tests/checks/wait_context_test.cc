// SPDX-License-Identifier: GPL-3.0-or-later
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <fstream>
#include <map>
#include <sstream>

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
constexpr Kind kRcuBh = {kConfig, kFree};
constexpr Kind kRcuSched = {kSpin, kFree};
constexpr Kind kRaw = {kSpin, kNone};
constexpr Kind kSpinlock = {kConfig, kNone};
constexpr Kind kMutex = {kSleep, kNone};
constexpr Kind kUnchecked = {kNone, kNone};

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

// The same with the log overwritten; lock statistics tell that the slot was filled last.
bool bad_without_log(std::vector<Kind> held, Kind wanted, unsigned irq_context) {
  model::Snapshot snapshot = asked(std::move(held), wanted, irq_context);
  forget_log(snapshot);
  snapshot.tasks[0].one_past_top->stamp = 2;
  for (model::HeldLock& each : snapshot.tasks[0].held_locks) each.stamp = 1;
  return !check_wait_context(snapshot).empty();
}

struct Scenario {
  std::string name;
  std::vector<Kind> held;
  unsigned irq_context;
};

// The contexts of wait_context_tests() in lib/locking-selftest.c.
const std::vector<Scenario>& scenarios() {
  static const std::vector<Scenario> all = {
      {"in hardirq context (not threaded)", {}, kHardirq},
      {"in softirq context", {}, kSoftirq},
      {"in RCU context", {kRcu}, 0},
      {"in RCU-bh context", {kRcuBh}, 0},
      {"in RCU-sched context", {kRcuSched}, 0},
      {"in RAW_SPINLOCK context", {kRaw}, 0},
      {"in SPINLOCK context", {kSpinlock}, 0},
      {"in MUTEX context", {kMutex}, 0},
  };
  return all;
}

const std::array<Kind, 4> kWanted = {kRcu, kRaw, kSpinlock, kMutex};

// "| in softirq context | ok | ok | ok | FAILED |" of docs/order-graph.md: the kernel's verdicts.
std::map<std::string, std::vector<bool>> kernels_verdicts() {
  std::ifstream page(std::string(KMORTEM_DOCS) + "/order-graph.md");
  std::map<std::string, std::vector<bool>> verdicts;
  for (std::string line; std::getline(page, line);) {
    if (!line.starts_with("| in ")) continue;
    std::istringstream cells(line.substr(2));
    std::string name;
    std::getline(cells, name, '|');
    name.pop_back();
    for (std::string cell; std::getline(cells, cell, '|');) {
      verdicts[name].push_back(cell == " FAILED ");
    }
  }
  return verdicts;
}

TEST(WaitContext, AgreesWithTheKernelsSelftest) {
  const auto verdicts = kernels_verdicts();
  ASSERT_EQ(verdicts.size(), 9U);
  for (const Scenario& scenario : scenarios()) {
    const std::vector<bool>& failed = verdicts.at(scenario.name);
    ASSERT_EQ(failed.size(), kWanted.size());
    for (size_t i = 0; i < kWanted.size(); ++i) {
      EXPECT_EQ(bad(scenario.held, kWanted[i], scenario.irq_context), failed[i])
          << scenario.name << " " << i;
    }
  }
}

// Nobody reports a lock that a threaded handler may take: what such a handler left is a slot alone,
// here above a lock that is not checked.
TEST(WaitContext, AgreesWithTheKernelsSelftestInAThreadedHandler) {
  const std::vector<bool> failed = kernels_verdicts().at("in hardirq context");
  for (size_t i = 0; i < kWanted.size(); ++i) {
    EXPECT_EQ(bad_without_log({kUnchecked}, kWanted[i], kHardirq), failed[i]) << i;
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

// check_wait_context() looks at the inner type alone to see whether there is anything to check.
TEST(WaitContext, AnOuterTypeAloneIsNotChecked) {
  EXPECT_TRUE(bad({kRaw}, {kSleep, kNone}));
  EXPECT_FALSE(bad({kRaw}, {kNone, kSleep}));
  EXPECT_TRUE(bad({kRaw}, {kFree, kSleep}));
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

TEST(WaitContext, OnlyAnotherNameOrWaitTypeIsAnAlias) {
  const auto severity = [](const std::string& name, unsigned wait_type) {
    model::Snapshot snapshot = asked({kSpinlock}, kMutex);
    const uint64_t lock = snapshot.tasks[0].one_past_top->address;
    add_map(snapshot, lock, name, kNoValidate, 1, wait_type);
    return check_wait_context(snapshot).at(0).severity;
  };
  EXPECT_EQ(severity("lock_1", kSleep), model::Severity::error);
  EXPECT_EQ(severity("", kSleep), model::Severity::error);
  EXPECT_EQ(severity("lock_1", kConfig), model::Severity::warning);
  EXPECT_EQ(severity("", kConfig), model::Severity::warning);
  EXPECT_EQ(severity("other", kSleep), model::Severity::warning);
}

// A chain that ends in a link which no list has: nobody knows what was held besides.
TEST(WaitContext, AChainAloneIsNoAcquisitionToJudge) {
  model::Snapshot snapshot = asked({kSpinlock}, kMutex);
  snapshot.tasks.clear();
  snapshot.lockdep.features.hlock_id_in_chains = true;
  model::LockChain chain;
  chain.hlocks = {0, 1};
  snapshot.lockdep.chains.push_back(chain);
  EXPECT_EQ(refused_acquisitions(snapshot).size(), 1U);
  EXPECT_TRUE(check_wait_context(snapshot).empty());
}

TEST(WaitContext, AnotherLocksMapIsNoAlias) {
  model::Snapshot snapshot = asked({kSpinlock}, kMutex);
  const uint64_t lock = snapshot.tasks[0].one_past_top->address;
  add_map(snapshot, lock + 64, "other", kNoValidate, 1, kConfig);
  EXPECT_EQ(check_wait_context(snapshot).at(0).severity, model::Severity::error);
}

// What the slot has was let go of: the report is about a lock that is held.
TEST(WaitContext, AReportOfALockThatIsHeldRefusesNothing) {
  const std::vector<std::vector<std::string>> reports = {
      {"WARNING: lock held when returning to user space!",
       "worker/48 is leaving the kernel with locks still held!",
       "1 lock held by worker/48:", " #0: ffff888100100000 (lock_1){....}-{4:4}, at: f+0x1/0x2"},
      {"WARNING: held lock freed!",
       "worker/48 is freeing memory ffff888100100000-ffff8881001000ff, with a lock still held "
       "there!",
       "ffff888100100000 (lock_1){....}-{4:4}, at: f+0x1/0x2"}};
  for (const auto& report : reports) {
    model::Snapshot snapshot = asked({kSpinlock}, kMutex);
    forget_log(snapshot);
    snapshot.tasks[0].curr_chain_key = 1;
    for (const std::string& line : report) log_line(snapshot, 1, line);
    ASSERT_EQ(snapshot.splats.size(), 1U);
    EXPECT_TRUE(check_wait_context(snapshot).empty()) << report[0];
  }
}

TEST(WaitContext, WithoutTheLogALeftOverSlotIsNothing) {
  model::Snapshot snapshot = asked({kSpinlock}, kMutex);
  forget_log(snapshot);
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
