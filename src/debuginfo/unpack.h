// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <span>

#include "base/decoder.h"
#include "base/error.h"
#include "debuginfo/descriptor.h"

namespace kmortem::debuginfo {

/// The file's contents, unpacked into an anonymous file. Fails with the reason alone (no path):
/// cut off, damaged, no room, or larger than any debuginfo.
Result<Descriptor> unpack(const Descriptor& packed, Compression compression);

/// Unpacks one zstd frame that must give exactly `size` bytes into `out`. False when it does not.
bool unpack_zstd(std::span<const std::byte> frame, std::span<std::byte> out);

}  // namespace kmortem::debuginfo
