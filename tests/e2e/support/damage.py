# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs kmortem on damaged files, and says what damage must never do to it."""
import contextlib
import dataclasses
import json
import os
import pathlib
import resource
import shutil
import signal
import tempfile

from support.tool import BINARY, Fixture

CPU_SECONDS = int(os.environ.get("KMORTEM_DAMAGE_CPU_SECONDS", "10"))
MEMORY_KB = int(os.environ.get("KMORTEM_DAMAGE_MEMORY_MB", "512")) << 10
# Damage that makes it sleep, not work, would not use up its CPU time.
WALL_SECONDS = 300


@dataclasses.dataclass
class Outcome:
    code: int        # as the shell would say it: negative for a signal
    out: bytes
    err: str
    cpu: float       # seconds, user and system
    memory_kb: int   # the largest resident set, mapped files included


def proven(out):
    """{(rule, lock class)} of the findings graded proven in a JSON report. What is wrong with which
    locks: the functions that a signature names as well, and why lockdep stopped, may be lost with a
    part of the dump."""
    start = out.index(b'"findings": ') + len(b'"findings": ')
    findings, _ = json.JSONDecoder().raw_decode(out[start:].decode("utf-8", "surrogateescape"))
    return {(each["rule"], lock) for each in findings if each["grade"] == "proven"
            for lock in ([""] if each["rule"] == "lockdep-off"
                         else {lock["class"] for lock in each["locks"]})}


def violations(outcome, allowed):
    """THE PROPERTY. What a run on damaged files did that no damage may make it do: die of a signal
    or of a sanitizer, compute for more than ten seconds, take more than 512 MB, or prove what the
    undamaged files do not. `allowed` is what those prove. An empty list is as it should be."""
    wrong = []
    if outcome.code == -signal.SIGXCPU or outcome.cpu > CPU_SECONDS:
        wrong.append(f"hang: {outcome.cpu:.1f} s of CPU time")
    elif outcome.code == -signal.SIGALRM:
        wrong.append(f"hang: still there after {WALL_SECONDS} s")
    elif outcome.code not in (0, 1, 3):
        wrong.append(f"crash: exit code {outcome.code}: {outcome.err[-3000:]}")
    elif outcome.code == 3 and len(outcome.err.splitlines()) != 1:
        wrong.append(f"an error of more than one line: {outcome.err[-3000:]}")
    if outcome.memory_kb > MEMORY_KB:
        wrong.append(f"memory: {outcome.memory_kb >> 10} MB")
    if outcome.code in (0, 1):
        wrong += [f"proven by damage: {each}" for each in sorted(proven(outcome.out) - allowed)]
    return wrong


class Laboratory:
    """A folder in memory, with copies of a fixture's files that may be damaged, and runs on them."""

    def __init__(self, name):
        memory = pathlib.Path("/dev/shm")
        folder = memory if memory.is_dir() and os.access(memory, os.W_OK) else None
        self._folder = tempfile.TemporaryDirectory(prefix="kmortem-damage-", dir=folder)
        self.path = pathlib.Path(self._folder.name)
        self.fixture = Fixture(name)
        self.vmlinux = self.fixture.vmlinux
        self.vmcore = self.path / "vmcore"
        self.cache = self.path / "cache"
        shutil.copyfile(self.fixture.vmcore, self.vmcore)
        whole = self.run()
        if whole.code not in (0, 1):
            raise RuntimeError(f"{name}: the whole dump cannot be analysed: {whole.err}")
        self.allowed = proven(whole.out)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._folder.cleanup()

    def run(self, *arguments):
        """kmortem analyze on the files as they are now."""
        out, err = self.path / "out", self.path / "err"
        command = [str(BINARY), "analyze", str(self.vmcore), "-s", str(self.vmlinux), "-f", "json",
                   *arguments]
        pid = os.fork()
        if pid == 0:
            with contextlib.suppress(BaseException):
                _become(command, out, err, self.cache)
            os._exit(127)
        _, status, usage = os.wait4(pid, 0)
        return Outcome(os.waitstatus_to_exitcode(status), out.read_bytes(),
                       err.read_text(errors="surrogateescape"),
                       usage.ru_utime + usage.ru_stime, usage.ru_maxrss)

    def check(self, *arguments):
        """(violations, exit code) of one run."""
        outcome = self.run(*arguments)
        return violations(outcome, self.allowed), outcome

    @contextlib.contextmanager
    def changed(self, changes, path=None):
        """The dump with {offset: bytes} written over it, until the end of the block."""
        with open(path or self.vmcore, "r+b", buffering=0) as file:
            before = {}
            for offset, new in changes.items():
                before[offset] = os.pread(file.fileno(), len(new), offset)
            try:
                for offset, new in changes.items():
                    os.pwrite(file.fileno(), new, offset)
                yield
            finally:
                for offset, old in reversed(before.items()):
                    os.pwrite(file.fileno(), old, offset)


def _become(command, out, err, cache):
    environment = dict(os.environ, XDG_CACHE_HOME=str(cache), NO_COLOR="1")
    environment.pop("DEBUGINFOD_URLS", None)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS + 1, CPU_SECONDS + 5))
    signal.alarm(WALL_SECONDS)
    for number, path, flags in ((0, "/dev/null", os.O_RDONLY),
                                (1, out, os.O_WRONLY | os.O_CREAT | os.O_TRUNC),
                                (2, err, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)):
        os.dup2(os.open(path, flags, 0o600), number)
    os.execve(command[0], command, environment)
