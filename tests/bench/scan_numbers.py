#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a scan costs per dump, by processor time, and whether N dumps cost N times as much.

    tests/bench/scan_numbers.py [N...]          (default: 20 100 200)

Links to the fixtures' dumps in turn, files and layouts in their caches, without the memory scan.
"""
import os
import pathlib
import resource
import sqlite3
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
FIXTURES = pathlib.Path(os.environ.get("KMORTEM_FIXTURES", ROOT / "fixtures" / "unpacked"))
BINARY = os.environ.get("KMORTEM", str(ROOT / "build/release/src/cli/kmortem"))


def cpu_seconds():
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def scan(store, output, cache):
    before = cpu_seconds()
    done = subprocess.run([BINARY, "scan", store, "-o", output, "-j", "2", "--no-memory-scan"],
                          env=dict(os.environ, XDG_CACHE_HOME=str(cache)), capture_output=True)
    if done.returncode not in (0, 1):
        sys.exit(done.stderr.decode())
    return cpu_seconds() - before


def copies(folder, count):
    fixtures = sorted(path.parent for path in FIXTURES.glob("*/vmcore"))
    for number in range(count):
        fixture = fixtures[number % len(fixtures)]
        place = folder / f"{number:05}"
        place.mkdir(parents=True)
        for name in ("vmcore", "vmlinux"):
            (place / name).symlink_to(fixture / name)


def main(counts):
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        copies(folder / "warm", len(list(FIXTURES.glob("*/vmcore"))))
        for turn in range(3):
            scan(folder / "warm", folder / f"warm-{turn}", folder / "cache")
        print(f"{'dumps':>6} {'CPU s':>8} {'ms each':>8} {'a second and core':>18} {'most MB':>8}")
        for count in counts:
            copies(folder / str(count), count)
            seconds = scan(folder / str(count), folder / f"out-{count}", folder / "cache")
            with sqlite3.connect(folder / f"out-{count}" / "kmortem.db") as database:
                [(done, memory)] = database.execute(
                    "SELECT count(*), max(memory_kb) FROM dumps WHERE status = 'analysed'")
            if done != count:
                sys.exit(f"{count - done} of {count} failed")
            print(f"{count:>6} {seconds:>8.2f} {seconds / count * 1000:>8.1f} "
                  f"{count / seconds:>18.1f} {memory / 1024:>8.0f}")


if __name__ == "__main__":
    main([int(each) for each in sys.argv[1:]] or [20, 100, 200])
