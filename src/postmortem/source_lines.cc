// SPDX-License-Identifier: GPL-3.0-or-later
#include "postmortem/source_lines.h"

#include <filesystem>
#include <iterator>
#include <utility>

#include "postmortem/module_lines.h"

namespace kmortem::postmortem {

namespace {

class LineFinder {
 public:
  LineFinder(debuginfo::KernelDebuginfo& kernel, ModuleLines& modules)
      : kernel_(kernel), modules_(modules) {}

  // The frames that DWARF knows at `frame`'s pc, innermost first, with what the dump said kept.
  model::Stack expand(const model::Frame& frame) {
    if (!frame.file.empty()) return {frame};
    model::Stack located = frame.module.empty() ? kernel_.locate(frame.pc, /*return_address=*/true)
                                                : modules_.locate(frame.module, frame.pc);
    if (located.empty()) return {frame};
    for (model::Frame& each : located) {
      each.pc = frame.pc;
      each.module = frame.module;
      each.found_by = frame.found_by;
      each.context = frame.context;
    }
    model::Frame& outermost = located.back();
    outermost.function = frame.function;
    outermost.offset = frame.offset;
    outermost.function_size = frame.function_size;
    outermost.note = frame.note;
    return located;
  }

  model::Stack expand(const model::Stack& stack) {
    model::Stack located;
    for (const model::Frame& frame : stack) {
      model::Stack frames = expand(frame);
      std::move(frames.begin(), frames.end(), std::back_inserter(located));
    }
    return located;
  }

 private:
  debuginfo::KernelDebuginfo& kernel_;
  ModuleLines& modules_;
};

}  // namespace

void add_source_lines(model::Report& report, OpenedDump& opened,
                      std::vector<std::string> module_folders) {
  const std::filesystem::path dump(report.snapshot.dump.path);
  module_folders.push_back(dump.parent_path().empty() ? "." : dump.parent_path().string());
  const kernel::Target target{*opened.dump, opened.debuginfo->types(), opened.debuginfo->symbols(),
                              report.snapshot.problems};
  ModuleLines modules(target, report.snapshot.modules, std::move(module_folders));
  LineFinder finder(*opened.debuginfo, modules);
  for (model::Finding& finding : report.findings) {
    for (model::Evidence& evidence : finding.evidence) {
      evidence.stack = finder.expand(evidence.stack);
    }
  }
}

}  // namespace kmortem::postmortem
