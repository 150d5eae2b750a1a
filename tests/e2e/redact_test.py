# SPDX-License-Identifier: GPL-3.0-or-later
"""--redact on a real dump: the user process's name, the host, the command line and paths are gone
from every format, and the findings are the same."""
import pathlib
import re
import shutil
import tempfile
import unittest

from support.tool import Fixture, kmortem

FORMATS = ("text", "json", "html", "sarif")
COMMANDS = (("log", "text"), ("log", "json"), ("locks", "text"), ("locks", "json"), ("bt", "text"),
            ("bt", "json"), ("info", "text"), ("info", "json"))


def words(text, name):
    """Where the name stands as a word; "sh" is in "push", init/ a folder."""
    return re.findall(rf"(?<![\w<]){re.escape(name)}(?![\w=]|/\w)", text)


class RedactTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        # The folder and the file have names of their own, to be looked for.
        cls.fixture = fixture = Fixture("leak-6.1-lockdep")
        folder = tempfile.TemporaryDirectory(prefix="alices-crashes-")
        cls.addClassCleanup(folder.cleanup)
        cls.dump = pathlib.Path(folder.name) / "payroll-server.dump"
        shutil.copy(fixture.vmcore, cls.dump)
        info = fixture.run("info", "-f", "json").json()
        cls.secrets = ["sh", "init", "payroll-server", pathlib.Path(folder.name).name, str(fixture.path)]
        cls.secrets += [word for word in fixture.truth("cmdline").split() if "=" in word]
        if info["kernel"]["node_name"] != "(none)":
            cls.secrets.append(info["kernel"]["node_name"])

    def run_on(self, command, form, *arguments):
        if command == "bt":
            arguments = (*arguments, "-t")
        done = kmortem(command, self.dump, "-s", self.fixture.vmlinux, "-f", form, "-v", *arguments)
        self.assertIn(done.code, (0, 1), done.err)
        return done.out

    def test_the_names_are_in_the_plain_output(self):
        for name, command, form in (("sh", "analyze", "text"), ("payroll-server", "analyze", "html"),
                                    ("init", "bt", "text"), ("sh", "log", "text")):
            self.assertTrue(words(self.run_on(command, form), name), (name, command))

    def test_no_format_names_them(self):
        for command, form in [("analyze", form) for form in FORMATS] + list(COMMANDS):
            text = self.run_on(command, form, "--redact")
            for secret in self.secrets:
                with self.subTest(command, form=form, secret=secret):
                    self.assertEqual(words(text, secret), [])

    def test_the_findings_are_the_same(self):
        def of(*arguments):
            report = kmortem("analyze", self.dump, "-s", self.fixture.vmlinux, "-f", "json",
                             *arguments).json()
            return [(each["rule"], each["severity"], each["grade"], each["signature"])
                    for each in report["findings"]], report
        plain, _ = of()
        redacted, report = of("--redact")
        self.assertEqual(redacted, plain)
        comms = {task["comm"] for task in report["tasks"]}
        self.assertIn("config_reader", comms, "a kernel thread keeps its name")
        self.assertIn("task-1", comms)
        self.assertTrue(any("task-" in finding["title"] for finding in report["findings"]))


if __name__ == "__main__":
    unittest.main()
