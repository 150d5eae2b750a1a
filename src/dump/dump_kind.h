// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace kmortem::dump {

/// Which file of `makedumpfile --split` it is, and of which dump: `identity` is alike in all parts.
struct SplitMark {
  std::string identity;
  uint64_t begin = 0;  ///< page frames [begin, end)
  uint64_t end = 0;
};

/// What a file's first pages say.
struct DumpHead {
  bool of_kernel = false;  ///< as holds_a_kernel_dump()
  std::optional<SplitMark> part;
};
DumpHead read_dump_head(const std::string& path);

/// True when the file at `path` is the dump of an x86-64 kernel, by its content: ELF with a
/// kernel's notes or makedumpfile's format, flattened, packed, or both. Reads the first pages only
/// and changes nothing. What a process left (core), vmlinux, modules, archives of other things and
/// whatever is no regular file are none.
bool holds_a_kernel_dump(const std::string& path);

/// The same of a file's first bytes, unpacked.
bool begins_as_kernel_dump(std::span<const std::byte> head);

}  // namespace kmortem::dump
