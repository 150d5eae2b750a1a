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
    // Modules' lines are looked up before a return address: this is the instruction itself.
    const uint64_t after = frame.pc + (frame.interrupted ? 1 : 0);
    model::Stack located = frame.module.empty() ? kernel_.locate(frame.pc, !frame.interrupted)
                                                : modules_.locate(frame.module, after);
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
    outermost.interrupted = frame.interrupted;
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

  void expand(const ShownStack& shown) {
    model::Stack located;
    std::vector<size_t> places;  // where each frame went to
    for (const model::Frame& frame : *shown.frames) {
      model::Stack frames = expand(frame);
      std::move(frames.begin(), frames.end(), std::back_inserter(located));
      places.push_back(located.size() - 1);
    }
    for (model::SavedRegisters& saved : shown.state->registers) {
      saved.frame = saved.frame < places.size() ? places[saved.frame] : located.size();
    }
    *shown.frames = std::move(located);
  }

 private:
  debuginfo::KernelDebuginfo& kernel_;
  ModuleLines& modules_;
};

debuginfo::ModulePlaces places_of(const model::Snapshot& snapshot, const OpenedDump& opened,
                                  std::vector<std::string> module_folders) {
  const std::filesystem::path dump(snapshot.dump.path);
  debuginfo::ModulePlaces places;
  places.trees = std::move(module_folders);
  places.folders = {dump.parent_path().empty() ? "." : dump.parent_path().string()};
  places.debug_dirs = opened.debug_dirs;
  const std::string& release = snapshot.dump.release;
  places.release = release.empty() ? opened.debuginfo->release() : release;
  return places;
}

}  // namespace

void add_source_lines(model::Report& report, OpenedDump& opened,
                      std::vector<std::string> module_folders) {
  model::Snapshot& snapshot = report.snapshot;
  const kernel::Target target{*opened.dump, opened.debuginfo->types(), opened.debuginfo->symbols(),
                              snapshot.problems};
  ModuleLines modules(target, snapshot.modules,
                      places_of(snapshot, opened, std::move(module_folders)));
  LineFinder finder(*opened.debuginfo, modules);
  for (model::Finding& finding : report.findings) {
    for (model::Evidence& evidence : finding.evidence) {
      evidence.stack = finder.expand(evidence.stack);
    }
  }
}

void add_source_lines(std::vector<ShownStack>& stacks, model::Snapshot& snapshot,
                      OpenedDump& opened, std::vector<std::string> module_folders) {
  const kernel::Target target{*opened.dump, opened.debuginfo->types(), opened.debuginfo->symbols(),
                              snapshot.problems};
  ModuleLines modules(target, snapshot.modules,
                      places_of(snapshot, opened, std::move(module_folders)));
  LineFinder finder(*opened.debuginfo, modules);
  for (const ShownStack& shown : stacks) finder.expand(shown);
}

}  // namespace kmortem::postmortem
