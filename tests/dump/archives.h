// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

namespace kmortem::test {

/// `bytes` packed by "gzip", "xz", "zstd", "bzip2" or "lz4", as those tools' libraries do it.
std::vector<std::byte> pack(std::string_view archive, std::span<const std::byte> bytes);

}  // namespace kmortem::test
