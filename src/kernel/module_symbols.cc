// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernel/module_symbols.h"

#include <elf.h>

#include <algorithm>
#include <cstring>
#include <span>

namespace kmortem::kernel {

namespace {

constexpr uint64_t kMaxSymbols = 1 << 20;
constexpr uint64_t kMaxStrings = uint64_t{64} << 20;
constexpr size_t kMaxName = 512;  // KSYM_NAME_LEN (6.1)

/// Reads the string table: nothing says how long it is but the offsets into it. The last name may
/// end anywhere, so what follows the highest offset is taken as far as it can be read.
ReadResult<std::string> read_strings(const Target& target, uint64_t strtab, uint64_t highest) {
  std::string strings(highest, '\0');
  auto bytes = std::as_writable_bytes(std::span(strings.data(), strings.size()));
  if (auto done = target.memory.read(strtab, bytes); !done) return std::unexpected(done.error());
  auto last = target.memory.read_string(strtab + highest, kMaxName);
  if (!last) return std::unexpected(last.error());
  return strings + *last;
}

/// Compilers' and assemblers' marks, which kallsyms passes over.
bool is_mapping_symbol(std::string_view name) {
  return name.starts_with(".L") || name.starts_with("L0") || name.starts_with("$");
}

bool is_defined(const Elf64_Sym& symbol) {
  return symbol.st_shndx != SHN_UNDEF && symbol.st_value != 0;
}

}  // namespace

ReadResult<ModuleSymbols> ModuleSymbols::read(const Target& target, const LoadedModule& module) {
  const ModuleKallsyms& table = module.kallsyms;
  if (table.count == 0 || table.count > kMaxSymbols) {
    return std::unexpected(ReadError{ReadError::Kind::corrupt, table.symtab});
  }
  std::vector<Elf64_Sym> symbols(table.count);
  auto done = target.memory.read(table.symtab, std::as_writable_bytes(std::span(symbols)));
  if (!done) return std::unexpected(done.error());

  ModuleSymbols result;
  result.ranges_ = module.ranges;
  uint64_t highest = 0;
  for (const Elf64_Sym& symbol : symbols) {
    if (!is_defined(symbol) || symbol.st_name >= kMaxStrings) continue;
    if (!module.contains(symbol.st_value)) continue;
    result.entries_.push_back({symbol.st_value, symbol.st_name});
    highest = std::max<uint64_t>(highest, symbol.st_name);
  }
  auto strings = read_strings(target, table.strtab, highest);
  if (!strings) return std::unexpected(strings.error());
  result.strings_ = std::move(*strings);

  std::erase_if(result.entries_, [&](const Entry& entry) {
    const std::string_view name = result.name_at(entry.name);
    return name.empty() || is_mapping_symbol(name);
  });
  std::ranges::stable_sort(result.entries_, {}, &Entry::address);
  const auto repeated = std::ranges::unique(result.entries_, {}, &Entry::address);
  result.entries_.erase(repeated.begin(), repeated.end());
  return result;
}

std::string_view ModuleSymbols::name_at(uint32_t offset) const {
  if (offset >= strings_.size()) return {};
  return {strings_.data() + offset, strnlen(strings_.data() + offset, strings_.size() - offset)};
}

std::optional<ModuleSymbols::Symbol> ModuleSymbols::containing(uint64_t address) const {
  auto in = [&](const ModuleRange& range) { return address >= range.begin && address < range.end; };
  const auto range = std::ranges::find_if(ranges_, in);
  if (range == ranges_.end()) return std::nullopt;
  auto next = std::ranges::upper_bound(entries_, address, {}, &Entry::address);
  if (next == entries_.begin()) return std::nullopt;
  const Entry& best = *std::prev(next);
  // A neighbour in other memory of the module says nothing about this address.
  if (best.address < range->begin) return std::nullopt;
  const uint64_t end = next == entries_.end() ? range->end : std::min(next->address, range->end);
  return Symbol{name_at(best.name), best.address, end - best.address};
}

}  // namespace kmortem::kernel
