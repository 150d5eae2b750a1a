// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/redact.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <utility>

#include "report/html.h"
#include "report/json.h"
#include "report/locks.h"
#include "report/log.h"
#include "report/redact_log.h"
#include "report/sarif.h"
#include "report/text.h"
#include "reports.h"

namespace kmortem::report {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

model::Task task(int pid, const std::string& comm, bool kernels) {
  model::Task task;
  task.pid = task.tgid = pid;
  task.address = 0xffff888100000000 + static_cast<uint64_t>(pid) * 0x1000;
  task.comm = comm;
  task.kernel_thread = kernels;
  task.state = 'D';
  return task;
}

/// A report with names planted wherever one can stand.
model::Report planted() {
  model::Report report = testing::small_report();
  model::Snapshot& snapshot = report.snapshot;
  snapshot.dump.path = "/home/alice/db7-crash.vmcore";
  snapshot.dump.parts = {{"/home/alice/db7-part1", 0, 1}};
  snapshot.debuginfo.path = "/home/alice/vmlinux-secret";
  snapshot.kernel.node_name = "db7.bank.example";
  snapshot.kernel.command_line = "root=UUID=1234-5678 quiet";
  snapshot.kernel.banner = "Linux version 6.1.0 (alice@buildbox) (gcc) #1";
  snapshot.kernel.panic_message = "Attempted to kill payrolld on db7";
  snapshot.tasks = {task(1, "kswapd0", true), task(44, "payrolld", false),
                    task(45, "ledger-sync", false), task(46, "sleep", false)};
  snapshot.cpus[0].current_task = snapshot.tasks[1].address;
  snapshot.log = {
      {0, 1, 6, 0, "", "Command line: root=UUID=1234-5678 quiet"},
      {1, 1, 6, 0, "", "EXT4-fs: mounted root=UUID=1234-5678 for /srv/payroll by kswapd0"},
      {2, 1, 6, 0, "", "CPU: 0 PID: 44 Comm: payrolld Tainted: G"},
      {3, 1, 6, 0, "", "shredder/99 is trying to acquire lock:\n(&dir->mutex/1){+.+.}"},
      {4, 1, 6, 3, "", "systemd[1]: Starting Secret Service"},
      {5, 1, 6, 0, "", "db7 and db7.bank.example; shredder is gone"}};
  model::Finding& finding = report.findings[0];
  finding.title = "payrolld [44] waits for kswapd0 [1], which may sleep.";
  finding.explanation = "ledger-sync [45] is behind payrolld [44]; sleep [46] too.";
  finding.tasks = {{44, "payrolld", 0, snapshot.tasks[1].address, model::Role::waiter},
                   {1, "kswapd0", 0, snapshot.tasks[0].address, model::Role::owner},
                   {99, "shredder", -1, 0x99, model::Role::owner}};
  finding.evidence[0].text = "log, 1.00 s: \"Comm: payrolld on db7\"";
  finding.evidence[1].text = "held_locks[0] of payrolld [44] by /usr/sbin/payrolld";
  finding.evidence[1].stack[0].file = "/home/alice/src/lk.c";
  model::LockState lock;
  lock.address = 0x10;
  lock.symbol = "rtnl_mutex";
  lock.type = model::LockType::mutex;
  lock.owners.emplace_back();
  lock.owners[0].task = snapshot.tasks[1].address;
  lock.owners[0].evidence = "mutex.owner = payrolld [44]";
  lock.undecided = {"payrolld [44] may wait too"};
  snapshot.locks = {lock};
  snapshot.problems.add({"part /home/alice/db7-part1", 0, "db7-part1 was not given", "", 1});
  return report;
}

const char* const kSecrets[] = {"alice",     "db7",    "bank",          "buildbox",
                                "1234-5678", "payrol", "ledger-sync",   "shredder",
                                "Secret",    "/srv",   "vmlinux-secret"};

void expect_none(const std::string& text, const char* what) {
  for (const char* secret : kSecrets) EXPECT_THAT(text, Not(HasSubstr(secret))) << what;
}

TEST(Redact, NoFormatPrintsWhatWasPlanted) {
  const model::Report before = planted();
  for (const char* secret : {"alice", "db7", "payrolld", "ledger-sync", "1234-5678"}) {
    EXPECT_THAT(report_html(before, {}), HasSubstr(secret)) << "else nothing is tested";
  }
  const model::Report report = redacted(before);
  const model::Snapshot& snapshot = report.snapshot;
  expect_none(report_text(report, {.verbose = true}), "text");
  expect_none(report_json(report), "json");
  expect_none(report_html(report, {}), "html");
  expect_none(report_sarif(report, {}), "sarif");
  expect_none(log_text(snapshot, true), "log");
  expect_none(log_json(snapshot), "log json");
  expect_none(locks_by_owner_text(snapshot, {.verbose = true}), "locks");
  expect_none(locks_by_owner_json(snapshot), "locks json");
}

TEST(Redact, OneNameIsOnePseudonymEverywhere) {
  const model::Report report = redacted(planted());
  EXPECT_EQ(report.snapshot.tasks[1].comm, "task-1");
  EXPECT_EQ(report.findings[0].title, "task-1 [44] waits for kswapd0 [1], which may sleep.");
  EXPECT_EQ(report.findings[0].explanation, "task-2 [45] is behind task-1 [44]; task-3 [46] too.");
  EXPECT_EQ(report.findings[0].tasks[0].comm, "task-1");
  EXPECT_EQ(report.snapshot.log[2].text, "CPU: 0 PID: 44 Comm: task-1 Tainted: G");
  EXPECT_EQ(report.findings[0].evidence[0].text, "log, 1.00 s: \"Comm: task-1 on host-2\"");
  EXPECT_EQ(report.snapshot.kernel.node_name, "host-1");
}

TEST(Redact, WhatIsTheKernelsStays) {
  const model::Report before = planted();
  const model::Report report = redacted(before);
  EXPECT_EQ(report.snapshot.tasks[0].comm, "kswapd0");
  EXPECT_EQ(report.findings[0].tasks[1].comm, "kswapd0");
  EXPECT_EQ(report.findings[0].signature, before.findings[0].signature);
  EXPECT_EQ(report.snapshot.locks[0].symbol, "rtnl_mutex");
  EXPECT_EQ(report.findings[0].evidence[1].stack[0].function, "stats_rcv_proc");
  EXPECT_EQ(report.findings[0].evidence[1].stack[0].file, "lk.c");
  EXPECT_EQ(report.snapshot.log[3].text,
            "task-4/99 is trying to acquire lock:\n(&dir->mutex/1){+.+.}");
}

TEST(Redact, AProcessUnderAKernelThreadsNameDoesNotTakeItFromTheThread) {
  model::Report report = planted();
  report.snapshot.tasks.push_back(task(50, "kswapd0", false));
  report.findings[0].explanation = "kswapd0 [50] is not kswapd0 [1].";
  report = redacted(std::move(report));
  EXPECT_EQ(report.snapshot.tasks[0].comm, "kswapd0");
  EXPECT_THAT(report.snapshot.tasks[4].comm, ::testing::StartsWith("task-"));
  EXPECT_EQ(report.findings[0].explanation,
            report.snapshot.tasks[4].comm + " [50] is not kswapd0 [1].");
  EXPECT_THAT(report.snapshot.log[1].text, HasSubstr("by kswapd0"));
}

TEST(Redact, WhatProcessesWroteToTheLogIsLeftOut) {
  EXPECT_EQ(redacted(planted()).snapshot.log[4].text, "(written by a process)");
}

TEST(Redact, AnEmptyReportStaysEmpty) {
  const model::Report report = redacted(model::Report{});
  EXPECT_EQ(report.snapshot.dump.path, "");
  EXPECT_EQ(report.snapshot.kernel.command_line, "");
}

std::string learnt(const std::string& line) {
  Pseudonyms tasks("task");
  learn_names(line, tasks);
  return tasks.replace_words(line);
}

// The kernel's own formats: show_regs_print_info(), sched_show_task(), check_hung_task(),
// watchdog_timer_fn(), print_circular_bug(), show_signal_msg(), __oom_kill_process().
TEST(RedactLog, LearnsNamesWhereTheKernelPrintsThem) {
  EXPECT_EQ(learnt("CPU: 1 PID: 44 Comm: sh Not tainted 6.1.0 #1"),
            "CPU: 1 PID: 44 Comm: task-1 Not tainted 6.1.0 #1");
  EXPECT_EQ(learnt("task:my task         state:D stack:0     pid:12"),
            "task:task-1         state:D stack:0     pid:12");
  EXPECT_EQ(learnt("INFO: task a:b:12 blocked for more than 120 seconds."),
            "INFO: task task-1:12 blocked for more than 120 seconds.");
  EXPECT_EQ(learnt("watchdog: BUG: soft lockup - CPU#1 stuck for 22s! [dd:99]"),
            "watchdog: BUG: soft lockup - CPU#1 stuck for 22s! [task-1:99]");
  EXPECT_EQ(learnt("1 lock held by sh/44:"), "1 lock held by task-1/44:");
  EXPECT_EQ(learnt("traps: x1[12] general protection fault ip:0"),
            "traps: task-1[12] general protection fault ip:0");
  EXPECT_EQ(learnt("x1[12]: segfault at 0"), "task-1[12]: segfault at 0");
  EXPECT_EQ(learnt("Out of memory: Killed process 12 (java) total-vm:1kB"),
            "Out of memory: Killed process 12 (task-1) total-vm:1kB");
}

TEST(RedactLog, LeavesTheKernelsOwnWordsAlone) {
  for (const char* line :
       {"swapper/0/0 is trying to acquire lock:", " (&dir->mutex/1){+.+.}-{3:3}, at: f+0x1/0x20",
        "kworker/u4:2/84 just changed the state of lock:", "RIP: 0010:f+0x10/0x20 [lk_rcu]",
        "rcu: INFO: rcu_sched detected stalls on CPUs/tasks:", "hda[1] softirq_vec[8].action"}) {
    EXPECT_EQ(learnt(line), line);
    LogNames names;
    EXPECT_EQ(redacted_line(line, names), line);
  }
}

TEST(RedactLog, PathsAndAddressesGo) {
  LogNames names;
  EXPECT_EQ(redacted_line("Run /sbin/init as init, then /sbin/init and /etc/x.", names),
            "Run file-1 as init, then file-1 and file-2.");
  EXPECT_EQ(redacted_line("Linux version 6.1 (bob@build.example) (gcc)", names),
            "Linux version 6.1 ((redacted)) (gcc)");
  EXPECT_EQ(redacted_line("Kernel command line: quiet init=/x", names),
            "Kernel command line: (redacted)");
}

TEST(Pseudonyms, OnlyWholeWordsAreNames) {
  Pseudonyms tasks("task");
  tasks.of("sh");
  tasks.of("systemd-journal");
  EXPECT_EQ(tasks.replace_words("sh push shell _sh sh_ (sh) sh/12"),
            "task-1 push shell _sh sh_ (task-1) task-1/12");
  EXPECT_EQ(tasks.replace_words("systemd-journald[88]"), "task-2[88]") << "15 bytes of its name";
  EXPECT_EQ(tasks.replace_words("sh", true), "sh");
  EXPECT_EQ(tasks.replace_words("systemd-journal", true), "task-2");
}

}  // namespace
}  // namespace kmortem::report
