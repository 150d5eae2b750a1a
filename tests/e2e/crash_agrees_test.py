# SPDX-License-Identifier: GPL-3.0-or-later
"""crash 8.0.2 is asked for the same addresses: structures, softirqs, log and modules agree.
Only the 6.1 fixtures: crash 8.0.2 does not start on 6.12 kernels."""
import re
import unittest

from support import crash
from support.tool import all_fixtures


def every(items, count):
    """About `count` of `items`, spread evenly."""
    step = max(1, len(items) // count)
    return items[::step]


class CrashAgreesTest(unittest.TestCase):
    def setUp(self):
        # Each kernel that crash can start on, in each dump format: starting it takes seconds.
        wanted = ("idle-6.1", "inconsistent-6.1", "kexec-6.1", "nested-6.1", "novalidate-6.1",
                  "rcu-6.1-plain")
        self.fixtures = [each for each in all_fixtures() if each.name in wanted]
        self.assertGreaterEqual(len(self.fixtures), 4)

    def compare_structures(self, fixture, kind, addresses):
        self.assertGreater(len(addresses), 5)
        commands = {address: f"struct {kind} -x {address[2:]}" for address in addresses}
        answers = crash.ask(fixture, list(commands.values()))
        for address, command in commands.items():
            theirs = crash.members(answers[command])
            ours = crash.members(fixture.run("show", kind, address).out)
            self.assertGreater(len(theirs), 3, answers[command])
            self.assertEqual(ours, theirs, (kind, address))

    def test_lock_classes(self):
        for fixture in self.fixtures:
            with self.subTest(fixture.name):
                classes = fixture.analyze()["lockdep"]["classes"]
                if not classes:
                    continue
                self.compare_structures(fixture, "lock_class",
                                        [each["address"] for each in every(classes, 12)])

    def test_lockdep_maps_found_in_memory(self):
        for fixture in self.fixtures:
            with self.subTest(fixture.name):
                found = fixture.run("aliases", "-f", "json", "-v").json()["maps"]
                if not found:
                    continue
                self.compare_structures(fixture, "lockdep_map",
                                        [each["address"] for each in every(found, 12)])

    def test_memory_that_locks_lie_in(self):
        wanted = ("freed-lock-6.1-plain", "mutex-abba-6.1-plain", "qspin-queue-6.1-plain")
        slabs, free = 0, 0
        for fixture in (each for each in all_fixtures() if each.name in wanted):
            locks = fixture.run("locks", "-f", "json").json()["locks"]
            answers = crash.ask(fixture, [f"kmem {each['address'][2:]}" for each in locks])
            for lock in locks:
                with self.subTest(fixture.name, lock=lock["address"]):
                    answer = answers[f"kmem {lock['address'][2:]}"]
                    cache = re.search(r"SSIZE +NAME\n.* (\S+)\n", answer)
                    self.assertEqual((lock["slab"] or "").split("+")[0], cache.group(1) if cache else "")
                    if cache:
                        in_use = "[" in answer.split("FREE / [ALLOCATED]\n")[1].split("\n")[0]
                        self.assertEqual(lock["in_freed_memory"], not in_use)
                        slabs += 1
                    elif "FREE_AREA_STRUCT" in answer:
                        self.assertTrue(lock["in_freed_memory"])
                        free += 1
        self.assertGreaterEqual(slabs, 4)
        self.assertEqual(free, 1)

    def test_softirqs(self):
        for fixture in self.fixtures:
            with self.subTest(fixture.name):
                theirs = {int(vector): (int(action, 16), name) for vector, action, name in
                          re.findall(r"^\s+\[(\d+)\]\s+([0-9a-f]+)\s+<(\w+)>",
                                     crash.ask(fixture, ["irq -b"])["irq -b"], re.MULTILINE)}
                ours = {each["vector"]: (int(each["action"], 16), each["action_symbol"])
                        for each in fixture.analyze()["softirqs"] if each["action"]}
                self.assertGreater(len(theirs), 3)
                self.assertEqual(ours, theirs)

    def test_log(self):
        for fixture in self.fixtures:
            with self.subTest(fixture.name):
                # crash indents the further lines of a record instead of repeating its time.
                prefix = re.compile(r"^(\[ *\d+\.\d{6}\]| {14,15}) ?")
                theirs = crash.ask(fixture, ["log"])["log"].rstrip("\n").splitlines()
                ours = fixture.run("log").out.rstrip("\n").splitlines()
                self.assertGreater(len(theirs), 50)
                self.assertEqual([line for line in theirs if line.startswith("[")],
                                 [line for line, other in zip(ours, theirs)
                                  if other.startswith("[")])
                self.assertEqual([prefix.sub("", line).strip() for line in ours],
                                 [prefix.sub("", line).strip() for line in theirs])

    def test_modules(self):
        for fixture in self.fixtures:
            with self.subTest(fixture.name):
                text = crash.ask(fixture, ["mod"])["mod"]
                theirs = sorted((address, name, base, int(size)) for address, name, base, size in
                                re.findall(r"^([0-9a-f]{16})\s+(\S+)\s+([0-9a-f]{16})\s+(\d+)",
                                           text, re.MULTILINE))
                ours = sorted((each["address"][2:], each["name"], each["base"][2:], each["size"])
                              for each in fixture.analyze()["modules"])
                self.assertEqual(ours, theirs)


if __name__ == "__main__":
    unittest.main()
