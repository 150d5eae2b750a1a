# SPDX-License-Identifier: GPL-3.0-or-later
"""`classes --proc NAME` against the guest's own /proc files, saved just before the dump."""
import re
import unittest

from support.tool import all_fixtures

# Reading /proc itself takes locks while the other CPU runs: these lines of lockdep_stats count
# events and go on after lockdep's tables froze.
MOVING = re.compile(r"(chain lookup (hits|misses)|hardirq o|softirq o|redundant (hard|soft)irq o|"
                    r"find-mask|cyclic checks|redundant (checks|links)|max bfs queue depth)")


def has_lockdep(fixture):
    return (fixture.path / "truth" / "lockdep").exists() and "all lock classes" in fixture.truth(
        "lockdep")


def was_off(fixture):
    return bool(re.search(r"debug_locks:\s+0$", fixture.truth("lockdep_stats"), re.MULTILINE))


def classes_of(text):
    """{key: (name, usage, {(successor's key, name)})} from /proc/lockdep."""
    result = {}
    for block in text.split("\n\n"):
        lines = [line for line in block.splitlines() if line and not line.startswith("all lock")]
        if not lines:
            continue
        head = re.match(r"([0-9a-f]{16})(?: OPS:\s*\d+)?(?: FD:\s*\d+ BD:\s*\d+)? (\S+): (.*)$",
                        lines[0])
        after = {tuple(re.match(r" -> \[([0-9a-f]{16})\] (.*)$", line).groups())
                 for line in lines[1:]}
        result[head.group(1), head.group(3)] = (head.group(2), after)
    return result


def statistics_of(text):
    """The head of /proc/lock_stat, and what follows each row of a class, with that row."""
    head, entries = [], []
    for line in text.splitlines():
        is_row = line[40:41] == ":" and re.match(r"[ \d.]+$", line[41:]) is not None
        if is_row:
            entries.append([line])
        elif entries:
            entries[-1].append(line)
        else:
            head.append(line)
    return head, entries


class ProcFilesTest(unittest.TestCase):
    def setUp(self):
        self.fixtures = [each for each in all_fixtures() if has_lockdep(each)]
        self.off = [each for each in self.fixtures if was_off(each)]

    def test_there_are_frozen_and_running_lockdeps(self):
        self.assertGreaterEqual(len(self.off), 3)
        self.assertLess(len(self.off), len(self.fixtures))

    def test_lockdep_equals_the_guests_byte_for_byte_where_it_was_off(self):
        for fixture in self.off:
            with self.subTest(fixture.name):
                self.assertEqual(fixture.run("classes", "--proc", "lockdep").out,
                                 fixture.truth("lockdep"))

    def test_chains_equal_the_guests_where_it_was_off(self):
        for fixture in self.off:
            with self.subTest(fixture.name):
                self.assertEqual(fixture.run("classes", "--proc", "lockdep_chains").out,
                                 fixture.truth("lockdep_chains"))

    def test_lock_stat_equals_the_guests_where_it_was_off(self):
        """lock_acquired() and lock_release() count nothing once debug_locks is 0, so that every
        line must be the guest's. Only the order of classes with equally many contentions is not
        compared: the kernel's heapsort leaves it to chance."""
        for fixture in self.off:
            with self.subTest(fixture.name):
                head, ours = statistics_of(fixture.run("classes", "--proc", "lock_stat").out)
                true_head, theirs = statistics_of(fixture.truth("lock_stat"))
                self.assertEqual(head, true_head)
                self.assertGreater(len(theirs), 200)
                self.assertEqual(sorted(ours), sorted(theirs))
                contentions = [int(entry[0][56:71]) for entry in ours
                               if entry[0][38:40] not in ("-W", "-R")]
                self.assertEqual(contentions, sorted(contentions, reverse=True))

    def test_stats_equal_the_guests_where_it_was_off(self):
        for fixture in self.off:
            with self.subTest(fixture.name):
                ours = fixture.run("classes", "--proc", "lockdep_stats").out.splitlines()
                guests = fixture.truth("lockdep_stats").splitlines()
                self.assertEqual([line.split(":")[0] for line in ours],
                                 [line.split(":")[0] for line in guests])
                different = [pair for pair in zip(ours, guests)
                             if pair[0] != pair[1] and not MOVING.search(pair[1])]
                self.assertEqual(different, [])

    def test_what_a_running_lockdep_listed_is_still_there(self):
        for fixture in self.fixtures:
            with self.subTest(fixture.name):
                ours = classes_of(fixture.run("classes", "--proc", "lockdep").out)
                guests = classes_of(fixture.truth("lockdep"))
                self.assertGreater(len(guests), 50)
                for key, (usage, after) in guests.items():
                    self.assertIn(key, ours)
                    # Between the guest's listing and the dump, usage and edges only grow.
                    self.assertLessEqual(after, ours[key][1], key)
                    for before, now in zip(usage, ours[key][0]):
                        self.assertTrue(before == now or before == "." or now == "?",
                                        (key, usage, ours[key][0]))


if __name__ == "__main__":
    unittest.main()
