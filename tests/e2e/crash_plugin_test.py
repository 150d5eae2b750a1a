# SPDX-License-Identifier: GPL-3.0-or-later
"""kmortem.so inside crash 8.0.2: it answers what the command line tool says of the same dump, and
keeps crash's manners. Only 6.1 fixtures: crash 8.0.2 does not start on 6.12 kernels."""
import copy
import errno
import json
import os
import pathlib
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
import unittest

from support import crash
from support.page_excluder import exclude, physical_of_image
from support.tool import BINARY, FIXTURES, ROOT, Fixture, kmortem

COMMANDS = ("lockdep", "heldlocks", "lockalias", "spinowner", "waitfor", "softirqs", "kmortem")
LOAD = f"extend {crash.PLUGIN}"
UNLOAD = f"extend -u {crash.PLUGIN}"
# What the dump's file is, crash knows in part only.
OF_THE_FILE = ("path", "compression", "excluded_pages", "present_bytes", "kaslr_from")

# Each kernel's DWARF is read by the plug-in once.
CACHE = tempfile.TemporaryDirectory(prefix="kmortem-crash-cache-")


class Folder(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def session(self, fixture, *commands, vmcore=None):
        return crash.session(fixture.vmlinux, vmcore or fixture.vmcore, [LOAD, *commands],
                             cache=CACHE.name)[1:]


def comparable(report):
    """Without what the two rightly say differently."""
    report = copy.deepcopy(report)
    for key in OF_THE_FILE:
        report["dump"].pop(key)
    report["debuginfo"].pop("from_cache")
    # crash's memory is the machine's nodes, with pages that the dump never had.
    report["scan"].pop("bytes_covered")
    report["scan"].pop("bytes_missing")
    return report


class AnswersTest(Folder):
    """One session a fixture; every command's JSON is the tool's."""

    def compare(self, name, vmcore=None):
        fixture = Fixture(name)
        vmcore = vmcore or fixture.vmcore
        commands = ("kmortem", "heldlocks", "softirqs", "lockalias")
        files = {each: self.folder / each for each in commands}
        self.session(fixture, *(f"{each} -j > {files[each]}" for each in commands), vmcore=vmcore)
        answers = {each: json.loads(files[each].read_text()) for each in commands}

        def tool(command):
            return kmortem(command, vmcore, "-s", fixture.vmlinux, "-f", "json").json()
        report = tool("analyze")
        self.assertGreater(len(report["tasks"]), 10)
        self.assertEqual(comparable(answers["kmortem"]), comparable(report))
        self.assertEqual(answers["softirqs"], tool("softirqs"))
        self.assertEqual(answers["lockalias"], tool("aliases"))
        self.assertEqual(answers["heldlocks"], tool("locks"))
        return report

    def test_inconsistent(self):
        report = self.compare("inconsistent-6.1")
        self.assertIn("irq-inconsistent", [each["rule"] for each in report["findings"]])

    def test_kernel_without_lockdep(self):
        report = self.compare("rcu-6.1-plain")
        self.assertTrue(report["findings"])
        self.assertFalse(report["lockdep"]["present"])

    def test_deadlock(self):
        report = self.compare("mutex-abba-6.1-lockdep")
        self.assertIn("deadlock-cycle", [each["rule"] for each in report["findings"]])

    def test_missing_pages(self):
        fixture = Fixture("inconsistent-6.1")
        classes = fixture.analyze()["lockdep"]["classes"]
        gone = int(classes[len(classes) // 2]["address"], 16)
        vmcore = self.folder / "vmcore"
        exclude(fixture.vmcore, vmcore, [physical_of_image(fixture.vmcore, gone)])
        report = self.compare("inconsistent-6.1", vmcore)
        self.assertTrue(report["problems"])
        self.assertLess(len(report["lockdep"]["classes"]), len(classes))

    def test_filtered_kdump_with_damaged_pages(self):
        """crash has a line for each page that it cannot unpack, on the screen and in the file that
        the output goes to: none may stand in the JSON."""
        image = bytearray(Fixture("kexec-6.1").vmcore.read_bytes())
        places = random.Random(7)
        for _ in range(40):
            image[places.randrange(len(image) // 3, len(image))] ^= 0xff
        vmcore = self.folder / "vmcore"
        vmcore.write_bytes(image)
        report = self.compare("kexec-6.1", vmcore)
        self.assertGreater(report["scan"]["bytes_missing"], 0)
        self.assertIn("irq-inconsistent", [each["rule"] for each in report["findings"]])


class CommandsTest(Folder):
    def test_texts(self):
        fixture = Fixture("mutex-abba-6.1-lockdep")
        by_name = {each["comm"]: each for each in fixture.analyze()["tasks"]}
        forth, back = by_name["rename_forth"], by_name["rename_back"]
        (waits, by_pid, by_address, everybody, nobody, proc, one, graph, unknown, spinning, mutex,
         rules, no_rule) = self.session(
            fixture, "waitfor", f"heldlocks {forth['pid']}", f"heldlocks {back['address'][2:]}",
            "heldlocks -a", "heldlocks 99999", "lockdep -p", "lockdep -c console_lock",
            "lockdep -g", "lockdep -c nothing_like_it", "spinowner",
            f"spinowner {fixture.analyze()['locks'][0]['address']}", "kmortem deadlock-cycle",
            "kmortem no-such-rule")

        # The guest named the lock's classes and holders itself (sysrq-d, khungtaskd).
        self.assertRegex(waits, r"rename_back \[\d+\] .*&dir->mutex.*rename_forth \[")
        self.assertRegex(waits, r"rename_forth \[\d+\] .*&dir->mutex.*rename_back \[")
        self.assertIn("wait for each other", waits)
        for text, task in ((by_pid, forth), (by_address, back)):
            self.assertIn(f"PID: {task['pid']} ", text)
            self.assertIn(f"TASK: {task['address'][2:]}", text)
            self.assertEqual(text.count("PID:"), 1)
            for held in task["held_locks"]:
                self.assertIn(held["address"], text)
        held = set(re.findall(r"held by ((?:rename|read)_\S+)/(\d+):", fixture.truth("dmesg")))
        self.assertEqual(len(held), 6)
        for _, pid in held:
            self.assertIn(f"PID: {pid} ", everybody)
        self.assertIn("invalid task or pid value: 99999", nobody)

        # /proc/lockdep, from the tool; the truth's counters are of another moment.
        self.assertEqual(proc, kmortem("classes", fixture.vmcore, "-s", fixture.vmlinux,
                                       "--proc", "lockdep").out)
        truth = set(re.findall(r" -> \[\w+\] (.+)", next(
            each for each in fixture.truth("lockdep").split("\n\n")
            if each.split("\n")[0].endswith(": console_lock"))))
        self.assertEqual({line.split(None, 1)[1] for line in one.splitlines()
                          if line.startswith("  then ")}, truth)
        self.assertEqual(graph, kmortem("graph", fixture.vmcore, "-s", fixture.vmlinux).out)
        for name in (*truth, "console_lock"):
            self.assertIn(f'"{name}', graph)
        self.assertIn('no lock class is called "nothing_like_it"', unknown)

        self.assertIn("no spinlock", spinning)
        self.assertIn("owner", mutex)
        self.assertIn("error: deadlock-cycle (proven)", rules)
        self.assertIn("deadlock-cycle", no_rule)

    def test_spinlocks_and_current_task(self):
        fixture = Fixture("rcu-6.1-plain")
        current, owner, elsewhere, classes, here = self.session(
            fixture, "set -c 1", "spinowner", "spinowner -c 0", "lockdep", "heldlocks")
        self.assertIn("kflow_gcd", current)
        self.assertRegex(owner, r"gc_lock .*\n(.*\n)*?.*owner +kflow_gcd \[\d+\] on CPU 1")
        self.assertNotIn("gc_lock", elsewhere)
        self.assertIn("built without lockdep", classes)
        self.assertIn('COMMAND: "kflow_gcd"', here)
        self.assertRegex(here, r"holds +gc_lock")


class MannersTest(Folder):
    """All that is crash's own business, in few sessions: each start takes seconds."""

    def test_loading(self):
        other = self.folder / "other.so"
        image = pathlib.Path(crash.PLUGIN).read_bytes()
        self.assertEqual(image.count(b"kmortem for crash 8."), 1)
        other.write_bytes(image.replace(b"kmortem for crash 8.", b"kmortem for crash 7."))
        output = self.folder / "softirqs"
        maps = f"!grep -c {crash.PLUGIN} /proc/$PPID/maps"
        answers = self.session(
            Fixture("rcu-6.1-plain"), *(f"help {each}" for each in COMMANDS), "extend", "softirqs",
            f"softirqs > {output}", "softirqs -x", "softirqs 1", maps,
            UNLOAD, maps, "softirqs", LOAD, "softirqs", f"extend {other}", UNLOAD)
        pages, answers = answers[:len(COMMANDS)], answers[len(COMMANDS):]
        for command, page in zip(COMMANDS, pages):
            self.assertRegex(page, rf"NAME\n  {command} - .*\n\nSYNOPSIS\n  {command} ")
            self.assertIn("DESCRIPTION", page)
        (listed, first, redirected, wrong, superfluous, mapped, unloaded, unmapped, gone,
         again, second, mismatch, end) = answers
        self.assertEqual(re.findall(r"kmortem\.so +(.*\S)", listed), [" ".join(COMMANDS)])
        self.assertIn("run_timer_softirq", first)
        self.assertEqual(redirected, "")
        self.assertEqual(output.read_text(), first)
        for text in (wrong, superfluous):
            self.assertIn("Usage:\n  softirqs", text)
        self.assertGreater(int(mapped), 0)
        self.assertIn("unloaded", unloaded)
        self.assertEqual(unmapped.strip(), "0")
        self.assertIn("command not found", gone)
        self.assertIn("loaded", again)
        self.assertEqual(second, first)
        self.assertRegex(mismatch, r"was built for crash 7\.\S+ and this is crash 8\.")
        self.assertIn("no commands registered", mismatch)
        self.assertIn("unloaded", end)

    def test_interrupt(self):
        """The command waits in open() of its cache, a pipe that nobody writes, until all signals
        are delivered: more than ten, for at the tenth crash's own handler would jump."""
        fixture = Fixture("rcu-6.1-plain")
        fixture.run("softirqs", cache=self.folder)
        cache, = (self.folder / "kmortem").iterdir()
        cache.unlink()
        os.mkfifo(cache)
        interrupted, after = self.folder / "interrupted", self.folder / "after"
        process = self.start(fixture, f"kmortem > {interrupted}", f"softirqs > {after}", UNLOAD,
                             "quit")
        self.wait(process, lambda: waits_for_the_writer(process))
        for _ in range(15):
            process.send_signal(signal.SIGINT)
            self.wait(process, lambda: not signals_pending(process))
        self.assertTrue(interrupted.exists())
        # Whoever looks for the cache from now on finds none; who waits for it goes on.
        pipe = cache.rename(self.folder / "pipe")
        self.wait(process, lambda: release(pipe))
        rest, _ = process.communicate(timeout=120)
        self.assertEqual(process.returncode, 0, rest)
        self.assertEqual(interrupted.read_text(), "")
        self.assertIn("run_timer_softirq", after.read_text())
        self.assertIn("shared object unloaded", rest)

    def start(self, fixture, *commands):
        """crash, reading commands from a pipe as from a terminal: an interrupt does not end it."""
        process = subprocess.Popen(
            ["crash", "-s", str(fixture.vmlinux), str(fixture.vmcore)], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            env=crash.environment(self.folder))
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.kill)
        process.stdin.write("\n".join(["set scroll off", LOAD, *commands]) + "\n")
        process.stdin.flush()
        return process

    def wait(self, process, condition):
        while not condition():
            self.assertIsNone(process.poll(), "crash has ended")
            time.sleep(0.002)


def release(pipe):
    """Lets go who waits in open(); false while nobody does."""
    try:
        os.close(os.open(pipe, os.O_WRONLY | os.O_NONBLOCK))
    except OSError as error:
        if error.errno != errno.ENXIO:
            raise
        return False
    return True


def status_of(process, key):
    text = pathlib.Path(f"/proc/{process.pid}/status").read_text()
    return re.search(rf"^{key}:\s+(\S+)", text, re.MULTILINE).group(1)


def waits_for_the_writer(process):
    """In open() of a pipe (fs/pipe.c)."""
    try:
        return pathlib.Path(f"/proc/{process.pid}/wchan").read_text() == "wait_for_partner"
    except ProcessLookupError:
        return False


def signals_pending(process):
    return int(status_of(process, "ShdPnd"), 16) | int(status_of(process, "SigPnd"), 16)


class SymbolsTest(unittest.TestCase):
    def test_nothing_is_exported(self):
        listed = subprocess.run(["nm", "-D", "--defined-only", crash.PLUGIN], check=True,
                                capture_output=True, text=True).stdout
        self.assertEqual(listed, "")

    def test_what_is_taken_from_crash_is_in_its_header(self):
        """Of what lies in libraries, only zlib (the one in crash's gdb will do: the same functions
        of the same streams), operator new and data that any program has a copy of."""
        def symbols(*arguments):
            listed = subprocess.run(["nm", "-D", *arguments], check=True, capture_output=True,
                                    text=True).stdout
            return {line.split()[-1].split("@")[0] for line in listed.splitlines()}
        taken = symbols("--undefined-only", crash.PLUGIN) & symbols("--defined-only",
                                                                    "/usr/bin/crash")
        header = pathlib.Path("/usr/include/crash/defs.h").read_text()
        strange = {each for each in taken if not re.search(rf"\b{each}\b", header)}
        self.assertEqual({each for each in strange
                          if not each.startswith(("_Z", "inflate", "crc32", "opt", "__libc"))}, set())
        self.assertIn("readmem", taken)


class PageTest(unittest.TestCase):
    def test_the_session_in_the_docs_is_what_it_says_today(self):
        environment = dict(os.environ, KMORTEM=str(BINARY), KMORTEM_FIXTURES=str(FIXTURES),
                           KMORTEM_CRASH_PLUGIN=crash.PLUGIN)
        done = subprocess.run([sys.executable, str(ROOT / "scripts" / "update-examples"), "--check",
                               str(ROOT / "docs" / "crash.md")], capture_output=True, text=True, env=environment)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertRegex(done.stdout, r"^[1-9]\d* examples, 0 pages stale")


if __name__ == "__main__":
    unittest.main()
