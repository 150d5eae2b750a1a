// SPDX-License-Identifier: GPL-3.0-or-later
#include "debuginfo/elf_symbols.h"

#include <algorithm>
#include <cstring>
#include <span>
#include <utility>

#include "base/checked.h"

namespace kmortem::debuginfo {

namespace {

/// What the index's spans point into.
struct Backing {
  std::shared_ptr<const ElfFile> file;
  std::vector<SymbolRecord> records;
};

// The assembler's local labels (".LC0" before a string) that a linker kept: they name nothing that
// anybody wrote, and kallsyms leaves them out as well.
bool is_assembler_label(const Elf64_Sym& symbol, std::span<const std::byte> names) {
  return ELF64_ST_TYPE(symbol.st_info) == STT_NOTYPE &&
         range_fits(symbol.st_name, 2, names.size()) && names[symbol.st_name] == std::byte{'.'} &&
         names[symbol.st_name + 1] == std::byte{'L'};
}

bool is_wanted(const Elf64_Sym& symbol, std::span<const std::byte> names) {
  const unsigned type = ELF64_ST_TYPE(symbol.st_info);
  return symbol.st_name != 0 && symbol.st_shndx != SHN_UNDEF && type != STT_FILE &&
         type != STT_SECTION && !is_assembler_label(symbol, names);
}

SymbolRecord record_of(const Elf64_Sym& symbol, size_t per_cpu_section) {
  const unsigned type = ELF64_ST_TYPE(symbol.st_info);
  const unsigned binding = ELF64_ST_BIND(symbol.st_info);
  uint32_t flags = 0;
  if (type == STT_FUNC || type == STT_GNU_IFUNC) flags |= SymbolRecord::kFunction;
  if (type == STT_OBJECT) flags |= SymbolRecord::kObject;
  if (binding != STB_LOCAL) flags |= SymbolRecord::kGlobal;
  if (binding == STB_WEAK) flags |= SymbolRecord::kWeak;
  const bool in_memory = symbol.st_value >= kImageBase ? symbol.st_shndx != SHN_ABS
                                                       : symbol.st_shndx == per_cpu_section;
  if (!in_memory) flags |= SymbolRecord::kNameOnly;

  const auto size =
      static_cast<uint32_t>(std::min<uint64_t>(symbol.st_size, SymbolRecord::kMaxSize));
  return {symbol.st_value, symbol.st_name, size << SymbolRecord::kFlagBits | flags};
}

}  // namespace

Result<std::unique_ptr<SymbolIndex>> read_elf_symbols(std::shared_ptr<const ElfFile> file) {
  const auto section = file->section_of_type(SHT_SYMTAB);
  const auto strings = section ? file->section_by_index(section->header.sh_link) : std::nullopt;
  if (!section || !strings) {
    return fail(file->path() + ": has no symbol table (stripped): an unstripped vmlinux is needed");
  }
  const auto bytes = file->contents(*section);
  const auto names = file->contents(*strings);
  if (bytes.size() < sizeof(Elf64_Sym) || names.empty()) {
    return fail(file->path() + ": its symbol table is empty or cut off");
  }

  // Older per-cpu sections have other names; per-cpu symbols are then found by name alone.
  const auto per_cpu = file->section(".data..percpu");
  auto backing = std::make_shared<Backing>();
  const size_t count = bytes.size() / sizeof(Elf64_Sym);
  backing->records.reserve(count);
  for (size_t i = 0; i < count; ++i) {
    Elf64_Sym symbol;
    std::memcpy(&symbol, bytes.data() + i * sizeof symbol, sizeof symbol);
    if (is_wanted(symbol, std::as_bytes(std::span(names)))) {
      backing->records.push_back(record_of(symbol, per_cpu ? per_cpu->index : SHN_UNDEF));
    }
  }
  backing->file = std::move(file);

  SymbolImage image;
  image.records = backing->records;
  image.names = {reinterpret_cast<const char*>(names.data()), names.size()};
  return std::make_unique<SymbolIndex>(image, std::move(backing));
}

}  // namespace kmortem::debuginfo
