# SPDX-License-Identifier: GPL-3.0-or-later
"""kmortem scan on the fixtures: what it finds, and what no accident may cost."""
import collections
import html
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

from support import scans
from support.tool import FIXTURES, ROOT, all_fixtures

# Which fixtures are of one bug: fixtures/README.md says what happened in each.
SAME_BUG = {
    "irq-inconsistent": {"inconsistent-6.1", "kexec-6.1", "novmcoreinfo-6.12"},
    # Seen by lockdep from either end.
    "irq-inversion": {"inversion-6.1", "inversion-irq-6.1"},
    # One module, one queue, with and without a hypervisor.
    "lock-stall": {"qspin-queue-6.1-plain", "qspin-paravirt-6.1-plain"},
    "irq-self-deadlock": {"rcu-6.1-plain", "rcu-kexec-6.1-plain", "rcu-lockdep-6.1"},
}
SMALL = ("kexec-6.1", "rcu-kexec-6.1-plain", "novalidate-6.1")
KERNELS = FIXTURES / "kernels"
PATIENCE = 60


def wait_for(condition):
    end = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > end:
            raise AssertionError("waited in vain")
        time.sleep(0.02)


def children(pid):
    path = pathlib.Path(f"/proc/{pid}/task/{pid}/children")
    return [int(each) for each in path.read_text().split()] if path.exists() else []


class WholeScanTest(unittest.TestCase):
    """One scan of all fixtures, their vmlinux beside them, and what its database says."""

    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="kmortem-scan-")
        cls.addClassCleanup(folder.cleanup)
        cls.out = pathlib.Path(folder.name) / "out"
        cls.cache = pathlib.Path(folder.name) / "cache"
        cls.whole = scans.scan(FIXTURES, "-o", cls.out, cache=cls.cache, timeout=300)
        cls.db = cls.out / "kmortem.db"

    def report(self, name):
        [[report]] = scans.query(self.db, "SELECT report FROM dumps WHERE path = ?",
                                 str(FIXTURES / name / "vmcore"))
        return json.loads((self.out / report).read_text())

    def test_every_fixture_is_analysed_and_nothing_else_is_taken_for_a_dump(self):
        self.assertEqual(self.whole.code, 1, self.whole.err)
        names = {fixture.name for fixture in all_fixtures()}
        self.assertEqual(scans.statuses(self.db), {name: "analysed" for name in names})
        self.assertEqual(scans.reports_are_whole(self.out), len(names))

    def test_a_report_is_what_analyze_says(self):
        fixture = next(each for each in all_fixtures() if each.name == "nested-6.1")
        alone = fixture.analyze(cache=self.cache)
        self.assertEqual(self.report("nested-6.1")["findings"], alone["findings"])

    def test_a_vmlinux_is_parsed_once(self):
        parsed = collections.Counter()
        for fixture in all_fixtures():
            debuginfo = self.report(fixture.name)["debuginfo"]
            parsed[debuginfo["build_id"]] += not debuginfo["from_cache"]
        self.assertEqual(len(parsed), 4)
        self.assertEqual(set(parsed.values()), {1})

    def test_the_same_bug_is_one_and_others_are_apart(self):
        by_signature = collections.defaultdict(set)
        rows = scans.query(self.db, """SELECT s.signature, d.path FROM findings f
            JOIN signatures s ON s.id = f.signature_id JOIN dumps d ON d.id = f.dump_id
            WHERE f.consequence_of IS NULL AND s.rule <> 'lockdep-off'""")
        for signature, path in rows:
            by_signature[signature].add(pathlib.Path(path).parent.name)
        for rule, names in SAME_BUG.items():
            [signature] = [each for each, found in by_signature.items()
                           if each.startswith(rule + ":") and found & names]
            self.assertEqual(by_signature.pop(signature), names)
        for signature, names in by_signature.items():
            self.assertEqual(len(names), 1, f"{signature} is of {names}")

    def test_signatures_hold_nothing_of_one_boot(self):
        for [signature] in scans.query(self.db, "SELECT signature FROM signatures"):
            self.assertNotRegex(signature, r"0x[0-9a-f]|ffff[0-9a-f]{8}|CPU ?\d|\[\d+\]|#\d")
            self.assertNotRegex(signature, r"\.(isra|part|constprop|cold)|:\?:\?$")

    def test_the_log_alone_gives_the_signature_of_the_whole(self):
        [[expected]] = scans.query(self.db, """SELECT s.signature FROM findings f
            JOIN signatures s ON s.id = f.signature_id JOIN dumps d ON d.id = f.dump_id
            WHERE d.path LIKE '%/kexec-6.1/vmcore' AND s.rule = 'irq-inconsistent'""")
        with scans.folder() as folder:
            store = scans.store(folder / "store", ["kexec-6.1"])
            (folder / "store" / "gone").mkdir()
            shutil.copy(FIXTURES / "inconsistent-6.1" / "truth" / "dmesg",
                        folder / "store" / "gone" / "vmcore-dmesg.txt")
            done = scans.scan(store, "-o", folder / "out", cache=self.cache)
            self.assertEqual(done.code, 1, done.err)
            database = folder / "out" / "kmortem.db"
            self.assertEqual(scans.statuses(database),
                             {"kexec-6.1": "log-only", "gone": "log-only"})
            found = scans.query(database, """SELECT s.signature FROM findings f
                JOIN signatures s ON s.id = f.signature_id""")
            self.assertEqual(found, [(expected,), (expected,)])
            [[release]] = scans.query(database, "SELECT DISTINCT release FROM kernels WHERE "
                                                "build_id NOTNULL")
            self.assertEqual(release, "6.1.192-lockdep")

    def test_the_parts_of_a_split_dump_are_one(self):
        findings = """SELECT s.signature, f.grade FROM findings f
            JOIN signatures s ON s.id = f.signature_id JOIN dumps d ON d.id = f.dump_id
            WHERE d.path LIKE ? ORDER BY f.number"""
        expected = scans.query(self.db, findings, "%/kexec-6.1/vmcore")
        self.assertTrue(expected)
        with scans.folder() as folder:
            parts = [folder / "store" / f"part{number}" for number in (1, 2, 3)]
            parts[0].parent.mkdir()
            subprocess.run(["makedumpfile", "--split", "-l", "-d", "31",
                            FIXTURES / "kexec-6.1" / "vmcore", *parts],
                           check=True, capture_output=True)
            options = ("-o", folder / "out", "--vmlinux-store", FIXTURES / "kernels")
            done = scans.scan(parts[0].parent, *options, cache=self.cache)
            self.assertEqual(done.code, 1, done.err)
            database = folder / "out" / "kmortem.db"
            [(path, status, size, report)] = scans.query(
                database, "SELECT path, status, size, report FROM dumps")
            self.assertEqual((path, status), (str(parts[0]), "analysed"))
            self.assertEqual(size, sum(part.stat().st_size for part in parts))
            self.assertEqual(scans.query(database, findings, "%/part1"), expected)
            read = json.loads((folder / "out" / report).read_text())["dump"]
            self.assertEqual([part["path"] for part in read["parts"]], [str(part) for part in parts])
            self.assertEqual(read["missing_pages"], 0)
            # Whichever file is not what it was: the dump is looked at again.
            self.assertIn(" 0 done now",
                          scans.scan(parts[1], parts[0], *options, cache=self.cache).err)
            os.utime(parts[2])
            self.assertIn(" 1 done now", scans.scan(folder / "store", *options, cache=self.cache).err)

    def test_the_questions_in_the_docs_are_answered(self):
        text = (ROOT / "docs" / "scan.md").read_text()
        blocks = re.findall(r"```sql\n(.*?)```", text, re.DOTALL)
        self.assertGreater(len(blocks), 5)
        for sql in blocks:
            self.assertGreater(len(scans.query(self.db, sql)), 0, sql)

    def test_the_summary(self):
        text = scans.scan("--summary", self.db)
        self.assertEqual(text.code, 1)
        self.assertIn(f"{len(all_fixtures())} dumps: {len(all_fixtures())} analysed", text.out)
        summary = scans.scan("--summary", self.db, "-f", "json").json()
        self.assertEqual(summary["dumps"], len(all_fixtures()))
        [bug] = [each for each in summary["bugs"] if each["rule"] == "irq-inconsistent"
                 and "&stats->lock" in each["signature"]]
        self.assertEqual((bug["dumps"], bug["kernels"]), (3, 2))

    def test_the_documented_schema_is_the_schema(self):
        [[tables]] = scans.query(self.db, "SELECT count(*) FROM sqlite_schema WHERE sql NOTNULL")
        documented = (ROOT / "docs" / "schema" / "scan-1.sql").read_text()
        self.assertEqual(tables, len(re.findall(r"^CREATE ", documented, re.MULTILINE)))

    def test_shards_merged_are_the_whole(self):
        with scans.folder() as folder:
            for k in (1, 2, 3):
                done = scans.scan(FIXTURES, "-o", folder, "--shard", f"{k}/3", cache=self.cache,
                                  timeout=300)
                self.assertIn(done.code, (0, 1), done.err)
            shards = sorted(folder.glob("shard-*-of-3.db"))
            self.assertEqual(len(shards), 3)
            for inputs in (shards, shards[::-1] + shards):
                merged = scans.kmortem("merge", folder / "kmortem.db", *inputs)
                self.assertEqual(merged.code, 0, merged.err)
                self.assertEqual(scans.contents(folder / "kmortem.db"), scans.contents(self.db))


class AccidentsTest(unittest.TestCase):
    """A few small dumps, and everything that may go wrong."""

    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="kmortem-scan-")
        cls.addClassCleanup(folder.cleanup)
        cls.cache = pathlib.Path(folder.name)

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="kmortem-scan-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.store = scans.store(self.folder / "store", SMALL)
        self.out = self.folder / "out"
        self.db = self.out / "kmortem.db"
        self.options = ("-o", self.out, "--vmlinux-store", KERNELS, "--no-memory-scan")

    def scan(self, *arguments):
        return scans.scan(*arguments, *self.options, cache=self.cache)

    def start(self, *arguments):
        process = scans.start(*arguments, *self.options, cache=self.cache)
        self.addCleanup(process.stderr.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    def done_now(self, run):
        return int(re.search(r"(\d+) done now", run.err).group(1))

    def fifo(self):
        path = self.folder / "fifo"
        if not path.exists():
            os.mkfifo(path)
        return path

    def test_what_is_done_and_unchanged_is_skipped(self):
        self.assertEqual(self.done_now(self.scan(self.store)), 3)
        before = scans.contents(self.db)
        self.assertEqual(self.done_now(self.scan(self.store)), 0)
        self.assertEqual(scans.contents(self.db), before)
        changed = self.store / "kexec-6.1" / "vmcore"
        data = changed.read_bytes()
        changed.unlink()
        changed.write_bytes(data)
        self.assertEqual(self.done_now(self.scan(self.store)), 1)
        report = next((self.out / "reports").rglob("*.json"))
        report.unlink()
        self.assertEqual(self.done_now(self.scan(self.store)), 1)

    def test_pages_for_people(self):
        self.assertEqual(self.done_now(self.scan(self.store)), 3)
        # The reports are there, the pages are not.
        done = self.scan(self.store, "-f", "html")
        self.assertEqual((self.done_now(done), done.out), (3, ""))
        index = (self.out / "index.html").read_text()
        links = set(re.findall(r'href="\./(reports/[^"#]+)', index))
        self.assertEqual(len(links), 3)
        titles = [title for [title] in scans.query(self.db, """SELECT title FROM findings
                      WHERE severity = 'error' AND consequence_of IS NULL""")]
        self.assertGreaterEqual(len(titles), 3)
        pages = "".join((self.out / link).read_text() for link in links)
        for title in titles:
            self.assertIn(title, html.unescape(index))
            self.assertIn(html.escape(title.split(",")[0], quote=False).split("&")[0], pages)
        again = scans.scan("--summary", self.db, "-f", "html", cache=self.cache)
        self.assertEqual(again.out, index)

    def test_killed_at_any_moment_it_loses_no_finished_result(self):
        self.scan(self.store)
        expected = scans.contents(self.db)
        for reports in (0, 1, 2):
            shutil.rmtree(self.out)
            process = self.start(self.store, "-j", "1")
            wait_for(lambda: len(list(self.out.rglob("*.json"))) >= reports)
            process.kill()
            process.wait()
            resumed = self.scan(self.store)
            self.assertEqual(resumed.code, 1, resumed.err)
            # The last one's report may have been written and not yet recorded.
            self.assertLessEqual(self.done_now(resumed), 3 - max(0, reports - 1))
            self.assertEqual(scans.contents(self.db), expected)
            self.assertEqual(scans.reports_are_whole(self.out), 3)

    def test_a_half_written_report_is_removed(self):
        self.scan(self.store)
        report = next((self.out / "reports").rglob("*.json"))
        report.with_name(report.name + ".kmortem.partial").write_text("{")
        os.utime(self.store / "kexec-6.1" / "vmcore")
        self.scan(self.store)
        self.assertEqual(scans.reports_are_whole(self.out), 3)

    def test_a_dump_that_hangs_costs_only_itself(self):
        run = self.scan(self.store, self.fifo(), "--time-limit", "8", "-j", "2")
        self.assertEqual(run.code, 1, run.err)
        statuses = scans.statuses(self.db)
        self.assertEqual(statuses.pop(self.folder.name), "timeout")
        self.assertEqual(set(statuses.values()), {"analysed"})

    def test_a_worker_that_dies_costs_only_itself(self):
        process = self.start(self.store, self.fifo(), "-j", "2")
        wait_for(lambda: len(list(self.out.rglob("*.json"))) == 3 and
                 len(children(process.pid)) == 1)
        os.kill(children(process.pid)[0], signal.SIGABRT)
        self.assertEqual(process.wait(PATIENCE), 1)
        statuses = scans.statuses(self.db)
        self.assertEqual(statuses.pop(self.folder.name), "crashed")
        self.assertEqual(set(statuses.values()), {"analysed"})
        [[reason]] = scans.query(self.db, "SELECT reason FROM dumps WHERE status = 'crashed'")
        self.assertEqual(reason, "died of SIGABRT")

    def test_interrupted_it_keeps_what_is_done_and_leaves_nobody(self):
        process = self.start(self.store, self.fifo(), "-j", "2")
        wait_for(lambda: len(list(self.out.rglob("*.json"))) == 3 and
                 len(children(process.pid)) == 1)
        [worker] = children(process.pid)
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(PATIENCE), 130)
        self.assertIn("interrupted", process.stderr.read())
        self.assertFalse(pathlib.Path(f"/proc/{worker}").exists())
        self.assertEqual(set(scans.statuses(self.db).values()), {"analysed"})
        self.assertEqual(len(scans.statuses(self.db)), 3)

    def test_killed_it_leaves_no_worker(self):
        process = self.start(self.fifo())
        wait_for(lambda: children(process.pid))
        [worker] = children(process.pid)
        process.kill()
        process.wait()
        wait_for(lambda: not pathlib.Path(f"/proc/{worker}").exists() or
                 "State:\tZ" in pathlib.Path(f"/proc/{worker}/status").read_text())

    def test_two_at_a_time_are_refused(self):
        process = self.start(self.fifo())
        wait_for(lambda: children(process.pid))
        second = self.scan(self.store)
        self.assertEqual(second.code, 3)
        self.assertIn("another scan", second.err)

    def test_damaged_dumps_are_recorded_as_such(self):
        (self.store / "junk").mkdir()
        (self.store / "junk" / "vmcore").write_bytes(b"KDUMP   " + bytes(range(256)) * 64)
        whole = (FIXTURES / "kexec-6.1" / "vmcore").read_bytes()
        (self.store / "cut").mkdir()
        (self.store / "cut" / "vmcore").write_bytes(whole[:5000])
        run = self.scan(self.store)
        self.assertEqual(run.code, 1, run.err)
        statuses = scans.statuses(self.db)
        self.assertEqual(statuses.pop("junk"), "unreadable")
        self.assertEqual(statuses.pop("cut"), "unreadable")
        self.assertEqual(set(statuses.values()), {"analysed"})
        for [reason] in scans.query(self.db, "SELECT reason FROM dumps WHERE status='unreadable'"):
            self.assertEqual(len(reason.splitlines()), 1)

    def test_failures_are_tried_again_when_asked_to(self):
        without = ("-o", self.out, "--no-memory-scan")
        scans.scan(self.store, *without, cache=self.cache)
        self.assertEqual(set(scans.statuses(self.db).values()), {"log-only"})
        again = self.scan(self.store)
        self.assertEqual(self.done_now(again), 0)
        retried = self.scan(self.store, "--retry-failed")
        self.assertEqual(self.done_now(retried), 3)
        self.assertEqual(set(scans.statuses(self.db).values()), {"analysed"})
        self.assertEqual(self.done_now(self.scan(self.store, "--retry-failed")), 0)

    def test_layouts_of_kdump_and_abrt(self):
        shutil.rmtree(self.store)
        kdump = self.store / "web7-2026-01-31-23:59:59"
        abrt = self.store / "vmcore-127.0.0.1-2026-01-31-23:59:59"
        for place in (kdump, abrt):
            place.mkdir(parents=True)
        source = FIXTURES / "kexec-6.1" / "vmcore"
        subprocess.run(["zstd", "-q", "-1", source, "-o", kdump / "dump with another name"],
                       check=True)
        with open(abrt / "vmcore.gz", "wb") as packed:
            subprocess.run(["gzip", "-1", "-c", source], check=True, stdout=packed)
        (abrt / "hostname").write_text("mail.example.org\n")
        self.scan(self.store)
        self.assertEqual(set(scans.statuses(self.db).values()), {"analysed"})
        hosts = scans.query(self.db, "SELECT name FROM hosts ORDER BY name")
        self.assertEqual(hosts, [("mail.example.org",), ("web7",)])
        [bug] = scans.query(self.db, "SELECT dumps, hosts FROM bugs WHERE rule='irq-inconsistent'")
        self.assertEqual(bug, (2, 2))

    def test_a_manifest_on_standard_input(self):
        paths = [str(self.store / name / "vmcore") for name in SMALL]
        run = scans.scan("--list", "-", *self.options, cache=self.cache,
                         input="\n".join(["# dumps", *paths]).encode())
        self.assertEqual(run.code, 1, run.err)
        self.assertEqual(set(scans.statuses(self.db)), set(SMALL))

    def test_what_cannot_be_meant_is_refused(self):
        self.assertEqual(scans.scan(self.store).code, 2)
        self.assertEqual(scans.scan("-o", self.out).code, 2)
        self.assertEqual(self.scan(self.store, "--shard", "3/2").code, 2)
        (self.folder / "file").write_text("x")
        self.assertEqual(scans.scan(self.store, "-o", self.folder / "file").code, 3)
        self.assertEqual(scans.scan("--summary", self.folder / "file").code, 3)

    def test_a_progress_bar_on_a_terminal_and_nowhere_else(self):
        self.assertNotIn("\r", self.scan(self.store).err)
        shutil.rmtree(self.out)
        master, slave = os.openpty()
        self.addCleanup(os.close, master)
        process = scans.start(self.store, *self.options, cache=self.cache, stderr=slave)
        os.close(slave)
        self.assertEqual(process.wait(PATIENCE), 1)
        self.assertIn(b"] 3/3, ", os.read(master, 1 << 16))


if __name__ == "__main__":
    unittest.main()
