// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

#include "base/error.h"
#include "base/timer.h"
#include "cli/options.h"
#include "report/style.h"

namespace kmortem::cli {

/// Writes `text` to `path`, or to stdout when `path` is empty.
Result<void> write_output(const std::string& text, const std::string& path);

/// How text goes to where the command's output goes.
report::TextOptions text_options(const DumpOptions& options);

/// One line on stderr: "kmortem: …".
void print_error(const std::string& message);

/// The phases' times, a line each, on stderr.
void print_times(const PhaseTimes& times);

}  // namespace kmortem::cli
