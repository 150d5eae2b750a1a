# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a kernel's structures lie in an ELF vmcore: the page tables are walked here once more, and
members and symbols are asked of crash(8), so that nothing depends on what is tested."""
import re
import struct

from support import crash

PT_LOAD, PT_NOTE = 1, 4
PRESENT, LARGE, ADDRESS = 1, 0x80, 0x000FFFFFFFFFF000
KERNEL_MAP = 0xFFFFFFFF80000000


class VmcoreEditor:
    """Maps virtual addresses of four-level x86-64 kernels to offsets in the file."""

    def __init__(self, path):
        self._file = open(path, "rb", buffering=0)
        headers = self._program_headers()
        self._loads = [(physical, offset, size)
                       for kind, offset, physical, size in headers if kind == PT_LOAD]
        info = b"".join(self._at(offset, size) for kind, offset, _, size in headers
                        if kind == PT_NOTE).decode("latin-1")
        base = int(re.search(r"NUMBER\(phys_base\)=(-?\d+)", info).group(1))
        table = int(re.search(r"SYMBOL\(swapper_pg_dir\)=([0-9a-f]+)", info).group(1), 16)
        self._root = table - KERNEL_MAP + base

    def close(self):
        self._file.close()

    def offset(self, address):
        """In the file; None where the dump has nothing."""
        physical = self._translate(address)
        return None if physical is None else self._file_offset(physical)

    def u64(self, address):
        offset = self.offset(address)
        return None if offset is None else struct.unpack("<Q", self._at(offset, 8))[0]

    def walk(self, head, limit=10000):
        """The list_heads behind `head`."""
        seen, at = [], self.u64(head)
        while at not in (head, None, 0) and len(seen) < limit:
            seen.append(at)
            at = self.u64(at)
        return seen

    def _at(self, offset, size):
        self._file.seek(offset)
        return self._file.read(size)

    def _program_headers(self):
        header = self._at(0, 64)
        table, = struct.unpack_from("<Q", header, 32)
        count, = struct.unpack_from("<H", header, 56)
        found = []
        for index in range(count):
            kind, _, offset, _, physical, size = struct.unpack("<IIQQQQ",
                                                               self._at(table + 56 * index, 40))
            found.append((kind, offset, physical, size))
        return found

    def _file_offset(self, physical):
        for begin, offset, size in self._loads:
            if begin <= physical < begin + size:
                return offset + physical - begin
        return None

    def _translate(self, address):
        table = self._root
        for shift in (39, 30, 21, 12):
            where = self._file_offset(table + (address >> shift & 511) * 8)
            if where is None:
                return None
            entry, = struct.unpack("<Q", self._at(where, 8))
            if not entry & PRESENT:
                return None
            table = entry & ADDRESS
            if entry & LARGE and shift in (30, 21):
                low = (1 << shift) - 1
                return (table & ~low) | (address & low)
        return table | (address & 0xFFF)


class Layout:
    """Symbols, and offsets and sizes of structures, as crash knows them."""

    def __init__(self, fixture, symbols, structures):
        asked = [f"sym {name}" for name in symbols] + [f"struct -o {name}" for name in structures]
        answers = crash.ask(fixture, asked)
        self.symbols, self._offsets, self.sizes = {}, {}, {}
        for name in symbols:
            self.symbols[name] = int(answers[f"sym {name}"].split()[0], 16)
        for name in structures:
            text = answers[f"struct -o {name}"]
            self.sizes[name] = int(re.search(r"SIZE: (\w+)", text).group(1), 0)
            for where, member in re.findall(r"^\s*\[(\w+)\].*?(\w+)(?:\[\d+\])*(?: : \d+)?;$", text,
                                            re.MULTILINE):
                self._offsets.setdefault(f"{name}.{member}", int(where, 0))

    def offset(self, member):
        return self._offsets[member]
