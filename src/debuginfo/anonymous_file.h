// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/error.h"
#include "debuginfo/descriptor.h"

namespace kmortem::debuginfo {

/// A file without a name, gone when it is closed: in memory when `expected_size` (in bytes) is
/// moderate, else in $TMPDIR or /tmp. Fails when neither can be made.
Result<Descriptor> make_anonymous_file(uint64_t expected_size);

/// Writes all of `bytes` at the file's position. Fails when there is no room for them.
Result<void> append(const Descriptor& file, std::span<const std::byte> bytes);

}  // namespace kmortem::debuginfo
