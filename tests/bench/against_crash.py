#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whole runs of kmortem against crash on the same files, in turn, and their ratios.

    tests/bench/against_crash.py [--runs N] [FOLDER-WITH-vmcore-AND-vmlinux ...]

kmortem analyses from a cold layout cache (an empty cache folder each run), memory scan included;
crash starts, answers `bt -a`, `irq -b`, `mod` and quits. Files are in the page cache. Absolute
times differ between machines; the ratio of runs taken in turn is what counts."""
import argparse
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
KMORTEM = os.environ.get("KMORTEM", str(ROOT / "build/release/src/cli/kmortem"))
CRASH_SCRIPT = "set scroll off\nbt -a\nirq -b\nmod\nquit\n"


def measure(command, environment=None, stdin=None):
    """(wall seconds, CPU seconds, peak resident MB) of one run."""
    begin = time.perf_counter()
    process = subprocess.Popen(command, stdin=stdin or subprocess.DEVNULL,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                               env=environment)
    _, _, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - begin
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def run_kmortem(folder, cache, *extra):
    environment = dict(os.environ, XDG_CACHE_HOME=cache)
    return measure([KMORTEM, "analyze", str(folder / "vmcore"), "-s", str(folder / "vmlinux"),
                    "-f", "json", "-o", "/dev/null", *extra], environment)


def run_crash(folder):
    with tempfile.NamedTemporaryFile("w", suffix=".crash") as script:
        script.write(CRASH_SCRIPT)
        script.flush()
        return measure(["crash", "-s", "-i", script.name, str(folder / "vmlinux"),
                        str(folder / "vmcore")])


def median(rows, column):
    return statistics.median(row[column] for row in rows)


def compare(folder, runs):
    cold, warm, crash = [], [], []
    with tempfile.TemporaryDirectory() as warm_cache:
        run_kmortem(folder, warm_cache)
        run_crash(folder)
        for _ in range(runs):
            with tempfile.TemporaryDirectory() as cold_cache:
                cold.append(run_kmortem(folder, cold_cache))
            warm.append(run_kmortem(folder, warm_cache))
            crash.append(run_crash(folder))
    ratios = sorted(theirs[0] / ours[0] for ours, theirs in zip(cold, crash))
    print(f"{folder.name:<20} cold {median(cold, 0) * 1000:7.1f} ms {median(cold, 2):6.1f} MB   "
          f"warm {median(warm, 0) * 1000:7.1f} ms   crash {median(crash, 0) * 1000:8.1f} ms "
          f"{median(crash, 2):6.1f} MB   ratio {statistics.median(ratios):6.1f} "
          f"({ratios[0]:.1f} to {ratios[-1]:.1f})")
    sys.stdout.flush()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("folders", nargs="*", type=pathlib.Path)
    arguments = parser.parse_args()
    fixtures = ROOT / "fixtures" / "unpacked"
    folders = arguments.folders or sorted(path.parent for path in fixtures.glob("*-6.1*/vmcore")
                                          if "6.12" not in str(path))
    for folder in folders:
        compare(folder.resolve(), arguments.runs)


if __name__ == "__main__":
    main()
