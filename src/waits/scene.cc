// SPDX-License-Identifier: GPL-3.0-or-later
#include "waits/scene.h"

#include <algorithm>
#include <utility>

#include "base/hex.h"

namespace kmortem::waits {

const kernel::UnwoundStack* Scene::stack_of(const model::Cpu& cpu) const {
  const auto found = std::ranges::find(stacks, cpu.number, &kernel::UnwoundStack::cpu);
  return found == stacks.end() ? nullptr : &*found;
}

std::string Scene::function_text(uint64_t address) const {
  const model::Frame frame = symbolizer.symbolize(address);
  if (frame.function.empty() || frame.offset != 0) return hex_address(address);
  return frame.function + "()" + (frame.module.empty() ? "" : " [" + frame.module + "]");
}

bool stands_in(const model::Frame& frame, const std::vector<std::string_view>& names) {
  return std::ranges::any_of(
      names, [&](std::string_view name) { return frame.function.starts_with(name); });
}

int outermost_of(const model::Stack& stack, const std::vector<std::string_view>& names) {
  const auto here = [&](const model::Frame& frame) { return stands_in(frame, names); };
  const auto first = std::ranges::find_if(stack, here);
  if (first == stack.end()) return -1;
  const auto behind = std::find_if_not(first, stack.end(), here);
  return static_cast<int>(behind - stack.begin()) - 1;
}

namespace {

model::LockParty party_at(uint64_t task, int cpu, int frame, std::string evidence) {
  model::LockParty party;
  party.task = task;
  party.cpu = cpu;
  party.source = model::LockSource::event_data;
  party.grade = model::Grade::proven;
  party.frame = frame;
  party.evidence = std::move(evidence);
  return party;
}

}  // namespace

model::LockParty party_on(const model::Cpu& cpu, int frame, std::string evidence) {
  return party_at(cpu.current_task, cpu.number, frame, std::move(evidence));
}

model::LockParty party_of(const model::Task& task, int frame, std::string evidence) {
  return party_at(task.address, task.on_cpu ? task.cpu : -1, frame, std::move(evidence));
}

}  // namespace kmortem::waits
