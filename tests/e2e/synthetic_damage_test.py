# SPDX-License-Identifier: GPL-3.0-or-later
"""One page that is not in the dump costs what stood in it, is said once, and nothing else: neither
a wrong finding nor the rest of the report."""
import subprocess
import unittest

from support.synthetic import synthetic
from support.tool import Fixture, kmortem, problems_beyond_stacks
from support.page_excluder import PAGE, exclude, physical_of_image, vmcoreinfo

OLD, NEW = "4.4", "7.1"
LOCKDEPS_LAYOUTS = ("3.10", "el8.3", "7.1")
TABLES = ("lock_classes", "lock_classes_in_use", "nr_lock_classes", "all_lock_classes",
          "classhash_table", "list_entries", "list_entries_in_use", "nr_list_entries",
          "lock_chains", "lock_chains_in_use", "nr_lock_chains", "chain_hlocks", "stack_trace")
HELD = {("worker", "dev_mutex"), ("worker", "&stats->lock"), ("worker", "table_lock"),
        ("worker_thread", "dev_mutex/1"), ("worker_thread", "cache_mutex#2")}
EVERYBODY = {"swapper/0", "swapper/1", "worker", "worker_thread", "sleeper"}


class ExcludedPageTest(unittest.TestCase):
    def without(self, version, *symbols):
        """The report on a dump that lacks the pages where the symbols begin."""
        kernel = synthetic(version)
        return self.without_pages(kernel, [kernel.physical(each) for each in symbols])

    def without_pages(self, kernel, pages):
        path = kernel.folder / "damaged"
        exclude(kernel.vmcore, path, pages)
        run = kmortem("analyze", path, "-s", kernel.vmlinux, "-f", "json")
        self.assertIn(run.code, (0, 1), run.err)
        report = run.json()
        self.assertEqual([each["title"] for each in report["findings"]], [])
        self.assertEqual(report["lockdep"]["inconsistencies"], [])
        said = [(each["structure"], each["consequence"]) for each in report["problems"]]
        self.assertEqual(len(said), len(set(said)))
        return report

    def structures(self, report):
        return {each["structure"] for each in problems_beyond_stacks(report)}

    def held(self, report):
        return {(task["comm"], lock["class"]) for task in report["tasks"]
                for lock in task["held_locks"]}

    def names(self, report):
        return {each["comm"] for each in report["tasks"]}

    def test_a_task(self):
        for version in (OLD, NEW):
            with self.subTest(version):
                report = self.without(version, "worker")
                self.assertEqual(self.structures(report), {"task_struct"})
                # Its thread hangs from it; the process after it is found from the list's end.
                self.assertEqual(self.names(report), EVERYBODY - {"worker", "worker_thread"})
                self.assertEqual(len(report["lockdep"]["classes"]), 7)

    def test_the_masks_of_cpus(self):
        for version in (OLD, NEW):
            with self.subTest(version):
                mask = "cpu_possible_bits" if version == OLD else "__cpu_possible_mask"
                report = self.without(version, mask)
                self.assertEqual(self.structures(report),
                                 {"cpu_possible_mask", "cpu_online_mask"})
                self.assertEqual([each["current"]["comm"] for each in report["cpus"]],
                                 ["worker", "swapper/1"])
                self.assertEqual(report["kernel"]["possible_cpus"], 2)
                self.assertEqual(self.held(report), HELD)

    def test_the_offsets_of_per_cpu_data(self):
        for version in (OLD, NEW):
            with self.subTest(version):
                report = self.without(version, "__per_cpu_offset")
                self.assertEqual(self.structures(report), {"__per_cpu_offset"})
                # The image's own copy of a per-cpu variable is no CPU's.
                self.assertEqual([(each["current"], each["softirq_pending"])
                                  for each in report["cpus"]], [(None, None), (None, None)])
                self.assertEqual(self.held(report), HELD)

    def test_the_run_queues(self):
        for version in (OLD, NEW):
            with self.subTest(version):
                report = self.without(version, "synthetic0_runqueues", "synthetic1_runqueues")
                self.assertIn("runqueues", self.structures(report))
                self.assertEqual(self.held(report), HELD)
                self.assertLessEqual(EVERYBODY - {"swapper/1"}, self.names(report))

    def test_the_idt(self):
        for version in (OLD, NEW):
            with self.subTest(version):
                report = self.without(version, "idt_table")
                self.assertEqual(problems_beyond_stacks(report), [])
                self.assertEqual(self.held(report), HELD)

    def test_lockdeps_tables(self):
        """What stands in a page that is not there is unknown, and never a contradiction."""
        for version in LOCKDEPS_LAYOUTS:
            kernel = synthetic(version)
            pages = {kernel.physical(each) // PAGE * PAGE for each in TABLES
                     if each in kernel.image.symbols}
            first = kernel.physical("lock_classes") // PAGE * PAGE
            # What says which classes there are, and the classes themselves.
            bits = kernel.physical(TABLES[1] if TABLES[1] in kernel.image.symbols else TABLES[2])
            for lost in [*([each] for each in pages), [first + PAGE], [first, first + PAGE],
                         [bits, first], [bits, first + PAGE], [bits, first, first + PAGE]]:
                with self.subTest(version, lost=[hex(each) for each in lost]):
                    self.assert_a_part(kernel, self.without_pages(kernel, lost))

    def assert_a_part(self, kernel, report):
        """No class, dependency or chain that the whole dump does not have."""
        lockdep, whole = report["lockdep"], kernel.analyze()["lockdep"]
        for lock_class in lockdep["classes"]:
            self.assertIn((lock_class["address"], lock_class["name"]),
                          [(each["address"], each["name"]) for each in whole["classes"]])
        for edge in lockdep["dependencies"]:
            self.assertIn((edge["from"], edge["to"]),
                          [(each["from"], each["to"]) for each in whole["dependencies"]])
        if len(lockdep["classes"]) < len(whole["classes"]):
            self.assertIs(lockdep["read_completely"], False)


class ExcludedPageOfAFixtureTest(unittest.TestCase):
    def setUp(self):
        self.fixture = Fixture("idle-6.1")
        self.slide = int(vmcoreinfo(self.fixture.vmcore)["KERNELOFFSET"], 16)
        names = subprocess.run(["nm", str(self.fixture.vmlinux)], capture_output=True, text=True,
                               check=True).stdout
        self.symbols = {line.split()[2]: int(line.split()[0], 16) for line in names.splitlines()
                        if len(line.split()) == 3}

    def test_what_is_lost_is_said_and_the_rest_is_there(self):
        import tempfile
        whole = self.fixture.analyze()
        for symbol in ("__cpu_possible_mask", "__per_cpu_offset", "lock_classes",
                       "lock_classes_in_use", "idt_table", "all_lock_classes"):
            with self.subTest(symbol), tempfile.TemporaryDirectory() as folder:
                address = self.symbols[symbol] + self.slide
                page = physical_of_image(self.fixture.vmcore, address)
                path = exclude(self.fixture.vmcore, f"{folder}/vmcore", [page])
                run = kmortem("analyze", path, "-s", self.fixture.vmlinux, "-f", "json")
                self.assertIn(run.code, (0, 1), run.err)
                report = run.json()
                self.assertEqual({each["rule"] for each in report["findings"]},
                                 {each["rule"] for each in whole["findings"]})
                pids = {each["pid"] for each in whole["tasks"]} - {0}
                self.assertLessEqual(pids, {each["pid"] for each in report["tasks"]})
                said = [(each["structure"], each["consequence"]) for each in report["problems"]]
                self.assertEqual(len(said), len(set(said)))
                lost = len(whole["lockdep"]["classes"]) - len(report["lockdep"]["classes"])
                self.assertLess(lost, 40)


if __name__ == "__main__":
    unittest.main()
