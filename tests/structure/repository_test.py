# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules of the repository that a reviewer would otherwise have to remember."""
import pathlib
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
CODE = [path for folder in ("src", "tests", "plugins") for path in (ROOT / folder).rglob("*")
        if path.suffix in (".cc", ".h") or path.suffix == ".c" and folder == "plugins"]


class RepositoryTest(unittest.TestCase):
    def test_every_source_names_its_licence(self):
        missing = [str(path) for path in CODE
                   if "SPDX-License-Identifier: GPL-3.0-or-later" not in path.read_text()[:200]]
        self.assertEqual(missing, [])

    def test_files_stay_small(self):
        large = [str(path) for path in CODE if len(path.read_text().splitlines()) > 500]
        self.assertEqual(large, [])

    def test_every_explained_rule_of_this_release_has_a_page(self):
        pages = {path.stem for path in (ROOT / "docs" / "rules").glob("*.md")}
        checks = {path.stem for path in (ROOT / "src" / "checks").glob("*.cc")}
        rules = {"shared-lock-key", "class-cache-alias", "irq-inconsistent", "lockdep-off",
                 "corrupt-lock", "softirq-hook"}
        self.assertLessEqual(rules, pages)
        self.assertLessEqual({rule.replace("-", "_") for rule in rules}, checks)

    def test_fixtures_stay_under_their_budget(self):
        dumps = ROOT / "fixtures" / "dumps"
        total = sum(path.stat().st_size for path in dumps.rglob("*") if path.is_file())
        self.assertLess(total, 80 << 20)
        self.assertGreater(total, 1 << 20)


if __name__ == "__main__":
    unittest.main()
