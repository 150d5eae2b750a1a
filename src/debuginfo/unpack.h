// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/error.h"
#include "debuginfo/descriptor.h"

namespace kmortem::debuginfo {

/// What distributions pack vmlinux and modules in.
enum class Packing : uint8_t { none, gzip, xz, zstd };

/// By the first bytes.
Packing packing_of(std::span<const std::byte> head);

/// The file's contents, unpacked into an anonymous file. Fails with the reason alone (no path):
/// cut off, damaged, no room, or larger than any debuginfo.
Result<Descriptor> unpack(const Descriptor& packed, Packing packing);

/// Unpacks one zstd frame that must give exactly `size` bytes into `out`. False when it does not.
bool unpack_zstd(std::span<const std::byte> frame, std::span<std::byte> out);

}  // namespace kmortem::debuginfo
