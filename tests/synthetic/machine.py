# SPDX-License-Identifier: GPL-3.0-or-later
"""A machine's physical memory with four-level page tables, written as an ELF vmcore."""
import struct

PAGE = 4096
LARGE = 2 << 20
PRESENT_WRITABLE, LARGE_PAGE = 3, 0x80
NT_PRSTATUS = 1


class Machine:
    """Physical pages by number, and the kernel's page tables as they grow."""

    def __init__(self, first_table):
        self.pages = {}
        self._next_table = first_table
        self.root = None

    def store(self, physical, data):
        data = bytes(data)
        done = 0
        while done < len(data):
            page, offset = divmod(physical + done, PAGE)
            room = min(PAGE - offset, len(data) - done)
            self.pages.setdefault(page, bytearray(PAGE))[offset:offset + room] = data[done:done + room]
            done += room

    def load(self, physical):
        return struct.unpack_from("<Q", self.pages[physical // PAGE], physical % PAGE)[0]

    def _new_table(self):
        table = self._next_table
        self._next_table += PAGE
        self.pages[table // PAGE] = bytearray(PAGE)
        return table

    def map(self, virtual, physical, size, page=PAGE):
        for done in range(0, size, page):
            self._map_one(virtual + done, physical + done, page)

    def _map_one(self, virtual, physical, page):
        table = self.root
        for level in (4, 3, 2, 1):
            entry_at = table + (virtual >> (12 + 9 * (level - 1)) & 511) * 8
            if level == (2 if page == LARGE else 1):
                bits = PRESENT_WRITABLE | (LARGE_PAGE if page == LARGE else 0)
                self.store(entry_at, struct.pack("<Q", physical | bits))
                return
            entry = self.load(entry_at)
            if not entry:
                entry = self._new_table() | PRESENT_WRITABLE
                self.store(entry_at, struct.pack("<Q", entry))
            table = entry & ~0xfff

    def runs(self):
        """[(first page, pages)] of neighbouring pages."""
        runs = []
        for page in sorted(self.pages):
            if runs and runs[-1][0] + runs[-1][1] == page:
                runs[-1][1] += 1
            else:
                runs.append([page, 1])
        return runs


def note(name, kind, description):
    name = name.encode() + b"\0"
    text = struct.pack("<III", len(name), len(description), kind)
    text += name.ljust((len(name) + 3) // 4 * 4, b"\0")
    return text + description.ljust((len(description) + 3) // 4 * 4, b"\0")


def prstatus(pid, rip, rsp):
    description = bytearray(336)
    struct.pack_into("<i", description, 32, pid)
    struct.pack_into("<QQQQ", description, 112 + 16 * 8, rip, 0x10, 0x246, rsp)
    return note("CORE", NT_PRSTATUS, bytes(description))


def write_vmcore(path, machine, notes, virtual_of):
    """`virtual_of(physical)` gives each run's p_vaddr."""
    runs = machine.runs()
    count = len(runs) + 1
    notes_at = 64 + count * 56
    data_at = (notes_at + len(notes) + PAGE - 1) // PAGE * PAGE
    headers = [struct.pack("<IIQQQQQQ", 4, 0, notes_at, 0, 0, len(notes), len(notes), 4)]
    offset = data_at
    with path.open("wb") as file:
        for first, pages in runs:
            size = pages * PAGE
            physical = first * PAGE
            headers.append(struct.pack("<IIQQQQQQ", 1, 7, offset, virtual_of(physical), physical,
                                       size, size, PAGE))
            for page in range(first, first + pages):
                if any(machine.pages[page]):
                    file.seek(offset)
                    file.write(machine.pages[page])
                offset += PAGE
        file.truncate(offset)
        file.seek(0)
        file.write(struct.pack("<16sHHIQQQIHHHHHH", b"\x7fELF\2\1\1", 4, 62, 1, 0, 64, 0, 0, 64,
                               56, count, 0, 0, 0))
        file.write(b"".join(headers))
        file.write(notes)
