// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "dump/physical_memory.h"

namespace kmortem::dump {

/// The kernel's own description of itself: "key=value" lines (kernel/crash_core.c, and since 6.9
/// kernel/vmcore_info.c).
class Vmcoreinfo {
 public:
  Vmcoreinfo() = default;
  explicit Vmcoreinfo(std::string_view text);

  bool empty() const { return lines_.empty(); }

  /// What follows the first '=' on the line of `key`; the last line wins, as when a capture kernel
  /// appends to it.
  std::optional<std::string> line(std::string_view key) const;

  /// SYMBOL(name): a hexadecimal address.
  std::optional<uint64_t> symbol(std::string_view name) const;

  /// NUMBER(name): decimal with a sign, or hexadecimal after "0x". A negative one wraps around.
  std::optional<uint64_t> number(std::string_view name) const;

  /// A line whose value is hexadecimal without "0x", as KERNELOFFSET is.
  std::optional<uint64_t> hexadecimal(std::string_view key) const;

 private:
  std::map<std::string, std::string, std::less<>> lines_;
};

/// True for text that a kernel wrote: OSRELEASE first, PAGESIZE=4096 and a symbol later, nothing
/// unprintable.
bool looks_like_vmcoreinfo(std::string_view text);

/// Calls `accept` with each VMCOREINFO text in the dump's memory, lowest address first, until it
/// returns true or kMaxTexts have been seen. vmcoreinfo_data is a page of its own since 4.13 and
/// an array in .bss before; the note beside it has the same text.
void find_vmcoreinfo(PhysicalMemory& memory, const std::function<bool(std::string_view)>& accept);

/// More texts than this are copies in user memory, not kernels.
constexpr int kMaxTexts = 32;

}  // namespace kmortem::dump
