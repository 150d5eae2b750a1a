# SPDX-License-Identifier: GPL-3.0-or-later
"""Stacks as the guests printed them: /proc/PID/stack, and call traces in the log."""
import dataclasses
import re

_FRAME = re.compile(r"(?P<function>[\w.]+)\+(?P<offset>0x[0-9a-f]+)/0x[0-9a-f]+"
                    r"(?: \[(?P<module>\w+)\])?")


@dataclasses.dataclass(frozen=True)
class Place:
    function: str
    offset: int
    module: str = ""

    def __str__(self):
        return f"{self.function}+{self.offset:#x}" + (f" [{self.module}]" if self.module else "")


def place(text):
    found = _FRAME.search(text)
    if found is None:
        return None
    return Place(found["function"], int(found["offset"], 16), found["module"] or "")


def our_places(stack):
    """Ours, in the same form; inlined frames are no frames of their own."""
    return [Place(each["function"] or each["pc"], each["offset"] or 0, each["module"] or "")
            for each in stack if not each["inlined"]]


def proc_stacks(text):
    """truth/stacks: pid → (comm, places), innermost first."""
    stacks = {}
    for line in text.splitlines():
        if line.startswith("== "):
            pid, comm = line[3:].split(" ", 1)
            stacks[int(pid)] = (comm, [])
            current = stacks[int(pid)][1]
        elif line.startswith("[<"):
            current.append(place(line))
    return stacks


def symbols(kallsyms):
    """truth/kallsyms: name → address, of the kernel itself."""
    found = {}
    for line in kallsyms.splitlines():
        fields = line.split()
        if len(fields) == 3:
            found.setdefault(fields[2], int(fields[0], 16))
    return found


@dataclasses.dataclass
class Trace:
    """One "Call Trace:" of the log."""
    cpu: int
    pid: int
    places: list = dataclasses.field(default_factory=list)
    #: of each interrupted place, by its index in `places`
    registers: dict = dataclasses.field(default_factory=dict)


def call_traces(dmesg):
    traces = []
    trace = None
    inside = False
    registers = {}
    for line in dmesg.splitlines():
        text = re.sub(r"^\[[ \d.]+\] ?", "", line)
        head = re.match(r"CPU: (\d+) PID: (\d+) ", text)
        if head:
            trace = Trace(int(head[1]), int(head[2]))
            inside = False
        elif trace is None:
            continue
        elif text.startswith("Call Trace:"):
            inside = True
        elif text.startswith("RIP: 0010:"):
            trace.places.append(place(text))
            registers = trace.registers.setdefault(len(trace.places) - 1, {})
        elif re.match(r"(RSP: 0018|R[A-Z0-9]{2}):", text):
            for name, value in re.findall(r"(R[A-Z0-9]{2}): (?:0018:)?([0-9a-f]{16})", text):
                registers[name.lower()] = int(value, 16)
        elif inside and text.startswith(" </TASK>"):
            traces.append(trace)
            trace = None
        elif inside and text.startswith(" ") and not text.startswith(" ?") and place(text):
            trace.places.append(place(text))
    return traces
