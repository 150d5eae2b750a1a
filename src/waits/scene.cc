// SPDX-License-Identifier: GPL-3.0-or-later
#include "waits/scene.h"

#include <algorithm>
#include <utility>

#include "base/hex.h"

namespace kmortem::waits {

namespace {

bool begins_with_one_of(std::string_view function, const std::vector<std::string_view>& names) {
  return std::ranges::any_of(names,
                             [&](std::string_view name) { return function.starts_with(name); });
}

}  // namespace

const kernel::UnwoundStack* Scene::stack_of(const model::Cpu& cpu) const {
  const auto found = std::ranges::find(stacks, cpu.number, &kernel::UnwoundStack::cpu);
  return found == stacks.end() ? nullptr : &*found;
}

std::string Scene::function_text(uint64_t address) const {
  const model::Frame frame = symbolizer.symbolize(address);
  if (frame.function.empty() || frame.offset != 0) return hex_address(address);
  return frame.function + "()" + (frame.module.empty() ? "" : " [" + frame.module + "]");
}

int outermost_of(const model::Stack& stack, const std::vector<std::string_view>& names) {
  const auto first = std::ranges::find_if(
      stack, [&](const model::Frame& frame) { return begins_with_one_of(frame.function, names); });
  if (first == stack.end()) return -1;
  auto last = first;
  while (std::next(last) != stack.end() && begins_with_one_of(std::next(last)->function, names)) {
    ++last;
  }
  return static_cast<int>(last - stack.begin());
}

model::LockParty party_on(const model::Cpu& cpu, int frame, std::string evidence) {
  model::LockParty party;
  party.task = cpu.current_task;
  party.cpu = cpu.number;
  party.source = model::LockSource::event_data;
  party.grade = model::Grade::proven;
  party.frame = frame;
  party.evidence = std::move(evidence);
  return party;
}

}  // namespace kmortem::waits
