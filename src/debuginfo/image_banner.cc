// SPDX-License-Identifier: GPL-3.0-or-later
#include "debuginfo/image_banner.h"

#include <algorithm>
#include <memory>

namespace kmortem::debuginfo {

namespace {

constexpr std::string_view kOpening = "Linux version ";
constexpr size_t kMaxBanner = 1024;

std::string banner_at(const ElfFile& elf, uint64_t address) {
  const auto bytes = elf.bytes_at(address);
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()),
                              std::min(bytes.size(), kMaxBanner));
  if (!text.starts_with(kOpening)) return "";
  return std::string(text.substr(0, text.find_first_of(std::string_view("\n\0", 2))));
}

}  // namespace

std::string image_banner(const ElfFile& elf) {
  const auto table = elf.section_of_type(SHT_SYMTAB);
  const auto strings = table ? elf.section_by_index(table->header.sh_link) : std::nullopt;
  if (!strings) return "";
  const auto symbols = elf.contents(*table);
  const auto names = elf.contents(*strings);
  constexpr std::string_view kWanted("linux_banner", sizeof "linux_banner");
  for (size_t at = 0; at + sizeof(Elf64_Sym) <= symbols.size(); at += sizeof(Elf64_Sym)) {
    Elf64_Sym symbol;
    std::copy_n(symbols.data() + at, sizeof symbol, reinterpret_cast<std::byte*>(&symbol));
    if (symbol.st_name + kWanted.size() > names.size()) continue;
    const auto* name = reinterpret_cast<const char*>(names.data()) + symbol.st_name;
    if (std::string_view(name, kWanted.size()) == kWanted) return banner_at(elf, symbol.st_value);
  }
  return "";
}

std::string image_banner(const ElfFile& elf, const SymbolTable& symbols) {
  const auto address = symbols.find("linux_banner");
  return address ? banner_at(elf, *address) : "";
}

std::string banner_release(std::string_view banner) {
  if (!banner.starts_with(kOpening)) return "";
  banner.remove_prefix(kOpening.size());
  return std::string(banner.substr(0, banner.find(' ')));
}

}  // namespace kmortem::debuginfo
