# SPDX-License-Identifier: GPL-3.0-or-later
"""Splits, packs and compresses vmlinux and modules as distributions do, with their own tools."""
import pathlib
import re
import shutil
import subprocess
import zlib

PACKERS = {".xz": ("xz", "-0", "-c"), ".zst": ("zstd", "-1", "-q", "-c"), ".gz": ("gzip", "-1", "-c")}


def run(*command, **keywords):
    return subprocess.run([str(each) for each in command], check=True, capture_output=True,
                          **keywords)


def made(path):
    """The path, its folder made."""
    path = pathlib.Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def copied(source, destination):
    shutil.copyfile(source, made(destination))
    return pathlib.Path(destination)


def only_debug(source, destination):
    run("objcopy", "--only-keep-debug", source, made(destination))
    return pathlib.Path(destination)


def stripped(source, destination, link=None):
    """Without symbols and DWARF; with .gnu_debuglink to the file `link`."""
    options = [] if link is None else [f"--add-gnu-debuglink={link}"]
    run("objcopy", "--strip-all", *options, source, made(destination))
    return pathlib.Path(destination)


def packed(source, destination):
    """In what the destination's ending says."""
    command = PACKERS[pathlib.Path(destination).suffix]
    made(destination).write_bytes(run(*command, source).stdout)
    return pathlib.Path(destination)


def build_id(path):
    text = run("readelf", "-n", path, text=True).stdout
    return re.search(r"Build ID: ([0-9a-f]+)", text).group(1)


def build_id_place(root, of, ending=".debug"):
    identity = build_id(of)
    return pathlib.Path(root) / ".build-id" / identity[:2] / (identity[2:] + ending)


def crc32(path):
    return zlib.crc32(pathlib.Path(path).read_bytes())
