# SPDX-License-Identifier: GPL-3.0-or-later
"""A profile or the layout cache instead of DWARF: every fixture both ways, the same answers."""
import pathlib
import tempfile
import unittest

from support.tool import Fixture, all_fixtures, kmortem


def without_lines(report):
    """The report as a profile can give it: no file:line, no inlined frames."""
    def clean(value):
        if isinstance(value, dict):
            return {key: clean(each) for key, each in value.items()
                    if key not in ("file", "line", "debuginfo")}
        if isinstance(value, list):
            return [clean(each) for each in value
                    if not (isinstance(each, dict) and each.get("inlined") is True)]
        return value
    return clean(report)


class ProfileTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.cache = self.folder / "cache"

    def make_profile(self, fixture):
        path = self.folder / "kernel.kmprof"
        done = kmortem("profile", fixture.vmlinux, "-o", path)
        self.assertEqual(done.code, 0, done.err)
        return path

    def test_a_profile_gives_all_answers_but_lines(self):
        for fixture in all_fixtures():
            with self.subTest(fixture.name):
                profile = self.make_profile(fixture)
                with_dwarf = fixture.analyze("--no-cache")
                done = kmortem("analyze", fixture.vmcore, "-f", "json", "--profile", profile)
                self.assertLessEqual(done.code, 1, done.err)
                self.assertEqual(without_lines(done.json()), without_lines(with_dwarf))
                self.assertTrue(done.json()["debuginfo"]["from_profile"])

    def test_the_second_run_opens_no_dwarf_and_says_the_same(self):
        for fixture in all_fixtures():
            with self.subTest(fixture.name):
                first = fixture.run("analyze", cache=self.cache)
                second = fixture.run("analyze", cache=self.cache)
                self.assertEqual(second.out, first.out)
                self.assertEqual(second.code, first.code)
                again = fixture.analyze(cache=self.cache)
                self.assertTrue(again["debuginfo"]["from_cache"])

    def test_no_cache_leaves_no_file(self):
        Fixture("inconsistent-6.1").run("analyze", "--no-cache", cache=self.cache)
        self.assertEqual([each for each in self.cache.rglob("*") if each.is_file()], [])

    def test_a_damaged_cache_is_ignored(self):
        fixture = Fixture("inconsistent-6.1")
        first = fixture.run("analyze", cache=self.cache)
        files = [each for each in self.cache.rglob("*") if each.is_file()]
        self.assertEqual(len(files), 1)
        good = files[0].read_bytes()
        for bad in (b"", good[:100], good[:len(good) // 2], good[:-1],
                    good[:64] + b"\xff" * 64 + good[128:],
                    good[:len(good) // 2] + b"\x5a" * 8 + good[len(good) // 2 + 8:]):
            files[0].write_bytes(bad)
            self.assertEqual(fixture.run("analyze", cache=self.cache).out, first.out)

    def test_a_profile_of_another_build_is_refused_with_both_identities(self):
        fixture, other = Fixture("inconsistent-6.1"), Fixture("idle-6.12")
        done = kmortem("analyze", fixture.vmcore, "--profile", self.make_profile(other))
        self.assertEqual(done.code, 3)
        self.assertEqual(len(done.err.splitlines()), 1)
        self.assertEqual(done.err.count("build-id"), 2, done.err)

    def test_a_damaged_profile_is_refused(self):
        fixture = Fixture("inconsistent-6.1")
        profile = self.make_profile(fixture)
        good = profile.read_bytes()
        for length in (0, 10, 200, len(good) // 2, len(good) - 1):
            profile.write_bytes(good[:length])
            done = kmortem("analyze", fixture.vmcore, "--profile", profile)
            self.assertEqual(done.code, 3, length)
            self.assertEqual(len(done.err.splitlines()), 1, done.err)


if __name__ == "__main__":
    unittest.main()
