// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string_view>

namespace kmortem::dump {

/// One ELF note; the views point into the bytes that were walked.
struct Note {
  std::string_view name;  ///< without its NUL
  uint32_t type = 0;
  std::span<const std::byte> description;
};

/// Calls `visit` for each note of a PT_NOTE segment, padded to four bytes as Linux and QEMU write
/// them. Stops at the first note that does not fit: what follows cannot be found.
void for_each_note(std::span<const std::byte> bytes, const std::function<void(const Note&)>& visit);

}  // namespace kmortem::dump
