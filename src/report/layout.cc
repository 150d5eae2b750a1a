// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/layout.h"

#include <fmt/core.h>

#include <algorithm>

namespace kmortem::report {

namespace {

constexpr size_t kLabelColumn = 12;

// One paragraph, without newlines in it.
std::string wrapped_line(std::string_view text, size_t indent, size_t width) {
  std::string result(indent, ' ');
  size_t column = indent;
  bool first = true;
  while (!text.empty()) {
    const size_t end = text.find(' ');
    const std::string_view word = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    const size_t length = display_width(word);
    if (!first && column + 1 + length > width) {
      result += "\n" + std::string(indent, ' ');
      column = indent;
    } else if (!first) {
      result += ' ';
      ++column;
    }
    result += word;
    column += length;
    first = false;
  }
  return result + "\n";
}

std::string trimmed_end(std::string line) {
  while (!line.empty() && line.back() == ' ') line.pop_back();
  return line;
}

}  // namespace

std::string wrapped(std::string_view text, size_t indent, size_t width) {
  std::string result;
  while (!text.empty()) {
    const size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.empty()) {
      result += "\n";
    } else if (line.front() == ' ') {
      result += std::string(indent, ' ') + std::string(line) + "\n";
    } else {
      result += wrapped_line(line, indent, width);
    }
  }
  return result;
}

std::string labelled(std::string_view label, std::string_view text, size_t width) {
  std::string body = wrapped(text, kLabelColumn, width);
  if (body.size() < kLabelColumn) return {};
  return padded("  " + std::string(label), kLabelColumn) + body.substr(kLabelColumn);
}

std::string table(const std::vector<std::vector<std::string>>& rows,
                  const std::vector<bool>& right_aligned) {
  std::vector<size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], display_width(row[i]));
  }
  std::string result;
  for (const auto& row : rows) {
    std::string line;
    for (size_t i = 0; i < row.size(); ++i) {
      const bool right = i < right_aligned.size() && right_aligned[i];
      if (i != 0) line += "  ";
      if (right) line += std::string(widths[i] - display_width(row[i]), ' ') + row[i];
      if (!right) line += padded(row[i], widths[i]);
    }
    result += trimmed_end(std::move(line)) + "\n";
  }
  return result;
}

std::string size_text(uint64_t bytes) {
  constexpr uint64_t kStep = 1024;
  if (bytes < kStep) return fmt::format("{} bytes", bytes);
  double value = static_cast<double>(bytes) / kStep;
  const char* units[] = {"KB", "MB", "GB", "TB", "PB"};
  size_t unit = 0;
  while (value >= kStep && unit + 1 < std::size(units)) {
    value /= kStep;
    ++unit;
  }
  return value < 9.95 ? fmt::format("{:.1f} {}", value, units[unit])
                      : fmt::format("{:.0f} {}", value, units[unit]);
}

std::string duration_text(uint64_t nanoseconds) {
  const uint64_t seconds = nanoseconds / 1'000'000'000;
  const uint64_t minutes = seconds / 60;
  const uint64_t hours = minutes / 60;
  const uint64_t days = hours / 24;
  if (minutes == 0) return fmt::format("{} s", seconds);
  if (hours == 0) return fmt::format("{} min {} s", minutes, seconds % 60);
  if (days == 0) return fmt::format("{} h {} min", hours, minutes % 60);
  return fmt::format("{} {} h", count_text(days, "day"), hours % 24);
}

std::string count_text(uint64_t count, std::string_view word, std::string_view plural) {
  if (count == 1) return fmt::format("1 {}", word);
  return plural.empty() ? fmt::format("{} {}s", count, word) : fmt::format("{} {}", count, plural);
}

size_t display_width(std::string_view text) {
  // UTF-8: every byte but the continuations begins a character.
  return static_cast<size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xc0) != 0x80; }));
}

std::string padded(std::string_view text, size_t width) {
  const size_t used = display_width(text);
  std::string result(text);
  if (used < width) result.append(width - used, ' ');
  return result;
}

}  // namespace kmortem::report
