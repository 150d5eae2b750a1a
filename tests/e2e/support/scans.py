# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs kmortem scan, and looks into the databases that it makes."""
import contextlib
import json
import os
import pathlib
import shutil
import sqlite3
import subprocess
import tempfile

from support.tool import BINARY, FIXTURES, kmortem

TABLES = ("kernels", "hosts", "dumps", "signatures", "findings")
# What differs between two runs that came to the same.
TIMES = {"analysed_at", "duration_ms", "memory_kb"}


def scan(*arguments, **keywords):
    return kmortem("scan", *arguments, **keywords)


def start(*arguments, cache, **keywords):
    """A scan that goes on while the test does something to it."""
    environment = dict(os.environ, XDG_CACHE_HOME=str(cache), NO_COLOR="1")
    environment.pop("DEBUGINFOD_URLS", None)
    keywords.setdefault("stderr", subprocess.PIPE)
    return subprocess.Popen([str(BINARY), "scan", *map(str, arguments)], env=environment,
                            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, text=True,
                            **keywords)


@contextlib.contextmanager
def folder():
    path = pathlib.Path(tempfile.mkdtemp(prefix="kmortem-scan-"))
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def query(database, sql, *values):
    with contextlib.closing(sqlite3.connect(database)) as connection:
        return connection.execute(sql, values).fetchall()


def contents(database):
    """{table: sorted rows without times} of a database."""
    tables = {}
    with contextlib.closing(sqlite3.connect(database)) as connection:
        for table in TABLES:
            columns = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")
                       if row[1] not in TIMES]
            rows = connection.execute(f"SELECT {', '.join(columns)} FROM {table}").fetchall()
            tables[table] = sorted(rows, key=repr)
    return tables


def statuses(database):
    """{file name of the dump's folder: status}."""
    return {pathlib.Path(path).parent.name: status
            for path, status in query(database, "SELECT path, status FROM dumps")}


def reports_are_whole(output):
    """The number of reports below `output`; fails when one is cut or left half written."""
    reports = list((output / "reports").rglob("*"))
    files = [path for path in reports if path.is_file()]
    for path in files:
        if path.suffix != ".json":
            raise AssertionError(f"left behind: {path}")
        json.loads(path.read_text())
    return len(files)


def store(path, names):
    """A folder of links to fixtures' dumps, each in a folder of its own, without their vmlinux."""
    for name in names:
        (path / name).mkdir(parents=True)
        (path / name / "vmcore").symlink_to(FIXTURES / name / "vmcore")
    return path
