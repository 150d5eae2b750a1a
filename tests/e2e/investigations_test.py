# SPDX-License-Identifier: GPL-3.0-or-later
"""The hand-made investigations, repeated by the tool: what each dump must yield, and no more.

What is expected comes from the scenario modules' source and from the guests' own splats, read
from their logs here, not from an earlier run of the tool."""
import re
import unittest

from support.tool import Fixture, all_fixtures


def rules(report):
    return sorted(each["rule"] for each in report["findings"])


def only(report, rule):
    found = [each for each in report["findings"] if each["rule"] == rule]
    assert len(found) == 1, (rule, rules(report))
    return found[0]


def functions(finding):
    return {frame["function"] for each in finding["evidence"] for frame in each.get("stack", [])}


class HealthyTest(unittest.TestCase):
    def test_idle_machines_yield_nothing(self):
        idle = [each for each in all_fixtures() if each.name.startswith("idle-")]
        self.assertGreaterEqual(len(idle), 2)
        for fixture in idle:
            with self.subTest(fixture.name):
                done = fixture.run("analyze", "-f", "json")
                self.assertEqual(done.json()["findings"], [])
                self.assertEqual(done.code, 0)


class InconsistentLockTest(unittest.TestCase):
    """Investigation 1: a lock taken in a softirq and with softirqs enabled."""

    def setUp(self):
        self.fixture = Fixture("inconsistent-6.1")
        self.report = self.fixture.analyze()
        self.finding = only(self.report, "irq-inconsistent")

    def test_grade_and_lock(self):
        splat = self.fixture.truth("dmesg")
        self.assertIn("inconsistent {SOFTIRQ-ON-W} -> {IN-SOFTIRQ-W} usage.", splat)
        name = re.search(r"\((&\S+)\)\{([^}]*)\}-\{2:2\}, at: stats_event_callback", splat)
        self.assertEqual(self.finding["grade"], "proven")
        self.assertEqual(self.finding["severity"], "error")
        self.assertEqual([lock["class"] for lock in self.finding["locks"]], [name.group(1)])
        usage = {each["name"]: each["usage"] for each in self.report["lockdep"]["classes"]}
        self.assertEqual(usage[name.group(1)], name.group(2))

    def test_both_sides_and_the_remedy(self):
        splat = self.fixture.truth("dmesg")
        process_side = re.search(r"state was registered at:\n(.*?)irq event stamp", splat,
                                 re.DOTALL).group(1)
        for function in re.findall(r"\]\s+(\w+)\+0x", process_side):
            if function == "lock_acquire":  # lockdep itself: below what is shown
                continue
            self.assertIn(function, functions(self.finding))
        self.assertIn("stats_event_callback", functions(self.finding))
        self.assertIn("spin_lock_bh", self.finding["remedy"])

    def test_source_lines(self):
        frames = [frame for each in self.finding["evidence"] for frame in each.get("stack", [])]
        kernel = [frame for frame in frames if not frame["module"]]
        self.assertGreater(len(kernel), 5)
        with_line = [frame for frame in kernel if frame["file"] and frame["line"] > 0]
        self.assertGreater(len(with_line), len(kernel) * 0.8)
        module = [frame for frame in frames if frame["module"] == "lk_inconsistent"]
        self.assertTrue(any(frame["file"] and frame["file"].endswith("lk_inconsistent.c")
                            for frame in module), module)

    def test_nothing_else_but_lockdep_being_off(self):
        self.assertEqual(rules(self.report), ["irq-inconsistent", "lockdep-off"])

    def test_the_same_from_the_kexec_dump(self):
        report = Fixture("kexec-6.1").analyze()
        finding = only(report, "irq-inconsistent")
        self.assertEqual(finding["signature"], self.finding["signature"])


class NovalidateTest(unittest.TestCase):
    """Investigation 2: a spinlock that shares __lockdep_no_validate__ with device mutexes."""

    def setUp(self):
        self.fixture = Fixture("novalidate-6.1")
        self.report = self.fixture.analyze()

    def test_the_log_holds_the_false_report(self):
        self.assertIn("[ BUG: Invalid wait context ]", self.fixture.truth("dmesg"))

    def test_shared_key(self):
        finding = only(self.report, "shared-lock-key")
        self.assertIn("__lockdep_no_validate__", finding["title"] + finding["explanation"])
        names = {lock["name"] for lock in finding["locks"]}
        self.assertLessEqual({"&txq->_xmit_lock", "&dev->mutex"}, names)

    def test_cached_class(self):
        finding = only(self.report, "class-cache-alias")
        self.assertEqual(finding["grade"], "proven")
        lock = finding["locks"][0]
        self.assertEqual(lock["name"], "&txq->_xmit_lock")
        self.assertEqual(lock["class"], "&dev->mutex")
        splat = self.fixture.truth("dmesg")
        blamed = re.search(r"is trying to lock:\n\[[^\]]*\] ([0-9a-f]{16}) \(&dev->mutex\)", splat)
        self.assertEqual(lock["address"], "0x" + blamed.group(1))

    def test_exactly_one_map_is_aliased(self):
        found = self.fixture.run("aliases", "-f", "json", "-v").json()["maps"]
        aliased = [each for each in found if each["class"] == "&dev->mutex"
                   and each["name"] != "&dev->mutex"]
        rightly = [each for each in found if each["class"] == "&dev->mutex"
                   and each["name"] == "&dev->mutex"]
        self.assertEqual([each["name"] for each in aliased], ["&txq->_xmit_lock"])
        self.assertGreater(len(rightly), 400)

    def test_without_the_memory_scan_it_says_so(self):
        report = self.fixture.analyze("--no-memory-scan")
        self.assertFalse(report["scan"]["done"])


if __name__ == "__main__":
    unittest.main()
