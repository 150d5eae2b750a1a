// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <string_view>

namespace kmortem::report {

/// `text` from a dump, safe for a terminal: control characters and bytes that are not UTF-8 become
/// "\x1b" and the like. Newlines and tabs stay when `keep_lines` is set.
std::string printable(std::string_view text, bool keep_lines = false);

}  // namespace kmortem::report
