# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the kmortem binary under test on the unpacked fixtures."""
import dataclasses
import json
import os
import pathlib
import subprocess
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[3]
FIXTURES = pathlib.Path(os.environ.get("KMORTEM_FIXTURES", ROOT / "fixtures" / "unpacked"))
BINARY = pathlib.Path(os.environ.get("KMORTEM", ROOT / "build/release/src/cli/kmortem"))

# What confines itself may start no symbolizer: a sanitized binary would die of trying, even over a
# leak that is suppressed (libkdumpfile's), and say nothing.
for options in ("ASAN_OPTIONS", "UBSAN_OPTIONS"):
    os.environ.setdefault(options, "symbolize=0")

# Every run gets a cache of its own unless a test wants to share one: tests run side by side, and
# none may depend on what another left in the user's cache.
_CACHE = tempfile.TemporaryDirectory(prefix="kmortem-test-cache-")


@dataclasses.dataclass
class Run:
    code: int
    out: str
    err: str

    def json(self):
        return json.loads(self.out)


def kmortem(*arguments, cache=None, timeout=120, input=None, servers=None):
    """`servers`: environment variables of debuginfod's client; nobody is asked without them."""
    environment = dict(os.environ, XDG_CACHE_HOME=str(cache or _CACHE.name), NO_COLOR="1")
    environment.pop("DEBUGINFOD_URLS", None)
    environment.update(servers or {})
    done = subprocess.run([str(BINARY), *map(str, arguments)], capture_output=True,
                          env=environment, timeout=timeout, input=input,
                          stdin=subprocess.DEVNULL if input is None else None)
    return Run(done.returncode, done.stdout.decode("utf-8", "surrogateescape"),
               done.stderr.decode("utf-8", "surrogateescape"))


class Fixture:
    """One unpacked dump with its vmlinux and what the guest said about itself."""

    def __init__(self, name):
        self.name = name
        self.path = FIXTURES / name
        self.vmcore = self.path / "vmcore"
        self.vmlinux = self.path / "vmlinux"

    def truth(self, name):
        return (self.path / "truth" / name).read_bytes().decode("utf-8", "surrogateescape")

    def run(self, command, *arguments, **keywords):
        return kmortem(command, self.vmcore, *arguments, "-s", self.vmlinux, **keywords)

    def analyze(self, *arguments, **keywords):
        return self.run("analyze", "-f", "json", *arguments, **keywords).json()


def problems_beyond_stacks(report):
    """Kernels built in small have tasks without stacks, and the report says so."""
    return [each for each in report["problems"] if each["structure"] != "kernel stack"]


def all_fixtures():
    names = sorted(path.parent.name for path in FIXTURES.glob("*/vmcore"))
    if not names:
        raise RuntimeError(f"no unpacked fixtures in {FIXTURES}: run fixtures/unpack")
    return [Fixture(name) for name in names]
