# SPDX-License-Identifier: GPL-3.0-or-later
"""Builds a kernel that no fixture has, from versions/NAME.h and tree/, and the vmcore it left."""
import dataclasses
import pathlib
import re
import subprocess

from image import Image
from machine import LARGE, PAGE, Machine, note, prstatus, write_vmcore

HERE = pathlib.Path(__file__).resolve().parent
TREE = HERE / "tree"
FLAGS = ("-O1 -Iinclude -w -ffreestanding -fno-pie -mcmodel=kernel -fno-stack-protector "
         "-fno-asynchronous-unwind-tables -fcf-protection=none").split()
LINK = "-nostdlib -static -no-pie -Wl,--build-id -Wl,--no-warn-rwx-segments -Wl,--emit-relocs".split()
ONLY_IN_DUMP = (".percpu0", ".percpu1", ".heap", ".vmalloc", ".module")

IMAGE_AT = 0x2000000  # physical
VMALLOC_AT = 0x6000000
MODULE_AT = 0x7000000
TABLES_AT = 0x8000000
DIRECT_MAP = 0x10000000  # bytes mapped at PAGE_OFFSET


@dataclasses.dataclass
class Kernel:
    """What to build. `defines` leave a subsystem out, or plant a bug (INCONSISTENT)."""
    version: str
    defines: tuple = ()
    compiler: str = "gcc"
    dwarf: int = 5
    slide: int = 0
    vmcoreinfo: str = "note"  # or "memory"


class BuiltKernel:
    def __init__(self, kernel, folder):
        self.kernel = kernel
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.header = HERE / "versions" / f"{kernel.version}.h"
        self.vmlinux = self.folder / "vmlinux"
        self.vmcore = self.folder / "vmcore"
        self.settings = dict(re.findall(r"^#define (\w+) (.*)$", self.header.read_text(),
                                        re.MULTILINE))
        self.settings.update(dict.fromkeys(kernel.defines, "1"))
        self._link()
        self.image = Image(self.folder / "linked")
        self._check_percpu()
        self._strip()
        percpu_in_image = "PERCPU_IN_IMAGE" in self.settings
        self.image.slide(kernel.slide, lambda symbol: percpu_in_image and re.match(
            r"synthetic_offset\d", symbol))
        self._dump()

    def sources(self):
        old = self.kernel.version == "3.10"
        lockdep = "kernel/lockdep.c" if old else "kernel/locking/lockdep.c"
        module = "kernel/module/main.c" if "MODULE_MEM" in self.settings else "kernel/module.c"
        sources = ["init/main.c", "kernel/sched/core.c", "kernel/softirq.c", "drivers/sample.c",
                   module, "kernel/printk.c" if old else "kernel/printk/printk.c"]
        return sources if "NO_LOCKDEP" in self.settings else sources + [lockdep]

    def _link(self):
        defines = [f"-D{each}" for each in self.kernel.defines]
        script = self.folder / "vmlinux.lds"
        _run("gcc", "-E", "-P", "-x", "c", "-include", self.header, *defines, "vmlinux.lds.S",
             "-o", script)
        compiler = [self.kernel.compiler, *FLAGS, f"-gdwarf-{self.kernel.dwarf}", *defines]
        compiler += (["-target", "x86_64-linux-gnu"] if "clang" in self.kernel.compiler else
                     ["-fno-toplevel-reorder"])
        objects = []
        for source in self.sources():
            objects.append(self.folder / (source.replace("/", "-") + ".o"))
            _run(*compiler, "-include", self.header, "-c", source, "-o", objects[-1])
        _run("gcc", *LINK, f"-Wl,-T,{script}", *objects, "-o", self.folder / "linked")

    def _check_percpu(self):
        symbols = self.image.symbols
        for name, address in symbols.items():
            match = re.fullmatch(r"synthetic([01])_(\w+)", name)
            if match:
                offset = address - symbols[f"synthetic_area{match[1]}"]
                assert offset == symbols[match[2]] - symbols["__per_cpu_start"], name

    def _strip(self):
        removed = [f"--remove-section={each}" for each in (*ONLY_IN_DUMP, ".rela*")]
        _run("objcopy", "--wildcard", *removed, self.folder / "linked", self.vmlinux)
        _run("objcopy", "--wildcard", "--strip-symbol=synthetic*", self.vmlinux)

    # ---- addresses ----

    def address(self, symbol):
        """Where the running kernel had it."""
        value = self.image.symbols[symbol]
        begin, end = self.image.symbols["_text"], self.image.symbols["_end"]
        return value + self.kernel.slide if begin <= value <= end else value

    def physical(self, symbol):
        """Of something in the image or the direct map."""
        value = self.image.symbols[symbol]
        begin = self.image.symbols["_text"]
        return IMAGE_AT + value - begin if value >= begin else value - self.page_offset

    @property
    def page_offset(self):
        return int(self.settings["PAGE_OFFSET"], 16)

    @property
    def release(self):
        return self.settings["RELEASE"].strip('"')

    @property
    def top_table(self):
        return next(each for each in ("init_top_pgt", "init_level4_pgt")
                    if each in self.image.symbols)

    # ---- the dump ----

    def _dump(self):
        machine = Machine(TABLES_AT)
        begin, end = self.image.symbols["_text"], self.image.symbols["_end"]
        machine.store(IMAGE_AT, bytes(end - begin))
        scattered = []
        for section in self.image.allocated():
            if begin <= section.address < end:
                machine.store(IMAGE_AT + section.address - begin, section.contents)
            elif section.name in (".vmalloc", ".module"):
                scattered.append(section)
            elif section.name in ONLY_IN_DUMP:
                machine.store(section.address - self.page_offset, section.contents)
        machine.root = self.physical(self.top_table)
        machine.map(begin + self.kernel.slide, IMAGE_AT, (end - begin + LARGE - 1) // LARGE * LARGE,
                    LARGE)
        machine.map(self.page_offset, 0, DIRECT_MAP, LARGE)
        for section in scattered:
            self._scatter(machine, section)
        text = self.vmcoreinfo()
        notes = b"".join(self._registers())
        if self.kernel.vmcoreinfo == "note":
            notes += note("VMCOREINFO", 0, text)
        else:
            machine.store(self.physical("__vmcoreinfo_text"), text)
        write_vmcore(self.vmcore, machine, notes, self._segment_address)

    def _scatter(self, machine, section):
        """Page by page, the last first, as vmalloc() may find them."""
        at = VMALLOC_AT if section.name == ".vmalloc" else MODULE_AT
        count = (section.size + PAGE - 1) // PAGE
        for index in range(count):
            physical = at + (count - 1 - index) * PAGE
            page = section.contents[index * PAGE:(index + 1) * PAGE]
            machine.store(physical, bytes(page).ljust(PAGE, b"\0"))
            machine.map(section.address + index * PAGE, physical, PAGE)

    def _segment_address(self, physical):
        if physical == IMAGE_AT:  # kexec describes the image by a segment of its own
            return self.address("_text")
        return self.page_offset + physical

    def _registers(self):
        yield prstatus(42, self.address("worker_step") + 1,
                       self.image.symbols["synthetic_worker_stack"] + 16384 - 256)
        if "NO_SMP" not in self.settings:
            yield prstatus(0, self.address("schedule") + 1,
                           self.image.symbols["synthetic_idle1_stack"] + 16384 - 256)

    def vmcoreinfo(self):
        phys_base = IMAGE_AT - (self.address("_text") - 0xffffffff80000000)
        lines = [f"OSRELEASE={self.release}", "PAGESIZE=4096"]
        lines += [f"SYMBOL({name})={self.address(source):x}" for name, source in (
            ("init_uts_ns", "init_uts_ns"), ("swapper_pg_dir", self.top_table),
            ("_stext", "_stext"))]
        # Before 4.10 the kernel did not tell phys_base: the image's own segment does.
        if "HASH_OF_LISTS" not in self.settings:
            lines.append(f"NUMBER(phys_base)={phys_base}")
        lines.append(f"KERNELOFFSET={self.kernel.slide:x}")
        lines.append("CRASHTIME=1750000000")
        return ("\n".join(lines) + "\n").encode()


def _run(*command):
    done = subprocess.run([str(each) for each in command], cwd=TREE, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{' '.join(map(str, command))}:\n{done.stderr}")
