// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "model/machine.h"

namespace kmortem::checks {

/// One line of the kernel's log; a record of several lines gives several.
struct LogLine {
  uint64_t time_ns = 0;
  std::string_view text;  ///< into the record: valid as long as the log is
};

/// The log as lines, oldest first.
std::vector<LogLine> log_lines(const std::vector<model::LogRecord>& log);

/// "65.63 s": a log time as findings quote it.
std::string log_time(uint64_t time_ns);

/// `log, 65.63 s: "WARNING: inconsistent lock state"`: a line as evidence quotes it.
std::string quote(const LogLine& line);

/// `text` without white space at either end.
std::string_view trimmed(std::string_view text);

}  // namespace kmortem::checks
