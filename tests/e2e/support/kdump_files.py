# SPDX-License-Identifier: GPL-3.0-or-later
"""Takes kdump-compressed files apart and puts them together again: split into parts as makedumpfile
--split does it, or with pages compressed by a library that Debian's makedumpfile lacks."""
import ctypes
import struct
import zlib

PAGE = 4096
ZLIB, LZO, SNAPPY, ZSTD = 1, 2, 4, 0x20


class KdumpFile:
    def __init__(self, data):
        self.data = data
        sub_pages, bitmap_pages = struct.unpack_from("<iI", data, 432)
        self.max_pfn, = struct.unpack_from("<Q", data, PAGE + 96)
        bitmap = (1 + sub_pages + bitmap_pages // 2) * PAGE
        self.descriptors = (1 + sub_pages + bitmap_pages) * PAGE
        bits = data[bitmap:bitmap + bitmap_pages // 2 * PAGE]
        self.frames = [frame for frame in range(self.max_pfn)
                       if bits[frame // 8] >> frame % 8 & 1]

    def pages(self):
        """(frame, flags, page_flags, stored bytes) of each page."""
        for number, frame in enumerate(self.frames):
            offset, size, flags, page_flags = struct.unpack_from(
                "<QIIQ", self.data, self.descriptors + 24 * number)
            yield frame, flags, page_flags, self.data[offset:offset + size]

    def write(self, pages, status=None, split=None):
        """A file with the same headers and bitmaps and these pages' data."""
        head = bytearray(self.data[:self.descriptors])
        if status is not None:
            struct.pack_into("<I", head, 424, status)
        if split is not None:
            struct.pack_into("<iQQ", head, PAGE + 12, 1, *split)
            struct.pack_into("<QQ", head, PAGE + 80, *split)
        pages = list(pages)
        at = self.descriptors + 24 * len(pages)
        table = bytearray()
        for _, flags, page_flags, stored in pages:
            table += struct.pack("<QIIQ", at, len(stored), flags, page_flags)
            at += len(stored)
        return bytes(head + table + b"".join(page[3] for page in pages))

    def split(self, count):
        """The files of a dump that is split into `count` parts of as many stored pages."""
        pages = list(self.pages())
        borders = [0] + [pages[len(pages) * part // count][0] for part in range(1, count)]
        borders.append(self.max_pfn)
        return [self.write([page for page in pages if begin <= page[0] < end], split=(begin, end))
                for begin, end in zip(borders, borders[1:])]

    def recompressed(self, flag, compress):
        """The same dump with its pages, which must not be compressed now, by `compress`."""
        def packed(page):
            frame, flags, page_flags, stored = page
            assert flags & (ZLIB | LZO | SNAPPY | ZSTD) == 0 and len(stored) == PAGE
            small = compress(stored)
            return (frame, flag, page_flags, small) if len(small) < PAGE else page
        return self.write(map(packed, self.pages()), status=flag)


def snappy_compress(page):
    library = ctypes.CDLL("libsnappy.so.1")
    room = ctypes.create_string_buffer(2 * PAGE)
    size = ctypes.c_size_t(len(room))
    assert library.snappy_compress(page, ctypes.c_size_t(len(page)), room, ctypes.byref(size)) == 0
    return room.raw[:size.value]


def zstd_compress(page):
    library = ctypes.CDLL("libzstd.so.1")
    library.ZSTD_compress.restype = ctypes.c_size_t
    room = ctypes.create_string_buffer(2 * PAGE)
    size = library.ZSTD_compress(room, ctypes.c_size_t(len(room)), page,
                                 ctypes.c_size_t(len(page)), 1)
    return room.raw[:size]


def zlib_compress(page):
    return zlib.compress(page, 1)
