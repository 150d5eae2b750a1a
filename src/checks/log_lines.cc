// SPDX-License-Identifier: GPL-3.0-or-later
#include "checks/log_lines.h"

#include <fmt/core.h>

namespace kmortem::checks {

std::vector<LogLine> log_lines(const std::vector<model::LogRecord>& log) {
  std::vector<LogLine> lines;
  lines.reserve(log.size());
  for (const model::LogRecord& record : log) {
    std::string_view rest = record.text;
    while (true) {
      const size_t end = rest.find('\n');
      lines.push_back({record.time_ns, rest.substr(0, end)});
      if (end == std::string_view::npos) break;
      rest.remove_prefix(end + 1);
    }
  }
  return lines;
}

std::string log_time(uint64_t time_ns) {
  return fmt::format("{:.2f} s", static_cast<double>(time_ns) / 1e9);
}

std::string quote(const LogLine& line) {
  return fmt::format("log, {}: \"{}\"", log_time(line.time_ns), trimmed(line.text));
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r\n";
  const size_t begin = text.find_first_not_of(kBlank);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlank) - begin + 1);
}

}  // namespace kmortem::checks
