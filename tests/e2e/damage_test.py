# SPDX-License-Identifier: GPL-3.0-or-later
"""Damaged dumps: no crash, no hang, no finding graded proven that the whole dump does not have.

KMORTEM_DAMAGE_VARIANTS says how many random variants of each fixture are tried (default 40)."""
import os
import pathlib
import random
import tempfile
import unittest

from support.tool import Fixture, kmortem

VARIANTS = int(os.environ.get("KMORTEM_DAMAGE_VARIANTS", "40"))
SECONDS = 30  # ten are promised; a sanitized binary on a busy machine gets three times that


def proven(report):
    # What is wrong with which locks: the functions that a signature names as well, and why lockdep
    # stopped, may be lost with a part of the dump.
    return {(each["rule"], lock) for each in report["findings"] if each["grade"] == "proven"
            for lock in ([""] if each["rule"] == "lockdep-off"
                         else {lock["class"] for lock in each["locks"]})}


class DamageTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def check(self, fixture, path, allowed, label):
        done = kmortem("analyze", path, "-s", fixture.vmlinux, "-f", "json", timeout=SECONDS)
        self.assertIn(done.code, (0, 1, 3), (label, done.err[-3000:]))
        if done.code == 3:
            self.assertEqual(len(done.err.splitlines()), 1, (label, done.err[-3000:]))
            return False
        self.assertLessEqual(proven(done.json()), allowed, label)
        return True

    def flips(self, name, count, where):
        """`count` variants, each with one to a few hundred bits flipped in what `where` picks."""
        fixture = Fixture(name)
        good = fixture.vmcore.read_bytes()
        allowed = proven(fixture.analyze())
        path = self.folder / "vmcore"
        analysed = 0
        for seed in range(count):
            dice = random.Random(f"{name}/{seed}")
            damaged = bytearray(good)
            for _ in range(2 ** dice.randrange(9)):
                damaged[where(dice, len(good))] ^= 1 << dice.randrange(8)
            path.write_bytes(damaged)
            analysed += self.check(fixture, path, allowed, (name, seed))
        return analysed

    def test_flipped_bits_anywhere(self):
        for name in ("kexec-6.1", "inconsistent-6.1"):
            analysed = self.flips(name, VARIANTS, lambda dice, size: dice.randrange(size))
            self.assertGreater(analysed, VARIANTS / 2)

    def test_flipped_bits_in_the_headers(self):
        for name in ("kexec-6.1", "novalidate-6.1", "rcu-6.1-plain"):
            self.flips(name, VARIANTS // 2, lambda dice, size: dice.randrange(min(size, 16384)))

    def test_truncated_at_every_step(self):
        fixture = Fixture("kexec-6.1")
        good = fixture.vmcore.read_bytes()
        allowed = proven(fixture.analyze())
        path = self.folder / "vmcore"
        steps = range(0, len(good), max(64 << 10, len(good) // max(VARIANTS, 1)))
        for length in steps:
            path.write_bytes(good[:length])
            self.check(fixture, path, allowed, length)


if __name__ == "__main__":
    unittest.main()
