/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The kernel's places, and what it allocated: those sections go into the dump, not into vmlinux. */
ENTRY(_text)
SECTIONS
{
  . = 0xffffffff81000000;
  _text = .;
  _stext = .;
  .text : { *(.text .text.*) }
  _etext = .;
  .rodata : { *(.rodata .rodata.*) }
  .notes : { *(.note.gnu.build-id) }
  . = ALIGN(4096);
  _sdata = .;
  .data : { *(.data .data.[!.]*) }
  _edata = .;
  .bss : { *(.bss .bss.* COMMON) }
#ifdef PERCPU_IN_IMAGE
  . = ALIGN(4096);
  __per_cpu_start = .;
  .data..percpu : { *(.data..percpu) }
  __per_cpu_end = .;
#endif
  . = ALIGN(4096);
  _end = .;
#if !defined(NO_SMP)
#ifndef PERCPU_IN_IMAGE
  .data..percpu 0 : {
    __per_cpu_start = .;
    *(.data..percpu)
    __per_cpu_end = .;
  }
#endif
  /* Physical 80 MB and 81 MB. */
  .percpu0 (PAGE_OFFSET + 0x5000000) : { synthetic_area0 = .; *(.percpu0) }
  .percpu1 (PAGE_OFFSET + 0x5100000) : { synthetic_area1 = .; *(.percpu1) }
  synthetic_offset0 = ADDR(.percpu0) - __per_cpu_start;
  synthetic_offset1 = ADDR(.percpu1) - __per_cpu_start;
  synthetic_offset_none = 0;
#endif
  .heap (PAGE_OFFSET + 0x4000000) : { *(.heap) }
  .vmalloc 0xffffc90000004000 : { *(.vmalloc) }
  .module 0xffffffffc0000000 : { *(.module.text) *(.module.data) }
  /DISCARD/ : { *(.comment) *(.note.GNU-stack) *(.note.gnu.property) *(.eh_frame) }
}
