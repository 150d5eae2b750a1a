// SPDX-License-Identifier: GPL-3.0-or-later
#include "locks/code_parties.h"

#include <optional>
#include <unordered_set>
#include <utility>

#include "locks/awaited_lock.h"
#include "locks/held_at.h"
#include "locks/lock_analyses.h"
#include "locks/stack_locks.h"

namespace kmortem::locks {

namespace {

constexpr uint64_t kUninterruptible = 0x2;  // TASK_UNINTERRUPTIBLE

/// Tasks that can stand in the middle of a lock's slow path, or sleep with a spinlock held. The
/// thousands that wait for a user or a timer hold mutexes at most, which name their owners.
std::unordered_set<uint64_t> worth_reading(std::span<const model::Task> tasks) {
  std::unordered_set<uint64_t> wanted;
  for (const model::Task& task : tasks) {
    if ((task.state_bits & kUninterruptible) != 0 && task.state != 'I') wanted.insert(task.address);
  }
  return wanted;
}

std::optional<uint64_t> base_of(std::span<const model::Cpu> cpus, int number) {
  for (const model::Cpu& cpu : cpus) {
    if (cpu.number == number) return cpu.percpu_base;
  }
  return std::nullopt;
}

}  // namespace

std::vector<PartyAt> read_code_parties(const kernel::Target& target, kernel::Symbolizer& symbolizer,
                                       std::span<const kernel::UnwoundStack> stacks,
                                       std::span<const model::Cpu> cpus,
                                       std::span<const model::Task> tasks) {
  const std::unordered_set<uint64_t> sleepers = worth_reading(tasks);
  LockAnalyses analyses(target, symbolizer);
  HeldAt held_at(analyses, target.memory);
  std::vector<PartyAt> parties;
  for (const kernel::UnwoundStack& stack : stacks) {
    if (stack.cpu < 0 && !sleepers.contains(stack.task)) continue;
    const auto base = base_of(cpus, stack.cpu);
    auto held = locks_held_on_stack(held_at, stack, base);
    for (PartyAt& party : held.parties) parties.push_back(std::move(party));
    for (PartyAt& party : awaited_locks(held_at, stack, base)) parties.push_back(std::move(party));
  }
  return parties;
}

}  // namespace kmortem::locks
