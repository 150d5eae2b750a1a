# SPDX-License-Identifier: GPL-3.0-or-later
"""Modules' files wherever distributions put them, and source lines against addr2line."""
import pathlib
import re
import subprocess
import tempfile
import unittest

from support import split_files as files
from support.tool import Fixture, kmortem

RELEASE_TREE = "kernel/net/core/"


def frames_of(run):
    return [frame for stack in run.json()["stacks"] for frame in stack["stack"]]


def lines_of(frames):
    return [(each["function"], each["file"], each["line"], each["inlined"]) for each in frames]


def places_of(tool, path, addresses, *options):
    """{address: [(function, file, line)], innermost first}."""
    command = [tool, "-a", "-f", "-i", "-e", str(path), *options,
               *(f"0x{each:x}" for each in addresses)]
    places, at = {}, None
    lines = iter(subprocess.run(command, capture_output=True, text=True,
                                check=True).stdout.splitlines())
    for line in lines:
        if line.startswith("0x"):
            at = places.setdefault(int(line, 16), [])
            continue
        file, number = re.match(r"(.*):(\d+|\?)", next(lines)).groups()
        at.append((line, file, int(number) if number != "?" else 0))
    return places


class ModuleFilesTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.fixture = Fixture("rcu-6.1-plain")
        cls.ko = cls.fixture.path / "lk_rcu.ko"
        cls.beside = frames_of(cls.fixture.run("bt", "-a", "-f", "json"))
        cls.expected = lines_of(each for each in cls.beside if each["module"] == "lk_rcu")

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="kmortem-modules-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        # A folder without a module, as a dump is copied somewhere.
        self.vmcore = files.made(self.folder / "dump/vmcore")
        self.vmcore.symlink_to(self.fixture.vmcore)

    def bt(self, *arguments):
        return kmortem("bt", "-a", "-f", "json", self.vmcore, "-s", self.fixture.vmlinux,
                       *arguments)

    def assert_lines(self, *arguments):
        run = self.bt(*arguments)
        frames = [each for each in frames_of(run) if each["module"] == "lk_rcu"]
        self.assertEqual(lines_of(frames), self.expected)
        self.assertEqual(run.json()["problems"], [])

    def test_lines_are_those_of_addr2line(self):
        compared = 0
        symbols = subprocess.run(["nm", str(self.ko)], capture_output=True, text=True,
                                 check=True).stdout
        begin = {line.split()[2]: int(line.split()[0], 16) for line in symbols.splitlines()
                 if line.split()[-2] in "tT"}
        inlines = False
        for frame in self.beside:
            if frame["module"] == "lk_rcu" and not frame["inlined"] and not inlines:
                at = begin[frame["function"]] + frame["offset"] - (not frame["interrupted"])
                theirs = places_of("addr2line", self.ko, [at], "-j", ".text")[at]
                self.assertEqual(len(theirs), 1)
                self.assertEqual((pathlib.Path(theirs[0][1]).name, theirs[0][2]),
                                 (pathlib.Path(frame["file"]).name, frame["line"]))
                compared += 1
            inlines = frame["inlined"]
        self.assertGreater(compared, 0)

    def test_without_a_file(self):
        frames = [each for each in frames_of(self.bt()) if each["module"] == "lk_rcu"]
        self.assertNotEqual(self.expected, [])
        self.assertEqual({each["file"] for each in frames}, {None})

    def test_every_packing_at_any_depth(self):
        for ending in ("", *files.PACKERS):
            with self.subTest(ending):
                path = self.folder / "modules" / RELEASE_TREE / f"lk-rcu.ko{ending}"
                (files.packed if ending else files.copied)(self.ko, path)
                self.assert_lines("--modules", self.folder / "modules")
                path.unlink()

    def test_debug_files(self):
        tree = self.folder / "modules"
        split = files.made(tree / "by-objcopy/lk_rcu.ko.debug")
        files.only_debug(self.ko, split)
        by_eu_strip = files.made(self.folder / "lk_rcu.ko.debug")
        files.run("eu-strip", "-f", by_eu_strip, "-o", self.folder / "lk_rcu.ko", self.ko)
        self.assert_lines("--modules", tree)
        split.unlink()
        for place in (tree / "by-name/lk_rcu.ko.debug", files.build_id_place(tree, self.ko),
                      self.folder / "dump/lk_rcu.ko.debug"):
            with self.subTest(place):
                files.copied(by_eu_strip, place)
                self.assert_lines("--modules", tree)
                place.unlink()
        # Stripped, as a distribution ships it, with a link to what was split off.
        files.copied(self.folder / "lk_rcu.ko", tree / RELEASE_TREE / "lk_rcu.ko")
        files.copied(by_eu_strip, tree / RELEASE_TREE / ".debug/lk_rcu.ko.debug")
        self.assert_lines("--modules", tree)

    def test_debug_directories(self):
        root = self.folder / "debug"
        release = self.fixture.truth("version").split()[2]
        for place in (files.build_id_place(root, self.ko),
                      root / f"usr/lib/debug/lib/modules/{release}/{RELEASE_TREE}lk-rcu.ko.debug",
                      root / f"lib/modules/{release}/extra/lk_rcu.ko.zst"):
            with self.subTest(place):
                (files.packed if place.suffix == ".zst" else files.copied)(self.ko, place)
                self.assert_lines("--debug-dir", root)
                place.unlink()

    def test_another_build_is_refused_once(self):
        whole = self.ko.read_bytes()
        identity = files.build_id(self.ko)
        wrong = bytearray(whole)
        at = whole.index(bytes.fromhex(identity))
        wrong[at] ^= 1
        path = files.made(self.folder / "modules/lk_rcu.ko")
        path.write_bytes(wrong)
        run = self.bt("--modules", path.parent)
        self.assertEqual({each["file"] for each in frames_of(run)
                          if each["module"] == "lk_rcu"}, {None})
        problem, = run.json()["problems"]
        self.assertEqual(problem["structure"], "module lk_rcu")
        self.assertEqual(problem["count"], 1)
        self.assertIn(f"another build: its build-id is {files.build_id(path)}", problem["reason"])
        # The right one elsewhere makes up for it.
        files.copied(self.ko, path.parent / "right/lk_rcu.ko")
        self.assert_lines("--modules", path.parent)

    def test_damaged(self):
        whole = files.packed(self.ko, self.folder / "lk_rcu.ko.xz").read_bytes()
        path = files.made(self.folder / "modules/lk_rcu.ko.xz")
        path.write_bytes(whole[:len(whole) // 2])
        problem, = self.bt("--modules", path.parent).json()["problems"]
        self.assertEqual((problem["structure"], problem["count"]), ("module lk_rcu", 1))
        self.assertIn("cut off", problem["reason"])


class SourceLinesTest(unittest.TestCase):
    """Every frame of every CPU and task, in a kernel with DWARF 5 after dwz and in one with DWARF 4,
    against a reader that shares no code with ours."""
    maxDiff = None

    def test_lines_and_inlines_of_the_kernel_are_those_of_llvm(self):
        for name in ("rcu-6.1-plain", "idle-6.12"):
            with self.subTest(name):
                fixture = Fixture(name)
                slide = int(re.search(rb"KERNELOFFSET=([0-9a-f]+)",
                                      fixture.vmcore.read_bytes()).group(1), 16)
                ours, inlined = {}, []
                for frame in frames_of(fixture.run("bt", "-t", "-f", "json")):
                    inlined.append((frame["function"], frame["file"], frame["line"]))
                    if frame["inlined"]:
                        continue
                    if frame["module"] is None and frame["line"]:
                        ours[int(frame["pc"], 16) - slide - (not frame["interrupted"])] = inlined
                    inlined = []
                theirs = places_of("llvm-addr2line-19", fixture.vmlinux, ours)
                self.assertGreater(len(ours), 30)
                self.assertGreater(max(map(len, ours.values())), 1)
                self.assertEqual({at: places for at, places in ours.items()
                                  if not self.alike(places, theirs[at])}, {})

    def alike(self, ours, theirs):
        """The symbol of a function may have a suffix (.isra.0) that DWARF does not know."""
        return len(ours) == len(theirs) and all(
            function.split(".")[0] == their_function.split(".")[0] and line == their_line
            and their_file.endswith("/" + file)
            for (function, file, line), (their_function, their_file, their_line)
            in zip(ours, theirs))


if __name__ == "__main__":
    unittest.main()
