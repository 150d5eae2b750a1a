// SPDX-License-Identifier: GPL-3.0-or-later
// The rules about the lock order: each of their conditions denied once, in what is else a finding.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "checks/order_graph.h"
#include "checks/rules.h"
#include "order_scenarios.h"
#include "waiting.h"

namespace kmortem::checks {
namespace {

using namespace testing;
using model::Grade;
using model::LockType;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

/// A task that holds A1 and was refused A2.
struct Recursion {
  model::Snapshot snapshot = LockEvents().run("A1 A2");

  model::Task& task() { return snapshot.tasks[0]; }
  model::HeldLock& held() { return task().held_locks[0]; }
  model::HeldLock& slot() { return *task().one_past_top; }
  std::vector<model::Finding> found() const { return check_recursive_lock(snapshot); }
};

TEST(RecursiveLockNot, AsItStandsItIsOne) {
  const auto findings = Recursion().found();
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_EQ(findings[0].grade, Grade::inferred);  // the slot alone
}

TEST(RecursiveLockNot, TrylocksAndUncheckedLocksNeverWaitForThemselves) {
  Recursion tried;
  tried.slot().trylock = true;
  EXPECT_THAT(tried.found(), IsEmpty());
  Recursion unchecked;
  unchecked.slot().check = false;
  EXPECT_THAT(unchecked.found(), IsEmpty());
}

// CONFIG_LOCKDEP for lock statistics or DEBUG_LOCK_ALLOC alone.
TEST(RecursiveLockNot, AKernelThatDoesNotProveRefusesNothing) {
  Recursion recursion;
  recursion.snapshot.lockdep.features.prove_locking = false;
  EXPECT_THAT(recursion.found(), IsEmpty());
}

TEST(RecursiveLockNot, WhatAnInterruptAsksForIsOfOtherRules) {
  Recursion recursion;
  recursion.slot().irq_context = 2;
  EXPECT_THAT(recursion.found(), IsEmpty());
}

TEST(RecursiveLockNot, ReadersWaitForThemselvesUnlessRecursive) {
  for (const unsigned held_read : {0U, 1U, 2U}) {
    for (const unsigned asked_read : {0U, 1U, 2U}) {
      Recursion recursion;
      recursion.held().read = held_read;
      recursion.slot().read = asked_read;
      const bool passes = asked_read == 2 && held_read != 0;
      EXPECT_THAT(recursion.found(), SizeIs(passes ? 0 : 1)) << held_read << " " << asked_read;
    }
  }
}

TEST(RecursiveLockNot, OnlyTwoReadersAreToldOfTheWriterBetween) {
  Recursion recursion;
  recursion.slot().read = 1;
  EXPECT_THAT(recursion.found().at(0).explanation, Not(HasSubstr("Both read")));
  recursion.held().read = 1;
  EXPECT_THAT(recursion.found().at(0).explanation, HasSubstr("Both read"));
}

TEST(RecursiveLockNot, ANestLockThatCameLaterSerialisesNothing) {
  Recursion recursion;
  model::HeldLock nest = recursion.held();
  nest.class_index = 'N';
  nest.address += 0x4000;
  add_class(recursion.snapshot, 'N', "N", 0xffffffff83000000);
  recursion.slot().nest_lock = nest.address;
  recursion.task().held_locks.push_back(nest);
  EXPECT_THAT(recursion.found(), SizeIs(1));
  std::swap(recursion.task().held_locks[0], recursion.task().held_locks[1]);
  EXPECT_THAT(recursion.found(), IsEmpty());
}

TEST(RecursiveLockNot, AClassOfManyNamesOrNoneIsAGuess) {
  Recursion unnamed;
  log_line(unnamed.snapshot, 2.5, "WARNING: possible recursive locking detected");
  log_line(unnamed.snapshot, 2.5, "worker/48 is trying to acquire lock:");
  log_line(unnamed.snapshot, 2.5, "ffff888100777000 (A){+.+.}-{3:3}, at: grab_a+0x1/0x2");
  EXPECT_EQ(unnamed.found().at(0).grade, Grade::proven);
  Recursion shared = unnamed;
  const uint64_t key = shared.snapshot.lockdep.classes[0].key;
  add_map(shared.snapshot, 0xffff888100900000, "A", key, 'A');
  add_map(shared.snapshot, 0xffff888100901000, "B", key, 'A');
  EXPECT_EQ(shared.found().at(0).grade, Grade::inferred);
}

// read_lock() with a mutex held, let go of again, and lockdep has stopped for another reason since.
TEST(RefusedOrderNot, ARecursiveReaderUntil5_9IsInNoList) {
  for (const bool strong_paths : {false, true}) {
    model::Snapshot snapshot = LockEvents(strong_paths).run("B -B A");
    model::HeldLock slot = snapshot.tasks[0].held_locks[0];
    slot.class_index = 'B';
    slot.address += 0x4000;
    slot.read = 2;
    snapshot.tasks[0].one_past_top = slot;
    EXPECT_THAT(order_graph(snapshot).edges, SizeIs(strong_paths ? 1 : 0));
    snapshot.tasks[0].one_past_top->read = 1;
    EXPECT_THAT(order_graph(snapshot).edges, SizeIs(1));
    snapshot.tasks[0].one_past_top->read = 2;
    log_line(snapshot, 2.5, "WARNING: possible circular locking dependency detected");
    log_line(snapshot, 2.5, "worker/48 is trying to acquire lock:");
    log_line(snapshot, 2.5, "ffff888100777000 (B){+.+.}-{2:2}, at: grab_b+0x1/0x2");
    EXPECT_THAT(order_graph(snapshot).edges, SizeIs(1));
  }
}

TEST(IrqInversionNot, TheKindOfInterruptMustBeTheSame) {
  EXPECT_THAT(check_irq_inversion(LockEvents().run("irq( A -A )irq  cli A B -B -A sti  B -B")),
              SizeIs(1));
  // Taken with softirqs off, and with hard interrupts on: of no harm to a softirq.
  EXPECT_THAT(
      check_irq_inversion(LockEvents().run("soft( A -A )soft  bh- A B -B -A bh+  bh- B -B bh+")),
      IsEmpty());
}

TEST(IrqInversionNot, ALocalLockLeadsNowhere) {
  EXPECT_THAT(check_irq_inversion(LockEvents().run("irq( A -A )irq  cli A lL -L -A sti  lL -L")),
              IsEmpty());
}

TEST(IrqInversionNot, WhatIsInconsistentByItselfIsToldByThat) {
  const model::Snapshot snapshot =
      LockEvents().run("irq( A -A )irq  cli A B -B -A sti  B -B  irq( B -B )irq");
  EXPECT_THAT(check_irq_inversion(snapshot), IsEmpty());
  EXPECT_THAT(check_irq_inconsistent(snapshot), SizeIs(1));
}

TEST(IrqInversionNot, AUseWithoutATraceIsAGuess) {
  model::Snapshot snapshot = LockEvents().run("irq( A -A )irq  cli A B -B -A sti  B -B");
  EXPECT_EQ(check_irq_inversion(snapshot).at(0).grade, Grade::proven);
  for (model::LockClass& each : snapshot.lockdep.classes) {
    if (each.name != "B") continue;
    each.usage_traces.assign(10, -1);
  }
  EXPECT_EQ(check_irq_inversion(snapshot).at(0).grade, Grade::inferred);
}

TEST(IrqInversionNot, PathsThatShareNeitherEndAreTwoBugs) {
  const model::Snapshot snapshot = LockEvents().run(
      "irq( A -A )irq  irq( C -C )irq  cli A B -B -A sti  cli C D -D -C sti  B -B  D -D");
  EXPECT_THAT(check_irq_inversion(snapshot), SizeIs(2));
}

TEST(IrqInversionNot, OnePathOfTwoKindsOfInterruptIsOneBug) {
  const model::Snapshot snapshot =
      LockEvents().run("irq( A -A )irq  soft( A -A )soft  cli A B -B -A sti  B -B");
  const auto findings = check_irq_inversion(snapshot);
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_THAT(findings[0].explanation, HasSubstr("The same holds for A -> B (SOFTIRQ)."));
}

/// Task one holds lock A and waits for B, two the other way round; lockdep has stopped.
struct Crossing {
  model::Snapshot snapshot = machine();
  model::Task one = add_sleeper(snapshot, 10, "one", 5);
  model::Task two = add_sleeper(snapshot, 11, "two", 5);

  Crossing() {
    const model::Snapshot lockdep = lockdep_snapshot();
    snapshot.lockdep = lockdep.lockdep;
    snapshot.lockdep.enabled = false;
    snapshot.lockdep.features.strong_paths = true;
    snapshot.kernel = lockdep.kernel;
    add_class(snapshot, 1, "A", 0xffffffff82000000);
    add_class(snapshot, 2, "B", 0xffffffff82000100);
    add(0xffff888100300000, "A", one, two);
    add(0xffff888100300100, "B", two, one);
  }
  void add(uint64_t address, const char* name, const model::Task& owner,
           const model::Task& waiter) {
    model::LockState& lock = add_lock(snapshot, address, LockType::mutex, "");
    lock.name = lock.lock_class = name;
    lock.owners = {party(owner)};
    lock.waiters = {party(waiter)};
  }
  std::vector<model::Finding> found() const { return check_lock_order_cycle(snapshot); }
};

TEST(LiveOrderNot, AsItStandsItIsOne) {
  const auto findings = Crossing().found();
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_EQ(findings[0].grade, Grade::proven);
}

TEST(LiveOrderNot, TheGradeIsOfTheWeakestParty) {
  Crossing crossing;
  crossing.snapshot.locks[1].waiters[0].grade = Grade::inferred;
  EXPECT_EQ(crossing.found().at(0).grade, Grade::inferred);
}

TEST(LiveOrderNot, PartiesOfTheTimeBeforeOrNotKnown) {
  for (const Grade grade : {Grade::stale, Grade::unknown}) {
    Crossing owner;
    owner.snapshot.locks[0].owners[0].grade = grade;
    EXPECT_THAT(owner.found(), IsEmpty());
    Crossing waiter;
    waiter.snapshot.locks[0].waiters[0].grade = grade;
    EXPECT_THAT(waiter.found(), IsEmpty());
  }
  Crossing hint;
  hint.snapshot.locks[0].waiters[0].hint = true;
  EXPECT_THAT(hint.found(), IsEmpty());
  Crossing nobody;
  nobody.snapshot.locks[0].waiters[0].task = 0;
  EXPECT_THAT(nobody.found(), IsEmpty());
}

TEST(LiveOrderNot, ATaskThatRunsMayHaveTakenThemInAnyOrder) {
  Crossing crossing;
  for (model::Task& task : crossing.snapshot.tasks) task.on_cpu = true;
  EXPECT_THAT(crossing.found(), IsEmpty());
}

TEST(LiveOrderNot, WhatIsTakenFurtherInWasTakenLater) {
  Crossing crossing;
  for (model::Task& task : crossing.snapshot.tasks) task.stack = {frame("inner"), frame("outer")};
  for (model::LockState& lock : crossing.snapshot.locks) {
    lock.owners[0].frame = 1;
    lock.waiters[0].frame = 0;
  }
  EXPECT_THAT(crossing.found(), SizeIs(1));
  for (model::LockState& lock : crossing.snapshot.locks) {
    lock.owners[0].frame = 0;
    lock.waiters[0].frame = 1;
  }
  EXPECT_THAT(crossing.found(), IsEmpty());
}

TEST(LiveOrderNot, LocksWithoutAClassGoByTheirNames) {
  Crossing crossing;
  for (model::LockState& lock : crossing.snapshot.locks) lock.lock_class.clear();
  EXPECT_THAT(crossing.found(), SizeIs(1));
  crossing.snapshot.locks[0].name.clear();
  EXPECT_THAT(crossing.found(), IsEmpty());
  crossing.snapshot.locks[0].symbol = "lock_a";
  EXPECT_THAT(crossing.found(), SizeIs(1));
}

// Devices are locked from the bus down, every device under another: no order of the class.
TEST(LiveOrderNot, LocksWhoseOrderLockdepDoesNotCheck) {
  for (const char* key : {"__lockdep_no_validate__", "__lockdep_no_track__"}) {
    Crossing crossing;
    crossing.snapshot.lockdep.classes[0].key_symbol = key;
    EXPECT_THAT(crossing.found(), IsEmpty());
  }
  Crossing checked;
  checked.snapshot.lockdep.classes[0].key_symbol = "dev_key";
  EXPECT_THAT(checked.found(), SizeIs(1));
}

TEST(LiveOrderNot, TwoLocksOfOneClass) {
  Crossing crossing;
  crossing.snapshot.locks[1].name = crossing.snapshot.locks[1].lock_class = "A";
  EXPECT_THAT(crossing.found(), IsEmpty());
  Crossing unknown;
  unknown.snapshot.locks[1].lock_class = "C";
  EXPECT_THAT(unknown.found(), IsEmpty());
  Crossing twice;
  add_class(twice.snapshot, 3, "B", 0xffffffff82000200);
  EXPECT_THAT(twice.found(), IsEmpty());
}

TEST(LiveOrderNot, ReadersOfAnRwlockInAnInterruptPassOtherReaders) {
  Crossing crossing;
  for (model::LockState& lock : crossing.snapshot.locks) {
    lock.type = LockType::rwlock;
    lock.owners[0].shared = lock.waiters[0].shared = true;
  }
  EXPECT_THAT(crossing.found(), IsEmpty());
  // Outside of interrupts they queue behind whatever writer comes between.
  for (model::Task& task : crossing.snapshot.tasks) task.stack = {frame("inner"), frame("outer")};
  for (model::LockState& lock : crossing.snapshot.locks) {
    lock.owners[0].frame = 1;
    lock.waiters[0].frame = 0;
  }
  EXPECT_THAT(crossing.found(), SizeIs(1));
  for (model::Task& task : crossing.snapshot.tasks) {
    for (model::Frame& each : task.stack) each.context = model::Context::hardirq;
  }
  EXPECT_THAT(crossing.found(), IsEmpty());
  for (model::LockState& lock : crossing.snapshot.locks) lock.type = LockType::rw_semaphore;
  EXPECT_THAT(crossing.found(), SizeIs(1));
}

constexpr uint64_t kTask = 0xffff888100200000;

/// A global spinlock with debugging fields, taken by a task on CPU 1.
model::Snapshot debug_spinlock() {
  model::Snapshot snapshot = lockdep_snapshot();
  model::SpinlockInstance lock;
  lock.address = 0xffffffff82345600;
  lock.value = 1;
  lock.owner_cpu = 1;
  lock.owner = kTask;
  lock.name = "my_lock";
  lock.symbol = "my_lock";
  snapshot.scan.spinlocks.push_back(lock);
  return snapshot;
}

TEST(CorruptLockNot, TheFirstCpuThatDoesNotExist) {
  model::Snapshot snapshot = debug_spinlock();
  snapshot.scan.spinlocks[0].owner_cpu = 1;
  EXPECT_THAT(check_corrupt_lock(snapshot), IsEmpty());
  snapshot.scan.spinlocks[0].owner_cpu = 2;  // of two
  EXPECT_EQ(check_corrupt_lock(snapshot).at(0).grade, Grade::inferred);
  snapshot.kernel.possible_cpus = 0;  // not known
  EXPECT_THAT(check_corrupt_lock(snapshot), IsEmpty());
  snapshot.scan.spinlocks[0].owner_cpu = -2;
  EXPECT_THAT(check_corrupt_lock(snapshot), SizeIs(1));
}

TEST(CorruptLockNot, ALockWithoutAMapIsNotHeldByWhoHoldsNothing) {
  model::Snapshot snapshot = debug_spinlock();
  snapshot.scan.spinlocks[0].value = 0;
  snapshot.scan.spinlocks[0].symbol = "";
  model::Task task;
  task.held_locks.emplace_back();  // at address 0, as a damaged record
  snapshot.tasks.push_back(task);
  snapshot.lockdep.read_completely = false;
  EXPECT_THAT(check_corrupt_lock(snapshot), IsEmpty());
}

/// A task that holds a lock of a class that does not exist.
model::Snapshot classless() {
  model::Snapshot snapshot = lockdep_snapshot();
  model::Task task;
  task.lockdep_known = true;
  task.held_locks.emplace_back();
  task.held_locks[0].class_index = 77;
  snapshot.tasks.push_back(task);
  return snapshot;
}

TEST(CorruptLockNot, HeldLocksOfAKernelWithoutLockdepOrThatWereNotRead) {
  EXPECT_EQ(check_corrupt_lock(classless()).at(0).grade, Grade::inferred);
  model::Snapshot absent = classless();
  absent.lockdep.present = false;
  EXPECT_THAT(check_corrupt_lock(absent), IsEmpty());
  model::Snapshot unread = classless();
  unread.tasks[0].lockdep_known = false;
  EXPECT_THAT(check_corrupt_lock(unread), IsEmpty());
}

// held_locks stay as they were when lockdep stopped. lockdep_unregister_key() and the unloading of
// a module take their classes away all the same.
TEST(CorruptLockNot, HeldLocksOfAClassThatWentAwaySinceLockdepStopped) {
  model::Snapshot stopped = classless();
  stopped.lockdep.enabled = false;
  EXPECT_THAT(check_corrupt_lock(stopped), IsEmpty());
}

TEST(CorruptLockNot, OneLineOfTheTablesAndManyAreCounted) {
  model::Snapshot snapshot = lockdep_snapshot();
  snapshot.lockdep.inconsistencies.assign(12, "line");
  EXPECT_THAT(all_text(check_corrupt_lock(snapshot).at(0)), Not(HasSubstr("more")));
  snapshot.lockdep.inconsistencies.emplace_back("line");
  EXPECT_THAT(all_text(check_corrupt_lock(snapshot).at(0)), HasSubstr("and 1 more"));
}

// task_struct lies in the kernel's half, at a multiple of eight.
TEST(CorruptLockNot, AnOwnerThatCanBeATask) {
  for (const uint64_t owner : {kTask, uint64_t{0}, 0x8000000000000000}) {
    model::Snapshot snapshot = debug_spinlock();
    snapshot.scan.spinlocks[0].owner = owner;
    EXPECT_THAT(check_corrupt_lock(snapshot), IsEmpty()) << owner;
  }
  for (const uint64_t owner : {kTask + 4, kTask & ~(uint64_t{1} << 63)}) {
    model::Snapshot snapshot = debug_spinlock();
    snapshot.scan.spinlocks[0].owner = owner;
    EXPECT_THAT(check_corrupt_lock(snapshot), SizeIs(1)) << owner;
  }
}

TEST(CorruptLockNot, OnlyWhoRunsCanBeInTheMiddleOfLockdep) {
  model::Snapshot snapshot = classless();
  snapshot.tasks[0].lockdep_recursion = 1;
  EXPECT_THAT(check_corrupt_lock(snapshot), SizeIs(1));
  snapshot.tasks[0].on_cpu = true;
  EXPECT_THAT(check_corrupt_lock(snapshot), IsEmpty());
  snapshot.tasks[0].lockdep_recursion = 0;
  EXPECT_THAT(check_corrupt_lock(snapshot), SizeIs(1));
}

TEST(SoftirqHookNot, WhatIsPendingOnACpuThatIsGoneIsNeverHandled) {
  model::Snapshot snapshot;
  snapshot.softirqs.push_back({5, "IRQ_POLL", 0, "", false});
  model::Cpu cpu;
  cpu.softirq_pending_known = true;
  cpu.softirq_pending = 1U << 5;
  snapshot.cpus.push_back(cpu);
  EXPECT_THAT(check_softirq_hook(snapshot), SizeIs(1));
  snapshot.cpus[0].online = false;
  EXPECT_THAT(check_softirq_hook(snapshot), IsEmpty());
}

TEST(SoftirqHookNot, AVectorThatNoMaskHasABitFor) {
  model::Snapshot snapshot;
  snapshot.softirqs.push_back({32, "", 0, "", false});
  model::Cpu cpu;
  cpu.softirq_pending_known = true;
  cpu.softirq_pending = 0xffffffff;
  snapshot.cpus.push_back(cpu);
  EXPECT_THAT(check_softirq_hook(snapshot), IsEmpty());
  snapshot.softirqs[0].vector = 31;
  EXPECT_THAT(check_softirq_hook(snapshot), SizeIs(1));
}

}  // namespace
}  // namespace kmortem::checks
