# SPDX-License-Identifier: GPL-3.0-or-later
"""PREEMPT_RT: locks, owners and waiters against the scenario module's source (fixtures/lab/modules/lk_rt.c) and against
what the guest's own lockdep, khungtaskd and kallsyms said."""
import re
import unittest

from support.tool import Fixture

# What each of the module's locks is, who has it, and who waits for it.
TYPES = {"ledger_lock": "rt_spinlock", "journal_lock": "rt_spinlock", "cache_lock": "rt_spinlock",
         "rate_lock": "rt_rwlock", "route_rwsem": "rw_semaphore", "report_mutex": "mutex"}
OWNERS = {"ledger_lock": {"ledger_post"}, "journal_lock": {"journal_replay"},
          "cache_lock": {"cache_trim"}, "rate_lock": {"rate_reader"},
          "route_rwsem": {"route_reader"}, "report_mutex": {"audit"}}
WAITERS = {"ledger_lock": {"journal_replay", "audit", "rate_reader"},
           "journal_lock": {"ledger_post", "cache_trim", "lru_drain"}, "cache_lock": set(),
           "rate_lock": {"rate_writer"}, "route_rwsem": {"route_writer"},
           "report_mutex": {"report_write"}}


def addresses(fixture):
    found = {}
    for line in fixture.truth("kallsyms").splitlines():
        words = line.split()
        if words[-1] == "[lk_rt]" and words[2] in TYPES:
            found[words[2]] = "0x" + words[0]
    return found


def listed_by_lockdep(dmesg):
    """{pid: [addresses of lockdep_maps]} of the last list of all locks held."""
    held, pid = {}, None
    for line in dmesg[dmesg.rindex("Showing all locks held in the system"):].splitlines():
        if task := re.search(r"\d+ locks? held by .*/(\d+):$", line):
            pid = int(task.group(1))
            held[pid] = []
        elif lock := re.search(r"#\d+: (\w+) \(", line):
            held[pid].append("0x" + lock.group(1))
    return held


def names(parties):
    return {each["comm"] for each in parties}


class PreemptRtTest(unittest.TestCase):
    def setUp(self):
        self.fixture = Fixture("rt-6.12")
        self.locks = self.fixture.run("locks", "-f", "json").json()["locks"]
        self.at = addresses(self.fixture)
        self.report = self.fixture.analyze()

    def lock(self, name):
        [found] = [each for each in self.locks if each["address"] == self.at[name]]
        return found

    def errors(self, rule):
        return [each for each in self.report["findings"]
                if each["severity"] == "error" and each["rule"] == rule]

    def test_every_lock_of_the_module(self):
        self.assertEqual(self.at.keys(), TYPES.keys())
        for name, type_ in TYPES.items():
            with self.subTest(name):
                lock = self.lock(name)
                self.assertEqual(lock["type"], type_)
                self.assertEqual(names(lock["owners"]), OWNERS[name])
                self.assertEqual(names(lock["waiters"]), WAITERS[name])
                self.assertEqual({each["grade"] for each in lock["owners"] + lock["waiters"]},
                                 {"proven"})

    def test_readers(self):
        for name in ("rate_lock", "route_rwsem"):
            with self.subTest(name):
                self.assertEqual([each["shared"] for each in self.lock(name)["owners"]], [True])

    def test_the_local_lock_of_a_cpu(self):
        # lru_drain is the last thread of ten, on CPU 1; lru is a per-cpu variable of the module.
        held = listed_by_lockdep(self.fixture.truth("dmesg"))
        [pid] = [each["pid"] for each in self.report["tasks"] if each["comm"] == "lru_drain"]
        [lock] = [each for each in self.locks if each["map"] == held[pid][0]]
        self.assertEqual(lock["type"], "rt_spinlock")
        self.assertEqual(names(lock["owners"]), {"lru_drain"})
        self.assertEqual(lock["waiters"], [])

    def test_each_lock_is_listed_once(self):
        addresses_ = [each["address"] for each in self.locks]
        self.assertEqual(sorted(addresses_), sorted(set(addresses_)))

    def test_held_locks_are_those_that_the_kernel_lists(self):
        held = listed_by_lockdep(self.fixture.truth("dmesg"))
        ours = {each["pid"]: [lock["address"] for lock in each["held_locks"]]
                for each in self.report["tasks"]}
        compared = 0
        for task in self.report["tasks"]:
            if task["kernel_thread"] and task["state"] == "D" and task["pid"] in held:
                self.assertEqual(ours[task["pid"]], held[task["pid"]], task["comm"])
                compared += 1
        self.assertGreaterEqual(compared, 10)

    def test_the_deadlock(self):
        [finding] = self.errors("deadlock-cycle")
        self.assertEqual(finding["grade"], "proven")
        self.assertEqual({each["address"] for each in finding["locks"]},
                         {self.at["ledger_lock"], self.at["journal_lock"]})
        self.assertEqual({each["type"] for each in finding["locks"]}, {"rt_spinlock"})
        behind = {"audit", "report_write", "rate_reader", "rate_writer", "cache_trim", "lru_drain"}
        self.assertLessEqual({"ledger_post", "journal_replay"} | behind,
                             {each["comm"] for each in finding["tasks"]})

    def test_the_queue_behind_a_reader_that_sleeps(self):
        [finding] = self.errors("lock-stall")
        self.assertEqual([each["address"] for each in finding["locks"]], [self.at["route_rwsem"]])
        self.assertEqual([(each["comm"], each["role"]) for each in finding["tasks"]],
                         [("route_reader", "owner"), ("route_writer", "waiter")])

    def test_nothing_else_but_who_waits_for_rcu(self):
        # A spinlock_t's section is one of RCU's there: none ends while the two are stuck.
        rest = [each for each in self.report["findings"]
                if each["rule"] not in ("deadlock-cycle", "lock-stall")]
        for finding in rest:
            self.assertEqual(finding["rule"], "hung-task")
            stack = [frame["function"] for each in finding["evidence"] for frame in each["stack"]]
            self.assertIn("__wait_rcu_gp", stack)

    def test_the_kernels_hung_tasks_are_all_in_a_finding(self):
        hung = set(re.findall(r"INFO: task (\S+):\d+ blocked for more than",
                              self.fixture.truth("dmesg")))
        self.assertLessEqual({"report_write", "route_reader", "route_writer"}, hung)
        self.assertLessEqual(hung, {task["comm"] for each in self.report["findings"]
                                    for task in each["tasks"]})


if __name__ == "__main__":
    unittest.main()
