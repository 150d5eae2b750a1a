# SPDX-License-Identifier: GPL-3.0-or-later
"""What cannot be analysed: one line on stderr that says what and what to do, exit code 3."""
import pathlib
import subprocess
import tempfile
import unittest

from support.tool import Fixture, kmortem


class BadInputTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.path = pathlib.Path(self.folder.name)
        self.fixture = Fixture("inconsistent-6.1")

    def refused(self, *arguments):
        done = kmortem("analyze", *arguments)
        self.assertEqual(done.code, 3, done)
        self.assertEqual(done.out, "")
        self.assertEqual(len(done.err.splitlines()), 1, done.err)
        self.assertTrue(done.err.startswith("kmortem: "), done.err)
        return done.err

    def test_missing_file(self):
        message = self.refused(self.path / "nothing", "-s", self.fixture.vmlinux)
        self.assertIn("no such file", message.lower())

    def test_directory(self):
        self.assertIn("directory", self.refused(self.path, "-s", self.fixture.vmlinux))

    def test_empty_file(self):
        empty = self.path / "vmcore"
        empty.touch()
        self.assertIn("empty", self.refused(empty, "-s", self.fixture.vmlinux))

    def test_text_file(self):
        text = self.path / "vmcore"
        text.write_text("this is not a dump\n" * 1000)
        self.assertIn(str(text), self.refused(text, "-s", self.fixture.vmlinux))

    def test_missing_vmlinux(self):
        message = self.refused(self.fixture.vmcore, "-s", self.path / "vmlinux")
        self.assertIn("no such file", message.lower())

    def test_vmlinux_that_is_text(self):
        text = self.path / "vmlinux"
        text.write_text("not an ELF file")
        self.assertIn("ELF", self.refused(self.fixture.vmcore, "-s", text))

    def test_vmlinux_without_dwarf(self):
        stripped = self.path / "vmlinux"
        subprocess.run(["objcopy", "--strip-debug", str(self.fixture.vmlinux), str(stripped)],
                       check=True, stderr=subprocess.DEVNULL)
        self.assertIn("DWARF", self.refused(self.fixture.vmcore, "-s", stripped))

    def test_vmlinux_of_another_build_names_both(self):
        other = Fixture("idle-6.12")
        message = self.refused(self.fixture.vmcore, "-s", other.vmlinux)
        notes = [subprocess.run(["readelf", "-n", str(each.vmlinux)], capture_output=True,
                                text=True, check=True).stdout for each in (self.fixture, other)]
        for note in notes:
            self.assertIn(note.split("Build ID: ")[1].split()[0], message)

    def test_no_vmlinux_to_be_found_says_where_it_looked(self):
        copy = self.path / "vmcore"
        copy.symlink_to(self.fixture.vmcore.resolve())
        self.assertIn("-s", self.refused(copy))

    def test_usage_errors_are_code_2(self):
        for arguments in ([], ["analyze"], ["frobnicate"], ["analyze", "x", "--format", "bmp"],
                          ["explain", "no-such-rule"]):
            self.assertEqual(kmortem(*arguments).code, 2, arguments)


if __name__ == "__main__":
    unittest.main()
