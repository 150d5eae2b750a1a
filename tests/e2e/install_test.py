# SPDX-License-Identifier: GPL-3.0-or-later
"""What `cmake --install` and the .deb put on a machine."""
import os
import pathlib
import subprocess
import tempfile
import unittest

BUILD = pathlib.Path(os.environ["KMORTEM_BUILD"])
EXPECTED = {"bin/kmortem", "share/man/man1/kmortem.1",
            "share/bash-completion/completions/kmortem", "share/doc/kmortem/README.md",
            "share/doc/kmortem/LICENSE"}
if "KMORTEM_CRASH_PLUGIN" in os.environ:
    EXPECTED.add("lib/crash/extensions/kmortem.so")


def run(*command, **keywords):
    return subprocess.run([str(each) for each in command], check=True, capture_output=True,
                          text=True, **keywords)


def files_below(folder):
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


class InstallTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def test_cmake_install(self):
        run("cmake", "--install", BUILD, "--prefix", self.folder)
        self.assertLessEqual(EXPECTED, files_below(self.folder))
        version = run(self.folder / "bin/kmortem", "--version").stdout
        self.assertTrue(version.startswith("kmortem "), version)

    def test_deb(self):
        run("cpack", "-G", "DEB", "--config", BUILD / "CPackConfig.cmake", "-B", self.folder,
            cwd=self.folder)
        packages = list(self.folder.glob("*.deb"))
        self.assertEqual(len(packages), 1)
        depends = run("dpkg-deb", "-f", packages[0], "Depends").stdout
        for library in ("libkdumpfile", "libdw1", "libzstd1"):
            self.assertIn(library, depends)
        run("dpkg-deb", "-x", packages[0], self.folder / "root")
        self.assertLessEqual(EXPECTED, files_below(self.folder / "root" / "usr"))

    def test_completion_is_valid_bash(self):
        run("cmake", "--install", BUILD, "--prefix", self.folder)
        completion = self.folder / "share/bash-completion/completions/kmortem"
        script = (f"source {completion}; COMP_WORDS=(kmortem an); COMP_CWORD=1; _kmortem; "
                  "echo ${COMPREPLY[@]}")
        self.assertEqual(run("bash", "-c", script).stdout.strip(), "analyze")

    def test_man_page_names_every_command(self):
        page = (pathlib.Path(__file__).resolve().parents[2] / "docs/kmortem.1").read_text()
        usage = run(BUILD / "src/cli/kmortem", "--help").stdout
        commands = [line.split()[0] for line in usage.split("Subcommands:")[1].splitlines()
                    if line.strip()]
        self.assertGreaterEqual(len(commands), 9)
        for command in commands:
            self.assertIn(command, page)


if __name__ == "__main__":
    unittest.main()
