# SPDX-License-Identifier: GPL-3.0-or-later
"""Takes pages out of an ELF vmcore, as makedumpfile's filter or a failed read would."""
import pathlib
import shutil
import struct

PAGE = 4096
PT_LOAD = 1
IMAGE = 0xffffffff80000000


def _headers(data):
    at, = struct.unpack_from("<Q", data, 32)
    size, count = struct.unpack_from("<HH", data, 54)
    return [list(struct.unpack_from("<IIQQQQQQ", data, at + i * size)) for i in range(count)]


def vmcoreinfo(path):
    """{key: value} of the note's text."""
    with open(path, "rb") as file:
        text = file.read(1 << 20)
    start = text.index(b"OSRELEASE=")
    lines = text[start:text.index(b"\0", start)].decode("ascii", "replace").splitlines()
    return dict(line.split("=", 1) for line in lines if "=" in line)


def physical_of_image(path, address):
    """Of a running kernel's image address, by VMCOREINFO's phys_base."""
    return address - IMAGE + int(vmcoreinfo(path)["NUMBER(phys_base)"])


def _without(segment, excluded):
    """The segment cut at the excluded physical pages."""
    kind, flags, offset, virtual, physical, stored, size, align = segment
    parts, begin = [], 0
    for page in sorted(excluded):
        gap = page - physical
        if not begin <= gap < size:
            continue
        if gap > begin:
            parts.append((begin, gap))
        begin = gap + PAGE
    if begin < size:
        parts.append((begin, size))
    return [[kind, flags, offset + first, virtual + first, physical + first,
             max(0, min(stored, end) - first), end - first, align] for first, end in parts]


def exclude(source, destination, physical_addresses):
    """Copies the dump without the pages of those addresses. The new headers stand before the whole
    of the old file, for crash looks for them at the beginning only."""
    excluded = {each // PAGE * PAGE for each in physical_addresses}
    with open(source, "rb") as file:
        head = file.read(1 << 20)
    headers = []
    for header in _headers(head):
        headers += _without(header, excluded) if header[0] == PT_LOAD else [header]
    room = -(-(64 + 56 * len(headers)) // PAGE) * PAGE
    with open(source, "rb") as old, open(destination, "wb") as new:
        new.write(head[:32] + struct.pack("<Q", 64) + head[40:56] + struct.pack("<H", len(headers))
                  + head[58:64])
        for kind, flags, offset, *rest in headers:
            new.write(struct.pack("<IIQQQQQQ", kind, flags, offset + room, *rest))
        new.seek(room)
        shutil.copyfileobj(old, new)
    return pathlib.Path(destination)
