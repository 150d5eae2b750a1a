// SPDX-License-Identifier: GPL-3.0-or-later
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "checks/rules.h"
#include "snapshots.h"

namespace kmortem::checks {
namespace {

using namespace testing;
using ::testing::HasSubstr;
using ::testing::Not;

// A lock taken with plain spin_lock() in process context, and by a softirq.
model::Snapshot fib_statistics() {
  model::Snapshot snapshot = lockdep_snapshot();
  snapshot.softirqs = {{3, "NET_RX", 0xffffffff81800000, "net_rx_action", true}};
  const int in = add_trace(
      snapshot, {"lock_acquire", "_raw_spin_lock", "net_event_callback [fib]", "arp_rcv",
                 "net_rx_action", "handle_softirqs", "irq_exit_rcu", "sysvec_apic_timer_interrupt",
                 "asm_sysvec_apic_timer_interrupt", "do_idle"});
  const int on = add_trace(snapshot, {"lock_acquire", "_raw_spin_lock", "fib_stat_rcv_proc [fib]",
                                      "netlink_rcv_skb", "do_syscall_64"});
  model::LockClass& lock_class =
      add_class(snapshot, 7, "&fib_statistics->lock", 0xffffffffc0001000);
  lock_class.usage = "+.?.";
  mark(lock_class, kHardirqOn, on);
  mark(lock_class, kInSoftirq, in);
  mark(lock_class, kSoftirqOn, on);
  return snapshot;
}

TEST(IrqInconsistent, SoftirqConflictNamesBothFunctionsAndTheBhVariant) {
  const auto findings = check_irq_inconsistent(fib_statistics());
  ASSERT_EQ(findings.size(), 1U);
  const model::Finding& finding = findings[0];
  EXPECT_EQ(finding.severity, model::Severity::error);
  EXPECT_EQ(finding.grade, model::Grade::proven);
  EXPECT_THAT(finding.title, HasSubstr("&fib_statistics->lock"));
  EXPECT_THAT(finding.explanation, HasSubstr("fib_stat_rcv_proc() [fib]"));
  EXPECT_THAT(finding.explanation, HasSubstr("net_event_callback() [fib]"));
  EXPECT_THAT(finding.explanation, HasSubstr("NET_RX"));
  EXPECT_THAT(finding.remedy, HasSubstr("spin_lock_bh()"));
  EXPECT_THAT(finding.remedy, HasSubstr("fib_stat_rcv_proc() [fib]"));
  EXPECT_THAT(finding.remedy, Not(HasSubstr("irqsave")));
}

TEST(IrqInconsistent, BothStacksAreEvidenceWithoutLockdepsFrames) {
  const auto findings = check_irq_inconsistent(fib_statistics());
  ASSERT_EQ(findings.size(), 1U);
  std::vector<model::Stack> stacks;
  for (const auto& evidence : findings[0].evidence) {
    if (!evidence.stack.empty()) stacks.push_back(evidence.stack);
  }
  ASSERT_EQ(stacks.size(), 2U);
  EXPECT_EQ(stacks[0][0].function, "_raw_spin_lock");
  EXPECT_EQ(stacks[0][1].function, "net_event_callback");
  EXPECT_THAT(stacks[0][1].note, HasSubstr("spin_lock()"));
  EXPECT_EQ(stacks[0][1].context, model::Context::softirq);
  EXPECT_EQ(stacks[0].back().context, model::Context::task);
  EXPECT_EQ(stacks[1][1].function, "fib_stat_rcv_proc");
  EXPECT_THAT(stacks[1][1].note, HasSubstr("softirqs stay enabled"));
}

TEST(IrqInconsistent, SignatureHasNoAddressesAndNoNameVersions) {
  model::Snapshot snapshot = fib_statistics();
  snapshot.lockdep.classes[0].name += "#2";
  const auto findings = check_irq_inconsistent(snapshot);
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].signature,
            "irq-inconsistent:&fib_statistics->lock:softirq:net_event_callback [fib]:"
            "fib_stat_rcv_proc [fib]");
}

TEST(IrqInconsistent, LogReportIsASecondWitnessAndGivesTheAddress) {
  model::Snapshot snapshot = fib_statistics();
  log_line(snapshot, 65.630294, "WARNING: inconsistent lock state");
  log_line(snapshot, 65.630618, "inconsistent {SOFTIRQ-ON-W} -> {IN-SOFTIRQ-W} usage.");
  log_line(snapshot, 65.630771, "swapper/1/0 [HC0[0]:SC1[1]:HE1:SE0] takes:");
  log_line(snapshot, 65.630901,
           "ffff88810d520018 (&fib_statistics->lock){+.?.}-{2:2}, at: net_event_callback+0x373");
  const auto findings = check_irq_inconsistent(snapshot);
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].locks.at(0).address, 0xffff88810d520018U);
  EXPECT_THAT(all_text(findings[0]), HasSubstr("log, 65.63 s: \"inconsistent {SOFTIRQ-ON-W}"));
  EXPECT_THAT(all_text(findings[0]), HasSubstr("reported by swapper/1/0"));
}

TEST(IrqInconsistent, HardirqConflictAsksForIrqsave) {
  model::Snapshot snapshot = lockdep_snapshot();
  const int in = add_trace(snapshot, {"_raw_spin_lock", "uart_irq", "common_interrupt"});
  const int on = add_trace(snapshot, {"_raw_spin_lock", "uart_write", "do_syscall_64"});
  model::LockClass& lock_class = add_class(snapshot, 1, "&port->lock", 0xffffffff82000000);
  mark(lock_class, kInHardirq, in);
  mark(lock_class, kHardirqOn, on);
  const auto findings = check_irq_inconsistent(snapshot);
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_THAT(findings[0].remedy, HasSubstr("spin_lock_irqsave()"));
  EXPECT_THAT(findings[0].title, HasSubstr("hard interrupt"));
}

TEST(IrqInconsistent, TheInterruptedFunctionIsRecognised) {
  model::Snapshot snapshot = lockdep_snapshot();
  const int in = add_trace(snapshot, {"_raw_spin_lock", "kick [m]", "sysvec_apic_timer_interrupt",
                                      "asm_sysvec_apic_timer_interrupt", "drain [m]", "kthread"});
  const int on = add_trace(snapshot, {"_raw_spin_lock", "drain [m]", "kthread"});
  model::LockClass& lock_class = add_class(snapshot, 1, "queue_lock", 0xffffffff82000000);
  mark(lock_class, kInHardirq, in);
  mark(lock_class, kHardirqOn, on);
  const auto findings = check_irq_inconsistent(snapshot);
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_THAT(findings[0].explanation, HasSubstr("runs through drain() [m]"));
  EXPECT_THAT(check_irq_inconsistent(fib_statistics())[0].explanation,
              HasSubstr("Nothing need have hung yet"));
}

TEST(IrqInconsistent, BothConflictsAreOneFindingWithTheStrongerRemedy) {
  model::Snapshot snapshot = fib_statistics();
  mark(snapshot.lockdep.classes[0], kInHardirq,
       add_trace(snapshot, {"_raw_spin_lock", "nmi_irq", "common_interrupt"}));
  const auto findings = check_irq_inconsistent(snapshot);
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_THAT(findings[0].remedy, HasSubstr("spin_lock_irqsave()"));
  EXPECT_THAT(all_text(findings[0]), HasSubstr("IN-SOFTIRQ-W against SOFTIRQ-ON-W"));
}

TEST(IrqInconsistent, ReadersOnBothSidesAreNoConflict) {
  model::Snapshot snapshot = lockdep_snapshot();
  model::LockClass& lock_class = add_class(snapshot, 1, "&list_lock", 0xffffffff82000000);
  mark(lock_class, kInSoftirqRead);
  mark(lock_class, kSoftirqOnRead);
  EXPECT_TRUE(check_irq_inconsistent(snapshot).empty());
}

TEST(IrqInconsistent, ReaderInTheInterruptAgainstAWriterIsOne) {
  model::Snapshot snapshot = lockdep_snapshot();
  const int in = add_trace(snapshot, {"_raw_read_lock", "timer_fn", "__do_softirq"});
  const int on = add_trace(snapshot, {"_raw_write_lock", "add_entry"});
  model::LockClass& lock_class = add_class(snapshot, 1, "&list_lock", 0xffffffff82000000);
  mark(lock_class, kInSoftirqRead, in);
  mark(lock_class, kSoftirqOn, on);
  mark(lock_class, kSoftirqOnRead, on);
  const auto findings = check_irq_inconsistent(snapshot);
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_THAT(findings[0].remedy, HasSubstr("write_lock_bh()"));
}

TEST(IrqInconsistent, WriterInTheInterruptAgainstAReaderIsOne) {
  model::Snapshot snapshot = lockdep_snapshot();
  const int in = add_trace(snapshot, {"_raw_write_lock", "timer_fn", "__do_softirq"});
  const int on = add_trace(snapshot, {"_raw_read_lock", "lookup"});
  model::LockClass& lock_class = add_class(snapshot, 1, "&list_lock", 0xffffffff82000000);
  mark(lock_class, kInSoftirq, in);
  mark(lock_class, kSoftirqOnRead, on);
  const auto findings = check_irq_inconsistent(snapshot);
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_THAT(findings[0].remedy, HasSubstr("read_lock_bh()"));
}

TEST(IrqInconsistent, OneSideAloneIsHealthy) {
  model::Snapshot snapshot = lockdep_snapshot();
  mark(add_class(snapshot, 1, "a", 0xffffffff82000000), kInSoftirq);
  mark(add_class(snapshot, 2, "b", 0xffffffff82000100), kSoftirqOn);
  // Hard interrupts on, taken in a softirq: what a _bh lock looks like.
  model::LockClass& bh = add_class(snapshot, 3, "c", 0xffffffff82000200);
  mark(bh, kInSoftirq);
  mark(bh, kHardirqOn);
  EXPECT_TRUE(check_irq_inconsistent(snapshot).empty());
}

TEST(IrqInconsistent, ReclaimStateOfOldKernelsIsNoInterrupt) {
  model::Snapshot snapshot = lockdep_snapshot();
  snapshot.lockdep.features.states = {"HARDIRQ", "SOFTIRQ", "RECLAIM_FS"};
  model::LockClass& lock_class = add_class(snapshot, 1, "&inode->i_mutex", 0xffffffff82000000);
  lock_class.usage_traces.assign(13, -1);
  mark(lock_class, 8);   // IN-RECLAIM_FS-W
  mark(lock_class, 10);  // RECLAIM_FS-ON-W
  EXPECT_TRUE(check_irq_inconsistent(snapshot).empty());
}

TEST(IrqInconsistent, InterruptsEnabledUnderTheLockIsToldApart) {
  model::Snapshot snapshot = lockdep_snapshot();
  const int in = add_trace(snapshot, {"_raw_spin_lock", "irq_handler", "common_interrupt"});
  const int on = add_trace(snapshot, {"mark_held_locks", "trace_hardirqs_on",
                                      "_raw_spin_unlock_irq", "careless", "do_syscall_64"});
  model::LockClass& lock_class = add_class(snapshot, 1, "&a->lock", 0xffffffff82000000);
  mark(lock_class, kInHardirq, in);
  mark(lock_class, kHardirqOn, on);
  const auto findings = check_irq_inconsistent(snapshot);
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_THAT(findings[0].explanation,
              HasSubstr("careless() switches interrupts on with spin_unlock_irq() while it holds"));
  EXPECT_THAT(findings[0].remedy, HasSubstr("careless()"));
  EXPECT_THAT(findings[0].remedy, HasSubstr("spin_unlock_irqrestore()"));
}

TEST(IrqInconsistent, WithoutTracesTheConflictStillStands) {
  model::Snapshot snapshot = lockdep_snapshot();
  model::LockClass& lock_class = add_class(snapshot, 1, "&a->lock", 0xffffffff82000000);
  mark(lock_class, kInSoftirq, 99);  // no such trace
  mark(lock_class, kSoftirqOn);
  const auto findings = check_irq_inconsistent(snapshot);
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_THAT(all_text(findings[0]), HasSubstr("no stack is recorded for IN-SOFTIRQ-W"));
  EXPECT_EQ(findings[0].signature, "irq-inconsistent:&a->lock:softirq:?:?");
}

// The name as the reader gives it where its memory is not in the dump.
TEST(IrqInconsistent, ClassWithoutAReadableNameMakesItAGuess) {
  model::Snapshot snapshot = fib_statistics();
  snapshot.lockdep.classes.back().name = "<0xffffffffc03de054>";
  const auto findings = check_irq_inconsistent(snapshot);
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].grade, model::Grade::inferred);
  EXPECT_THAT(findings[0].explanation, HasSubstr("name of this lock class cannot be read"));
}

TEST(IrqInconsistent, SharedClassMakesItAGuess) {
  model::Snapshot snapshot = fib_statistics();
  snapshot.lockdep.classes[0].key_symbol = "some_key";
  add_map(snapshot, 0xffff888100000000, "&other->lock", 0xffffffffc0001000, 7);
  const auto findings = check_irq_inconsistent(snapshot);
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].grade, model::Grade::inferred);
  EXPECT_EQ(findings[0].severity, model::Severity::warning);
  EXPECT_THAT(findings[0].explanation, HasSubstr("&other->lock"));
}

}  // namespace
}  // namespace kmortem::checks
