# SPDX-License-Identifier: GPL-3.0-or-later
"""Damage at named members of named structures: lists made into rings, huge counts, pointers to
where nothing is. On a plain ELF dump of a kernel with lockdep."""
import struct

from support.vmcore_editor import Layout, VmcoreEditor

SYMBOLS = ("init_task", "all_lock_classes", "lock_classes", "list_entries", "lock_chains",
           "chain_hlocks", "classhash_table", "lock_classes_in_use", "list_entries_in_use",
           "nr_lock_classes", "nr_list_entries", "max_lock_class_idx", "nr_stack_trace_entries",
           "chain_block_buckets", "nr_lost_chain_hlocks", "debug_locks", "modules", "prb",
           "softirq_vec", "__per_cpu_offset", "nr_cpu_ids", "__cpu_possible_mask", "phys_base",
           "page_offset_base", "vmalloc_base")
STRUCTURES = ("task_struct", "lock_class", "lock_list", "lock_chain", "held_lock", "module",
              "mod_kallsyms", "module_layout", "printk_ringbuffer", "prb_desc_ring",
              "prb_data_ring", "printk_info", "prb_desc")

# Null, user space, both halves of what is no address, nothing mapped, the last bytes there are.
NOWHERE = {"null": 0, "user": 0x400000, "hole": 0x0000900000000000,
           "poison": 0xDEAD000000000122, "unmapped": 0xFFFFC8FFFFFFE000,
           "last": 0xFFFFFFFFFFFFFFF8, "unaligned": 0xFFFFFFFF81000003}
COUNTS = {"zero": 0, "one more": None, "million": 1 << 20, "positive": 0x7FFFFFFF,
          "all ones": (1 << 64) - 1}


class Kernel:
    """The members that are damaged, by name: pointers of eight bytes, and counts with their size."""

    def __init__(self, fixture):
        self.editor = VmcoreEditor(fixture.vmcore)
        self.layout = Layout(fixture, SYMBOLS, STRUCTURES)
        self.pointers, self.counts = {}, {}
        self._tasks()
        self._lockdep()
        self._modules()
        self._log()
        self._machine()

    def _pointer(self, name, address):
        if address and self.editor.offset(address) is not None:
            self.pointers[name] = address

    def _member(self, base, *members):
        for member in members:
            self._pointer(f"{member} at {base:#x}", base + self.layout.offset(member))

    def _count(self, name, address, size):
        if address and self.editor.offset(address) is not None:
            self.counts[name] = (address, size)

    def _element(self, table, structure, index):
        return self.layout.symbols[table] + index * self.layout.sizes[structure]

    def _tasks(self):
        tasks = self.layout.offset("task_struct.tasks")
        first = self.layout.symbols["init_task"]
        others = [at - tasks for at in self.editor.walk(first + tasks)]
        for task in (first, others[0], others[len(others) // 2], others[-2]):
            for member in ("tasks", "thread_node", "stack", "mm", "signal", "held_locks"):
                self._member(task, f"task_struct.{member}")
            self._pointer(f"tasks.prev at {task:#x}", task + tasks + 8)
            instance = self.layout.offset("task_struct.held_locks")
            for member in ("acquire_ip", "instance", "nest_lock", "class_idx"):
                self._pointer(f"held_locks[0].{member} at {task:#x}",
                              task + instance + self.layout.offset(f"held_lock.{member}"))
            for member in ("lockdep_depth", "pid", "flags", "on_cpu"):
                self._count(f"{member} at {task:#x}",
                            task + self.layout.offset(f"task_struct.{member}"), 4)

    def _lockdep(self):
        symbols = self.layout.symbols
        self._pointer("all_lock_classes", symbols["all_lock_classes"])
        entry = self.layout.offset("lock_class.lock_entry")
        classes = [at - entry for at in self.editor.walk(symbols["all_lock_classes"])]
        after = self.layout.offset("lock_class.locks_after")
        linked = [at for at in classes if self.editor.u64(at + after) != at + after]
        for lock_class in (classes[0], linked[0], linked[len(linked) // 2], classes[-1]):
            self._member(lock_class, *(f"lock_class.{name}" for name in (
                "hash_entry", "lock_entry", "locks_after", "locks_before", "key", "name",
                "usage_traces", "usage_mask")))
        for lock_list in (self.editor.u64(linked[0] + after), self._element("list_entries", "lock_list", 7)):
            self._member(lock_list, *(f"lock_list.{name}" for name in (
                "entry", "class", "links_to", "trace", "parent")))
        for bucket in range(0, 4096, 512):
            self._pointer(f"classhash_table[{bucket}]", symbols["classhash_table"] + 8 * bucket)
        self._member(self._element("lock_chains", "lock_chain", 3), "lock_chain.irq_context",
                     "lock_chain.entry", "lock_chain.chain_key")
        for name in ("nr_lock_classes", "nr_list_entries", "max_lock_class_idx",
                     "nr_stack_trace_entries"):
            self._count(name, symbols[name], 8)
        for name in ("nr_lost_chain_hlocks", "debug_locks", "chain_block_buckets", "chain_hlocks"):
            self._count(name, symbols[name], 4)
        for name in ("lock_classes_in_use", "list_entries_in_use"):
            self._count(name, symbols[name], 8)

    def _modules(self):
        head = self.layout.symbols["modules"]
        self._pointer("modules.next", head)
        self._pointer("modules.prev", head + 8)
        module = self.editor.u64(head) - self.layout.offset("module.list")
        self._member(module, "module.list", "module.name", "module.kallsyms", "module.sect_attrs",
                     "module.notes_attrs", "module.core_layout", "module.init_layout")
        kallsyms = module + self.layout.offset("module.core_kallsyms")
        self._member(kallsyms, "mod_kallsyms.symtab", "mod_kallsyms.strtab", "mod_kallsyms.typetab")
        self._count("num_symtab", kallsyms + self.layout.offset("mod_kallsyms.num_symtab"), 4)
        self._count("core_layout.size", module + self.layout.offset("module.core_layout")
                    + self.layout.offset("module_layout.size"), 4)

    def _log(self):
        self._pointer("prb", self.layout.symbols["prb"])
        ring = self.editor.u64(self.layout.symbols["prb"])
        for member in ("descs", "infos", "head_id", "tail_id"):
            self._pointer(f"desc_ring.{member}", ring + self.layout.offset(f"prb_desc_ring.{member}"))
        self._count("desc_ring.count_bits", ring + self.layout.offset("prb_desc_ring.count_bits"), 4)
        text = ring + self.layout.offset("printk_ringbuffer.text_data_ring")
        self._pointer("text_data_ring.data", text + self.layout.offset("prb_data_ring.data"))
        self._count("text_data_ring.size_bits", text, 4)
        infos = self.editor.u64(ring + self.layout.offset("prb_desc_ring.infos"))
        descs = self.editor.u64(ring + self.layout.offset("prb_desc_ring.descs"))
        for index in (0, 3, 200):
            info = infos + index * self.layout.sizes["printk_info"]
            self._count(f"infos[{index}].text_len", info + self.layout.offset("printk_info.text_len"), 2)
            desc = descs + index * self.layout.sizes["prb_desc"]
            self._pointer(f"descs[{index}].state", desc)
            self._pointer(f"descs[{index}].begin", desc + 8)
            self._pointer(f"descs[{index}].next", desc + 16)

    def _machine(self):
        symbols = self.layout.symbols
        for index in range(3):
            self._pointer(f"softirq_vec[{index}]", symbols["softirq_vec"] + 8 * index)
        self._pointer("__per_cpu_offset[0]", symbols["__per_cpu_offset"])
        self._pointer("__per_cpu_offset[1]", symbols["__per_cpu_offset"] + 8)
        for name in ("phys_base", "page_offset_base", "vmalloc_base"):
            self._pointer(name, symbols[name])
        self._count("nr_cpu_ids", symbols["nr_cpu_ids"], 4)
        self._count("__cpu_possible_mask", symbols["__cpu_possible_mask"], 8)


def _values(kernel, address):
    """What a pointer is made to be; `ring` is the element before, or the head again."""
    yield from NOWHERE.items()
    yield "itself", address
    target = kernel.editor.u64(address)
    beyond = kernel.editor.u64(target) if target else None
    if beyond:
        yield "one further", beyond
        yield "back", kernel.editor.u64(address + 8) or 0


def variants(kernel):
    """(name, {file offset: bytes}) of every single change, then of all pointers at once."""
    for name, address in kernel.pointers.items():
        for kind, value in _values(kernel, address):
            yield f"{name} = {kind}", {kernel.editor.offset(address): struct.pack("<Q", value)}
    for name, (address, size) in kernel.counts.items():
        offset = kernel.editor.offset(address)
        old = kernel.editor.u64(address) or 0
        for kind, value in COUNTS.items():
            new = (old + 1 if value is None else value) & (1 << 8 * size) - 1
            yield f"{name} = {kind}", {offset: new.to_bytes(size, "little")}
    for kind, value in NOWHERE.items():
        yield f"every pointer = {kind}", {
            kernel.editor.offset(address): struct.pack("<Q", value)
            for address in kernel.pointers.values()}
    # A list's second element points to its first: a ring that never comes back to the head.
    for name, address in kernel.pointers.items():
        second = kernel.editor.u64(address)
        offset = second and kernel.editor.offset(second)
        if offset is not None and offset:
            yield f"ring behind {name}", {offset: struct.pack("<Q", second)}


def structured(lab, every=1):
    """Every change, or each `every`-th of them for a quick look."""
    kernel = Kernel(lab.fixture)
    for number, (name, changes) in enumerate(variants(kernel)):
        if number % every:
            continue
        with lab.changed(changes):
            wrong, outcome = lab.check()
        yield f"{lab.fixture.name} {name}", outcome, wrong
