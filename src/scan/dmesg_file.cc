// SPDX-License-Identifier: GPL-3.0-or-later
#include "scan/dmesg_file.h"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <optional>

namespace kmortem::scan {

namespace {

// The largest log buffer that CONFIG_LOG_BUF_SHIFT gives is 32 MB.
constexpr std::streamoff kMostRead = std::streamoff{32} << 20;

void skip_spaces(std::string_view& text) {
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
}

std::optional<uint64_t> take_number(std::string_view& text) {
  uint64_t value = 0;
  const auto done = std::from_chars(text.data(), text.data() + text.size(), value);
  if (done.ec != std::errc()) return std::nullopt;
  text.remove_prefix(static_cast<size_t>(done.ptr - text.data()));
  return value;
}

/// "<6>": facility and level in one.
void take_level(std::string_view& line, model::LogRecord& record) {
  if (!line.starts_with('<')) return;
  std::string_view rest = line.substr(1);
  const auto value = take_number(rest);
  if (!value || !rest.starts_with('>')) return;
  record.level = static_cast<unsigned>(*value & 7);
  record.facility = static_cast<unsigned>(*value >> 3);
  line = rest.substr(1);
}

/// "[   12.345678]", and "[ T123]" or "[ C1]" behind it (CONFIG_PRINTK_CALLER).
bool take_time(std::string_view& line, model::LogRecord& record) {
  if (!line.starts_with('[')) return false;
  std::string_view rest = line.substr(1);
  skip_spaces(rest);
  const auto seconds = take_number(rest);
  if (!seconds || !rest.starts_with('.')) return false;
  rest.remove_prefix(1);
  const auto microseconds = take_number(rest);
  if (!microseconds) return false;
  const size_t end = rest.find(']');
  if (end == std::string_view::npos) return false;
  record.time_ns = *seconds * 1'000'000'000 + *microseconds * 1'000;
  line = rest.substr(end + 1);
  if (line.starts_with(' ')) line.remove_prefix(1);
  return true;
}

}  // namespace

std::vector<model::LogRecord> parse_dmesg(std::string_view text) {
  std::vector<model::LogRecord> records;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    model::LogRecord record;
    record.sequence = records.size();
    take_level(line, record);
    if (!take_time(line, record) && !records.empty()) {
      records.back().text += '\n';
      records.back().text += line;
      continue;
    }
    record.text = line;
    records.push_back(std::move(record));
  }
  return records;
}

std::vector<model::LogRecord> read_dmesg_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  const std::streamoff size = file ? static_cast<std::streamoff>(file.tellg()) : 0;
  if (size <= 0) return {};
  file.seekg(std::max<std::streamoff>(0, size - kMostRead));
  std::string text(static_cast<size_t>(std::min(size, kMostRead)), '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<size_t>(file.gcount()));
  return parse_dmesg(text);
}

}  // namespace kmortem::scan
