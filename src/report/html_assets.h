// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string_view>

namespace kmortem::report {

/// page.css and page.js, and the SHA-256 of each in hexadecimal. Put together by the build.
std::string_view page_style();
std::string_view page_style_digest();
std::string_view page_script();
std::string_view page_script_digest();

}  // namespace kmortem::report
