// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace kmortem::splats {

/// `text` without white space at either end.
std::string_view trimmed(std::string_view text);

/// What stands between the first `open` and the next `close` behind it; nothing without both.
std::optional<std::string_view> between(std::string_view text, std::string_view open,
                                        std::string_view close);

/// What stands behind the first `mark`; nothing without it.
std::optional<std::string_view> behind(std::string_view text, std::string_view mark);

/// Takes `head` off the front of `text`, if it is there.
bool take(std::string_view& text, std::string_view head);

/// Takes the decimal digits at the front off; their value, or nothing when there are none or too
/// many.
std::optional<uint64_t> take_number(std::string_view& text);

/// The same for hexadecimal digits, without "0x".
std::optional<uint64_t> take_hex(std::string_view& text);

bool is_digit(char c);
bool is_hex(char c);

}  // namespace kmortem::splats
