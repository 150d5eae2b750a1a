// SPDX-License-Identifier: GPL-3.0-or-later
#include "postmortem/module_lines.h"

#include <algorithm>
#include <utility>

#include "kernel/module_sections.h"

namespace kmortem::postmortem {

ModuleLines::ModuleLines(kernel::Target target, const std::vector<model::Module>& modules,
                         std::vector<std::string> folders)
    : target_(target), modules_(modules), folders_(std::move(folders)) {}

std::vector<model::Frame> ModuleLines::locate(const std::string& module, uint64_t pc) {
  auto known = opened_.find(module);
  if (known == opened_.end()) known = opened_.emplace(module, open(module)).first;
  if (!known->second) return {};
  return known->second->locate(pc);
}

std::unique_ptr<debuginfo::ModuleDebuginfo> ModuleLines::open(const std::string& module) const {
  auto loaded = std::find_if(modules_.begin(), modules_.end(),
                             [&](const model::Module& each) { return each.name == module; });
  if (loaded == modules_.end()) return nullptr;
  debuginfo::ModuleFile file;
  file.path = debuginfo::find_module_file(module, folders_);
  if (file.path.empty()) return nullptr;
  file.name = module;
  file.base = loaded->base;
  file.size = loaded->size;
  file.build_id = loaded->build_id;
  for (auto& section : kernel::read_module_sections(target_, loaded->address)) {
    file.sections.push_back({std::move(section.name), section.address});
  }
  return debuginfo::ModuleDebuginfo::open(std::move(file));
}

}  // namespace kmortem::postmortem
