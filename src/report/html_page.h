// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <string_view>

namespace kmortem::report {

/// A whole HTML document around `body`, which is HTML: the style and the script are in it, nothing
/// is loaded, and its content security policy lets no other style, script or address through.
std::string html_page(std::string_view title, std::string_view body);

/// The digest of a content security policy, "sha256-…=", from the hexadecimal one that the build
/// computed; empty when that is no such digest.
std::string policy_digest(std::string_view sha256_hex);

}  // namespace kmortem::report
