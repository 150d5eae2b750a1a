# SPDX-License-Identifier: GPL-3.0-or-later
"""The plug-in on a "living" system: tests/crash/live_replay gives it a dump's memory in crash's
place, in which one word changes between its two readings."""
import json
import os
import pathlib
import re
import subprocess
import tempfile
import unittest

from support import crash
from support.tool import Fixture

REPLAY = pathlib.Path(os.environ["KMORTEM_BUILD"]) / "tests" / "crash" / "live_replay"


class LiveTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.fixture = Fixture("mutex-abba-6.1-lockdep")
        cls.tasks = {each["comm"]: each for each in cls.fixture.analyze()["tasks"]}
        cache = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cache.cleanup)
        cls.environment = crash.environment(cache.name)
        # "[1234] unsigned long nvcsw;"
        offset = crash.ask(cls.fixture, ["struct -o task_struct.nvcsw"])
        cls.switches = int(re.search(r"\[(0x[0-9a-f]+|\d+)\]", *offset.values()).group(1), 0)

    def replay(self, command, *address):
        done = subprocess.run([REPLAY, self.fixture.vmlinux, self.fixture.vmcore, command, *address],
                              capture_output=True, text=True, env=self.environment)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def switches_of(self, comm):
        return hex(int(self.tasks[comm]["address"], 16) + self.switches)

    def deadlocks(self, report):
        return [each for each in report["findings"] if each["rule"] == "deadlock-cycle"]

    def test_who_stood_still(self):
        report = json.loads(self.replay("report"))
        finding, = self.deadlocks(report)
        self.assertEqual(finding["grade"], "proven")
        self.assertEqual(report["dump"]["format"], "live")
        self.assertEqual(report["dump"]["file_size"], 0)
        told = [each for each in report["problems"] if each["structure"] == "living system"]
        self.assertEqual(len(told), 1)
        self.assertRegex(told[0]["reason"], r"for \d+\.\d s and once more for \d+\.\d s")

    def test_who_was_switched_in_between(self):
        report = json.loads(self.replay("report", self.switches_of("rename_forth")))
        self.assertEqual(self.deadlocks(report), [])

    def test_who_has_nothing_to_do_with_it(self):
        report = json.loads(self.replay("report", self.switches_of("init")))
        self.assertEqual(len(self.deadlocks(report)), 1)

    def test_who_waits_for_whom(self):
        still, moved = self.replay("waitfor"), self.replay("waitfor",
                                                           self.switches_of("rename_forth"))
        self.assertIn("wait for each other", still)
        self.assertNotIn("wait for each other", moved)
        self.assertRegex(still, r"rename_forth \[\d+\] \(proven\)")
        self.assertRegex(moved, r"rename_forth \[\d+\] \(inferred\)")
        self.assertRegex(moved, r"rename_back \[\d+\] \(proven\)")


if __name__ == "__main__":
    unittest.main()
