# SPDX-License-Identifier: GPL-3.0-or-later
"""Each row of docs/formats.md names tests, and those exist."""
import pathlib
import re
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
NAMED = re.compile(r"`(\w+)\.(\w+)`")


def existing():
    tests = set()
    for path in (ROOT / "tests").rglob("*.cc"):
        tests |= set(re.findall(r"^TEST(?:_F|_P)?\((\w+), (\w+)\)", path.read_text(), re.MULTILINE))
    for path in (ROOT / "tests").rglob("*_test.py"):
        group = ""
        for line in path.read_text().splitlines():
            if match := re.match(r"class (\w+)\(", line):
                group = match.group(1)
            elif match := re.match(r"    def (test_\w+)\(", line):
                tests.add((group, match.group(1)))
    return tests


def rows():
    lines = (ROOT / "docs" / "formats.md").read_text().splitlines()
    return [line for line, before in zip(lines[1:], lines) if line.startswith("| ")
            and not line.startswith("| ---") and before.startswith("|")]


class FormatsTest(unittest.TestCase):
    def test_every_row_names_a_test(self):
        self.assertGreater(len(rows()), 10)
        self.assertEqual([row for row in rows() if not NAMED.search(row)], [])

    def test_the_named_tests_exist(self):
        named = {name for row in rows() for name in NAMED.findall(row)}
        self.assertEqual(sorted(named - existing()), [])


if __name__ == "__main__":
    unittest.main()
