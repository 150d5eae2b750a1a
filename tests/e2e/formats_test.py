# SPDX-License-Identifier: GPL-3.0-or-later
"""The same findings and the same log out of every form that a dump comes in, and the log is what
the guest itself said it was."""
import itertools
import os
import pathlib
import subprocess
import tempfile
import threading
import unittest

from support import kdump_files
from support.tool import Fixture, kmortem

ARCHIVERS = {"zstd": ["zstd", "-q", "-1", "-T2"], "xz": ["xz", "-0"], "gzip": ["gzip", "-1"],
             "bzip2": ["bzip2", "-1"], "lz4": ["lz4", "-q", "-1"]}
# What the fixtures' README says happened in them.
RULE = {"kexec-6.1": "irq-inconsistent", "inconsistent-6.1": "irq-inconsistent",
        "novalidate-6.1": "shared-lock-key", "novmcoreinfo-6.12": "irq-inconsistent"}


def packed(archiver, data):
    return subprocess.run(ARCHIVERS[archiver] + ["-c"], input=data, capture_output=True,
                          check=True).stdout


def signatures(report):
    return sorted((each["rule"], each["grade"], each["signature"]) for each in report["findings"])


class FormatsTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.expected = {}

    def put(self, name, data):
        path = self.folder / name
        path.write_bytes(data)
        return path

    def makedumpfile(self, fixture, *options):
        out = self.folder / "made"
        subprocess.run(["makedumpfile", *options, str(fixture.vmcore), str(out)], check=True,
                       capture_output=True)
        data = out.read_bytes()
        out.unlink()
        return data

    def check(self, fixture, arguments, stdin=None):
        """Both commands on the dump in another form; returns the report."""
        if fixture.name not in self.expected:
            self.expected[fixture.name] = signatures(fixture.analyze())
        self.assertIn(RULE[fixture.name], [each[0] for each in self.expected[fixture.name]])
        done = self.run_on(fixture, "analyze", [*arguments, "-f", "json"], stdin)
        self.assertEqual(done.code, 1, done.err)
        report = done.json()
        self.assertEqual(signatures(report), self.expected[fixture.name])
        log = self.run_on(fixture, "log", arguments, stdin)
        guests = fixture.truth("dmesg").rstrip("\n").splitlines()
        self.assertEqual(log.out.rstrip("\n").splitlines()[:len(guests)], guests)
        return report

    def run_on(self, fixture, command, arguments, stdin):
        return kmortem(command, *arguments, "-s", fixture.vmlinux, input=stdin)

    def test_archives(self):
        for name in ("inconsistent-6.1", "kexec-6.1", "novalidate-6.1"):
            fixture = Fixture(name)
            archivers = ARCHIVERS if name == "kexec-6.1" else ("zstd", "gzip")
            for archiver in archivers:
                with self.subTest(name, archiver=archiver):
                    path = self.put("vmcore." + archiver,
                                    packed(archiver, fixture.vmcore.read_bytes()))
                    report = self.check(fixture, [path])
                    self.assertEqual(report["dump"]["packed_in"], [archiver])
                    self.assertFalse(report["dump"]["truncated"])

    def test_flattened_inside_archives(self):
        fixture = Fixture("kexec-6.1")
        flattened = subprocess.run(["makedumpfile", "-F", "-l", "-d", "31", str(fixture.vmcore)],
                                   check=True, capture_output=True).stdout
        path = self.put("vmcore.zst", packed("zstd", packed("gzip", flattened)))
        report = self.check(fixture, [path])
        self.assertEqual(report["dump"]["packed_in"], ["zstd", "gzip"])
        self.assertTrue(report["dump"]["flattened"])

    def test_standard_input(self):
        for name in ("novalidate-6.1", "kexec-6.1", "inconsistent-6.1"):
            fixture = Fixture(name)
            with self.subTest(name):
                report = self.check(fixture, ["-"], stdin=fixture.vmcore.read_bytes())
                self.assertTrue(report["dump"]["piped"])
        fixture = Fixture("kexec-6.1")
        self.check(fixture, ["-"], stdin=packed("xz", fixture.vmcore.read_bytes()))

    def test_fifo(self):
        fixture = Fixture("kexec-6.1")
        data = fixture.vmcore.read_bytes()
        path = self.folder / "fifo"
        os.mkfifo(path)
        writer = threading.Thread(target=path.write_bytes, args=(data,))
        writer.start()
        done = self.run_on(fixture, "analyze", [path, "-f", "json"], None)
        writer.join()
        rules = [each["rule"] for each in done.json()["findings"]]
        self.assertEqual(rules, [each["rule"] for each in fixture.analyze()["findings"]])
        self.assertIn("irq-inconsistent", rules)

    def test_page_compressions(self):
        fixture = Fixture("kexec-6.1")
        raw = kdump_files.KdumpFile(self.makedumpfile(fixture, "-d", "31"))
        forms = {
            "none": raw.data,
            "lzo": self.makedumpfile(fixture, "-l", "-d", "31"),
            "zlib": self.makedumpfile(fixture, "-c", "-d", "31"),
            "snappy": raw.recompressed(kdump_files.SNAPPY, kdump_files.snappy_compress),
            "zstd": raw.recompressed(kdump_files.ZSTD, kdump_files.zstd_compress),
        }
        for name, data in forms.items():
            with self.subTest(name):
                report = self.check(fixture, [self.put("vmcore", data)])
                self.assertEqual(report["dump"]["compression"], name)

    def test_split_in_any_order(self):
        fixture = Fixture("kexec-6.1")
        parts = kdump_files.KdumpFile(fixture.vmcore.read_bytes()).split(3)
        paths = [self.put(f"part{number}", part) for number, part in enumerate(parts)]
        for order in itertools.permutations(paths):
            report = self.check(fixture, list(order))
            self.assertEqual([part["path"] for part in report["dump"]["parts"]],
                             [str(path) for path in paths])
            self.assertEqual(report["dump"]["missing_pages"], 0)
        self.check(fixture, [paths[1], "--part", paths[2], "--part", paths[0]])

    def test_parts_that_makedumpfile_wrote(self):
        fixture = Fixture("kexec-6.1")
        paths = [self.folder / f"part{number}" for number in range(3)]
        subprocess.run(["makedumpfile", "--split", "-l", "-d", "31", str(fixture.vmcore),
                        *map(str, paths)], check=True, capture_output=True)
        self.check(fixture, [paths[2], paths[0], paths[1]])

    def test_every_command_takes_parts(self):
        fixture = Fixture("kexec-6.1")
        parts = kdump_files.KdumpFile(fixture.vmcore.read_bytes()).split(2)
        paths = [self.put(f"part{number}", part) for number, part in enumerate(parts)]
        whole = fixture.run("show", "list_head", "init_task")
        self.assertEqual(whole.code, 0, whole.err)
        for arguments in ([paths[1], paths[0], "list_head", "init_task"],
                          [paths[1], "list_head", "init_task", "--part", paths[0]]):
            done = kmortem("show", *arguments, "-s", fixture.vmlinux)
            self.assertEqual((done.code, done.out), (0, whole.out), done.err)
        for command in ("classes", "aliases", "softirqs", "info"):
            done = kmortem(command, *paths, "-s", fixture.vmlinux)
            self.assertIn(done.code, (0, 1), done.err)

    def test_a_missing_part_is_said_once(self):
        fixture = Fixture("kexec-6.1")
        parts = kdump_files.KdumpFile(fixture.vmcore.read_bytes()).split(4)
        paths = [self.put(f"part{number}", part) for number, part in enumerate(parts)]
        done = kmortem("info", paths[0], paths[3], paths[1], "-s", fixture.vmlinux)
        self.assertEqual(done.code, 0, done.err)
        self.assertEqual(done.out.count("was not given"), 1, done.out)
        self.assertIn("parts missing", done.out)
        other = bytearray(parts[2])
        other[12 + 65] ^= 1  # the host's name
        refused = kmortem("info", paths[0], self.put("other", other), "-s", fixture.vmlinux)
        self.assertEqual(refused.code, 3)
        self.assertIn("another dump", refused.err)

    def test_any_length_opens_or_says_one_line(self):
        fixture = Fixture("kexec-6.1")
        data = fixture.vmcore.read_bytes()
        flattened = subprocess.run(["makedumpfile", "-F", "-l", "-d", "31", str(fixture.vmcore)],
                                   check=True, capture_output=True).stdout
        forms = {"kdump": data, "flattened": flattened, "zstd": packed("zstd", data),
                 "elf": Fixture("inconsistent-6.1").vmcore.read_bytes()}
        for name, whole in forms.items():
            vmlinux = fixture.vmlinux
            lengths = [1, 15, 63, 64, 500, 4096, 4097, 9000, 30000]
            lengths += [len(whole) * eighth // 8 for eighth in range(1, 8)]
            for length in lengths:
                with self.subTest(name, length=length):
                    done = kmortem("info", self.put("vmcore", whole[:length]), "-s", vmlinux)
                    self.assertIn(done.code, (0, 3), done.err)
                    if done.code == 3:
                        self.assertEqual(len(done.err.splitlines()), 1, done.err)
                    elif length < len(whole) - 1:
                        self.assertIn("TRUNCATED", done.out)


if __name__ == "__main__":
    unittest.main()
