// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <elf.h>
#include <libelf.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/error.h"

namespace kmortem::debuginfo {

/// An x86-64 ELF file over libelf, mapped. Everything taken from it lives as long as it.
class ElfFile {
 public:
  struct Section {
    Elf64_Shdr header = {};
    Elf_Scn* scn = nullptr;
    size_t index = 0;
  };

  /// Fails with one line: missing, not ELF (a bzImage is recognised), another machine.
  static Result<std::shared_ptr<const ElfFile>> open(const std::string& path);

  ~ElfFile();
  ElfFile(const ElfFile&) = delete;
  ElfFile& operator=(const ElfFile&) = delete;

  const std::string& path() const { return path_; }
  Elf* handle() const { return elf_; }

  std::optional<Section> section(std::string_view name) const;
  std::optional<Section> section_of_type(uint32_t type) const;
  std::optional<Section> section_at(uint64_t address) const;
  std::optional<Section> section_by_index(size_t index) const;
  /// True when there is any section called `name` or, in the old style of compression, .zNAME.
  bool has_debug_section(std::string_view name) const;

  /// A section's bytes as they are in the file; empty for SHT_NOBITS.
  std::span<const std::byte> contents(const Section& section) const;

  /// The bytes that the image has at link-time `address`, to the end of their section.
  std::span<const std::byte> bytes_at(uint64_t address) const;

  /// The GNU build-id as lower-case hexadecimal digits; empty when there is none.
  std::string build_id() const;

 private:
  ElfFile(std::string path, int fd, Elf* elf, size_t names)
      : path_(std::move(path)), fd_(fd), elf_(elf), section_names_(names) {}

  template <typename Predicate>
  std::optional<Section> find_section(Predicate wanted) const;

  std::string path_;
  int fd_;
  Elf* elf_;
  size_t section_names_;  ///< index of .shstrtab
};

}  // namespace kmortem::debuginfo
