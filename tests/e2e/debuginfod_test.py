# SPDX-License-Identifier: GPL-3.0-or-later
"""A vmlinux that only a debuginfod server has: elfutils' own client library asks for it by build-id
(/buildid/ID/debuginfo), for one dump and for a scan."""
import http.server
import pathlib
import tempfile
import threading
import unittest

from support import scans
from support.tool import Fixture, kmortem


class Server(http.server.ThreadingHTTPServer):
    """Has one file, under its build-id, and notes what it was asked for."""

    def __init__(self, build_id, path):
        self.asked = []
        server = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                server.asked.append(self.path)
                known = self.path == f"/buildid/{build_id}/debuginfo"
                body = path.read_bytes() if known else b"not found"
                self.send_response(200 if known else 404)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *arguments):
                pass

        super().__init__(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def url(self):
        return f"http://127.0.0.1:{self.server_port}"


class DebuginfodTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="kmortem-debuginfod-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.fixture = Fixture("kexec-6.1")
        # By itself: beside the fixture's dump lies its vmlinux.
        self.dump = self.folder / "store" / "vmcore"
        self.dump.parent.mkdir()
        self.dump.symlink_to(self.fixture.vmcore)
        self.build_id = self.fixture.run("info", "-f", "json").json()["debuginfo"]["build_id"]
        self.server = Server(self.build_id, self.fixture.vmlinux)
        self.addCleanup(self.server.server_close)
        self.addCleanup(self.server.shutdown)
        self.servers = {"DEBUGINFOD_URLS": self.server.url(),
                        "DEBUGINFOD_CACHE_PATH": str(self.folder / "fetched")}

    def test_one_dump(self):
        done = kmortem("analyze", self.dump, "-f", "json", servers=self.servers, cache=self.folder / "cache")
        self.assertEqual(done.code, 1, done.err)
        report = done.json()
        self.assertEqual(report["debuginfo"]["build_id"], self.build_id)
        self.assertTrue(report["debuginfo"]["path"].startswith(str(self.folder / "fetched")))
        self.assertEqual([each["signature"] for each in report["findings"]],
                         [each["signature"] for each in self.fixture.analyze()["findings"]])
        # Fetched once: the client keeps it.
        before = len(self.server.asked)
        again = kmortem("info", self.dump, servers=self.servers, cache=self.folder / "cache")
        self.assertEqual((again.code, len(self.server.asked)), (0, before), again.err)

    def test_a_scan(self):
        (self.dump.parent / "another").symlink_to(self.fixture.vmcore)
        done = scans.scan(self.dump.parent, "-o", self.folder / "out", servers=self.servers,
                          cache=self.folder / "cache")
        self.assertEqual(done.code, 1, done.err)
        self.assertEqual(scans.query(self.folder / "out" / "kmortem.db",
                                     "SELECT status, count(*) FROM dumps GROUP BY 1"),
                         [("analysed", 2)])

    def test_what_the_server_does_not_have_is_no_vmlinux(self):
        other = self.folder / "other"
        other.symlink_to(Fixture("rcu-kexec-6.1-plain").vmcore)
        done = kmortem("analyze", other, servers=self.servers, cache=self.folder / "cache")
        self.assertEqual(done.code, 3)
        self.assertEqual(len(done.err.splitlines()), 1, done.err)
        self.assertTrue(self.server.asked)

    def test_without_the_variable_nobody_is_asked(self):
        done = kmortem("analyze", self.dump, cache=self.folder / "cache")
        self.assertEqual(done.code, 3, done.err)
        self.assertEqual(self.server.asked, [])


if __name__ == "__main__":
    unittest.main()
