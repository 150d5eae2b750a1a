# SPDX-License-Identifier: GPL-3.0-or-later
"""Kinds of damage. Each plan runs kmortem once a variant and yields (variant, outcome, violations)."""
import os
import random
import re
import shutil
import subprocess

STEP = 64 << 10


def flips(lab, count, where=None, first=0):
    """`count` variants of the dump with one to 256 bits flipped in each, anywhere or below `where`."""
    size = lab.vmcore.stat().st_size
    for seed in range(first, first + count):
        dice = random.Random(f"{lab.fixture.name}/{where}/{seed}")
        changes = {}
        with open(lab.vmcore, "rb") as file:
            for _ in range(2 ** dice.randrange(9)):
                at = dice.randrange(min(where or size, size))
                changes[at] = bytes([os.pread(file.fileno(), 1, at)[0] ^ 1 << dice.randrange(8)])
        with lab.changed(changes):
            wrong, outcome = lab.check()
        yield f"flips {lab.fixture.name} {where or 'anywhere'} {seed}", outcome, wrong


def truncations(lab, step=STEP):
    """The dump cut off at each multiple of `step`, from the end to the beginning."""
    whole = lab.vmcore.read_bytes()
    try:
        for length in reversed(range(0, len(whole), step)):
            os.truncate(lab.vmcore, length)
            wrong, outcome = lab.check()
            yield f"cut {lab.fixture.name} {length}", outcome, wrong
    finally:
        lab.vmcore.write_bytes(whole)


def cut_vmlinux(lab, count):
    """vmlinux cut off at `count` places; there is no cache to help."""
    whole = lab.fixture.vmlinux.read_bytes()
    lab.vmlinux = lab.path / "vmlinux"
    for number in range(count):
        length = len(whole) * number // count
        lab.vmlinux.write_bytes(whole[:length])
        wrong, outcome = lab.check("--no-cache")
        yield f"vmlinux cut {length}", outcome, wrong


def corrupt_vmlinux(lab, count, first=0):
    """vmlinux with bits flipped: in its first kilobytes, in its section headers, or in one of the
    sections that are read, as readelf lists them."""
    shutil.copyfile(lab.fixture.vmlinux, lab.path / "vmlinux")
    lab.vmlinux = lab.path / "vmlinux"
    sections = read_sections(lab.fixture.vmlinux)
    size = lab.vmlinux.stat().st_size
    places = [(0, 4096), (size - 4096, 4096), *sections]
    for seed in range(first, first + count):
        dice = random.Random(f"vmlinux/{seed}")
        begin, length = places[seed % len(places)]
        changes = {}
        for _ in range(2 ** dice.randrange(12)):
            changes[begin + dice.randrange(length)] = bytes([dice.randrange(256)])
        with lab.changed(changes, lab.vmlinux):
            wrong, outcome = lab.check("--no-cache")
        yield f"vmlinux flips {seed}", outcome, wrong


def read_sections(path):
    """(offset, size) of the sections that kmortem reads."""
    text = subprocess.run(["readelf", "-SW", path], capture_output=True, text=True,
                          check=True).stdout
    found = re.findall(r"\] (\.debug_\S+|\.symtab|\.strtab|\.orc_\S+|\.rodata|\.notes)\s+\S+\s+"
                       r"[0-9a-f]+ ([0-9a-f]+) ([0-9a-f]+)", text)
    return [(int(offset, 16), int(size, 16)) for _, offset, size in found if int(size, 16)]


def damaged_cache(lab, count):
    """The layout cache cut short, or with bytes changed. It must be as if there were none."""
    caches = list((lab.cache / "kmortem").iterdir())
    if len(caches) != 1:
        raise RuntimeError(f"one cached profile expected, found {caches}")
    whole = caches[0].read_bytes()
    for number in range(count):
        dice = random.Random(f"cache/{number}")
        damaged = bytearray(whole)
        if number % 2:
            del damaged[len(whole) * number // count:]
        else:
            for _ in range(2 ** dice.randrange(9)):
                damaged[dice.randrange(len(whole))] = dice.randrange(256)
        caches[0].write_bytes(damaged)
        wrong, outcome = lab.check()
        if outcome.code not in (0, 1):
            wrong.append(f"not analysed: {outcome.err}")
        yield f"cache {number}", outcome, wrong
