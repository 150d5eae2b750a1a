// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <string_view>

#include "debuginfo/elf_file.h"
#include "debuginfo/symbol_table.h"

namespace kmortem::debuginfo {

/// linux_banner's text without its newline; empty when the file has no such variable or, being
/// split off from its binary, no contents for it.
std::string image_banner(const ElfFile& elf);
/// The same where the symbols are at hand, not slid.
std::string image_banner(const ElfFile& elf, const SymbolTable& symbols);

/// The kernel release in a banner: "6.1.0-1-amd64" of "Linux version 6.1.0-1-amd64 (...) ...".
std::string banner_release(std::string_view banner);

}  // namespace kmortem::debuginfo
