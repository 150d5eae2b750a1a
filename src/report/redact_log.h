// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <string_view>

#include "model/machine.h"
#include "report/pseudonyms.h"

namespace kmortem::report {

/// What is taken out of text that the kernel printed.
struct LogNames {
  Pseudonyms tasks{"task"};
  Pseudonyms hosts{"host"};
  Pseudonyms files{"file"};
  Pseudonyms parameters{"parameter"};  ///< words of the kernel's command line
};

/// Learns the names of processes that a line of the log tells of where the kernel prints them
/// ("Comm: x", "x/12 is trying to acquire lock"): they may have ended since. Kernel threads that
/// ended cannot be told from them.
void learn_names(std::string_view line, Pseudonyms& tasks);

/// One line that the kernel printed, without names, paths and command line.
std::string redacted_line(std::string_view line, LogNames& names);

/// A record of the log; what a process wrote to /dev/kmsg is left out as a whole.
void redact_record(model::LogRecord& record, LogNames& names);

}  // namespace kmortem::report
