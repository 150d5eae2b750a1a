// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

#include "model/report.h"

namespace kmortem::report {

/// The same without what says whose machine it was: host name, kernel command line, names of user
/// processes, what processes wrote to the log, paths of files, and who built the kernel. Each name
/// has one pseudonym throughout ("task-1", "host-1", "file-1"), numbered in the order of the task
/// list. Kernel threads, functions, locks, modules and pids keep their names; so do source files,
/// by paths within the kernel's tree. A signature stays as it is: it names functions and locks.
model::Snapshot redacted(model::Snapshot snapshot);
model::Report redacted(model::Report report);

/// The same for a sentence of this tool's about the machine.
std::string redacted_sentence(const model::Snapshot& about, const std::string& text);

}  // namespace kmortem::report
