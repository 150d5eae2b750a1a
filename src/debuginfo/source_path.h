// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <string_view>

namespace kmortem::debuginfo {

/// Resolves "." and ".." without looking at any disk: "a/./b/../c" is "a/c".
std::string normal_path(std::string_view path);

/// `path` without the directory of the tree or of the build in front.
std::string relative_to(std::string_view path, std::string_view tree, std::string_view build);

}  // namespace kmortem::debuginfo
