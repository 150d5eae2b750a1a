# SPDX-License-Identifier: GPL-3.0-or-later
"""The kernels of tests/synthetic, built when a test asks for them, and kmortem run on their dumps."""
import functools
import pathlib
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "synthetic"))

from builder import BuiltKernel, Kernel  # noqa: E402
from support.tool import kmortem  # noqa: E402

VERSIONS = ("3.10", "4.4", "el8.0", "el8.3", "5.4", "5.10", "6.6", "7.1")
# Kernels that moved themselves; the others were booted with nokaslr.
SLIDES = {"5.4": 0x0b800000, "6.6": 0x12000000, "7.1": 0x1c200000}

_FOLDER = tempfile.TemporaryDirectory(prefix="kmortem-synthetic-")
_BUILT = {}


class Synthetic(BuiltKernel):
    def run(self, command, *arguments):
        return kmortem(command, self.vmcore, *arguments, "-s", self.vmlinux)

    @functools.cache
    def analyze(self):
        run = self.run("analyze", "-f", "json")
        if run.code not in (0, 1):
            raise AssertionError(f"kmortem analyze: {run.code}\n{run.err}")
        return run.json()


def synthetic(version, *defines, **choices):
    choices.setdefault("slide", SLIDES.get(version, 0))
    key = (version, defines, tuple(sorted(choices.items())))
    if key not in _BUILT:
        kernel = Kernel(version, defines=defines, **choices)
        _BUILT[key] = Synthetic(kernel, pathlib.Path(_FOLDER.name) / str(len(_BUILT)))
    return _BUILT[key]
