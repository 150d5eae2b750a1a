// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace kmortem::report {

/// Paragraphs wrapped to `width`, every line indented by `indent` blanks. A line that begins with
/// a blank is laid out by its author and kept as it is. Ends with a newline, unless empty.
std::string wrapped(std::string_view text, size_t indent, size_t width);

/// "  fix       take &x->lock …": a label, and its text wrapped beside it.
std::string labelled(std::string_view label, std::string_view text, size_t width);

/// A table: columns as wide as their widest cell, two blanks between them; numbers by column in
/// `right_aligned`. The first row is the heading.
std::string table(const std::vector<std::vector<std::string>>& rows,
                  const std::vector<bool>& right_aligned = {});

/// "24 MB", "1.5 GB", "300 bytes".
std::string size_text(uint64_t bytes);

/// "52 s", "3 min 7 s", "2 h 5 min", "4 days 3 h".
std::string duration_text(uint64_t nanoseconds);

/// "1 lock", "2 locks"; `plural` where it is not the word and an s.
std::string count_text(uint64_t count, std::string_view word, std::string_view plural = {});

/// Columns that `text` takes on a terminal: its characters, not its bytes.
size_t display_width(std::string_view text);

/// `text` and blanks up to `width` columns.
std::string padded(std::string_view text, size_t width);

}  // namespace kmortem::report
