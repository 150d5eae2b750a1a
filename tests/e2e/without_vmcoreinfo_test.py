# SPDX-License-Identifier: GPL-3.0-or-later
"""Dumps that do not say where the kernel is, or whose page tables are damaged: the same findings and
the guest's own log come out all the same."""
import pathlib
import re
import struct
import subprocess
import tempfile
import unittest

from support.tool import Fixture, kmortem

PAGE = 4096
IMAGE = 0xffffffff80000000


def wiped(data):
    """Every copy of the VMCOREINFO text zeroed, the note's and those in memory."""
    data = bytearray(data)
    found = 0
    for match in re.finditer(rb"OSRELEASE=[\t\n -~]{200,8192}", bytes(data)):
        data[match.start():match.end()] = bytes(match.end() - match.start())
        found += 1
    assert found and b"OSRELEASE=6" not in data
    return data


def guest_symbol(fixture, name):
    """Where the guest's own /proc/kallsyms had it: KASLR included."""
    return int(re.search(rf"^([0-9a-f]+) \w {name}$", fixture.truth("kallsyms"), re.M).group(1), 16)


def linked_symbol(fixture, name):
    table = subprocess.run(["nm", str(fixture.vmlinux)], capture_output=True, text=True).stdout
    return int(re.search(rf"^([0-9a-f]+) \w {name}$", table, re.M).group(1), 16)


class ElfDump:
    def __init__(self, data):
        self.data = data
        offset, = struct.unpack_from("<Q", data, 32)
        size, count = struct.unpack_from("<HH", data, 54)
        self.loads = []
        for number in range(count):
            kind, _, at, _, physical, length = struct.unpack_from("<IIQQQQ", data,
                                                                  offset + number * size)
            if kind == 1:
                self.loads.append((physical, length, at))

    def offset(self, physical):
        return next(at + physical - begin for begin, length, at in self.loads
                    if begin <= physical < begin + length)


class WithoutVmcoreinfoTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = pathlib.Path(folder.name) / "vmcore"

    def check(self, fixture, data, rule="irq-inconsistent"):
        self.path.write_bytes(data)
        done = kmortem("analyze", self.path, "-s", fixture.vmlinux, "-f", "json")
        self.assertEqual(done.code, 1, done.err)
        report = done.json()
        self.assertIn(rule, [each["rule"] for each in report["findings"]])
        log = kmortem("log", self.path, "-s", fixture.vmlinux).out.rstrip("\n").splitlines()
        guests = fixture.truth("dmesg").rstrip("\n").splitlines()
        self.assertEqual(log[:len(guests)], guests)
        return report

    def check_slide(self, fixture, report):
        slide = guest_symbol(fixture, "linux_banner") - linked_symbol(fixture, "linux_banner")
        self.assertEqual(int(report["dump"]["kaslr_offset"], 16), slide)
        self.assertEqual(report["dump"]["vmcoreinfo"], "none")

    def test_the_idt_tells_where_the_kernel_is(self):
        for name in ("novmcoreinfo-6.12", "inconsistent-6.1"):
            with self.subTest(name):
                fixture = Fixture(name)
                report = self.check(fixture, wiped(fixture.vmcore.read_bytes()))
                self.check_slide(fixture, report)
                self.assertIn("IDT", report["dump"]["kaslr_from"])

    def test_the_banner_tells_where_the_kernel_is(self):
        # kdump's notes have no control registers. Pages that are not compressed can be wiped.
        fixture = Fixture("kexec-6.1")
        raw = self.path.with_name("raw")
        subprocess.run(["makedumpfile", "-d", "31", str(fixture.vmcore), str(raw)], check=True,
                       capture_output=True)
        report = self.check(fixture, wiped(raw.read_bytes()))
        self.check_slide(fixture, report)
        self.assertIn("banner", report["dump"]["kaslr_from"])
        # QEMU's with the gates gone.
        fixture = Fixture("inconsistent-6.1")
        data = wiped(fixture.vmcore.read_bytes())
        data = data.replace(b"QEMU\0", b"qemu\0")
        self.check_slide(fixture, self.check(fixture, data))

    def damaged_root(self, fixture, keep_processes):
        """The kernel's top table, and maybe everyone's, overwritten; QEMU's notes made unknown."""
        data = bytearray(fixture.vmcore.read_bytes().replace(b"QEMU\0", b"qemu\0"))
        note = bytes(data[:1 << 20])
        phys_base = int(re.search(rb"NUMBER\(phys_base\)=(-?\d+)", note).group(1))
        elf = ElfDump(data)

        def physical(symbol):
            return (guest_symbol(fixture, symbol) - IMAGE + phys_base) % 2**64
        root = physical("init_top_pgt")
        last, = struct.unpack_from("<Q", data, elf.offset(root) + PAGE - 8)
        for begin, length, at in elf.loads:
            for page in range(0, length - PAGE + 1, PAGE):
                entry, = struct.unpack_from("<Q", data, at + page + PAGE - 8)
                same = (entry ^ last) & 0x000ffffffffff000 == 0 and entry & 1
                if begin + page == root or (same and not keep_processes):
                    data[at + page:at + page + PAGE] = bytes(PAGE)
        return data

    def test_another_top_table_serves(self):
        fixture = Fixture("inconsistent-6.1")
        report = self.check(fixture, self.damaged_root(fixture, keep_processes=True))
        self.assertEqual(report["dump"]["page_tables"], "a process's")
        self.assertEqual(len([each for each in report["problems"]
                              if each["structure"] == "page tables"]), 1)

    def test_no_table_leaves_image_and_direct_map(self):
        fixture = Fixture("inconsistent-6.1")
        report = self.check(fixture, self.damaged_root(fixture, keep_processes=False))
        self.assertIsNone(report["dump"]["page_tables"])
        self.assertEqual(len([each for each in report["problems"]
                              if each["structure"] == "page tables"]), 1)


if __name__ == "__main__":
    unittest.main()
