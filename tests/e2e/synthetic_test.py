# SPDX-License-Identifier: GPL-3.0-or-later
"""Kernels that no fixture has, 3.10 to 7.1: what tests/synthetic/tree planted must be read."""
import functools
import unittest

from support.synthetic import VERSIONS, synthetic
from support.tool import problems_beyond_stacks

# What the tree's sources plant, and how such kernels print it. {name: (usage of HARDIRQ and
# SOFTIRQ, usage of RECLAIM_FS in kernels before 4.14, FD, BD, OPS, edges of distance 1)}
CLASSES = {
    "&rq->lock": ("-.-.", "..", 1, 1, 100, []),
    "dev_mutex": ("+.+.", "+.", 4, 1, 23, ["&stats->lock", "cache_mutex#2"]),
    "&stats->lock": ("+.-.", "..", 2, 2, 7, ["table_lock"]),
    "table_lock": ("...-", "..", 1, 3, 5, []),
    "dev_mutex/1": ("+.+.", "..", 1, 1, 3, []),
    "cache_mutex#2": ("....", "..", 1, 2, 2, []),
    "orphan_key": (".+.+", "..", 1, 1, 1, []),
}
BY_INDEX = ["&rq->lock", "dev_mutex", "&stats->lock", "table_lock", "dev_mutex/1",
            "cache_mutex#2", "orphan_key"]
# Slot 3 was taken, freed and taken again after slot 4.
AS_REGISTERED = ["&rq->lock", "dev_mutex", "table_lock", "&stats->lock", *BY_INDEX[4:]]
KEYS = {"&rq->lock": ("rq_key", 0), "dev_mutex": ("dev_key", 0), "&stats->lock": ("stats_key", 0),
        "table_lock": ("table_key", 0), "dev_mutex/1": ("dev_key", 1),
        "cache_mutex#2": ("synthetic_module_key", 0), "orphan_key": ("orphan_key", 0)}
REGISTRATION_ORDER = ("el8.3", "5.4", "5.10")
SIX_CHARACTERS = ("3.10", "4.4")
STORE_RECURSIVE_READS = ("5.10", "6.6", "7.1")
LOG = """\
[    0.000000] Linux version {release}
[    1.500000] sample: loading
[    2.000001] sample: two
[    2.000001] lines
"""
FRAGMENTS_JOINED = "[    3.000000] fragment one, fragment two\n"
FRAGMENTS_APART = "[    3.000000] fragment one, \n[    3.000000] fragment two\n"
VECTORS = ["HI", "TIMER", "NET_TX", "NET_RX", "BLOCK", None, "TASKLET", "SCHED", "HRTIMER", "RCU"]


def pointer(kernel, name):
    # 4.18 hashed pointers, and this one had no key yet.
    if kernel.kernel.version == "el8.0":
        return "(____ptrval____)"
    symbol, subclass = KEYS[name]
    return f"{kernel.address(symbol) + subclass:016x}"


def proc_lockdep(kernel):
    order = AS_REGISTERED if kernel.kernel.version in REGISTRATION_ORDER else BY_INDEX
    text = "all lock classes:\n"
    for name in order:
        usage, reclaim, forward, backward, ops, after = CLASSES[name]
        if kernel.kernel.version in SIX_CHARACTERS:
            usage += reclaim
        text += (f"{pointer(kernel, name)} OPS:{ops:8} FD:{forward:5} BD:{backward:5} {usage}: "
                 f"{name}\n")
        for other in after:
            text += f" -> [{pointer(kernel, other)}] {other}\n"
        text += "\n"
    return text


def proc_chains(kernel):
    words = kernel.kernel.version in ("el8.3", "5.10", "6.6", "7.1")
    chains = [("0", ["dev_mutex", "&stats->lock", "table_lock"]),
              ("hardirq" if words else "2", ["&rq->lock"]),
              ("softirq" if words else "1", ["&stats->lock"])]
    text = ""
    for context, locks in chains:
        text += f"irq_context: {context}\n"
        text += "".join(f"[{pointer(kernel, name)}] {name}\n" for name in locks) + "\n"
    return text


def each_kernel(test):
    """Runs the test on every version's healthy kernel."""
    @functools.wraps(test)
    def run(self):
        for version in VERSIONS:
            with self.subTest(version):
                test(self, synthetic(version))
    return run


class SyntheticTest(unittest.TestCase):
    maxDiff = None

    @each_kernel
    def test_nothing_is_wrong_with_it(self, kernel):
        report = kernel.analyze()
        self.assertEqual(problems_beyond_stacks(report), [])
        self.assertEqual([each["title"] for each in report["findings"]], [])
        self.assertEqual(report["lockdep"]["inconsistencies"], [])
        self.assertTrue(report["lockdep"]["read_completely"])
        self.assertEqual(report["scan"]["bytes_missing"], 0)

    @each_kernel
    def test_who_it_is(self, kernel):
        about = kernel.analyze()["kernel"]
        self.assertEqual(about["release"], kernel.release)
        self.assertEqual(about["node_name"], "synthetic")
        self.assertEqual(about["command_line"], "root=/dev/vda quiet")
        self.assertEqual((about["taint_flags"], about["possible_cpus"]), ("O", 2))

    @each_kernel
    def test_proc_lockdep(self, kernel):
        self.assertEqual(kernel.run("classes", "--proc", "lockdep").out, proc_lockdep(kernel))

    @each_kernel
    def test_proc_lockdep_chains(self, kernel):
        text = kernel.run("classes", "--proc", "lockdep_chains").out
        self.assertTrue(text.startswith("all lock chains:\nirq_context: 0\n["))
        self.assertTrue(text.endswith("\n\n" + proc_chains(kernel)) or
                        text == "all lock chains:\n" + proc_chains(kernel), text[-800:])
        # The 16-bit base of 3.10 and 4.4 wraps over 1400 chains of 48 locks.
        fillers = 1400 if kernel.kernel.version in SIX_CHARACTERS else 0
        self.assertEqual(text.count("irq_context:"), fillers + 3)
        self.assertEqual(text.count("&rq->lock"), fillers * 48 + 1)

    @each_kernel
    def test_proc_lockdep_stats(self, kernel):
        lines = dict(line.strip().split(":", 1) for line in
                     kernel.run("classes", "--proc", "lockdep_stats").out.splitlines() if line)
        stats = {name: value.split()[0] for name, value in lines.items()}
        keeps_zapped = kernel.kernel.version in ("3.10", "4.4", "el8.0")
        self.assertEqual(stats["lock-classes"], "8" if keeps_zapped else "7")
        self.assertEqual(lines["direct dependencies"].split(), ["8", "[max:", "512]"])
        self.assertEqual(stats["indirect dependencies"], str(sum(
            each[2] for each in CLASSES.values())))
        self.assertEqual(stats["chain lookup hits"], "42")
        self.assertEqual(stats["hardirq-safe locks"], "1")
        self.assertEqual(stats["softirq-unsafe locks"], "2")
        self.assertEqual(stats["softirq-read-safe locks"], "1")
        self.assertEqual(stats["hardirq-read-unsafe locks"], "1")
        self.assertEqual(stats["max locking depth"], "11")
        self.assertEqual(stats.get("dynamic-keys"),
                         "2" if kernel.kernel.version == "7.1" else None)
        self.assertEqual(stats.get("max lock class index"),
                         "7" if kernel.kernel.version in ("6.6", "7.1") else None)

    @each_kernel
    def test_dependencies_in_json(self, kernel):
        edges = [(each["from"], each["to"], each["distance"], each["dep"])
                 for each in kernel.analyze()["lockdep"]["dependencies"]]
        has_dep = kernel.kernel.version in STORE_RECURSIVE_READS
        self.assertCountEqual(edges, [
            (1, 3, 1, 8 * has_dep), (1, 6, 1, 2 * has_dep), (1, 4, 2, 8 * has_dep),
            (3, 4, 1, 8 * has_dep)])

    @each_kernel
    def test_stacks_of_usages(self, kernel):
        lockdep = kernel.analyze()["lockdep"]
        stats = next(each for each in lockdep["classes"] if each["name"] == "&stats->lock")
        traces = {each["usage"]: lockdep["traces"][each["trace"]] for each in stats["usages"]}
        code = [f"0x{kernel.address(name) + 1:016x}" for name in
                ("stats_softirq", "run_stats_timer", "stats_update", "sys_stats")]
        self.assertEqual(traces, {"IN-SOFTIRQ-W": code[:2], "HARDIRQ-ON-W": code[2:],
                                  "INITIAL USE": code[3:]})


class MachineTest(unittest.TestCase):
    maxDiff = None

    @each_kernel
    def test_held_locks(self, kernel):
        report = kernel.analyze()
        tasks = {each["comm"]: each for each in report["tasks"]}
        held = [(lock["class"], lock["acquired_at"]["function"], lock["read"],
                 lock["trylock"], lock["hardirqs_off"], lock["check"], lock["references"])
                for lock in tasks["worker"]["held_locks"]]
        self.assertEqual(held, [
            ("dev_mutex", "worker_step", 0, False, False, True, 5),
            ("&stats->lock", "sys_stats", 0, False, True, True, 0),
            ("table_lock", "table_lookup", 1, False, True, False, 0)])
        child, cache = tasks["worker_thread"]["held_locks"]
        self.assertEqual((child["class"], child["trylock"]), ("dev_mutex/1", True))
        self.assertEqual(cache["class"], "cache_mutex#2")
        self.assertEqual(cache["address"],
                         f"0x{self.map_of(kernel, report, 'cache_mutex'):016x}")
        self.assertEqual((cache["acquired_at"]["module"], cache["acquired_at"]["function"],
                          cache["acquired_at"]["offset"]), ("sample_mod", "cache_refill", 0x11))
        self.assertEqual(tasks["worker"]["held_locks"][0]["address"], cache["nest_lock"])

    def map_of(self, kernel, report, mutex):
        """The only lockdep_map that the mutex can hold: it ends the structure."""
        at = kernel.address(mutex)
        address = next(int(lock["address"], 16) for task in report["tasks"]
                       for lock in task["held_locks"] if lock["name"] == mutex)
        self.assertTrue(at < address < at + 512)
        return address

    @each_kernel
    def test_tasks(self, kernel):
        tasks = {(each["comm"], each["pid"], each["tgid"], each["state"], each["cpu"],
                  each["on_cpu"], each["idle"], int(each["address"], 16))
                 for each in kernel.analyze()["tasks"]}
        at = kernel.address
        self.assertEqual(tasks, {
            ("swapper/0", 0, 0, "R", 0, False, True, at("init_task")),
            ("swapper/1", 0, 0, "R", 1, True, True, at("idle1")),
            ("worker", 42, 42, "R", 0, True, False, at("worker")),
            ("worker_thread", 43, 42, "S", 1, False, False, at("worker_thread")),
            ("sleeper", 7, 7, "D", 1, False, False, at("sleeper"))})

    @each_kernel
    def test_cpus(self, kernel):
        cpus = [(each["current"]["comm"], each["softirq_pending"], each["preempt_count"],
                 each["hardirqs_enabled"], each["hardirq_context"],
                 [lock["name"] for lock in each["spinlocks_held"]])
                for each in kernel.analyze()["cpus"]]
        self.assertEqual(cpus, [("worker", 0x82, 3, False, 0, ["&stats->lock"]),
                                ("swapper/1", 0x200, 1, True, 0, [])])

    @each_kernel
    def test_log(self, kernel):
        expected = LOG.format(release=kernel.release)
        joined = kernel.kernel.version in SIX_CHARACTERS
        expected += FRAGMENTS_JOINED if joined else FRAGMENTS_APART
        if kernel.kernel.version in STORE_RECURSIVE_READS:  # the ring of descriptors: 5.10
            expected += "[    3.000000] \n"
        self.assertEqual(kernel.run("log").out, expected)

    def test_log_callers(self):
        for version in ("5.4", "5.10", "6.6", "7.1"):
            with self.subTest(version):
                log = synthetic(version).run("log", "-f", "json").json()["log"]
                self.assertEqual([each["caller"] for each in log[:3]], ["T0", "T42", "C1"])
                self.assertEqual([each["level"] for each in log[:3]], [5, 6, 4])
                self.assertEqual([each["sequence"] for each in log[:5]], [100, 101, 102, 103, 104])

    @each_kernel
    def test_softirqs(self, kernel):
        vectors = kernel.run("softirqs", "-f", "json").json()["softirqs"]
        names = list(VECTORS)
        names[5] = kernel.settings["SOFTIRQ_5_NAME"].strip('"')
        self.assertEqual([each["name"] for each in vectors], names)
        empty = [3, 5, 8] if kernel.kernel.version == "4.4" else [3, 5]
        self.assertEqual([each["vector"] for each in vectors if not each["action"]], empty)
        self.assertEqual(vectors[1]["action_symbol"], "run_timer_softirq")
        self.assertEqual({each["vector"]: each["pending_on"] for each in vectors
                          if each["pending_on"]}, {1: [0], 7: [0], 9: [1]})

    @each_kernel
    def test_modules(self, kernel):
        modules = [(each["name"], int(each["base"], 16), each["size"], each["taints"],
                    each["state"], each["symbols_read"]) for each in kernel.analyze()["modules"]]
        self.assertEqual(modules, [("sample_mod", kernel.address("synthetic_module_text"),
                                    0x3000, "O", "Live", True)])


class InconsistentTest(unittest.TestCase):
    def test_one_class_in_and_outside_of_softirqs(self):
        for version in VERSIONS:
            with self.subTest(version):
                kernel = synthetic(version, "INCONSISTENT")
                report = kernel.analyze()
                found = [each for each in report["findings"] if each["rule"] == "irq-inconsistent"]
                self.assertEqual(len(found), 1)
                self.assertEqual({each["rule"] for each in report["findings"]},
                                 {"irq-inconsistent", "lockdep-off"})
                self.assertEqual(found[0]["locks"][0]["name"], "&stats->lock")
                self.assertEqual(found[0]["grade"], "proven")
                functions = {frame["function"] for evidence in found[0]["evidence"]
                             for frame in evidence["stack"]}
                self.assertLessEqual({"stats_softirq", "stats_update"}, functions)
                self.assertIs(report["lockdep"]["enabled"], False)
                self.assertEqual(problems_beyond_stacks(report), [])


if __name__ == "__main__":
    unittest.main()
