# SPDX-License-Identifier: GPL-3.0-or-later
"""Live deadlocks and stalls on real dumps: exactly the finding that each was made for.

Who holds what and who waits comes from the scenario modules' source (fixtures/lab/modules) and from
the guests' own logs: khungtaskd and the soft-lockup watchdog name the tasks, kallsyms the locks."""
import pathlib
import re
import tempfile
import unittest

from support.tool import Fixture, all_fixtures, kmortem


def errors(report):
    return [each for each in report["findings"] if each["severity"] == "error"]


def tasks(finding, role=None):
    return {each["comm"] for each in finding["tasks"] if role in (None, each["role"])}


def symbol_address(fixture, name):
    for line in fixture.truth("kallsyms").splitlines():
        words = line.split()
        if words[2] == name and len(words) > 3 and words[3].startswith("[lk_"):
            return "0x" + words[0]
    raise AssertionError(f"{name} is not in the guest's kallsyms")


class DeadlocksTest(unittest.TestCase):
    def only(self, name, rule, grade="proven"):
        fixture = Fixture(name)
        found = errors(fixture.analyze())
        self.assertEqual([(each["rule"], each["grade"]) for each in found], [(rule, grade)])
        return fixture, found[0]

    def check_rcu(self, fixture, finding):
        lock = symbol_address(fixture, "gc_lock")
        self.assertEqual([each["address"] for each in finding["locks"]], [lock])
        self.assertEqual(finding["locks"][0]["symbol"], "gc_lock [lk_rcu]")
        lockup = re.search(r"soft lockup - CPU#(\d+) stuck for \d+s! \[(\w+):(\d+)\]",
                           fixture.truth("dmesg") if fixture.name != "rcu-kexec-6.1-plain"
                           else fixture.run("log").out)
        owner = next(each for each in finding["tasks"] if each["role"] == "owner")
        self.assertEqual((owner["cpu"], owner["comm"], owner["pid"]),
                         (int(lockup.group(1)), lockup.group(2), int(lockup.group(3))))
        self.assertIn("spin_lock_bh", finding["remedy"])
        self.assertIn("prune_wait_free", finding["remedy"])
        self.assertTrue(any("soft lockup" in each["text"] for each in finding["evidence"]))
        stack = next(each["stack"] for each in finding["evidence"] if each["stack"])
        functions = [frame["function"] for frame in stack]
        for function in ("native_queued_spin_lock_slowpath", "flow_inode_replace",
                         "handle_softirqs", "prune_wait_free", "kthread"):
            self.assertIn(function, functions)
        contexts = {frame["function"]: frame["context"] for frame in stack}
        self.assertEqual(contexts["flow_inode_replace"], "softirq")
        self.assertEqual(contexts["prune_wait_free"], "task")

    def test_rcu_callback_without_lock_debugging(self):
        self.check_rcu(*self.only("rcu-6.1-plain", "irq-self-deadlock"))

    def test_rcu_callback_after_the_watchdogs_panic(self):
        self.check_rcu(*self.only("rcu-kexec-6.1-plain", "irq-self-deadlock"))

    def test_without_the_modules_debuginfo(self):
        fixture = Fixture("rcu-kexec-6.1-plain")
        with tempfile.TemporaryDirectory() as folder:
            alone = pathlib.Path(folder) / "vmcore"
            alone.symlink_to(fixture.vmcore)
            report = kmortem("analyze", alone, "-s", fixture.vmlinux, "-f", "json").json()
        found = errors(report)
        self.assertEqual([(each["rule"], each["grade"]) for each in found],
                         [("irq-self-deadlock", "proven")])
        self.assertEqual(found[0]["locks"][0]["address"], symbol_address(fixture, "gc_lock"))

    def test_hard_interrupt_on_top_of_the_holder(self):
        fixture = Fixture("nested-6.1")
        found = [each for each in errors(fixture.analyze())
                 if each["rule"] == "irq-self-deadlock"]
        self.assertEqual([each["grade"] for each in found], ["proven"])
        self.assertEqual(found[0]["locks"][0]["address"], symbol_address(fixture, "queue_lock"))
        self.assertEqual(tasks(found[0], "owner"), {"queue_worker"})
        self.assertIn("spin_lock_irqsave", found[0]["remedy"])

    def check_mutexes(self, name):
        fixture, finding = self.only(name, "deadlock-cycle")
        hung = set(re.findall(r"INFO: task (\S+):\d+ blocked for more than",
                              fixture.truth("dmesg")))
        self.assertEqual(tasks(finding), hung)
        self.assertLessEqual({"rename_forth", "rename_back"}, hung)
        self.assertEqual(len(finding["locks"]), 2)
        self.assertEqual({each["type"] for each in finding["locks"]}, {"mutex"})

    def test_two_mutexes(self):
        self.check_mutexes("mutex-abba-6.1-plain")

    def test_two_mutexes_with_lockdep(self):
        self.check_mutexes("mutex-abba-6.1-lockdep")

    def test_two_spinlocks_on_two_cpus(self):
        fixture, finding = self.only("spin-abba-6.1-plain", "deadlock-cycle")
        self.assertEqual({each["address"] for each in finding["locks"]},
                         {symbol_address(fixture, "ledger_lock"),
                          symbol_address(fixture, "journal_lock")})
        self.assertEqual(tasks(finding), {"ledger_post", "journal_replay"})

    def test_mutex_rwsem_and_spinlock(self):
        fixture, finding = self.only("mixed-6.1-plain", "deadlock-cycle")
        self.assertEqual({(each["type"], each["address"]) for each in finding["locks"]},
                         {("mutex", symbol_address(fixture, "conf_mutex")),
                          ("rw_semaphore", symbol_address(fixture, "conf_rwsem")),
                          ("spinlock", symbol_address(fixture, "stats_lock"))})
        self.assertLessEqual({"conf_writer", "conf_reload", "stats_flush"}, tasks(finding))

    def check_event(self, name, lock, event, threads):
        """`lock` and `event`: type and symbol."""
        fixture, finding = self.only(name, "deadlock-cycle")
        self.assertEqual({(each["type"], each["address"]) for each in finding["locks"]},
                         {(kind, symbol_address(fixture, name)) for kind, name in (lock, event)})
        self.assertLessEqual(threads, {re.sub(r"/.*", "", comm) for comm in tasks(finding)})
        return fixture, finding

    def test_a_timers_function_that_is_waited_for(self):
        fixture, finding = self.check_event("timer-6.1-plain", ("spinlock", "link_lock"),
                                            ("timer", "link_timer"), {"link_stop", "swapper"})
        self.assertIn("do not wait in link_stop()", finding["remedy"])
        # The guest's watchdog names both CPUs.
        said = fixture.truth("dmesg")
        self.assertRegex(said, r"soft lockup - CPU#1 stuck for \d+s! \[link_stop:")
        self.assertRegex(said, r"soft lockup - CPU#2 stuck for \d+s! \[swapper/2:0\]")

    def test_a_work_item_that_is_cancelled(self):
        fixture, finding = self.check_event("work-6.1-plain", ("mutex", "scrub_mutex"),
                                            ("work item", "scrub_work"),
                                            {"scrub_cancel", "kworker"})
        self.assertIn("do not wait in scrub_cancel()", finding["remedy"])
        # sysrq-t prints, of every worker at work, what it runs.
        self.assertRegex(fixture.truth("dmesg"), r"Workqueue: events scrub_run \[lk_waits\]")

    def test_four_cpus_in_a_spinlocks_queue(self):
        fixture, finding = self.only("qspin-queue-6.1-plain", "lock-stall")
        self.assertEqual(tasks(finding, "owner"), {"table_rebuild"})
        self.assertEqual(tasks(finding, "waiter"),
                         {f"table_insert/{number}" for number in range(4)})
        queue = next(each for each in fixture.run("locks", "-f", "json").json()["locks"]
                     if each["address"] == finding["locks"][0]["address"])
        self.assertEqual([each["cpu"] for each in queue["waiters"]], [2, 3, 4, 5])
        self.assertEqual(queue["value"], "0x180101")

    def test_four_cpus_in_a_paravirtual_queue(self):
        fixture, finding = self.only("qspin-paravirt-6.1-plain", "lock-stall")
        said = fixture.truth("dmesg")
        self.assertIn("PV qspinlock hash table entries", said)
        address = "0x" + re.search(r"lk_qspin: lock at (\w+)", said).group(1)
        self.assertEqual([each["address"] for each in finding["locks"]], [address])
        self.assertEqual(tasks(finding, "owner"), {"table_rebuild"})
        queue = next(each for each in fixture.run("locks", "-f", "json").json()["locks"]
                     if each["address"] == address)
        # The order in which the module starts them; the guest's sysrq-l has them there, too.
        self.assertEqual([each["cpu"] for each in queue["waiters"]], [2, 3, 4, 5])
        self.assertEqual([each["cpu"] for each in queue["owners"]], [1])
        for cpu in (2, 3, 4, 5):
            self.assertRegex(said, rf"CPU: {cpu} PID: \d+ Comm: table_insert/{cpu - 2} ")
        # pv_wait_head_or_lock() put the lock into the hash table: _Q_SLOW_VAL.
        self.assertEqual(int(queue["value"], 16) & 0xff, 3)

    def test_what_the_waiters_virtual_cpus_do(self):
        locks = Fixture("qspin-paravirt-6.1-plain").run("locks", "-f", "json").json()["locks"]
        lock = next(each for each in locks if each["waiters"])
        self.assertIn("_Q_SLOW_VAL", lock["value_text"])
        states = [re.search(r"pv_node\.state: (\w+)", each["evidence"])
                  for each in lock["waiters"] if "queue node" in each["evidence"]]
        self.assertTrue(all(states))
        # Their stacks say the same: interrupted while they spun, none of them in kvm_wait().
        self.assertEqual({each[1] for each in states}, {"vcpu_running"})
        # Where spinlocks are native there is no state.
        plain = Fixture("qspin-queue-6.1-plain").run("locks", "-f", "json").out
        self.assertNotIn("pv_node", plain)

    def test_a_rwlocks_queue_is_no_lock_of_its_own(self):
        locks = Fixture("readrec-6.1").run("locks", "-f", "json").json()["locks"]
        self.assertEqual({(each["symbol"], each["type"]) for each in locks},
                         {("route_lock [lk_readrec]", "rwlock"),
                          ("the queue of route_lock [lk_readrec]", "raw_spinlock")})
        queue = next(each for each in locks if each["type"] == "raw_spinlock")
        self.assertEqual([each["comm"] for each in queue["owners"]], ["route_insert"])

    def test_a_spinlocks_owner_sleeps(self):
        fixture, finding = self.only("sleep-locked-6.1-plain", "held-while-sleeping")
        self.assertEqual(finding["locks"][0]["address"], symbol_address(fixture, "cache_lock"))
        self.assertEqual(tasks(finding, "owner"), {"cache_shrink"})
        self.assertEqual(tasks(finding, "waiter"), {"cache_add"})

    def test_locks_that_their_owners_forgot(self):
        fixture = Fixture("leak-6.1-lockdep")
        found = errors(fixture.analyze())
        self.assertEqual({each["rule"] for each in found}, {"lock-leak"})
        self.assertEqual({(each["locks"][0]["address"], each["grade"]) for each in found},
                         {(symbol_address(fixture, "config_mutex"), "proven"),
                          (symbol_address(fixture, "stats_mutex"), "inferred")})

    def test_locks_in_freed_memory(self):
        # The module says where they are; the guest freed all three after its truth was taken.
        fixture = Fixture("freed-lock-6.1-plain")
        said = fixture.truth("dmesg")
        at = {name: "0x" + re.search(rf"{name} \w+, its (?:mutex|spinlock) (\w+)", said).group(1)
              for name in ("session", "ring", "trace buffer")}
        found = errors(fixture.analyze())
        self.assertEqual({each["rule"] for each in found}, {"freed-lock"})
        self.assertEqual({each["locks"][0]["address"]: (each["grade"], tasks(each, "waiter"))
                          for each in found},
                         {at["session"]: ("proven", {"session_send"}),
                          at["ring"]: ("proven", {"ring_reader"}),
                          at["trace buffer"]: ("proven", {"trace_reader"})})
        self.assertEqual(len(found), 3)
        why = {each["locks"][0]["address"]: " ".join(item["text"] for item in each["evidence"])
               for each in found}
        self.assertIn("slab cache lk_session", why[at["session"]])
        self.assertIn("CPU 2's list", why[at["ring"]])
        self.assertIn("of the 16 pages", why[at["trace buffer"]])
        locks = fixture.run("locks", "-f", "json").json()["locks"]
        self.assertIn("lk_session+0x8", [each["slab"] for each in locks])

    def test_no_other_lock_lies_in_freed_memory(self):
        for fixture in all_fixtures():
            if fixture.name == "freed-lock-6.1-plain":
                continue
            with self.subTest(fixture.name):
                locks = fixture.run("locks", "-f", "json").json()["locks"]
                self.assertEqual([each["address"] for each in locks if each["in_freed_memory"]],
                                 [])

    def test_a_cpu_that_holds_up_rcu(self):
        fixture, finding = self.only("rcu-stall-6.1-plain", "rcu-stall")
        self.assertIn("detected stalls on CPUs", fixture.truth("dmesg"))
        self.assertEqual(tasks(finding), {"fifo_poll"})

    def test_busy_and_healthy(self):
        for name in ("busy-6.1-plain", "busy-6.1-lockdep"):
            with self.subTest(name):
                self.assertEqual(Fixture(name).analyze()["findings"], [])


if __name__ == "__main__":
    unittest.main()
