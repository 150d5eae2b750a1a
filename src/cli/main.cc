// SPDX-License-Identifier: GPL-3.0-or-later
#include <exception>

#include "base/heap.h"
#include "cli/commands.h"
#include "cli/options.h"
#include "cli/output.h"

int main(int argc, char** argv) {
  kmortem::prepare_heap();
  // Nothing below is meant to throw but CLI11 and allocation; whatever does must not look like a
  // crash of the tool to a script that reads exit codes.
  try {
    return kmortem::cli::run(argc, argv);
  } catch (const std::exception& error) {
    kmortem::cli::print_error(error.what());
    return kmortem::cli::kUnusable;
  }
}
