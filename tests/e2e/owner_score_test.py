# SPDX-License-Identifier: GPL-3.0-or-later
"""Owners of spinlocks from registers and instructions, against the owners that kernels with
CONFIG_DEBUG_SPINLOCK keep in the locks themselves.

KMORTEM_SCORE_DUMPS names folders, with colons between them, that the lab left in its out/: their
dumps, those in more/ included, are counted instead of the fixtures' (`build --run busyload-6.1`)."""
import os
import pathlib
import unittest

from support.tool import Fixture, all_fixtures

LEAST_FOUND = 0.95


class LabDump(Fixture):
    """One of several dumps of a guest, whose vmlinux is in the guest's folder."""

    def __init__(self, vmcore, folder):
        self.name = str(vmcore.parent.relative_to(folder.parent))
        self.path = folder
        self.vmcore = vmcore
        self.vmlinux = folder / "vmlinux"


def dumps():
    folders = os.environ.get("KMORTEM_SCORE_DUMPS")
    if not folders:
        return all_fixtures()
    found = []
    for folder in map(pathlib.Path, folders.split(":")):
        found += [LabDump(path, folder) for path in sorted(folder.rglob("vmcore"))]
    return found


def keeps_owners(fixture):
    """The name of the kernel, which the recipe says, too."""
    recipe = fixture.path / "recipe"
    if "KMORTEM_SCORE_DUMPS" in os.environ and recipe.exists():
        return "-plain" not in recipe.read_text().splitlines()[0]
    return fixture.vmlinux.resolve().parent.name.endswith("-lockdep")


def owners(report, by_field=False):
    """{(lock, CPU): owner} of the spinlocks that running CPUs hold."""
    return {(lock["address"], owner["cpu"]): owner
            for lock in report["locks"] if lock["type"] == "raw_spinlock"
            for owner in lock["owners"]
            if owner["cpu"] is not None and (not by_field or ".owner = " in owner["evidence"])}


class OwnerScoreTest(unittest.TestCase):
    def test_inferred_owners_are_those_of_the_fields(self):
        total, found, wrong, lines = 0, 0, [], []
        for fixture in dumps():
            report = fixture.run("locks", "-f", "json").json()
            kept = owners(report, by_field=True)
            inferred = owners(fixture.run("locks", "-f", "json", "--infer-owners").json())
            # The queue of a rwlock is a spinlock without such a field: nothing to compare with.
            without = {lock["address"] for lock in report["locks"] if lock["no_owner_kept"]}
            debug = keeps_owners(fixture)
            same = kept.keys() & inferred.keys()
            total += len(kept)
            found += len(same)
            names = {lock["address"]: lock["name"] for lock in report["locks"]}
            for lock, cpu in kept.keys() - same:
                lines.append(f"  {fixture.name}: CPU {cpu} holds {lock}, {names[lock]}: not found")
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
