// SPDX-License-Identifier: GPL-3.0-or-later
#include "dump/fake_machine.h"

#include <elf.h>
#include <fmt/core.h>

namespace kmortem::test {

FakeMachine::FakeMachine(int paging_levels) : levels(paging_levels) {
  std::array<uint64_t, dump::kPageSize / 8> words;
  for (uint64_t page = 0; page < kRam; page += dump::kPageSize) {
    for (size_t i = 0; i < words.size(); ++i) words[i] = pattern(page + i * 8);
    memory.put(page, words);
  }
  memory.put(kRoot, FakePhysical::Page{});
  TableBuilder tables{memory, kRoot, levels, 0x300000};
  tables.map(kImageVirtual, kImagePhysical, 2);
  for (uint64_t at = 0; at < kRam; at += 0x200000) tables.map(direct_map() + at, at, 2);
  tables.map(kVmalloc, 0x500000);
  tables.map(kVmalloc + 0x1000, 0x501000);
  tables.map(kVmalloc + 0x2000, 0x700000);
}

std::string FakeMachine::vmcoreinfo() const {
  return fmt::format(
      "OSRELEASE=6.1.0-test\n"
      "BUILD-ID=00FFab0123456789000000000000000000000000\n"
      "PAGESIZE=4096\n"
      "SYMBOL(init_uts_ns)=ffffffff82000100\n"
      "SYMBOL(swapper_pg_dir)={:x}\n"
      "OFFSET(uts_namespace.name)=4\n"
      "NUMBER(phys_base)={}\n"
      "NUMBER(pgtable_l5_enabled)={}\n"
      "KERNELOFFSET=1000000\n"
      "NUMBER(sme_mask)=0\n",
      kTopTable, static_cast<int64_t>(kPhysBase), levels == 5 ? 1 : 0);
}

std::vector<std::byte> make_note(std::string_view name, uint32_t type,
                                 std::span<const std::byte> description) {
  Bytes note;
  note.append(static_cast<uint32_t>(name.size() + 1));
  note.append(static_cast<uint32_t>(description.size()));
  note.append(type);
  note.put_text(note.size(), name);
  note.append('\0');
  note.pad(4);
  note.append_bytes(description);
  note.pad(4);
  return note.data();
}

std::vector<std::byte> FakeMachine::notes(bool with_qemu, bool with_vmcoreinfo) const {
  Bytes all;
  Bytes prstatus;
  prstatus.put(32, int32_t{77});
  prstatus.put(112 + 16 * 8, uint64_t{kImageVirtual + 0x123});   // rip
  prstatus.put(112 + 19 * 8, uint64_t{kImageVirtual + 0x3eb8});  // rsp
  prstatus.put(335, '\0');
  all.append_bytes(make_note("CORE", NT_PRSTATUS, prstatus.data()));
  if (with_qemu) {
    Bytes state;
    state.put(0, uint32_t{1});
    state.put(4, uint32_t{440});
    state.put(152 + 8 * 24 + 16, uint64_t{kImageVirtual + 0x2000});   // gdt
    state.put(152 + 9 * 24 + 16, uint64_t{kImageVirtual + 0x3000});   // idt
    state.put(392, uint64_t{0x80050033});                             // cr0
    state.put(392 + 3 * 8, uint64_t{kRoot | 0x1});                    // cr3 with a PCID
    state.put(392 + 4 * 8, uint64_t{levels == 5 ? 0x1020u : 0x20u});  // cr4
    state.put(432, uint64_t{0});
    all.append_bytes(make_note("QEMU", 0, state.data()));
  }
  if (with_vmcoreinfo) {
    const std::string text = vmcoreinfo();
    all.append_bytes(make_note("VMCOREINFO", 0, std::as_bytes(std::span(text))));
  }
  return all.data();
}

}  // namespace kmortem::test
