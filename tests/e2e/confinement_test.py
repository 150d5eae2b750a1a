# SPDX-License-Identifier: GPL-3.0-or-later
"""What the binary says about its confinement is what this kernel offers, and what the kernel says
about the process."""
import ctypes
import os
import pathlib
import subprocess
import tempfile
import unittest

from support.tool import BINARY, Fixture

LANDLOCK_CREATE_RULESET = 444
LANDLOCK_VERSION = 1


def landlock_version():
    libc = ctypes.CDLL(None, use_errno=True)
    return libc.syscall(LANDLOCK_CREATE_RULESET, None, ctypes.c_size_t(0), LANDLOCK_VERSION)


def offers_seccomp():
    return pathlib.Path("/proc/sys/kernel/seccomp/actions_avail").exists()


class ConfinementTest(unittest.TestCase):
    def setUp(self):
        self.fixture = Fixture("kexec-6.1")

    def test_info_says_what_the_kernel_offers(self):
        state = self.fixture.run("info", "-f", "json").json()["confinement"]
        self.assertEqual(state["landlock"], landlock_version() > 0)
        self.assertEqual(state["seccomp"], offers_seccomp())
        for part in ("landlock", "seccomp"):
            self.assertEqual(state[f"why_no_{part}"] is None, state[part])
        text = self.fixture.run("info").out
        self.assertIn(f"Landlock {'on' if landlock_version() > 0 else 'not available'}", text)

    def test_the_kernel_agrees_while_the_output_is_written(self):
        with tempfile.TemporaryDirectory() as folder:
            pipe = pathlib.Path(folder) / "pipe"
            os.mkfifo(pipe)
            command = [str(BINARY), "info", str(self.fixture.vmcore), "-s",
                       str(self.fixture.vmlinux), "-o", str(pipe), "--no-cache"]
            with subprocess.Popen(command, stdin=subprocess.DEVNULL) as process:
                # Opens when the writer does: it has read the dump by then, and waits for us.
                with open(pipe, "rb") as reader:
                    status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
                    self.assertIn(b"kexec-6.1", reader.read())
                self.assertEqual(process.wait(), 0)
        self.assertIn("NoNewPrivs:\t1", status)
        self.assertIn(f"Seccomp:\t{2 if offers_seccomp() else 0}", status)

    def test_output_and_cache_are_still_written(self):
        with tempfile.TemporaryDirectory() as folder:
            for target in (pathlib.Path(folder) / "new", pathlib.Path(folder) / "new"):
                done = self.fixture.run("analyze", "-o", target, cache=folder)
                self.assertEqual(done.code, 1, done.err)
                self.assertIn("&stats->lock", target.read_text())
            self.assertEqual(len(list((pathlib.Path(folder) / "kmortem").glob("*.kmprof"))), 1)


if __name__ == "__main__":
    unittest.main()
