# SPDX-License-Identifier: GPL-3.0-or-later
"""Owners of spinlocks from registers and instructions, against the owners that kernels with
CONFIG_DEBUG_SPINLOCK keep in the locks themselves."""
import unittest

from support.tool import all_fixtures

LEAST_FOUND = 0.95


def owners(report, by_field=False):
    """{(lock, CPU): owner} of the spinlocks that running CPUs hold."""
    return {(lock["address"], owner["cpu"]): owner
            for lock in report["locks"] if lock["type"] == "raw_spinlock"
            for owner in lock["owners"]
            if owner["cpu"] is not None and (not by_field or ".owner = " in owner["evidence"])}


class OwnerScoreTest(unittest.TestCase):
    def test_inferred_owners_are_those_of_the_fields(self):
        total, found, wrong, lines = 0, 0, [], []
        for fixture in all_fixtures():
            report = fixture.run("locks", "-f", "json").json()
            kept = owners(report, by_field=True)
            inferred = owners(fixture.run("locks", "-f", "json", "--infer-owners").json())
            # The queue of a rwlock is a spinlock without such a field: nothing to compare with.
            without = {lock["address"] for lock in report["locks"] if lock["no_owner_kept"]}
            debug = fixture.vmlinux.resolve().parent.name.endswith("-lockdep")
            same = kept.keys() & inferred.keys()
            total += len(kept)
            found += len(same)
            for lock, cpu in kept.keys() - same:
                lines.append(f"  {fixture.name}: CPU {cpu} holds {lock}: not found")
            for key in inferred.keys() - kept.keys():
                if debug and key[0] not in without:
                    wrong.append((fixture.name, *key, inferred[key]["grade"],
                                  inferred[key]["evidence"]))
            self.assertFalse({each["source"] for each in inferred.values()}
                             & {"owner_field", "held_locks"}, fixture.name)
        score = found / total if total else 0
        print(f"\n{found} of {total} owners of spinlocks found without their fields "
              f"({100 * score:.0f} %), {len(wrong)} others named", *lines,
              *(f"  not an owner by field: {each}" for each in wrong), sep="\n")
        self.assertGreaterEqual(total, 4)
        self.assertGreaterEqual(score, LEAST_FOUND)
        self.assertEqual([each for each in wrong if each[3] == "proven"], [])


if __name__ == "__main__":
    unittest.main()
