// SPDX-License-Identifier: GPL-3.0-or-later
#include "checks/splat_signature.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>
#include <vector>

#include "checks/wording.h"

namespace kmortem::checks {

namespace {

using model::Splat;
using model::SplatLock;
using model::SplatRole;

// Functions that say nothing of who wanted a lock or sleeps: the locks' and the scheduler's own.
constexpr std::array<std::string_view, 27> kAnybodys = {"lock_acquire",
                                                        "__lock_acquire",
                                                        "_raw_",
                                                        "__raw_",
                                                        "do_raw_",
                                                        "native_queued_",
                                                        "queued_",
                                                        "virt_spin_",
                                                        "__pv_",
                                                        "pv_",
                                                        "mutex_",
                                                        "__mutex_",
                                                        "ww_mutex_",
                                                        "down_",
                                                        "__down",
                                                        "rwsem_",
                                                        "rt_",
                                                        "percpu_down_",
                                                        "schedule",
                                                        "__schedule",
                                                        "io_schedule",
                                                        "wait_for_completion",
                                                        "__wait_for_common",
                                                        "dump_stack",
                                                        "asm_",
                                                        "nmi_",
                                                        "__cond_resched"};

bool is_anybodys(std::string_view function) {
  return std::ranges::any_of(kAnybodys,
                             [&](std::string_view name) { return function.starts_with(name); });
}

// "f", "f [module]".
std::string place(const model::Frame& frame) {
  if (frame.function.empty()) return "?";
  std::string text(plain_function(frame.function));
  return frame.module.empty() ? text : text + " [" + frame.module + "]";
}

/// The innermost function that is somebody's own.
std::string own_place(const model::Stack& stack) {
  const auto own = std::ranges::find_if(stack, [](const model::Frame& frame) {
    return !frame.function.empty() && frame.found_by != model::FoundBy::scan &&
           !is_anybodys(frame.function);
  });
  return own == stack.end() ? "?" : place(*own);
}

std::string first_place(const Splat& splat) {
  return splat.stacks.empty() ? "?" : own_place(splat.stacks.front().stack);
}

// "&x->lock#2/1" → "&x->lock": what depends on the boot goes. Where a report names no lock its
// address stands in the name's place.
std::string plain_name(std::string_view name) {
  constexpr size_t kShortestAddress = 8;
  constexpr std::string_view kDigits = "0123456789abcdef";
  const bool address =
      name.starts_with("0x") || (name.size() >= kShortestAddress &&
                                 name.find_first_not_of(kDigits) == std::string_view::npos);
  if (name.empty() || address) return "?";
  name = name.substr(0, name.find('#'));
  const size_t slash = name.rfind('/');
  const bool subclass = slash != std::string_view::npos && slash + 2 == name.size() &&
                        isdigit(static_cast<unsigned char>(name.back())) != 0;
  return std::string(subclass ? name.substr(0, slash) : name);
}

/// Where the lock was taken the other way: the stack below "{SOFTIRQ-ON-W} state was registered
/// at:".
std::string registered_place(const Splat& splat) {
  const auto stack = std::ranges::find_if(splat.stacks, [](const model::SplatStack& each) {
    return each.about.find("state was registered at") != std::string::npos;
  });
  return stack == splat.stacks.end() ? "?" : own_place(stack->stack);
}

std::vector<std::string> inconsistent_parts(const Splat& splat, const std::string& taken) {
  const bool hardirq = splat.usage_from.find("HARDIRQ") != std::string::npos ||
                       splat.usage_to.find("HARDIRQ") != std::string::npos;
  // "A -> B": B is what it is being taken as now.
  std::string in_place = taken;
  std::string on_place = registered_place(splat);
  if (!splat.usage_to.starts_with("IN-")) std::swap(in_place, on_place);
  return {hardirq ? "hardirq" : "softirq", in_place, on_place};
}

// What the lock was taken under: the held one that allows least, by the inner of its two wait
// types; of several that allow as little it is not told which was the one too many.
std::string under_key(const Splat& splat) {
  std::vector<std::pair<std::string, const SplatLock*>> held;
  for (const SplatLock& lock : splat.locks) {
    if (lock.role != SplatRole::held) continue;
    held.emplace_back(lock.wait.substr(std::min(lock.wait.find(':') + 1, lock.wait.size())), &lock);
  }
  if (held.empty()) return "context";
  std::ranges::sort(held);
  if (held.size() > 1 && held[0].first == held[1].first) return "?";
  return plain_name(held[0].second->name);
}

// The classes of the cycle in the order in which they were taken: the chain is printed from its
// end.
std::vector<std::string> cycle_parts(const Splat& splat) {
  std::vector<std::string> parts;
  for (const SplatLock* element : splat.chain()) parts.push_back(plain_name(element->name));
  std::ranges::reverse(parts);
  for (const SplatRole role : {SplatRole::holding, SplatRole::acquiring}) {
    const SplatLock* lock = splat.lock(role);
    if (splat.chain().empty()) parts.push_back(lock == nullptr ? "?" : plain_name(lock->name));
  }
  std::ranges::rotate(parts, std::ranges::min_element(parts));
  return parts;
}

}  // namespace

std::string splat_signature(std::string_view rule, const Splat& splat) {
  if (splat.type == model::SplatType::circular) return signature(rule, cycle_parts(splat));
  const SplatLock* lock = splat.lock(SplatRole::acquiring);
  if (lock == nullptr && !splat.locks.empty() && splat.locks.front().role != SplatRole::held) {
    lock = &splat.locks.front();
  }
  if (lock == nullptr) return signature(rule, {first_place(splat)});
  std::vector<std::string> parts = {plain_name(lock->name)};
  const std::string taken = place(lock->at);
  if (splat.type == model::SplatType::inconsistent_state) {
    for (std::string& part : inconsistent_parts(splat, taken)) parts.push_back(std::move(part));
  } else if (splat.type == model::SplatType::recursive) {
    const SplatLock* held = splat.lock(SplatRole::holding);
    parts.push_back(held == nullptr ? "?" : place(held->at));
    parts.push_back(taken);
  } else if (splat.type == model::SplatType::invalid_wait_context) {
    parts.push_back(under_key(splat));
    parts.push_back(taken);
  } else {
    parts.push_back(lock->at.function.empty() ? first_place(splat) : taken);
  }
  return signature(rule, parts);
}

}  // namespace kmortem::checks
