# SPDX-License-Identifier: GPL-3.0-or-later
"""The folders under src/ are layers: each includes only what it may use."""
import pathlib
import re
import unittest

SOURCE = pathlib.Path(__file__).resolve().parents[2] / "src"

# A layer may include itself and what is named here. checks and report see base and model alone:
# checks never read the dump, printers never read at all.
USES = {
    "base": set(),
    "model": {"base"},
    "splats": {"base", "model"},
    "dump": {"base", "model"},
    "debuginfo": {"base", "model"},
    "kernel": {"base", "model", "dump", "debuginfo"},
    "locks": {"base", "model", "dump", "debuginfo", "kernel"},
    "waits": {"base", "model", "dump", "debuginfo", "kernel", "locks"},
    "checks": {"base", "model"},
    "report": {"base", "model"},
    "postmortem": {"base", "model", "splats", "dump", "debuginfo", "kernel", "locks", "waits", "checks"},
    "scan": {"base", "model", "splats", "dump", "debuginfo", "kernel", "locks", "waits", "checks", "report",
             "postmortem"},
    "cli": {"base", "model", "splats", "dump", "debuginfo", "kernel", "locks", "waits", "checks", "report",
            "postmortem", "scan"},
}
INCLUDE = re.compile(r'^#include "([^"]+)"', re.MULTILINE)


def sources(layer):
    return [path for path in (SOURCE / layer).rglob("*") if path.suffix in (".cc", ".h")]


class LayersTest(unittest.TestCase):
    def test_every_folder_is_a_known_layer(self):
        folders = {path.name for path in SOURCE.iterdir() if path.is_dir()}
        self.assertEqual(folders, set(USES))

    def test_includes_point_downwards_only(self):
        wrong = []
        for layer, uses in USES.items():
            for path in sources(layer):
                for included in INCLUDE.findall(path.read_text()):
                    target = included.split("/")[0]
                    if target != layer and target not in uses:
                        wrong.append(f"{path.relative_to(SOURCE)} includes {included}")
        self.assertEqual(wrong, [])

    def test_there_is_something_to_check(self):
        for layer in USES:
            self.assertGreater(len(sources(layer)), 1, layer)

    def test_only_the_command_line_prints(self):
        printing = re.compile(r"std::cout|std::cerr|\bprintf\(|fmt::print\(")
        wrong = [str(path.relative_to(SOURCE)) for layer in USES if layer != "cli"
                 for path in sources(layer) if printing.search(path.read_text())]
        self.assertEqual(wrong, [])


if __name__ == "__main__":
    unittest.main()
