# SPDX-License-Identifier: GPL-3.0-or-later
"""Kernels built without a subsystem, by another compiler or with other DWARF. What is not there is
no error: no problem, no finding, and everything else as ever."""
import functools
import unittest

import synthetic_test as planted
from support.synthetic import synthetic
from support.tool import kmortem, problems_beyond_stacks

OLD, MIDDLE, NEW = "3.10", "5.4", "7.1"
STANDARD_NAMES = ["HI", "TIMER", "NET_TX", "NET_RX", "BLOCK", "IRQ_POLL", "TASKLET", "SCHED",
                  "HRTIMER", "RCU"]


def each_version(test, versions=(OLD, MIDDLE, NEW)):
    @functools.wraps(test)
    def run(self):
        for version in versions:
            with self.subTest(version):
                test(self, version)
    return run


class VariantsTest(unittest.TestCase):
    maxDiff = None

    def assert_quiet(self, report):
        self.assertEqual(problems_beyond_stacks(report), [])
        self.assertEqual([each["title"] for each in report["findings"]], [])

    def held(self, report):
        return {(task["comm"], lock["class"]) for task in report["tasks"]
                for lock in task["held_locks"]}

    HELD = {("worker", "dev_mutex"), ("worker", "&stats->lock"), ("worker", "table_lock"),
            ("worker_thread", "dev_mutex/1"), ("worker_thread", "cache_mutex#2")}

    @each_version
    def test_without_modules(self, version):
        report = synthetic(version, "NO_MODULES").analyze()
        self.assert_quiet(report)
        self.assertEqual(report["modules"], [])
        self.assertEqual(self.held(report), self.HELD)

    @each_version
    def test_without_smp(self, version):
        kernel = synthetic(version, "NO_SMP")
        report = kernel.analyze()
        self.assert_quiet(report)
        self.assertEqual(self.held(report), self.HELD)
        self.assertEqual(report["kernel"]["possible_cpus"], 1)
        self.assertEqual([(each["cpu"], each["online"], each["current"]["comm"],
                           each["softirq_pending"], each["preempt_count"],
                           each["hardirqs_enabled"]) for each in report["cpus"]],
                         [(0, True, "worker", 0x82, 3, False)])
        classes = {each["name"]: each["ops"] for each in report["lockdep"]["classes"]}
        self.assertEqual(classes["dev_mutex"], 23 if version == OLD else 20)

    @each_version
    def test_without_lockdep(self, version):
        kernel = synthetic(version, "NO_LOCKDEP")
        report = kernel.analyze()
        self.assert_quiet(report)
        self.assertIs(report["lockdep"]["present"], False)
        self.assertEqual(report["lockdep"]["classes"], [])
        self.assertEqual({each["comm"] for each in report["tasks"]},
                         {"swapper/0", "swapper/1", "worker", "worker_thread", "sleeper"})
        self.assertEqual({each["held_locks_known"] for each in report["tasks"]}, {False})
        self.assertEqual([each["current"]["comm"] for each in report["cpus"]],
                         ["worker", "swapper/1"])
        self.assertEqual([each["address"] for each in report["cpus"][0]["spinlocks_held"]],
                         [f"0x{kernel.address('stats_lock'):016x}"])
        run = kernel.run("classes", "--proc", "lockdep")
        self.assertIn("lockdep", run.out + run.err)

    @each_version
    def test_without_printk(self, version):
        kernel = synthetic(version, "NO_PRINTK")
        report = kernel.analyze()
        self.assert_quiet(report)
        self.assertEqual(self.held(report), self.HELD)
        self.assertEqual(kernel.run("log").code, 0)
        self.assertEqual(kernel.run("log", "-f", "json").json()["log"], [])

    @each_version
    def test_without_names_of_softirqs(self, version):
        kernel = synthetic(version, "NO_SOFTIRQ_NAMES")
        report = kernel.analyze()
        self.assert_quiet(report)
        names = list(STANDARD_NAMES)
        names[5] = "BLOCK_IOPOLL" if version == OLD else "IRQ_POLL"  # renamed in 4.5
        self.assertEqual([each["name"] for each in report["softirqs"]], names)

    @each_version
    def test_without_anything(self, version):
        kernel = synthetic(version, "NO_LOCKDEP", "NO_PRINTK", "NO_MODULES", "NO_SMP",
                           "NO_SOFTIRQ_NAMES")
        self.assert_quiet(kernel.analyze())

    @each_version
    def test_clang(self, version):
        self.same_as_ever(synthetic(version, compiler="clang-19"))

    @each_version
    def test_dwarf_4(self, version):
        self.same_as_ever(synthetic(version, dwarf=4))

    def test_clang_and_dwarf_4(self):
        self.same_as_ever(synthetic(MIDDLE, compiler="clang-19", dwarf=4))

    def test_vmcoreinfo_in_memory_only(self):
        for version in (MIDDLE, NEW):
            kernel = synthetic(version, vmcoreinfo="memory")
            self.same_as_ever(kernel)
            self.assertEqual(kernel.analyze()["dump"]["vmcoreinfo"], "memory")

    def same_as_ever(self, kernel):
        report = kernel.analyze()
        self.assert_quiet(report)
        self.assertEqual(self.held(report), self.HELD)
        self.assertEqual(kernel.run("classes", "--proc", "lockdep").out,
                         planted.proc_lockdep(kernel))
        self.assertEqual([(each["current"]["comm"], each["softirq_pending"], each["preempt_count"],
                           each["hardirqs_enabled"]) for each in report["cpus"]],
                         [("worker", 0x82, 3, False), ("swapper/1", 0x200, 1, True)])
        self.assertTrue(kernel.run("log").out.startswith(
            planted.LOG.format(release=kernel.release)))
        self.assertEqual([each["name"] for each in report["modules"]], ["sample_mod"])

    def test_profile_stands_in_for_vmlinux(self):
        for version in (OLD, NEW):
            with self.subTest(version):
                kernel = synthetic(version)
                profile = kernel.folder / "kernel.kmp"
                made = kmortem("profile", kernel.vmlinux, "-o", profile)
                self.assertEqual(made.code, 0, made.err)
                run = kmortem("classes", kernel.vmcore, "--proc", "lockdep", "--profile", profile)
                self.assertEqual(run.out, kernel.run("classes", "--proc", "lockdep").out)


if __name__ == "__main__":
    unittest.main()
