# SPDX-License-Identifier: GPL-3.0-or-later
"""--redact on a real dump: the user process's name, the host, the command line and paths are gone
from every format, and the findings are the same."""
import pathlib
import re
import shutil
import tempfile
import unittest

from support import scans
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


# A user's process that hangs, as khungtaskd and the watchdog report it (kernel/hung_task.c,
# kernel/watchdog.c).
HUNG_LOG = """\
[    0.000000] Linux version 6.1.0-9-amd64 (builder@farm.example.org) (gcc) #1 SMP Debian 6.1.27
[    0.000000] Command line: root=UUID=5ecre7 quiet
[  120.000000] INFO: task bookkeeper:812 blocked for more than 122 seconds.
[  120.000001]       Not tainted 6.1.0-9-amd64 #1
[  120.000002] task:bookkeeper      state:D stack:    0 pid:  812 ppid:     1 flags:0x00004002
[  120.000003] Call Trace:
[  120.000004]  <TASK>
[  120.000005]  __schedule+0x351/0xa20
[  120.000006]  schedule+0x5d/0xe0
[  120.000007]  rwsem_down_write_slowpath+0x338/0x6a0
[  120.000008]  ledger_write+0x1a/0x40 [ledger]
[  120.000009]  </TASK>
[  180.000000] watchdog: BUG: soft lockup - CPU#1 stuck for 23s! [bookkeeper:812]
[  180.000001] CPU: 1 PID: 812 Comm: bookkeeper Not tainted 6.1.0-9-amd64 #1
[  180.000002] RIP: 0010:ledger_spin+0x1a/0x40 [ledger]
"""


class LogRedactTest(unittest.TestCase):
    """A log alone: whoever it names may be anybody's process."""

    SECRETS = ("bookkeeper", "farm.example.org", "5ecre7", "alices-crashes")

    def run_on(self, command, form, *arguments):
        with tempfile.TemporaryDirectory(prefix="alices-crashes-") as folder:
            log = pathlib.Path(folder) / "console.txt"
            log.write_text(HUNG_LOG)
            where = ("--log", log) if command == "analyze" else (log, "--splats")
            done = kmortem(command, *where, "-f", form, *arguments)
        self.assertIn(done.code, (0, 1), done.err)
        return done.out

    def test_no_format_names_them(self):
        commands = [("analyze", form) for form in FORMATS] + [("log", "text"), ("log", "json")]
        for command, form in commands:
            self.assertIn("bookkeeper", self.run_on(command, form), "else this shows nothing")
            text = self.run_on(command, form, "--redact")
            self.assertIn("ledger", text)
            for secret in self.SECRETS:
                with self.subTest(command, form=form, secret=secret):
                    self.assertNotIn(secret, text)


class ScanRedactTest(unittest.TestCase):
    """scan --redact: a dump with all that it needs, one without vmlinux, one that is none, and logs
    alone. What a name stands for is in the folder `private`, and nothing of it anywhere else."""

    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="alices-crashes-")
        cls.addClassCleanup(folder.cleanup)
        cls.folder = pathlib.Path(folder.name)
        cls.store, cls.out = cls.folder / "payroll-store", cls.folder / "out"
        fixture = Fixture("leak-6.1-lockdep")
        whole = cls.put("payroll-host-2026-01-31-23:59:59/payroll-server.dump")
        shutil.copy(fixture.vmcore, whole)
        (whole.parent / "vmlinux").symlink_to(fixture.vmlinux.resolve())
        shutil.copy(Fixture("kexec-6.1").vmcore, cls.put("ledger-host-2026-01-30-10:00:00/vmcore"))
        cls.put("audit-host-2026-01-29-10:00:00/vmcore").write_bytes(b"KDUMP   " + b"x" * 9000)
        cls.put("audit-host-2026-01-29-10:00:00/vmcore-dmesg.txt").write_text(HUNG_LOG)
        cls.put("audit-host-2026-01-28-10:00:00/vmcore-dmesg.txt").write_text(HUNG_LOG)
        cls.secrets = ["sh", "init", "bookkeeper", "payroll-server", "alices-crashes", "payroll",
                       "ledger-host", "audit-host", "builder", "farm.example.org", "5ecre7",
                       cls.folder.name]
        cls.secrets += [word for word in fixture.truth("cmdline").split() if "=" in word]
        cls.done = cls.scan("--redact", "-f", "html", "-o", cls.out)

    @classmethod
    def put(cls, name):
        path = cls.store / name
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    @classmethod
    def scan(cls, *arguments):
        return kmortem("scan", cls.store, *arguments, cache=cls.folder / "cache")

    def given_away(self):
        files = [path for path in self.out.rglob("*") if path.is_file()
                 and path.parent.name != "private"]
        self.assertGreater(len(files), 9)
        return files

    def rows(self, out, sql):
        return scans.query(out / "kmortem.db", sql)

    def test_the_names_are_where_they_were_not_left_out(self):
        out = self.folder / "plain"
        self.assertEqual(self.scan("-f", "html", "-o", out).code, 1)
        text = "".join(path.read_text(errors="replace") for path in out.rglob("*")
                       if path.is_file())
        for secret in ("bookkeeper", "payroll-server", "audit-host", "ledger-host"):
            self.assertIn(secret, text)
        # What was found is the same.
        signatures = "SELECT signature FROM signatures ORDER BY 1"
        self.assertEqual(self.rows(self.out, signatures), self.rows(out, signatures))
        self.assertEqual(sorted(self.rows(self.out, "SELECT status FROM dumps")),
                         sorted(self.rows(out, "SELECT status FROM dumps")))

    def test_no_result_names_them(self):
        self.assertEqual(self.done.code, 1, self.done.err)
        for path in self.given_away():
            text = path.read_bytes().decode(errors="replace")
            for secret in self.secrets:
                with self.subTest(path.name, secret=secret):
                    self.assertEqual(words(text, secret), [])

    def test_the_owner_knows_which_is_which(self):
        private = self.out / "private"
        self.assertEqual(private.stat().st_mode & 0o777, 0o700)
        names = dict(line.split("\t") for line in
                     (private / "names-kmortem.txt").read_text().splitlines())
        rows = dict(self.rows(self.out, "SELECT path, status FROM dumps"))
        self.assertEqual(set(names), set(rows))
        found = {pathlib.Path(names[name]).parent.name[:-20]: status for name, status in rows.items()
                 if "dmesg" not in names[name]}
        self.assertEqual(found, {"payroll-host": "analysed", "ledger-host": "log-only",
                                 "audit-host": "unreadable"})

    def test_a_host_has_one_name(self):
        hosts = self.rows(self.out, "SELECT h.name, count(*) FROM dumps d JOIN hosts h "
                                    "ON h.id = d.host_id GROUP BY 1 ORDER BY 2")
        self.assertEqual([count for _, count in hosts], [1, 1, 2])
        for name, _ in hosts:
            self.assertRegex(name, "^host-[0-9a-f]{16}$")

    def test_a_shard_and_a_second_run_call_them_the_same(self):
        rows = self.rows(self.out, "SELECT path, host_id, report FROM dumps")
        self.assertIn(" 0 done now", self.scan("--redact", "-f", "html", "-o", self.out).err)
        for k in (1, 2):
            self.scan("--redact", "-o", self.out, "--shard", f"{k}/2")
        shards = [row for k in (1, 2) for row in
                  scans.query(self.out / f"shard-{k}-of-2.db",
                              "SELECT path, host_id, report FROM dumps")]
        self.assertEqual(sorted(shards), sorted(rows))

    def test_results_with_names_do_not_get_among_them(self):
        done = self.scan("-o", self.out)
        self.assertEqual(done.code, 3)
        self.assertIn("--redact", done.err)


if __name__ == "__main__":
    unittest.main()
