// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <libelf.h>

#include "base/error.h"
#include "debuginfo/descriptor.h"

namespace kmortem::debuginfo {

/// True when sections are compressed as elfutils before 0.189 cannot read: with zstd
/// (CONFIG_DEBUG_INFO_COMPRESSED_ZSTD, since Linux 6.2; `objcopy --compress-debug-sections=zstd`).
bool has_zstd_sections(Elf* elf);

/// A copy of the file in an anonymous one, those sections unpacked; without program headers, which
/// nobody asks of a copy. Fails with the reason alone: damaged, or no room.
Result<Descriptor> unpack_zstd_sections(Elf* elf);

}  // namespace kmortem::debuginfo
