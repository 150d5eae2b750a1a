// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <vector>

#include "model/report.h"
#include "postmortem/open_dump.h"

namespace kmortem::postmortem {

/// A stack that is going to be shown.
struct ShownStack {
  model::Stack* frames = nullptr;
  model::StackState* state = nullptr;
};

/// Fills in file, line and inlined frames of every stack that the report's findings show: only
/// these, because each looks into the DWARF of a compile unit. Modules' .ko files are looked for
/// in `module_folders`, then beside the dump. Without DWARF the frames stay as they are.
void add_source_lines(model::Report& report, OpenedDump& opened,
                      std::vector<std::string> module_folders);

/// The same for stacks of CPUs and tasks: each stack grows by its inlined frames, and the registers
/// of its state go on naming their frames.
void add_source_lines(std::vector<ShownStack>& stacks, model::Snapshot& snapshot,
                      OpenedDump& opened, std::vector<std::string> module_folders);

}  // namespace kmortem::postmortem
