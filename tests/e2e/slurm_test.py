# SPDX-License-Identifier: GPL-3.0-or-later
"""The job array of plugins/slurm on a real Slurm: its merged database is that of one machine,
though a task was killed on the way."""
import os
import pathlib
import tempfile
import unittest

from support import scans, slurm
from support.tool import BINARY, FIXTURES, ROOT, kmortem

SCRIPT = ROOT / "plugins" / "slurm" / "kmortem-scan.sbatch"
TASKS = 3
OPTIONS = ("--no-memory-scan", "--vmlinux-store", str(FIXTURES / "kernels"))


def finished(states):
    return len(states) == TASKS and set(states.values()) == {"COMPLETED"}


class SlurmTest(unittest.TestCase):
    def setUp(self):
        self.assertEqual(slurm.missing(), [], "scripts/install-dependencies installs them")
        folder = tempfile.TemporaryDirectory(prefix="kmortem-slurm-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def test_an_array_with_a_killed_task_comes_to_what_one_machine_does(self):
        alone, shared = self.folder / "alone", self.folder / "shared"
        cache = self.folder / "cache"
        one = scans.scan(FIXTURES, "-o", alone, *OPTIONS, cache=cache, timeout=120)
        self.assertEqual(one.code, 1, one.err)

        # A dump that does not come holds up the task that has it, until that task is killed.
        hold = self.folder / "hold"
        os.mkfifo(hold)
        manifest = self.folder / "manifest"
        manifest.write_text(f"{FIXTURES}\n{hold}\n")
        with slurm.Cluster() as cluster:
            job = cluster.submit(SCRIPT, shared, "--list", manifest, *OPTIONS, array=f"1-{TASKS}",
                                 options=["--cpus-per-task=1"],
                                 environment={"KMORTEM": str(BINARY),
                                              "XDG_CACHE_HOME": str(cache)})
            others = lambda: [task for task, state in cluster.states(job).items()
                              if state != "COMPLETED"]
            cluster.wait_for(lambda: len(cluster.states(job)) == TASKS and len(others()) == 1 and
                             cluster.states(job)[others()[0]] == "RUNNING")
            [held] = others()
            hold.unlink()
            cluster.requeue(job, held)
            cluster.wait_for(lambda: finished(cluster.states(job)))
            self.assertGreaterEqual(cluster.restarts(job, held), 1)

        merged = kmortem("merge", shared / "kmortem.db", *sorted(shared.glob("shard-*.db")))
        self.assertEqual(merged.code, 0, merged.err)
        self.assertEqual(scans.contents(shared / "kmortem.db"),
                         scans.contents(alone / "kmortem.db"))
        self.assertEqual(scans.reports_are_whole(shared), scans.reports_are_whole(alone))


if __name__ == "__main__":
    unittest.main()
