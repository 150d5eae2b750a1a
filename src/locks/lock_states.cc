// SPDX-License-Identifier: GPL-3.0-or-later
#include "locks/lock_states.h"

#include <fmt/core.h>

#include <algorithm>
#include <map>
#include <unordered_map>
#include <utility>

#include "base/hex.h"
#include "kernel/memory_use.h"
#include "kernel/percpu.h"
#include "locks/held_claims.h"
#include "locks/lock_book.h"
#include "locks/lock_containers.h"
#include "locks/lock_names.h"
#include "locks/mcs_queue.h"
#include "locks/stack_waiters.h"

namespace kmortem::locks {

namespace {

using model::Grade;
using model::LockParty;
using model::LockSource;
using model::LockState;
using model::LockType;

/// Whether the reader of tasks had to leave some out.
bool lacks_tasks(const model::Problems& problems) {
  return std::ranges::any_of(problems.all(), [](const model::Problem& problem) {
    return problem.structure == "task_struct";
  });
}

/// struct pv_node's state, with paravirtual spinlocks: what a waiter's virtual CPU does.
std::string virtual_cpu_text(const McsNode& node) {
  if (!node.pv_state) return "";
  switch (*node.pv_state) {
    case 0:
      return "; pv_node.state: vcpu_running";
    case 1:
      return "; pv_node.state: vcpu_halted";
    case 2:
      return "; pv_node.state: vcpu_hashed, halted until the unlocker kicks it";
    default:
      return fmt::format("; pv_node.state: {}, which is no state", *node.pv_state);
  }
}

class StateBuilder {
 public:
  StateBuilder(const kernel::Target& target, const LockSources& sources)
      : target_(target),
        sources_(sources),
        decoders_(target, sources.cpus),
        waiters_(target),
        tasks_(target, sources.tasks),
        containers_(target, decoders_, waiters_, tasks_, sources.lockdep),
        names_(target, sources),
        queues_(target, sources.cpus),
        clock_(read_clock()),
        tasks_missing_(lacks_tasks(target.problems)) {
    for (const TaskWait& wait : sources.waits.all()) wait_of_.emplace(wait.task, &wait);
  }

  std::vector<LockState> run() {
    find_sleepers();
    for (const PartyAt& party : sources_.parties) book_.add(party);
    find_spinlocks();
    gather_claims();
    book_.for_each([this](LockState& state) { complete(state); });
    auto all = book_.take();
    place_queues(all);
    std::erase_if(all, [](const LockState& state) {
      return state.owners.empty() && state.waiters.empty() && state.undecided.empty();
    });
    place_in_memory(all);
    return all;
  }

 private:
  uint64_t read_clock() const;
  void find_sleepers();
  void find_spinlocks();
  void gather_claims();
  LockAt lock_of_map(const HeldClaim& claim) const;
  std::optional<bool> had_readers(const HeldClaim& claim) const;
  void complete(LockState& state);
  void take_owner(const LockWord& word, LockState& state);
  void take_waiters(const LockWord& word, LockState& state);
  void take_queue(LockState& state);
  void check_parties(const LockWord& word, LockState& state);
  void cross_check_lockdep(LockState& state);
  void place(LockParty& party) const;
  void place_queues(std::vector<LockState>& locks) const;
  void place_in_memory(std::vector<LockState>& locks) const;

  const kernel::Target& target_;
  const LockSources& sources_;
  LockDecoders decoders_;
  WaiterReader waiters_;
  KnownTasks tasks_;
  LockContainers containers_;
  LockNames names_;
  McsQueues queues_;
  uint64_t clock_;
  bool tasks_missing_;  ///< whoever is in no list may be one of those that damage hides
  LockBook book_;
  std::unordered_map<uint64_t, const TaskWait*> wait_of_;
  std::map<std::pair<uint64_t, LockType>, std::vector<HeldClaim>> claims_;
};

/// rq_clock_task() of the CPU that is furthest on: what sum_exec and exec_start are counted by.
uint64_t StateBuilder::read_clock() const {
  const auto field = kernel::find_percpu(target_, {"runqueues.clock_task", "runqueues.clock"}, 8);
  uint64_t latest = 0;
  if (!field) return 0;
  for (const model::Cpu& cpu : sources_.cpus) {
    latest = std::max(latest, kernel::read_percpu(target_, *field, cpu.percpu_base).value_or(0));
  }
  return latest;
}

void StateBuilder::find_sleepers() {
  StackWaiterFinder finder(target_, containers_, waiters_, tasks_);
  for (const model::Task& task : sources_.tasks) {
    const auto wait = wait_of_.find(task.address);
    if (wait == wait_of_.end() || task.on_cpu || task.idle || task.state == 'R') continue;
    auto named = finder.by_fields(task, *wait->second, sources_.waits.blocked_on_mutex());
    for (const PartyAt& party : named) book_.add(party);
    if (!named.empty()) continue;
    if (auto found = finder.by_stack(task, *wait->second)) book_.add(*found);
  }
}

void StateBuilder::find_spinlocks() {
  for (const model::SpinlockInstance& lock : sources_.scan.spinlocks) {
    if (lock.value == 0) continue;
    LockState& state = book_.lock(lock.address, LockType::raw_spinlock);
    state.symbol = lock.symbol;
  }
}

/// Whether a lock of the claim's class was ever taken for reading: LOCK_USED_READ, since 5.10. That
/// none was is certain only while lockdep goes on.
std::optional<bool> StateBuilder::had_readers(const HeldClaim& claim) const {
  const model::LockdepFeatures& features = sources_.lockdep.features;
  const model::LockClass* cls = sources_.lockdep.find(claim.held().class_index);
  if (cls == nullptr || features.used_read_bit < 0) return std::nullopt;
  if ((cls->usage_mask >> features.used_read_bit & 1) != 0) return true;
  return sources_.lockdep.enabled && features.prove_locking ? std::optional(false) : std::nullopt;
}

LockAt StateBuilder::lock_of_map(const HeldClaim& claim) const {
  LockAt lock = containers_.of_map(claim.held().address, had_readers(claim));
  // A mutex of PREEMPT_RT and an rt_mutex are alike; the functions in which a task sleeps for it
  // are not.
  if (lock.type == LockType::mutex && book_.has(lock.address, LockType::rt_mutex)) {
    lock.type = LockType::rt_mutex;
  }
  return lock;
}

void StateBuilder::gather_claims() {
  if (sources_.infer_owners) return;
  const bool live = sources_.lockdep.enabled;
  std::unordered_map<uint64_t, LockAt> lock_of;
  for (const model::Task& task : sources_.tasks) {
    for (const HeldClaim& claim : claims_of(task, live)) {
      const uint64_t map = claim.held().address;
      auto known = lock_of.find(map);
      if (known == lock_of.end()) {
        known = lock_of.emplace(map, lock_of_map(claim)).first;
      }
      const LockAt& lock = known->second;
      LockState& state = book_.lock(lock.address, lock.type);
      state.map = map;
      names_.take_class(claim.held().class_index, &state);
      claims_[{lock.address, lock.type}].push_back(claim);
    }
  }
}

void StateBuilder::place(LockParty& party) const {
  const model::Task* task = tasks_.find(party.task);
  if (task == nullptr) return;
  if (task->on_cpu && party.cpu < 0) party.cpu = task->cpu;
  const auto wait = wait_of_.find(party.task);
  if (task->on_cpu || wait == wait_of_.end() || wait->second->last_ran == 0) return;
  if (clock_ > wait->second->last_ran) party.waited_ns = clock_ - wait->second->last_ran;
}

void StateBuilder::take_owner(const LockWord& word, LockState& state) {
  const bool spins = state.type == LockType::raw_spinlock || state.type == LockType::rwlock;
  if (word.owner == 0 || (sources_.infer_owners && spins)) return;
  if (word.locked && !*word.locked) {
    state.undecided.push_back(fmt::format("{} names {}, but the lock's word says that it is free",
                                          word.owner_member, hex_address(word.owner)));
    return;
  }
  if (tasks_.find(word.owner) == nullptr) {
    // A reader may have gone long ago.
    if (word.owner_hint) return;
    (tasks_missing_ ? state.unlisted_owner : state.gone_owner) = word.owner;
    state.undecided.push_back(fmt::format("{} = {}, which is no task that is known{}",
                                          word.owner_member, hex_address(word.owner),
                                          tasks_missing_ ? "; the dump lacks some" : ""));
    return;
  }
  LockParty party;
  party.task = word.owner;
  party.cpu = word.owner_cpu;
  party.shared = word.owner_shared;
  party.hint = word.owner_hint;
  party.grade = word.owner_hint ? Grade::unknown : Grade::proven;
  party.evidence = fmt::format("{} = {}", word.owner_member, hex_address(word.owner));
  if (word.owner_hint) party.evidence += ": the last to get it, not the only one";
  merge_party(&state.owners, party);
}

void StateBuilder::take_waiters(const LockWord& word, LockState& state) {
  const WaiterList list = waiters_.read(state.type, state.address);
  if (!list.complete) {
    target_.problems.add({"wait list of a lock", list.broken_at, list.reason,
                          "waiters behind the damage are not listed"});
  }
  std::vector<LockParty> before = std::exchange(state.waiters, {});
  for (const Waiter& waiter : list.waiters) {
    LockParty party;
    party.task = waiter.task;
    party.shared = waiter.shared;
    party.source = LockSource::wait_list;
    const bool confirmed =
        tasks_.find(waiter.task) != nullptr && tasks_.on_stack_of(waiter.task, waiter.node);
    party.grade = confirmed ? Grade::proven : Grade::unknown;
    party.evidence = "waiter at " + hex_address(waiter.node);
    merge_party(&state.waiters, party);
  }
  if (word.waiting_writer != 0) {
    LockParty party;
    party.task = word.waiting_writer;
    party.source = LockSource::lock_word;
    party.grade = tasks_.find(party.task) != nullptr ? Grade::proven : Grade::unknown;
    party.evidence =
        "the lock names " + hex_address(party.task) + " as the writer that waits for its readers";
    merge_party(&state.waiters, party);
  }
  for (const LockParty& party : before) merge_party(&state.waiters, party);
}

void StateBuilder::take_queue(LockState& state) {
  if (!decoders_.spin_word().queued() || !state.value) return;
  const SpinWord word = decoders_.spin_word().decode(*state.value);
  if (word.tail_cpu < 0) return;
  const McsChain chain = queues_.chain(word.tail_cpu, word.tail_index);
  if (!chain.problem.empty()) state.undecided.push_back(chain.problem);
  std::vector<LockParty> before = std::exchange(state.waiters, {});
  for (const McsNode* node : chain.nodes) {
    LockParty party;
    party.cpu = node->cpu;
    for (const model::Cpu& cpu : sources_.cpus) {
      if (cpu.number == node->cpu) party.task = cpu.current_task;
    }
    party.source = LockSource::mcs_queue;
    party.grade = chain.problem.empty() ? Grade::proven : Grade::inferred;
    party.evidence =
        fmt::format("queue node {} of CPU {}, in the chain that the lock's tail ends{}",
                    node->index, node->cpu, virtual_cpu_text(*node));
    merge_party(&state.waiters, party);
  }
  // Whoever spins without a node has the pending bit: it is before the queue.
  std::vector<LockParty> queued = std::exchange(state.waiters, {});
  for (const LockParty& party : before) {
    const bool in_queue = std::ranges::any_of(
        queued, [&](const LockParty& other) { return other.cpu == party.cpu && party.cpu >= 0; });
    if (!in_queue) merge_party(&state.waiters, party);
  }
  for (const LockParty& party : queued) state.waiters.push_back(party);
  for (const LockParty& party : before) {
    const bool in_queue = std::ranges::any_of(
        queued, [&](const LockParty& other) { return other.cpu == party.cpu && party.cpu >= 0; });
    if (in_queue) merge_party(&state.waiters, party);
  }
}

/// Registers and instructions may name an owner of a lock whose own word says otherwise.
void StateBuilder::check_parties(const LockWord& word, LockState& state) {
  if (!word.locked || *word.locked) return;
  for (const LockParty& owner : state.owners) {
    state.undecided.push_back("its own word says that it is free, against: " + owner.evidence);
  }
  state.owners.clear();
}

/// A debug spinlock's owner that lockdep, still running, does not know of: a copy of a lock looks
/// like that.
void StateBuilder::cross_check_lockdep(LockState& state) {
  if (!sources_.lockdep.enabled || sources_.infer_owners || state.type != LockType::raw_spinlock)
    return;
  const bool has_map = decoders_.find(state.type)->map().has_value();
  if (!has_map) return;
  for (LockParty& owner : state.owners) {
    const model::Task* task = tasks_.find(owner.task);
    if (owner.source != LockSource::owner_field || task == nullptr || !task->lockdep_known) {
      continue;
    }
    if (owner.evidence.find("held_locks[") != std::string::npos) continue;
    owner.grade = Grade::inferred;
    owner.evidence += "; lockdep has not recorded it";
  }
}

void StateBuilder::complete(LockState& state) {
  const auto claims = claims_.find({state.address, state.type});
  const auto word = containers_.read({state.address, state.type});
  if (word) {
    state.value = word->value;
    state.value_text = word->text;
    state.locked = word->locked;
    state.no_owner_kept = word->no_owner_kept;
    check_parties(*word, state);
    take_owner(*word, state);
    take_waiters(*word, state);
    if (state.type == LockType::raw_spinlock) take_queue(state);
  } else if (decoders_.find(state.type) != nullptr) {
    state.undecided.push_back("the lock itself could not be read");
  }
  if (claims != claims_.end()) {
    for (const HeldClaim& claim : claims->second) {
      judge_claim(claim, word ? &*word : nullptr, &state);
    }
  }
  if (word && word->has_waiters && state.waiters.empty()) {
    state.undecided.push_back("its own word says that somebody waits; who does is not known");
  }
  cross_check_lockdep(state);
  for (LockParty& party : state.owners) place(party);
  for (LockParty& party : state.waiters) place(party);
  if (const LockDecoder* decoder = decoders_.find(state.type);
      decoder != nullptr && decoder->map() && state.map == 0) {
    state.map = state.address + decoder->map()->offset;
  }
  names_.name(&state);
}

/// qrwlock.wait_lock: who holds it waits for the rwlock, first of all that do.
void take_queue_owner(const LockState& rwlock, LockState& queue) {
  if (!queue.owners.empty() || !queue.locked.value_or(false)) return;
  const LockParty* first = nullptr;
  for (const LockParty& waiter : rwlock.waiters) {
    const bool queued = std::ranges::any_of(
        queue.waiters, [&](const LockParty& other) { return other.task == waiter.task; });
    if (queued || waiter.cpu < 0) continue;
    if (first != nullptr) return;
    first = &waiter;
  }
  if (first == nullptr) return;
  LockParty owner = *first;
  owner.shared = false;
  owner.grade = Grade::inferred;
  owner.evidence = "the only one that waits for the rwlock itself";
  queue.owners.push_back(std::move(owner));
}

/// The spinlock inside a rwlock by which its waiters queue is named by the rwlock.
void StateBuilder::place_queues(std::vector<LockState>& locks) const {
  const auto inner = target_.types.field("rwlock_t.raw_lock.wait_lock");
  if (!inner) return;
  std::unordered_map<uint64_t, size_t> queue_of;
  for (size_t i = 0; i < locks.size(); ++i) {
    if (locks[i].type == LockType::rwlock) queue_of.emplace(locks[i].address + inner->offset, i);
  }
  for (LockState& queue : locks) {
    const auto found = queue_of.find(queue.address);
    if (queue.type != LockType::raw_spinlock || found == queue_of.end()) continue;
    const LockState& rwlock = locks[found->second];
    const std::string label = rwlock.symbol.empty() ? rwlock.name : rwlock.symbol;
    queue.name = "the queue of " + (label.empty() ? hex_address(rwlock.address) : label);
    if (!rwlock.symbol.empty()) queue.symbol = queue.name;
    take_queue_owner(rwlock, queue);
  }
}

void StateBuilder::place_in_memory(std::vector<LockState>& locks) const {
  if (locks.empty()) return;
  kernel::MemoryUseReader memory(target_, sources_.cpus);
  for (LockState& state : locks) {
    const kernel::MemoryUse use = memory.at(state.address);
    state.slab = use.slab;
    state.in_freed_memory = use.free;
    state.freed_grade = use.free ? use.grade : Grade::proven;
    state.freed_because = use.because;
  }
}

}  // namespace

std::vector<LockState> read_lock_states(const kernel::Target& target, const LockSources& sources) {
  return StateBuilder(target, sources).run();
}

}  // namespace kmortem::locks
