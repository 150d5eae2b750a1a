// SPDX-License-Identifier: GPL-3.0-or-later
#include <elf.h>
#include <gtest/gtest.h>

#include "dump/bytes.h"
#include "dump/dump_file.h"
#include "dump/fake_machine.h"
#include "dump/temp_file.h"

namespace kmortem::dump {
namespace {

constexpr uint32_t kSegments = 70'000;

/// A core of more segments than e_phnum can count: the number is in the first section header's
/// sh_info (ELF's PN_XNUM; /proc/vmcore of large machines). Their pages' windows of the file
/// overlap: the page of segment i begins with the number i.
std::vector<std::byte> make_core(uint32_t counted) {
  Elf64_Ehdr header = {};
  memcpy(header.e_ident, ELFMAG, SELFMAG);
  header.e_ident[EI_CLASS] = ELFCLASS64;
  header.e_ident[EI_DATA] = ELFDATA2LSB;
  header.e_type = ET_CORE;
  header.e_machine = EM_X86_64;
  header.e_phoff = sizeof header + sizeof(Elf64_Shdr);
  header.e_shoff = sizeof header;
  header.e_shnum = 1;
  header.e_shentsize = sizeof(Elf64_Shdr);
  header.e_phentsize = sizeof(Elf64_Phdr);
  header.e_phnum = PN_XNUM;
  Elf64_Shdr section = {};
  section.sh_info = counted;
  test::Bytes file;
  file.data().reserve(8 << 20);
  file.append(header);
  file.append(section);
  const test::FakeMachine machine;
  const auto notes = machine.notes(true, true);
  const uint64_t notes_at = header.e_phoff + (kSegments + 1) * sizeof(Elf64_Phdr);
  const uint64_t data_at = notes_at + notes.size();
  Elf64_Phdr note = {};
  note.p_type = PT_NOTE;
  note.p_offset = notes_at;
  note.p_filesz = notes.size();
  file.append(note);
  for (uint64_t i = 0; i < kSegments; ++i) {
    Elf64_Phdr load = {};
    load.p_type = PT_LOAD;
    load.p_offset = data_at + i * 8;
    load.p_paddr = i * 2 * kPageSize;
    load.p_filesz = load.p_memsz = kPageSize;
    file.append(load);
  }
  file.append_bytes(notes);
  for (uint64_t i = 0; i < kSegments + kPageSize / 8; ++i) file.append(i);
  return file.data();
}

TEST(ManySegmentsTest, AllAreThere) {
  const test::TempFile file(make_core(kSegments + 1));
  auto dump = DumpFile::open(file.path());
  ASSERT_TRUE(dump) << dump.error().message;
  EXPECT_EQ((*dump)->info().release, "6.1.0-test");
  EXPECT_EQ((*dump)->info().present_bytes, kSegments * kPageSize);
  EXPECT_EQ((*dump)->physical_ranges().size(), kSegments);
  for (uint64_t i = 0; i < kSegments; i += 997) {
    uint64_t value = 0;
    ASSERT_TRUE(
        (*dump)->read_physical(i * 2 * kPageSize, std::as_writable_bytes(std::span(&value, 1))));
    EXPECT_EQ(value, i);
  }
}

TEST(ManySegmentsTest, ACountBeyondTheFileIsOneLine) {
  for (const uint32_t counted : {uint32_t{0}, UINT32_MAX}) {
    const test::TempFile file(make_core(counted));
    auto dump = DumpFile::open(file.path());
    ASSERT_FALSE(dump);
    EXPECT_EQ(dump.error().message.find('\n'), std::string::npos);
  }
}

}  // namespace
}  // namespace kmortem::dump
