# SPDX-License-Identifier: GPL-3.0-or-later
"""Damaged dumps, debuginfo and caches: no crash, no hang, nothing proven that the whole dump does
not prove. A sample of what scripts/damage does; KMORTEM_DAMAGE_VARIANTS is how many bit-flip
variants are tried (default 300)."""
import os
import unittest

from support import damage_plans as plans
from support.damage import Laboratory
from support.structured_damage import structured

VARIANTS = int(os.environ.get("KMORTEM_DAMAGE_VARIANTS", "300"))


class DamageTest(unittest.TestCase):
    def check(self, results, least_analysed):
        count = analysed = 0
        for variant, outcome, wrong in results:
            self.assertEqual(wrong, [], variant)
            count += 1
            analysed += outcome.code in (0, 1)
        self.assertGreaterEqual(analysed, least_analysed * count)
        self.assertGreater(count, 0)

    def test_flipped_bits_anywhere(self):
        for name in ("kexec-6.1", "inconsistent-6.1"):
            with Laboratory(name) as lab:
                self.check(plans.flips(lab, VARIANTS // 2), 0.5)

    def test_flipped_bits_in_the_headers(self):
        for name in ("kexec-6.1", "novalidate-6.1", "rcu-6.1-plain"):
            with Laboratory(name) as lab:
                self.check(plans.flips(lab, VARIANTS // 20, where=16384), 0)

    def test_truncated_at_every_step(self):
        with Laboratory("kexec-6.1") as lab:
            self.check(plans.truncations(lab, plans.STEP * max(1, 300 // VARIANTS)), 0.5)

    def test_structures(self):
        with Laboratory("inconsistent-6.1") as lab:
            self.check(structured(lab, every=max(1, 4000 // VARIANTS)), 0.5)

    def test_vmlinux_and_cache(self):
        with Laboratory("kexec-6.1") as lab:
            self.check(plans.damaged_cache(lab, max(4, VARIANTS // 10)), 1)
            self.check(plans.cut_vmlinux(lab, max(4, VARIANTS // 20)), 0)
            self.check(plans.corrupt_vmlinux(lab, max(20, VARIANTS // 10)), 0)


if __name__ == "__main__":
    unittest.main()
