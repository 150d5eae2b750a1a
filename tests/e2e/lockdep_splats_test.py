# SPDX-License-Identifier: GPL-3.0-or-later
"""Each of lockdep's reports on a real dump: the same rule and classes as the guest's own report in
truth/dmesg, and what is left of it when the log is wiped out of the dump."""
import pathlib
import re
import tempfile
import unittest

from support.tool import ROOT, Fixture, kmortem

# The report's title, the rule that tells the same, and where the report names the classes.
KINDS = (
    ("possible circular locking dependency detected", "lock-order-cycle", r"-> #\d+ \((\S+?)\)\{"),
    ("possible recursive locking detected", "recursive-lock",
     r"is trying to acquire lock:\n\S* ?\((\S+?)\)\{"),
    ("inconsistent lock state", "irq-inconsistent", r" takes:\n\S* ?\((\S+?)\)\{"),
    ("lock order detected", "irq-inversion", r"would create a new lock dependency:\n"
     r" ?\((\S+?)\)\{\S* -> \((\S+?)\)\{"),
    ("possible irq lock inversion dependency detected", "irq-inversion",
     r"(?:changed the state of lock|lock in the past):\n\S* ?\((\S+?)\)\{"),
    ("Invalid wait context", "wait-context", r"(?:is trying to lock:\n|#0: )\S* ?\((\S+?)\)\{"),
)
FIXTURES = ("recursive-6.1", "abba-6.1", "abbcca-6.1", "readers-6.1", "readrec-6.1", "hardirq-6.1",
            "inconsistent-6.1", "softorder-6.1", "irqorder-6.12", "inversion-6.1",
            "inversion-irq-6.1", "waitctx-6.1")
# check_wait_context() refuses before anything is entered: nothing but the slot is left, by its time.
ONE_WITNESS = {"waitctx-6.1"}
DOCS = ROOT / "docs" / "order-graph.md"


def messages(fixture):
    """The guest's log without time stamps, a line each."""
    return [re.sub(r"^(?:<\d+>)?\[[^\]]*\] ?", "", line)
            for line in fixture.truth("dmesg").splitlines()]


def kernels_report(fixture):
    """(title, rule, classes) of the first report in the guest's log."""
    lines = messages(fixture)
    for number, line in enumerate(lines):
        for title, rule, names in KINDS:
            if title not in line:
                continue
            text = "\n".join(lines[number:number + 400])
            found = re.findall(names, text.split("stack backtrace")[0])
            flat = [name for each in found
                    for name in (each if isinstance(each, tuple) else (each,))]
            return line.removeprefix("WARNING: ").strip("[ ]"), rule, set(flat)
    raise AssertionError(f"{fixture.name}: no report")


def without_log(fixture, folder):
    """A copy of the dump in which every line of the log is overwritten, wherever it stands."""
    lines = sorted({line.encode() for line in messages(fixture)}, key=len, reverse=True)
    # Put together when the report was printed: no string of the kernel's own.
    anchor = next(line for line in lines if re.match(rb"\S+ #1 .*[Tt]ainted", line))
    data = bytearray(fixture.vmcore.read_bytes())
    at = data.find(anchor)
    while at >= 0:
        begin = max(0, at - (1 << 20))
        ring = data[begin:at + (1 << 20)]
        for text in lines:
            if len(text) >= 12:
                ring = ring.replace(text, b"." * len(text))
        data[begin:begin + len(ring)] = ring
        at = data.find(anchor, at + 1)
    copy = pathlib.Path(folder) / "vmcore"
    copy.write_bytes(data)
    return copy


def told(report, rule):
    """[(grade, classes)] of the findings of that rule."""
    return [(each["grade"], {lock["class"] for lock in each["locks"]})
            for each in report["findings"] if each["rule"] == rule]


class LockdepSplatsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.rows = []
        for name in FIXTURES:
            fixture = Fixture(name)
            title, rule, classes = kernels_report(fixture)
            with tempfile.TemporaryDirectory() as folder:
                wiped = kmortem("analyze", without_log(fixture, folder), "-s", fixture.vmlinux,
                                "--modules", fixture.vmcore.parent, "-f", "json").json()
            cls.rows.append((name, title, rule, classes, fixture.analyze(), wiped))

    def test_the_same_classes_as_the_kernels_report(self):
        for name, _, rule, classes, whole, _ in self.rows:
            with self.subTest(name):
                self.assertEqual(told(whole, rule), [("proven", classes)])

    def test_what_the_tables_alone_tell(self):
        for name, _, rule, classes, _, wiped in self.rows:
            with self.subTest(name):
                self.assertEqual(wiped["splats"], [])
                grade = "inferred" if name in ONE_WITNESS else "proven"
                self.assertEqual(told(wiped, rule), [(grade, classes)])

    def test_the_table_in_the_docs(self):
        lines = ["| fixture | the kernel's report | finding | with the log wiped |",
                 "| --- | --- | --- | --- |"]
        for name, title, rule, _, whole, wiped in self.rows:
            grades = [", ".join(grade for grade, _ in told(each, rule)) or "nothing"
                      for each in (whole, wiped)]
            lines.append(f"| {name} | {title} | {rule}: {grades[0]} | {grades[1]} |")
        self.assertIn("\n".join(lines), DOCS.read_text())

    def test_orders_that_only_look_wrong(self):
        report = Fixture("safe-6.1").analyze()
        self.assertTrue(report["lockdep"]["enabled"])
        self.assertEqual(report["findings"], [])

    def test_a_deadlock_after_lockdep_had_ended(self):
        report = Fixture("early-6.1").analyze()
        by_rule = {each["rule"]: each for each in report["findings"]}
        cycle, order = by_rule["deadlock-cycle"], by_rule["lock-order-cycle"]
        self.assertEqual({each["comm"] for each in cycle["tasks"]},
                         {"ledger_post", "journal_replay", "period_close"})
        self.assertEqual({each["class"] for each in order["locks"]},
                         {"ledger_lock", "journal_lock"})
        self.assertEqual(report["findings"][order["consequence_of"]], cycle)
        drawn = Fixture("early-6.1").run("graph", "-f", "json", "--around", "journal_lock").json()
        origins = {(each["from"], each["to"]): each["origin"] for each in drawn["edges"]}
        self.assertEqual(origins["ledger_lock", "journal_lock"], "recorded")
        self.assertEqual(origins["journal_lock", "ledger_lock"], "live")


if __name__ == "__main__":
    unittest.main()
