// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <vector>

#include "model/snapshot.h"
#include "report/style.h"

namespace kmortem::report {

/// What is to be shown: a CPU's stack, or a task's.
struct BacktraceSubject {
  const model::Cpu* cpu = nullptr;    ///< null for a task that does not run
  const model::Task* task = nullptr;  ///< may be null when only the CPU is known
};

/// Each subject's stack, innermost frame first, numbered, with a line where an interrupt, softirq,
/// NMI or exception ends and what it interrupted begins; verbose: with the registers there.
std::string backtrace_text(const model::Snapshot& snapshot,
                           const std::vector<BacktraceSubject>& subjects,
                           const TextOptions& options = {});
std::string backtrace_json(const model::Snapshot& snapshot,
                           const std::vector<BacktraceSubject>& subjects);

}  // namespace kmortem::report
