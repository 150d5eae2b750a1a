// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/printable.h"

#include <fmt/core.h>

#include <algorithm>

namespace kmortem::report {

namespace {

// Length of the well-formed UTF-8 sequence at the start of `text`; 0 when there is none.
size_t utf8_length(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text.front());
  const size_t length = lead < 0x80 ? 1 : lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  if (length == 0 || lead > 0xf4 || length > text.size()) return 0;
  for (size_t i = 1; i < length; ++i) {
    if ((static_cast<unsigned char>(text[i]) & 0xc0) != 0x80) return 0;
  }
  // U+0080 to U+009f are control characters too: a terminal obeys U+009b like ESC [.
  const bool c1 = lead == 0xc2 && static_cast<unsigned char>(text[1]) < 0xa0;
  return c1 ? 0 : length;
}

bool is_plain(unsigned char byte, bool keep_lines) {
  if (byte == '\n' || byte == '\t') return keep_lines;
  return byte >= 0x20 && byte < 0x7f;
}

}  // namespace

std::string printable(std::string_view text, bool keep_lines) {
  const bool clean = std::all_of(text.begin(), text.end(), [&](char c) {
    return is_plain(static_cast<unsigned char>(c), keep_lines);
  });
  if (clean) return std::string(text);

  std::string result;
  while (!text.empty()) {
    const auto byte = static_cast<unsigned char>(text.front());
    const size_t length = utf8_length(text);
    if (is_plain(byte, keep_lines) || length > 1) {
      const size_t taken = std::max<size_t>(length, 1);
      result += text.substr(0, taken);
      text.remove_prefix(taken);
    } else {
      result += fmt::format("\\x{:02x}", byte);
      text.remove_prefix(1);
    }
  }
  return result;
}

}  // namespace kmortem::report
