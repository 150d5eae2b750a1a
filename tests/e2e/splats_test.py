# SPDX-License-Identifier: GPL-3.0-or-later
"""The kernel's own reports: from the guests' logs as text, and from the dumps of the same guests."""
import gzip
import lzma
import pathlib
import random
import re
import tempfile
import unittest

from support.tool import Fixture, kmortem

# What each title says, read here by hand from the guests' own logs.
TITLES = {
    r"WARNING: inconsistent lock state": "inconsistent-state",
    r"WARNING: \S+-safe -> \S+-unsafe lock order detected": "irq-safe-unsafe",
    r"WARNING: lock held when returning to user space!": "lock-held-returning-user",
    r"\[ BUG: Invalid wait context \]": "invalid-wait-context",
    r"watchdog: BUG: soft lockup - CPU#\d+ stuck": "soft-lockup",
    r"rcu: INFO: rcu_\w+ (self-)?detected stall": "rcu-stall",
    r"INFO: task .*:\d+ blocked for more than": "hung-task",
}
NAMES = ("inconsistent-6.1", "irqorder-6.12", "leak-6.1-lockdep", "nested-6.1", "novalidate-6.1",
         "novmcoreinfo-6.12", "rcu-lockdep-6.1", "rcu-stall-6.1-plain", "sleep-locked-6.1-plain",
         "mutex-abba-6.1-plain")


def types_in(dmesg):
    found = []
    for line in dmesg.splitlines():
        found += [name for title, name in TITLES.items() if re.search(title, line)]
    return found


def splats(path, *arguments):
    return kmortem("log", "--splats", "-f", "json", path, *arguments).json()["splats"]


def truth_path(fixture):
    return fixture.path / "truth" / "dmesg"


class GuestLogsTest(unittest.TestCase):
    def test_every_title_of_the_guests_log(self):
        for name in NAMES:
            with self.subTest(name):
                fixture = Fixture(name)
                found = splats(truth_path(fixture))
                self.assertEqual([each["type"] for each in found], types_in(fixture.truth("dmesg")))
                self.assertTrue(found)
                release = fixture.truth("version").split()[2]
                for each in found:
                    self.assertEqual(each["kernel"], release)
                    self.assertTrue(each["complete"], each["title"])
                    self.assertGreater(len(each["tasks"]), 0)

    def test_healthy_guests_have_none(self):
        for name in ("busy-6.1-lockdep", "busy-6.1-plain", "idle-6.1", "idle-6.12"):
            with self.subTest(name):
                self.assertEqual(splats(truth_path(Fixture(name))), [])
                done = kmortem("analyze", "--log", truth_path(Fixture(name)), "-f", "json")
                self.assertEqual((done.code, done.json()["findings"]), (0, []))

    def test_locks_tasks_and_usage(self):
        dmesg = Fixture("irqorder-6.12").truth("dmesg")
        splat = splats(truth_path(Fixture("irqorder-6.12")))[0]
        taken = re.search(r"is trying to acquire:\n\[[^\]]*\] (\w+) \((.*?)\)\{", dmesg)
        held = re.search(r"already holding:\n\[[^\]]*\] (\w+) \((.*?)\)\{", dmesg)
        roles = {each["role"]: each for each in reversed(splat["locks"])}
        self.assertEqual(roles["acquiring"]["address"], "0x" + taken.group(1))
        self.assertEqual(roles["acquiring"]["name"], taken.group(2))
        self.assertEqual(roles["holding"]["name"], held.group(2))
        self.assertEqual(splat["usage"], "HARDIRQ-safe -> HARDIRQ-unsafe")
        task = re.search(r"\] (.*) \[HC\d.*is trying to acquire:", dmesg).group(1)
        self.assertEqual([each["printed"] for each in splat["tasks"]], [task])
        for function in re.findall(r"HARDIRQ-irq-unsafe at:.*?\n\[[^\]]*\] \.\.\.?\n"
                                   r"\[[^\]]*\]   (\w+)\+", dmesg, re.DOTALL):
            self.assertIn(function, [frame["function"] for each in splat["stacks"]
                                     for frame in each["stack"]])

    def test_a_packed_log(self):
        path = truth_path(Fixture("inconsistent-6.1"))
        plain = splats(path)
        with tempfile.TemporaryDirectory() as folder:
            for pack, suffix in ((gzip.compress, "gz"), (lzma.compress, "xz")):
                packed = pathlib.Path(folder) / f"dmesg.{suffix}"
                packed.write_bytes(pack(path.read_bytes()))
                self.assertEqual(splats(packed), plain)

    def test_standard_input(self):
        path = truth_path(Fixture("inconsistent-6.1"))
        done = kmortem("analyze", "--log", "-", "-f", "json", input=path.read_bytes())
        self.assertEqual(done.code, 1, done.err)
        self.assertEqual([each["rule"] for each in done.json()["findings"]], ["irq-inconsistent"])


class LogAloneTest(unittest.TestCase):
    def test_findings_are_inferred(self):
        done = kmortem("analyze", "--log", truth_path(Fixture("leak-6.1-lockdep")), "-f", "json")
        self.assertEqual(done.code, 1)
        report = done.json()
        self.assertEqual(report["schema"], "kmortem-report/1")
        self.assertEqual({each["rule"] for each in report["findings"]}, {"lock-leak", "hung-task"})
        self.assertEqual({each["grade"] for each in report["findings"]}, {"inferred"})
        leak = next(each for each in report["findings"] if each["rule"] == "lock-leak")
        self.assertEqual([each["name"] for each in leak["locks"]], ["config_mutex"])
        self.assertEqual({each["matched"] for each in report["splats"]}, {"not-compared"})

    def test_signatures_are_those_of_the_dump(self):
        # Of the rules whose findings a report holds all of.
        rules = ("irq-inconsistent", "lock-order-cycle", "recursive-lock", "wait-context", "rcu-stall")
        for name, rule in (("inconsistent-6.1", rules[0]), ("hardirq-6.1", rules[0]),
                           ("rcu-lockdep-6.1", rules[0]), ("abba-6.1", rules[1]),
                           ("abbcca-6.1", rules[1]), ("readers-6.1", rules[1]),
                           ("recursive-6.1", rules[2]), ("readrec-6.1", rules[2]),
                           ("novalidate-6.1", rules[3]), ("waitctx-6.1", rules[3]),
                           ("rcu-stall-6.1-plain", rules[4])):
            with self.subTest(name):
                fixture = Fixture(name)
                log = kmortem("analyze", "--log", truth_path(fixture), "-f", "json").json()
                alone, whole = ([each["signature"] for each in report["findings"]
                                 if each["rule"] == rule] for report in (log, fixture.analyze()))
                self.assertEqual(len(alone), 1)
                self.assertIn(alone[0], whole)

    def test_no_signature_names_a_task(self):
        for name in NAMES:
            log = kmortem("analyze", "--log", truth_path(Fixture(name)), "-f", "json").json()
            for finding in log["findings"]:
                for task in finding["tasks"]:
                    with self.subTest(name, task=task["comm"]):
                        self.assertNotIn(task["comm"], re.split(r"[:@]", finding["signature"]))

    def test_text_names_the_rule(self):
        done = kmortem("analyze", "--log", truth_path(Fixture("novalidate-6.1")))
        self.assertIn("wait-context", done.out)
        self.assertNotIn("Panic", done.out)

    def test_what_is_no_log_is_refused(self):
        done = kmortem("analyze", "--log", Fixture("inconsistent-6.1").vmcore)
        self.assertEqual((done.code, done.out), (3, ""))
        self.assertEqual(kmortem("analyze", "--log", "/nonexistent").code, 3)
        self.assertEqual(kmortem("analyze").code, 2)


class DumpTest(unittest.TestCase):
    """The log in the dump is the guest's; what its reports say is held against the tables."""

    def test_the_same_reports_as_in_the_guests_log(self):
        for name in ("inconsistent-6.1", "novalidate-6.1", "rcu-stall-6.1-plain"):
            with self.subTest(name):
                fixture = Fixture(name)
                from_dump = splats(fixture.vmcore, "-s", fixture.vmlinux)
                from_text = splats(truth_path(fixture))
                for one, other in zip(from_dump, from_text):
                    for field in ("type", "title", "kernel", "tasks", "names", "usage"):
                        self.assertEqual(one[field], other[field], field)
                self.assertEqual(len(from_dump), len(from_text))

    def test_the_tables_confirm_it(self):
        report = Fixture("inconsistent-6.1").analyze()
        self.assertEqual([each["matched"] for each in report["splats"]], ["confirmed"])

    def test_a_false_report_is_no_error_of_its_own(self):
        report = Fixture("novalidate-6.1").analyze()
        for each in report["findings"]:
            if each["rule"] == "wait-context":
                self.assertIsNotNone(each["consequence_of"])


class DamageTest(unittest.TestCase):
    def test_cut_and_flipped_logs(self):
        text = truth_path(Fixture("rcu-lockdep-6.1")).read_bytes()
        generator = random.Random(11)
        for round_ in range(12):
            damaged = bytearray(text[:generator.randrange(len(text))] if round_ % 2 else text)
            for _ in range(round_ * 50):
                if damaged:
                    damaged[generator.randrange(len(damaged))] ^= 1 << generator.randrange(7)
            damaged = bytes(damaged).replace(b"\0", b"?") or b"?"
            done = kmortem("analyze", "--log", "-", "-f", "json", input=damaged)
            self.assertIn(done.code, (0, 1), done.err)
            self.assertEqual(done.json()["schema"], "kmortem-report/1")


if __name__ == "__main__":
    unittest.main()
