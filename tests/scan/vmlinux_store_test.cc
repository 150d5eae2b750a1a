// SPDX-License-Identifier: GPL-3.0-or-later
#include "scan/vmlinux_store.h"

#include <elf.h>
#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>
#include <string>

#include "scan/folder.h"

namespace kmortem::scan {
namespace {

/// An ELF file of type `type` with nothing but a build-id, twenty times `byte`.
std::string image(uint16_t type, char byte) {
  std::string names("\0.note\0.shstrtab", 16);
  std::string note("\4\0\0\0\24\0\0\0\3\0\0\0GNU\0", 16);
  note += std::string(20, byte);
  const uint64_t note_at = sizeof(Elf64_Ehdr);
  const uint64_t names_at = note_at + note.size();
  Elf64_Ehdr header = {};
  std::memcpy(header.e_ident, ELFMAG, SELFMAG);
  header.e_ident[EI_CLASS] = ELFCLASS64;
  header.e_ident[EI_DATA] = ELFDATA2LSB;
  header.e_ident[EI_VERSION] = EV_CURRENT;
  header.e_type = type;
  header.e_machine = EM_X86_64;
  header.e_version = EV_CURRENT;
  header.e_ehsize = sizeof header;
  header.e_shoff = names_at + names.size();
  header.e_shentsize = sizeof(Elf64_Shdr);
  header.e_shnum = 3;
  header.e_shstrndx = 2;
  Elf64_Shdr sections[3] = {};
  sections[1] = {1, SHT_NOTE, SHF_ALLOC, 0, note_at, note.size(), 0, 0, 4, 0};
  sections[2] = {7, SHT_STRTAB, 0, 0, names_at, names.size(), 0, 0, 1, 0};
  std::string file(reinterpret_cast<const char*>(&header), sizeof header);
  file += note + names;
  file.append(reinterpret_cast<const char*>(sections), sizeof sections);
  return file;
}

std::string id(const char* digits) {
  std::string text;
  for (int i = 0; i < 20; ++i) text += digits;
  return text;
}

TEST(VmlinuxStoreTest, FindsImagesByBuildIdWhateverTheirName) {
  const test::Folder folder;
  const std::string one = folder.put("store/6.1/vmlinux", image(ET_EXEC, '\x11'));
  const std::string two = folder.put("store/strange name", image(ET_EXEC, '\x22'));
  folder.put("store/6.1/module.ko", image(ET_REL, '\x33'));
  folder.put("store/readme", "nothing");
  const VmlinuxStore store({folder.path("store")}, folder.path("index"));
  EXPECT_EQ(store.find(id("11")), one);
  EXPECT_EQ(store.find(id("22")), two);
  EXPECT_EQ(store.find(id("33")), "");
  EXPECT_EQ(store.find(""), "");
  EXPECT_EQ(store.size(), 2U);
}

TEST(VmlinuxStoreTest, TheSecondTimeOnlyWhatIsNewIsOpened) {
  const test::Folder folder;
  folder.put("store/a", image(ET_EXEC, '\x11'));
  EXPECT_EQ(VmlinuxStore({folder.path("store")}, folder.path("index")).opened(), 1U);
  folder.put("store/b", image(ET_EXEC, '\x22'));
  const VmlinuxStore store({folder.path("store")}, folder.path("index"));
  EXPECT_EQ(store.opened(), 1U);
  EXPECT_EQ(store.size(), 2U);
  EXPECT_EQ(VmlinuxStore({folder.path("store")}, folder.path("index")).opened(), 0U);
}

TEST(VmlinuxStoreTest, WhatIsGoneIsForgotten) {
  const test::Folder folder;
  const std::string path = folder.put("store/a", image(ET_EXEC, '\x11'));
  const VmlinuxStore before({folder.path("store")}, folder.path("index"));
  std::filesystem::remove(path);
  EXPECT_EQ(VmlinuxStore({folder.path("store")}, folder.path("index")).find(id("11")), "");
}

TEST(VmlinuxStoreTest, ADamagedIndexIsDoneWithout) {
  const test::Folder folder;
  const std::string path = folder.put("store/a", image(ET_EXEC, '\x11'));
  folder.put("index", "kmortem-vmlinux-index/1\n12 garbage\n\n");
  EXPECT_EQ(VmlinuxStore({folder.path("store")}, folder.path("index")).find(id("11")), path);
}

}  // namespace
}  // namespace kmortem::scan
