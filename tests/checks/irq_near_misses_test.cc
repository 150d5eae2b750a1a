// SPDX-License-Identifier: GPL-3.0-or-later
// irq-inconsistent and irq-inversion: each of their conditions denied once, in what is else a
// finding.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "checks/rules.h"
#include "order_scenarios.h"
#include "waiting.h"

namespace kmortem::checks {
namespace {

using namespace testing;
using model::Grade;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

constexpr uint64_t kKey = 0xffffffffc0001000;

/// A class that is taken in a softirq and with softirqs on, with both stacks.
struct Inconsistent {
  model::Snapshot snapshot = lockdep_snapshot();

  Inconsistent() {
    const int in = add_trace(snapshot, {"_raw_spin_lock", "timer_fn", "__do_softirq"});
    const int on = add_trace(snapshot, {"_raw_spin_lock", "sys_fn", "do_syscall_64"});
    model::LockClass& lock_class = add_class(snapshot, 7, "&a->lock", kKey);
    mark(lock_class, kInSoftirq, in);
    mark(lock_class, kSoftirqOn, on);
  }
  int& trace(unsigned bit) { return snapshot.lockdep.classes[0].usage_traces[bit]; }
  void report(const std::string& title, const std::string& name) {
    log_line(snapshot, 5, title);
    log_line(snapshot, 5, "ffff888100500000 (" + name + "){+.?.}-{2:2}, at: timer_fn+0x1/0x2");
  }
  model::Finding found() const { return check_irq_inconsistent(snapshot).at(0); }
};

TEST(IrqInconsistentNot, ABitWithoutItsStackMayBeDamage) {
  EXPECT_EQ(Inconsistent().found().grade, Grade::proven);
  for (const unsigned bit : {kInSoftirq, kSoftirqOn}) {
    Inconsistent bare;
    bare.trace(bit) = -1;
    EXPECT_EQ(bare.found().grade, Grade::inferred) << bit;
    bare.report("WARNING: inconsistent lock state", "&a->lock");
    EXPECT_EQ(bare.found().grade, Grade::proven) << bit;
  }
}

TEST(IrqInconsistentNot, AReportOfAnotherKindOrLockIsNoWitness) {
  Inconsistent kind;
  kind.trace(kInSoftirq) = -1;
  kind.report("WARNING: possible circular locking dependency detected", "&a->lock");
  EXPECT_EQ(kind.found().grade, Grade::inferred);
  Inconsistent lock;
  lock.trace(kInSoftirq) = -1;
  lock.report("WARNING: inconsistent lock state", "&b->lock");
  EXPECT_EQ(lock.found().grade, Grade::inferred);
}

TEST(IrqInconsistentNot, OnlyLocksThatHaveTheClassAndItsKeyAreItsLocks) {
  Inconsistent two;
  add_map(two.snapshot, 0xffff888100100000, "&a->lock", kKey, 7);
  add_map(two.snapshot, 0xffff888100200000, "&a->lock", kKey, -1);
  add_map(two.snapshot, 0xffff888100300000, "&old->lock", kKey + 64, 7);
  const model::Finding finding = two.found();
  ASSERT_THAT(finding.locks, SizeIs(1));
  EXPECT_EQ(finding.locks[0].address, 0xffff888100100000U);
}

TEST(IrqInconsistentNot, TheLogsLockIsNotNamedTwice) {
  Inconsistent logged;
  logged.report("WARNING: inconsistent lock state", "&a->lock");
  add_map(logged.snapshot, 0xffff888100500000, "&a->lock", kKey, 7);
  add_map(logged.snapshot, 0xffff888100600000, "&a->lock", kKey, 7);
  EXPECT_THAT(logged.found().locks, SizeIs(2));
}

model::LockClass& class_of(model::Snapshot& snapshot, const std::string& name) {
  for (model::LockClass& each : snapshot.lockdep.classes) {
    if (each.name == name) return each;
  }
  throw std::out_of_range(name);
}

/// A, taken in an interrupt, leads to B.
model::Snapshot leads_to_b() {
  return LockEvents().run("irq( A -A )irq  cli A B -B -A sti");
}

// B is used in that interrupt, or with it on, by writers or readers. A class that contradicts
// itself is irq-inconsistent's.
TEST(IrqInversionNot, WhatContradictsItselfInAnyWay) {
  struct Uses {
    std::vector<unsigned> bits;
    bool inversion;
  };
  const std::vector<Uses> all = {{{}, false},
                                 {{kInHardirq}, false},
                                 {{kHardirqOn}, true},
                                 {{kHardirqOnRead}, true},
                                 {{kInHardirq, kHardirqOn}, false},
                                 {{kInHardirq, kHardirqOnRead}, false},
                                 {{kInHardirqRead, kHardirqOn}, false},
                                 {{kInHardirqRead, kHardirqOnRead}, true}};
  for (const Uses& uses : all) {
    model::Snapshot snapshot = leads_to_b();
    for (const unsigned bit : uses.bits) mark(class_of(snapshot, "B"), bit, 0);
    EXPECT_THAT(check_irq_inversion(snapshot), SizeIs(uses.inversion ? 1 : 0))
        << ::testing::PrintToString(uses.bits);
  }
}

// exclusive_mask() stripped the readers' bits until 5.9.
TEST(IrqInversionNot, ReadersWithInterruptsOnUntil5_9) {
  for (const bool strong_paths : {false, true}) {
    model::Snapshot snapshot =
        LockEvents(strong_paths).run("irq( A -A )irq  cli A B -B -A sti  rB -B");
    EXPECT_THAT(check_irq_inversion(snapshot), SizeIs(strong_paths ? 1 : 0));
    mark(class_of(snapshot, "B"), kHardirqOn, 0);
    EXPECT_THAT(check_irq_inversion(snapshot), SizeIs(1));
  }
}

TEST(IrqInversionNot, AReaderInTheInterruptPassesAReader) {
  EXPECT_THAT(check_irq_inversion(LockEvents().run("irq( RA -A )irq  cli A B -B -A sti  B -B")),
              SizeIs(1));
  EXPECT_THAT(check_irq_inversion(LockEvents().run("irq( RA -A )irq  cli RA B -B -A sti  B -B")),
              IsEmpty());
}

TEST(IrqInversionNot, EitherUseWithoutATraceIsAGuess) {
  for (const char* name : {"A", "B"}) {
    model::Snapshot snapshot = leads_to_b();
    mark(class_of(snapshot, "B"), kHardirqOn, 0);
    EXPECT_EQ(check_irq_inversion(snapshot).at(0).grade, Grade::proven);
    class_of(snapshot, name).usage_traces.assign(10, -1);
    EXPECT_EQ(check_irq_inversion(snapshot).at(0).grade, Grade::inferred) << name;
  }
}

TEST(IrqInversionNot, OfOneBugTheShortestPathIsShown) {
  // B is met before D, and is further away.
  model::Snapshot snapshot =
      LockEvents().run("irq( A -A )irq  cli B -B A D -D -A D B -B -D sti  B -B D -D");
  auto findings = check_irq_inversion(snapshot);
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_THAT(findings[0].title, HasSubstr("A, taken in a hard interrupt, leads to D"));
  EXPECT_THAT(findings[0].explanation, HasSubstr("The same holds for A -> B (HARDIRQ)."));
  // D before B: the first is the shorter one already.
  snapshot = LockEvents().run("irq( A -A )irq  cli D -D A D -D -A D B -B -D sti  B -B D -D");
  findings = check_irq_inversion(snapshot);
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_THAT(findings[0].title, HasSubstr("leads to D"));
}

TEST(IrqInversionNot, AShorterPathOfAnotherKindOfInterruptDoesNotTakeItsPlace) {
  model::Snapshot snapshot = LockEvents().run("irq( A -A )irq  cli A D -D -A D B -B -D sti  B -B");
  mark(class_of(snapshot, "A"), kInSoftirq, 0);
  mark(class_of(snapshot, "D"), kSoftirqOn, 0);
  const auto findings = check_irq_inversion(snapshot);
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_THAT(findings[0].title, HasSubstr("A, taken in a hard interrupt, leads to B"));
}

TEST(IrqInversionNot, PathsOfTwoKindsThatShareAnEndAreOneBug) {
  // A in a hard interrupt, C in a softirq, both lead to B.
  model::Snapshot snapshot =
      LockEvents().run("irq( A -A )irq  soft( C -C )soft  cli A B -B -A C B -B -C sti  B -B");
  EXPECT_THAT(check_irq_inversion(snapshot), SizeIs(1));
  // A in both leads to B and to D, each with one of them on.
  snapshot = LockEvents().run("irq( A -A )irq  soft( A -A )soft  cli A B -B D -D -A sti");
  mark(class_of(snapshot, "B"), kHardirqOn, 0);
  mark(class_of(snapshot, "D"), kSoftirqOn, 0);
  EXPECT_THAT(check_irq_inversion(snapshot), SizeIs(1));
}

/// A task that holds one lock and waits for the other, after lockdep has stopped.
void waits(model::Snapshot& snapshot, int pid, const char* held, const char* wanted) {
  const model::Task task = add_sleeper(snapshot, pid, "task", 5);
  const auto lock = [&](const char* name) -> model::LockState& {
    const uint64_t address = 0xffff888100300000 + static_cast<uint64_t>(name[0]) * 64;
    for (model::LockState& each : snapshot.locks) {
      if (each.address == address) return each;
    }
    model::LockState& added = add_lock(snapshot, address, model::LockType::raw_spinlock, "");
    added.name = added.lock_class = name;
    return added;
  };
  lock(held).owners.push_back(party(task));
  lock(wanted).waiters.push_back(party(task));
}

TEST(IrqInversionNot, EveryAcquisitionThatIsNotRecordedIsABugOfItsOwn) {
  const std::string uses = "irq( A -A )irq  B -B  D -D";
  model::Snapshot two = LockEvents().run(uses);
  waits(two, 10, "A", "B");
  waits(two, 11, "A", "D");
  EXPECT_THAT(check_irq_inversion(two), SizeIs(2));
  model::Snapshot beside = LockEvents().run("irq( A -A )irq  cli A D -D -A sti  B -B  D -D");
  waits(beside, 10, "A", "B");
  EXPECT_THAT(check_irq_inversion(beside), SizeIs(2));
  // The one that is not recorded comes first.
  model::Snapshot before = LockEvents().run("irq( A -A )irq  B -B  cli A D -D -A sti  D -D");
  waits(before, 10, "A", "B");
  EXPECT_THAT(check_irq_inversion(before), SizeIs(2));
}

TEST(IrqInversionNot, OneAcquisitionThatIsNotRecordedIsOneBug) {
  model::Snapshot snapshot = LockEvents().run("irq( A -A )irq  cli B D -D -B sti  B -B  D -D");
  waits(snapshot, 10, "A", "B");
  const auto findings = check_irq_inversion(snapshot);
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_THAT(findings[0].explanation, HasSubstr("The same holds for A -> D (HARDIRQ)."));
}

}  // namespace
}  // namespace kmortem::checks
