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
#include "debuginfo/descriptor.h"

namespace kmortem::debuginfo {

/// An x86-64 ELF file over libelf, mapped; when it is packed (xz, zstd, gzip), an unpacked copy of
/// it. Everything taken from it lives as long as it.
class ElfFile {
 public:
  struct Section {
    Elf64_Shdr header = {};
    Elf_Scn* scn = nullptr;
    size_t index = 0;
  };

  /// Fails with one line: missing, not ELF (a bzImage is recognised), another machine, packed and
  /// damaged.
  static Result<std::shared_ptr<const ElfFile>> open(const std::string& path);

  ElfFile(const ElfFile&) = delete;
  ElfFile& operator=(const ElfFile&) = delete;

  const std::string& path() const { return path_; }
  /// For libdw: the file, or a copy of it whose sections libdw can read, made at the first call.
  /// Fails with one line when there can be none.
  Result<Elf*> dwarf_handle() const;
  /// The same as an open file: for libdwfl.
  Result<int> dwarf_descriptor() const;

  std::optional<Section> section(std::string_view name) const;
  std::optional<Section> section_of_type(uint32_t type) const;
  std::optional<Section> section_at(uint64_t address) const;
  std::optional<Section> section_by_index(size_t index) const;
  /// True when there is a section called `name` with contents or, in the old style of compression,
  /// .zNAME.
  bool has_debug_section(std::string_view name) const;

  /// A section's bytes as they are in the file; empty for SHT_NOBITS.
  std::span<const std::byte> contents(const Section& section) const;

  /// The bytes that the image has at link-time `address`, to the end of their section.
  std::span<const std::byte> bytes_at(uint64_t address) const;

  /// The GNU build-id as lower-case hexadecimal digits; empty when there is none.
  std::string build_id() const;

 private:
  struct ElfEnd {
    void operator()(Elf* elf) const { elf_end(elf); }
  };
  using Handle = std::unique_ptr<Elf, ElfEnd>;

  ElfFile(std::string path, Descriptor file, Handle elf, size_t names)
      : path_(std::move(path)),
        file_(std::move(file)),
        elf_(std::move(elf)),
        section_names_(names) {}

  template <typename Predicate>
  std::optional<Section> find_section(Predicate wanted) const;
  Result<void> make_readable_copy() const;

  std::string path_;
  Descriptor file_;
  Handle elf_;
  size_t section_names_;  ///< index of .shstrtab
  mutable Descriptor copy_;
  mutable Handle copy_elf_;
};

}  // namespace kmortem::debuginfo
