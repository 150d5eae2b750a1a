// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace kmortem::dump {

/// True when the file at `path` is the dump of an x86-64 kernel, by its content: ELF with a
/// kernel's notes or makedumpfile's format, flattened, packed, or both. Reads the first pages only
/// and changes nothing. What a process left (core), vmlinux, modules, archives of other things and
/// whatever is no regular file are none.
bool holds_a_kernel_dump(const std::string& path);

/// The same of a file's first bytes, unpacked.
bool begins_as_kernel_dump(std::span<const std::byte> head);

}  // namespace kmortem::dump
