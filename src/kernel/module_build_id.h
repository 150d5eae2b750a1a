// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "kernel/target.h"

namespace kmortem::kernel {

/// A module's build-id in lower-case hex, out of the ELF notes that /sys/module/NAME/notes shows;
/// `notes_attrs` is module.notes_attrs. Empty when there is none or it cannot be read.
std::string build_id_from_notes(const Target& target, uint64_t notes_attrs);

/// Bytes in lower-case hex; empty when all are zero.
std::string build_id_text(std::span<const std::byte> bytes);

}  // namespace kmortem::kernel
