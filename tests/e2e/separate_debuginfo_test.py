# SPDX-License-Identifier: GPL-3.0-or-later
"""Debug information wherever distributions put it: split off, packed, compressed, shared by dwz. A
report must not differ from the one with the whole vmlinux, or say in one line what is missing."""
import os
import pathlib
import subprocess
import tempfile
import unittest

from support import split_files as files
from support.page_excluder import exclude, physical_of_image, vmcoreinfo
from support.synthetic import synthetic
from support.tool import Fixture, kmortem


def content(report):
    """What a report says, but not from which files."""
    return {name: value for name, value in report.items()
            if name not in ("tool", "dump", "debuginfo", "performance")}


class FormCase(unittest.TestCase):
    """A dump and the whole vmlinux that it belongs to."""
    maxDiff = 4000

    @classmethod
    def setUpClass(cls):
        cls._folder = tempfile.TemporaryDirectory(prefix="kmortem-forms-")
        cls.addClassCleanup(cls._folder.cleanup)
        cls.folder = pathlib.Path(cls._folder.name)
        cls.vmcore, cls.vmlinux = cls.choose()
        cls.whole = content(cls.analyze(cls.vmlinux).json())

    @classmethod
    def analyze(cls, vmlinux, *arguments, vmcore=None):
        source = [] if vmlinux is None else ["-s", vmlinux]
        return kmortem("analyze", vmcore or cls.vmcore, *source, "-f", "json", "--no-cache",
                       *arguments)

    def place(self, name):
        """A folder of its own for a test."""
        return self.folder / self.id().rsplit(".", 1)[1] / name

    def assert_whole(self, vmlinux, *arguments, vmcore=None):
        run = self.analyze(vmlinux, *arguments, vmcore=vmcore)
        self.assertIn(run.code, (0, 1), run.err)
        self.assertEqual(content(run.json()), self.whole)

    def assert_refused(self, vmlinux, *words):
        run = self.analyze(vmlinux)
        self.assertEqual((run.code, len(run.err.splitlines())), (3, 1), run.err)
        for word in words:
            self.assertIn(word, run.err)


class SplitFixtureTest(FormCase):
    """A real vmlinux (DWARF 5 after dwz), with unwind tables, modules and source lines."""

    @classmethod
    def choose(cls):
        fixture = Fixture("nested-6.1")
        return fixture.vmcore, fixture.vmlinux

    def test_found_by_its_link_and_by_its_build_id(self):
        folder = self.place("boot")
        debug = files.only_debug(self.vmlinux, folder / "vmlinux.debug")
        image = files.stripped(self.vmlinux, folder / "vmlinux", debug)
        self.assert_whole(image)
        tree = self.place("tree")
        os.renames(debug, files.made(files.build_id_place(tree, self.vmlinux)))
        self.assert_whole(image, "--debug-dir", tree)
        self.assert_refused(image, "no DWARF and no symbol table", str(debug), ".build-id/")
        # Nothing named: the build-id of the dump leads to the debug file.
        self.assert_whole(None, "--debug-dir", tree)

    def test_the_debug_file_alone(self):
        debug = files.only_debug(self.vmlinux, self.place("alone.debug"))
        self.assert_whole(debug)

    def test_the_debug_file_of_eu_strip(self):
        debug = files.made(self.place("vmlinux.debug"))
        files.run("eu-strip", "-f", debug, "-o", self.place("vmlinux"), self.vmlinux)
        self.assert_whole(self.place("vmlinux"))

    def test_the_debug_file_of_another_build(self):
        other = Fixture("idle-6.12").vmlinux
        debug = files.only_debug(other, self.place("vmlinux.debug"))
        self.assert_refused(debug, files.build_id(other), files.build_id(self.vmlinux))

    def test_no_unwind_tables_at_all(self):
        """The debug file has none, and of the dump's a page is missing."""
        names = subprocess.run(["nm", str(self.vmlinux)], capture_output=True, text=True,
                               check=True).stdout
        address = next(int(line.split()[0], 16) for line in names.splitlines()
                       if line.endswith(" __start_orc_unwind_ip"))
        address += int(vmcoreinfo(self.vmcore)["KERNELOFFSET"], 16)
        vmcore = exclude(self.vmcore, files.made(self.place("vmcore")),
                         [physical_of_image(self.vmcore, address)])
        debug = files.only_debug(self.vmlinux, self.place("alone.debug"))
        run = self.analyze(debug, vmcore=vmcore)
        self.assertIn(run.code, (0, 1), run.err)
        said = [each for each in run.json()["problems"]
                if each["structure"] == "__start_orc_unwind_ip"]
        self.assertEqual([(each["count"], int(each["address"], 16)) for each in said],
                         [(1, address)])
        self.assertIn("stacks may have gaps", said[0]["consequence"])
        # vmlinux's own tables serve as ever.
        self.assertEqual(self.analyze(self.vmlinux, vmcore=vmcore).json()["cpus"],
                         self.whole["cpus"])


class SplitTest(FormCase):
    """Files of a kernel built in small: every form in no time."""

    @classmethod
    def choose(cls):
        kernel = synthetic("6.6")
        return kernel.vmcore, kernel.vmlinux

    def without_build_id(self, source, destination):
        files.run("objcopy", "--remove-section=.notes", source, files.made(destination))
        return destination

    def test_places_of_a_linked_file(self):
        image = self.place("boot/vmlinux")
        debug = files.only_debug(self.vmlinux, self.place("vmlinux.debug"))
        files.stripped(self.vmlinux, image, debug)
        root = self.place("root")
        for place in (image.parent / debug.name, image.parent / ".debug" / debug.name,
                      files.build_id_place(image.parent, self.vmlinux),
                      root / str(image.parent)[1:] / debug.name,
                      files.build_id_place(root, self.vmlinux)):
            with self.subTest(place):
                files.copied(debug, place)
                self.assert_whole(image, "--debug-dir", root)
                place.unlink()
        self.assert_refused(image, "no DWARF")

    def test_the_checksum_decides_without_a_build_id(self):
        plain = self.without_build_id(self.vmlinux, self.place("plain"))
        debug = files.only_debug(plain, self.place("vmlinux.debug"))
        image = files.stripped(plain, self.place("vmlinux"), debug)
        self.assert_whole(image)
        with open(debug, "ab") as file:
            file.write(b"\0")
        self.assert_refused(image, "checksum", str(debug))

    def test_another_build(self):
        other = synthetic("5.10")
        debug = files.only_debug(other.vmlinux, self.place("vmlinux.debug"))
        image = files.stripped(self.vmlinux, self.place("vmlinux"), debug)
        self.assert_refused(image, f"its build-id is {files.build_id(other.vmlinux)}")

    def test_the_second_run(self):
        """From the cache; the debug file is opened for what the cache does not have."""
        debug = files.only_debug(self.vmlinux, self.place("vmlinux.debug"))
        image = files.stripped(self.vmlinux, self.place("vmlinux"), debug)
        cache = files.made(self.place("cache/x")).parent
        for _ in range(2):
            run = kmortem("analyze", self.vmcore, "-s", image, "-f", "json", cache=cache)
            self.assertEqual(content(run.json()), self.whole)
        self.assertTrue(run.json()["debuginfo"]["from_cache"])
        shown = kmortem("show", self.vmcore, "spinlock_t", "dev_mutex", "-s", image, cache=cache)
        self.assertEqual(shown.code, 0, shown.err)

    def test_dwz(self):
        folder = self.place("debug")
        first = files.copied(self.vmlinux, folder / "vmlinux")
        files.copied(self.vmlinux, folder / "other")
        files.run("dwz", "-m", ".dwz/common", "-M", "../.dwz/common", "vmlinux", "other",
                  cwd=files.made(folder / ".dwz/common").parent.parent)
        sections = files.run("readelf", "-SW", first, text=True).stdout
        self.assertIn(".gnu_debugaltlink", sections)
        common = folder / ".dwz/common"
        moved = files.made(self.place(".dwz/common"))
        # The link is relative to the file: ../.dwz/common.
        common.rename(moved)
        self.assert_whole(first)
        tree = self.place("tree")
        os.renames(moved, files.made(files.build_id_place(tree, moved)))
        self.assert_whole(first, "--debug-dir", tree)
        self.assert_refused(first, "dwz moved a part", "../.dwz/common")


class PackedTest(FormCase):
    choose = SplitTest.choose

    def test_packed(self):
        for ending in files.PACKERS:
            with self.subTest(ending):
                self.assert_whole(files.packed(self.vmlinux, self.place("vmlinux" + ending)))

    def test_a_packed_debug_file(self):
        debug = files.only_debug(self.vmlinux, self.place("vmlinux.debug"))
        image = files.stripped(self.vmlinux, self.place("vmlinux"), debug)
        self.assert_whole(files.packed(image, self.place("boot/vmlinux.gz")), "--debug-dir",
                          self.place("."))
        self.assert_whole(files.packed(debug, self.place("vmlinux.debug.xz")))

    def test_found_where_distributions_put_it(self):
        release = vmcoreinfo(self.vmcore)["OSRELEASE"]
        beside = files.made(self.place("dumps/vmcore"))
        beside.symlink_to(self.vmcore)
        debug = files.only_debug(self.vmlinux, self.place("vmlinux.debug"))
        whole, split = self.vmlinux, debug
        for place, source in {
                f"vmlinux-{release}.zst": whole, "vmlinux.xz": whole, "vmlinux.gz": whole,
                f"vmlinux-{release}.debug": split, f"boot/vmlinux-{release}": whole,
                f"usr/lib/debug/boot/vmlinux-{release}": whole,
                f"usr/lib/debug/boot/vmlinux-{release}.debug": split,
                f"usr/lib/debug/lib/modules/{release}/vmlinux": whole,
                f"usr/lib/debug/usr/lib/modules/{release}/vmlinux.debug.xz": split,
                f"lib/modules/{release}/vmlinux": whole}.items():
            for root in (beside.parent, self.place("root")):
                with self.subTest(place, root=root.name):
                    path = root / place
                    make = files.packed if path.suffix in files.PACKERS else files.copied
                    make(source, path)
                    self.assert_whole(None, "--debug-dir", self.place("root"), vmcore=beside)
                    path.unlink()

    def test_a_stripped_one_is_passed_over(self):
        beside = files.made(self.place("dumps/vmcore"))
        beside.symlink_to(self.vmcore)
        files.stripped(self.vmlinux, beside.parent / "vmlinux")
        files.copied(self.vmlinux, self.place("root/vmlinux"))
        self.assert_whole(None, "--debug-dir", self.place("root"), vmcore=beside)

    def test_compressed_sections(self):
        for form in ("zlib-gnu", "zlib-gabi"):
            with self.subTest(form):
                path = files.made(self.place(f"vmlinux-{form}"))
                files.run("objcopy", f"--compress-debug-sections={form}", self.vmlinux, path)
                self.assert_whole(path)
        path = files.made(self.place("vmlinux-zstd"))
        files.run("llvm-objcopy-19", "--compress-debug-sections=zstd", self.vmlinux, path)
        self.assert_whole(path)

    def test_cut_off(self):
        whole = files.packed(self.vmlinux, self.place("vmlinux.xz")).read_bytes()
        path = self.place("cut.xz")
        for length in (3, len(whole) // 2, len(whole) - 1):
            with self.subTest(length):
                path.write_bytes(whole[:length])
                self.assert_refused(path, str(path))


if __name__ == "__main__":
    unittest.main()
