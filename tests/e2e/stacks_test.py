# SPDX-License-Identifier: GPL-3.0-or-later
"""Unwound stacks against what the guests' own unwinder printed before the dump."""
import re
import unittest

from support.tool import Fixture, all_fixtures
from support.traces import call_traces, our_places, proc_stacks, symbols

# A register whose name the log and we share, in callers, too.
REGISTERS = ("rsp rax rbx rcx rdx rsi rdi rbp r08 r09 r10 r11 r12 r13 r14 r15").split()


def outside_scheduler(stack, kallsyms):
    """/proc/PID/stack leaves out what lies in .sched.text (in_sched_functions())."""
    begin, end = kallsyms["__sched_text_start"], kallsyms["__sched_text_end"]
    return [frame for frame in stack if not begin <= int(frame["pc"], 16) < end]


def base_comm(comm):
    """What /proc/PID/comm adds to a kworker's name ("-events") comes and goes."""
    return re.sub(r"^(kworker/[^-+]*)[-+].*", r"\1", comm)


def tasks_of(report):
    return {task["pid"]: task for task in report["tasks"] if not task["idle"]}


def outline(subject):
    """A stack without how its frames were found and which of the registers are known."""
    return [(frame["pc"], frame["context"], frame["interrupted"]) for frame in subject["stack"]]


class StacksTest(unittest.TestCase):
    # What a subclass adds to every command line.
    options = ()
    found_by = ("orc", "registers")

    def analyze(self, fixture):
        return fixture.analyze(*self.options)

    def test_sleeping_tasks_stand_where_their_proc_stack_says(self):
        for fixture in all_fixtures():
            with self.subTest(fixture.name):
                kallsyms = symbols(fixture.truth("kallsyms"))
                tasks = tasks_of(self.analyze(fixture))
                compared, moved, differences = 0, [], []
                for pid, (comm, theirs) in proc_stacks(fixture.truth("stacks")).items():
                    task = tasks.get(pid)
                    if task is None or task["on_cpu"] or not theirs:
                        continue
                    if base_comm(task["comm"]) != base_comm(comm)[:15]:
                        continue  # another task by now
                    ours = our_places(outside_scheduler(task["stack"], kallsyms))
                    compared += 1
                    if ours == theirs or comm.startswith("busy_"):
                        continue  # the threads of a busy machine go on all the time
                    # A task that has run since sleeps elsewhere; where it sleeps in the same
                    # place, everything below must be the same.
                    if not ours or ours[0] != theirs[0]:
                        moved.append(f"{pid} {comm}: {theirs[:1]} → {ours[:1]}")
                    else:
                        differences.append(f"{pid} {comm}: {theirs} / {ours}")
                self.assertEqual(differences, [])
                self.assertGreater(compared, 20)
                # init, which wrote the truth, and some workers and timers at most.
                self.assertLessEqual(len(moved), compared // 5, "\n".join(map(str, moved)))

    def test_every_stack_is_complete(self):
        for fixture in all_fixtures():
            with self.subTest(fixture.name):
                report = self.analyze(fixture)
                for subject in report["tasks"] + report["cpus"]:
                    state = subject["stack_state"]
                    self.assertTrue(state["complete"], subject.get("comm", subject.get("cpu")))
                    before = None
                    for frame in subject["stack"]:
                        self.assertIsNotNone(frame["function"])
                        # A panicking CPU's registers are pieced together in __crash_kexec():
                        # its rip is a label that need not go with its rsp.
                        # The frames up to the interrupt that it panicked in are found by scanning.
                        if before is None or frame["interrupted"]:
                            panicking = frame["function"] == "__crash_kexec"
                        if not panicking:
                            self.assertIn(frame["found_by"], self.found_by)
                        before = frame["function"]
                for task in report["tasks"]:
                    if task["kernel_thread"] and not task["idle"]:
                        self.assertTrue(
                            task["stack"][-1]["function"].startswith("ret_from_fork"))

    def assert_hung_as_logged(self, fixture, first):
        """The stack of the last trace's CPU equals that trace from `first` to its outer end."""
        trace = call_traces(fixture.truth("dmesg"))[-1]
        cpu = next(each for each in self.analyze(fixture)["cpus"] if each["cpu"] == trace.cpu)
        self.assertEqual(cpu["current"]["pid"], trace.pid)
        ours = our_places(cpu["stack"])
        theirs = trace.places
        since = next(i for i, each in enumerate(theirs) if each.function == first)
        length = len(theirs) - since
        self.assertGreater(length, 5)
        self.assertEqual(list(map(str, ours[-length:])), list(map(str, theirs[since:])))
        return cpu, trace

    def assert_registers_as_logged(self, cpu, trace):
        index = max(trace.registers)
        from_end = len(trace.places) - index
        saved = next(each for each in cpu["stack_state"]["registers"]
                     if each["frame"] == len(cpu["stack"]) - from_end)
        theirs = trace.registers[index]
        self.assertEqual(set(theirs), set(REGISTERS))
        for name, value in theirs.items():
            ours = saved["values"][re.sub("^r0", "r", name)]
            self.assertEqual(int(ours, 16), value, name)

    def test_rcu_callback_over_its_own_thread(self):
        cpu, trace = self.assert_hung_as_logged(Fixture("rcu-6.1-plain"), "_raw_spin_lock")
        self.assert_registers_as_logged(cpu, trace)
        names = [frame["function"] for frame in cpu["stack"]]
        self.assertEqual(names[0], "native_queued_spin_lock_slowpath")
        contexts = {frame["function"]: frame["context"] for frame in cpu["stack"]}
        self.assertEqual(contexts["flow_inode_replace"], "softirq")
        self.assertEqual(contexts["handle_softirqs"], "softirq")
        self.assertEqual(contexts["irq_exit_rcu"], "hardirq")
        self.assertEqual(contexts["asm_sysvec_apic_timer_interrupt"], "hardirq")
        self.assertEqual(contexts["prune_wait_free"], "task")
        interrupted = [frame["function"] for frame in cpu["stack"] if frame["interrupted"]]
        self.assertEqual(interrupted, ["native_queued_spin_lock_slowpath", "delay_tsc"])

    def test_timer_handler_over_its_own_thread(self):
        cpu, trace = self.assert_hung_as_logged(Fixture("nested-6.1"), "queue_kick")
        self.assert_registers_as_logged(cpu, trace)
        contexts = {frame["function"]: frame["context"] for frame in cpu["stack"]}
        self.assertEqual(contexts["queue_kick"], "hardirq")
        self.assertEqual(contexts["queue_drain"], "task")

    def test_panicking_cpu_of_a_kdump(self):
        report = self.analyze(Fixture("kexec-6.1"))
        cpu = next(each for each in report["cpus"]
                   if each["cpu"] == report["kernel"]["panic_cpu"])
        names = [frame["function"] for frame in cpu["stack"]]
        for name in ("sysrq_handle_crash", "write_sysrq_trigger", "vfs_write"):
            self.assertIn(name, names)
        self.assertTrue(names[-1].startswith("entry_SYSCALL_64"))


class WithoutOrcTest(StacksTest):
    """The same, by DWARF's call frame information: as on kernels before 4.14. One vmlinux, that of
    PREEMPT_RT, has none: there the functions' own instructions have to do."""
    options = ("--without-orc",)
    found_by = ("cfi", "instructions", "registers", "frame-pointer")

    def analyze(self, fixture):
        report = super().analyze(fixture)
        if fixture.name == "rt-6.12":
            # start_kernel(), whose code was freed, is below the first CPU's idle task.
            for kind in ("tasks", "cpus"):
                report[kind] = [each for each in report[kind]
                                if "rest_init" not in
                                {frame["function"] for frame in each["stack"]}]
        return report

    def test_stacks_are_those_of_orc(self):
        for fixture in all_fixtures():
            # Nor has ORC anything to say of the place where that CPU's registers claim to be.
            if fixture.name in ("kexec-6.1", "rt-6.12"):
                continue
            with self.subTest(fixture.name):
                theirs, ours = fixture.analyze(), self.analyze(fixture)
                for kind in ("cpus", "tasks"):
                    self.assertEqual(list(map(outline, ours[kind])),
                                     list(map(outline, theirs[kind])))

    def test_owners_are_those_of_orc(self):
        """Locks' addresses are in registers that callees saved."""
        def owners(fixture, *options):
            report = fixture.run("locks", "-f", "json", "--infer-owners", *options).json()
            return {(lock["address"], owner["pid"], owner["cpu"], owner["grade"])
                    for lock in report["locks"] for owner in lock["owners"]}

        for fixture in all_fixtures():
            with self.subTest(fixture.name):
                self.assertEqual(owners(fixture, *self.options), owners(fixture))

    def test_findings_are_those_of_orc(self):
        for name in ("spin-abba-6.1-plain", "rcu-6.1-plain", "mixed-6.1-plain",
                     "sleep-locked-6.1-plain", "readrec-6.1"):
            with self.subTest(name):
                theirs, ours = Fixture(name).analyze(), self.analyze(Fixture(name))
                self.assertEqual([(each["rule"], each["grade"], each["title"])
                                  for each in ours["findings"]],
                                 [(each["rule"], each["grade"], each["title"])
                                  for each in theirs["findings"]])


class BtTest(unittest.TestCase):
    def test_bt_prints_frames_boundaries_and_lines(self):
        out = Fixture("rcu-6.1-plain").run("bt", "-c", "1").out
        self.assertRegex(out, r"(?m)^CPU 1: kflow_gcd \[\d+\] R")
        self.assertRegex(out, r"(?m)^  #0 native_queued_spin_lock_slowpath\+0x\w+/0x\w+ .*:\d+$")
        self.assertRegex(out, r"(?m)^ +#\d+ flow_inode_replace\+0x10/0x30 +\[lk_rcu\] .*lk_rcu.c:\d+$")
        boundaries = re.findall(r"(?m)^  (<\w+>)$", out)
        self.assertEqual(boundaries, ["<SOFTIRQ>", "<IRQ>", "<TASK>"])

    def test_bt_of_a_pid_and_of_what_does_not_exist(self):
        fixture = Fixture("idle-6.1")
        out = fixture.run("bt", "2").out
        self.assertRegex(out, r"^kthreadd \[2\]")
        self.assertIn("ret_from_fork", out)
        missing = fixture.run("bt", "999999")
        self.assertEqual(missing.code, 3)
        self.assertIn("no task 999999", missing.err)


if __name__ == "__main__":
    unittest.main()
