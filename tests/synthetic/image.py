# SPDX-License-Identifier: GPL-3.0-or-later
"""A linked kernel: its sections, symbols and what a slide changes in it."""
import bisect
import struct

SHF_ALLOC = 2
SHT_SYMTAB, SHT_RELA, SHT_NOBITS = 2, 4, 8
R_X86_64_64 = 1


class Section:
    def __init__(self, name, fields, contents):
        (_, self.type, self.flags, self.address, _, self.size, self.link, self.info, _, _) = fields
        self.name = name
        self.contents = contents


class Image:
    """Reads an ELF executable with --emit-relocs."""

    def __init__(self, path):
        data = path.read_bytes()
        at, = struct.unpack_from("<Q", data, 40)
        size, count, names_index = struct.unpack_from("<HHH", data, 58)
        headers = [struct.unpack_from("<IIQQQQIIQQ", data, at + i * size) for i in range(count)]
        names = headers[names_index][4]
        self.sections = []
        for fields in headers:
            start = names + fields[0]
            name = data[start:data.index(b"\0", start)].decode()
            bytes_in_file = 0 if fields[1] == SHT_NOBITS else fields[5]
            contents = bytearray(data[fields[4]:fields[4] + bytes_in_file])
            self.sections.append(Section(name, fields, contents.ljust(fields[5], b"\0")))
        self._read_symbols()

    def section(self, name):
        return next((each for each in self.sections if each.name == name), None)

    def _read_symbols(self):
        table = next(each for each in self.sections if each.type == SHT_SYMTAB)
        strings = self.sections[table.link].contents
        self.symbol_list = []
        self.symbols = {}
        for at in range(0, len(table.contents), 24):
            name, _, _, _, value, _ = struct.unpack_from("<IBBHQQ", table.contents, at)
            text = strings[name:strings.index(0, name)].decode()
            self.symbol_list.append(text)
            self.symbols.setdefault(text, value)

    def allocated(self):
        return [each for each in self.sections if each.flags & SHF_ALLOC and each.size]

    def slide(self, distance, is_percpu_distance):
        """Adds `distance` to every pointer into the image, as the kernel's own relocation does;
        subtracts it where `is_percpu_distance(symbol)`."""
        begin, end = self.symbols["_text"], self.symbols["_end"]
        for relocations in self.sections:
            if relocations.type != SHT_RELA:
                continue
            target = self.sections[relocations.info]
            if not target.flags & SHF_ALLOC:
                continue
            for at in range(0, len(relocations.contents), 24):
                offset, info, _ = struct.unpack_from("<QQq", relocations.contents, at)
                if info & 0xffffffff != R_X86_64_64:
                    continue
                place = offset - target.address
                value, = struct.unpack_from("<Q", target.contents, place)
                if is_percpu_distance(self.symbol_list[info >> 32]):
                    value -= distance
                elif begin <= value < end:
                    value += distance
                struct.pack_into("<Q", target.contents, place, value % 2**64)

    def build_id(self):
        note = self.section(".notes")
        return bytes(note.contents[16:]).hex() if note else ""
