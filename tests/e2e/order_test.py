# SPDX-License-Identifier: GPL-3.0-or-later
"""The order graph on real dumps: what lockdep refused, with its report in the log and without."""
import os
import pathlib
import re
import shutil
import tempfile
import unittest
from unittest import mock
from xml.etree import ElementTree

from support.tool import Fixture, kmortem


def only(report, rule):
    found = [each for each in report["findings"] if each["rule"] == rule]
    assert len(found) == 1, (rule, [each["rule"] for each in report["findings"]])
    return found[0]


def functions(finding):
    return {frame["function"] for each in finding["evidence"] for frame in each.get("stack", [])}


def without_report(fixture, folder):
    """A copy of the dump in which the log no longer has lockdep's report."""
    copy = pathlib.Path(folder) / "vmcore"
    shutil.copyfile(fixture.vmcore, copy)
    bytes_ = bytearray(copy.read_bytes())
    for text in (b"lock order detected", b"is trying to acquire", b"is trying to lock",
                 b"Invalid wait context"):
        at = bytes_.find(text)
        while at >= 0:
            bytes_[at:at + len(text)] = b"." * len(text)
            at = bytes_.find(text, at)
    copy.write_bytes(bytes_)
    return copy


class IrqOrderTest(unittest.TestCase):
    """Investigation 4: HARDIRQ-safe -> HARDIRQ-unsafe, refused by lockdep."""

    def setUp(self):
        self.fixture = Fixture("irqorder-6.12")
        self.splat = self.fixture.truth("dmesg")
        self.order = re.search(r"\((\S+)\)\{[^}]*\}-\S+ -> \((\S+)\)\{", self.splat).groups()

    def check(self, finding):
        self.assertEqual(finding["severity"], "error")
        self.assertEqual([lock["class"] for lock in finding["locks"]], list(self.order))
        for became in re.findall(r"became HARDIRQ-irq-\w+ at:\n(.*?)\n\[[^\n]*\] \n", self.splat,
                                 re.DOTALL):
            for function in re.findall(r"\]\s+(\w+)\+0x", became):
                if function != "lock_acquire":  # lockdep itself: below what is shown
                    self.assertIn(function, functions(finding))
        asked, held = re.findall(r"at: (\w+)\+0x", self.splat)[:2]
        self.assertIn(asked, functions(finding))
        self.assertIn(held, functions(finding))
        self.assertIn("spin_lock_irqsave", finding["remedy"])

    def test_with_the_report(self):
        finding = only(self.fixture.analyze(), "irq-inversion")
        self.check(finding)
        self.assertEqual(finding["grade"], "proven")

    def test_nothing_else_but_lockdep_being_off(self):
        report = self.fixture.analyze()
        self.assertEqual(sorted(each["rule"] for each in report["findings"]),
                         ["irq-inversion", "lockdep-off"])
        off = only(report, "lockdep-off")
        self.assertEqual(report["findings"][off["consequence_of"]]["rule"], "irq-inversion")

    def test_with_the_report_wiped_from_the_log(self):
        with tempfile.TemporaryDirectory() as folder:
            done = kmortem("analyze", without_report(self.fixture, folder), "-s",
                           self.fixture.vmlinux, "-f", "json")
        self.check(only(done.json(), "irq-inversion"))

    def test_graph(self):
        dot = self.fixture.run("graph", "--around", self.order[0]).out
        self.assertTrue(dot.startswith("digraph"))
        drawn = self.fixture.run("graph", "-f", "json", "--around", self.order[0]).json()
        self.assertEqual({each["name"] for each in drawn["nodes"]}, set(self.order))
        self.assertEqual([(each["from"], each["to"], each["origin"]) for each in drawn["edges"]],
                         [(*self.order, "refused")])
        self.assertEqual(len(drawn["edges"][0]["findings"]), 1)


class WaitContextTest(unittest.TestCase):
    """Investigation 2: the false report is shown to follow from the alias."""

    def test_the_true_lock_is_named(self):
        report = Fixture("novalidate-6.1").analyze()
        finding = only(report, "wait-context")
        self.assertEqual(finding["severity"], "warning")
        self.assertEqual(finding["locks"][0]["name"], "&txq->_xmit_lock")
        self.assertEqual(finding["locks"][0]["class"], "&dev->mutex")
        cause = report["findings"][finding["consequence_of"]]
        self.assertEqual(cause["rule"], "class-cache-alias")


class WholeGraphTest(unittest.TestCase):
    def test_every_direct_dependency_of_proc_lockdep_is_an_edge(self):
        fixture = Fixture("inconsistent-6.1")
        drawn = fixture.run("graph", "-f", "json").json()
        edges = {(each["from"], each["to"]) for each in drawn["edges"]
                 if each["origin"] == "recorded" and each["distance"] == 1}
        direct, name = set(), None
        for line in fixture.truth("lockdep").splitlines():
            head = re.match(r"[0-9a-f]{16} .*? [-+.?]{4}: (.*)", line)
            after = re.match(r" -> \[[0-9a-f]{16}\] (.*)", line)
            if head:
                name = head.group(1)
            elif after:
                direct.add((name, after.group(1)))
        self.assertGreater(len(direct), 100)
        self.assertEqual(edges, direct)

    def test_svg_shows_the_nodes_and_edges_of_the_dot(self):
        fixture = Fixture("abba-6.1")
        view = ("--around", "volume_mutex", "--depth", "2")
        drawn = fixture.run("graph", "-f", "json", *view).json()
        svg = ElementTree.fromstring(fixture.run("graph", "-f", "svg", *view).out)
        shapes = [each.get("class") for each in svg.iter("{http://www.w3.org/2000/svg}g")]
        legend = {"node": 2, "edge": 5}
        for kind in ("node", "edge"):
            self.assertEqual(shapes.count(kind) - legend[kind], len(drawn[kind + "s"]))
        text = " ".join(svg.itertext())
        for node in drawn["nodes"]:
            self.assertIn(node["name"], text)

    def test_svg_without_graphviz_is_refused_before_the_dump_is_read(self):
        with mock.patch.dict(os.environ, {"PATH": "/nonexistent"}):
            done = Fixture("abba-6.1").run("graph", "-f", "svg")
        self.assertEqual(done.code, 2)
        self.assertIn("Graphviz", done.err)
        self.assertEqual(done.out, "")

    def test_svg_of_a_graphviz_that_fails_is_an_error(self):
        with tempfile.TemporaryDirectory() as folder:
            dot = pathlib.Path(folder) / "dot"
            dot.write_text("#!/bin/sh\nexit 7\n")
            dot.chmod(0o755)
            with mock.patch.dict(os.environ, {"PATH": folder}):
                done = Fixture("abba-6.1").run("graph", "-f", "svg")
        self.assertEqual(done.code, 3)
        self.assertIn("exit code 7", done.err)

    def test_an_unknown_class_is_an_error(self):
        done = Fixture("idle-6.1").run("graph", "--around", "no such lock")
        self.assertEqual(done.code, 3)
        self.assertIn("no such lock", done.err)


if __name__ == "__main__":
    unittest.main()
