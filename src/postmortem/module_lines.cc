// SPDX-License-Identifier: GPL-3.0-or-later
#include "postmortem/module_lines.h"

#include <algorithm>
#include <utility>

#include "kernel/module_sections.h"

namespace kmortem::postmortem {

ModuleLines::ModuleLines(kernel::Target target, const std::vector<model::Module>& modules,
                         debuginfo::ModulePlaces places)
    : target_(target), modules_(modules), files_(std::move(places)) {}

std::vector<model::Frame> ModuleLines::locate(const std::string& module, uint64_t pc) {
  auto known = opened_.find(module);
  if (known == opened_.end()) known = opened_.emplace(module, open(module)).first;
  if (!known->second) return {};
  return known->second->locate(pc);
}

std::unique_ptr<debuginfo::ModuleDebuginfo> ModuleLines::open(const std::string& module) {
  auto loaded = std::find_if(modules_.begin(), modules_.end(),
                             [&](const model::Module& each) { return each.name == module; });
  if (loaded == modules_.end()) return nullptr;
  auto files = files_.find(module, loaded->build_id);
  if (!files) {
    target_.problems.add({"module " + module, loaded->address, files.error().message,
                          "its frames have no source lines"});
    return nullptr;
  }
  if (!*files) return nullptr;
  debuginfo::ModuleFile file;
  file.name = module;
  file.base = loaded->base;
  file.size = loaded->size;
  file.files = std::move(**files);
  for (auto& section : kernel::read_module_sections(target_, loaded->address)) {
    file.sections.push_back({std::move(section.name), section.address});
  }
  return debuginfo::ModuleDebuginfo::open(std::move(file));
}

}  // namespace kmortem::postmortem
