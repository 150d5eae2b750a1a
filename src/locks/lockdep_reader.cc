// SPDX-License-Identifier: GPL-3.0-or-later
#include "locks/lockdep_reader.h"

#include <algorithm>

#include "locks/chain_hash.h"
#include "locks/class_order.h"
#include "locks/lock_chains.h"
#include "locks/lock_dependencies.h"
#include "locks/lockdep_counters.h"
#include "locks/lockdep_layout.h"
#include "locks/pointer_hash.h"

namespace kmortem::locks {

namespace {

void read_wait_types(const debuginfo::TypeTable& types, model::Lockdep* lockdep) {
  for (const char* name : {"LD_WAIT_INV", "LD_WAIT_FREE", "LD_WAIT_SPIN", "LD_WAIT_CONFIG",
                           "LD_WAIT_SLEEP", "LD_WAIT_MAX"}) {
    if (auto value = types.enumerator(name)) {
      lockdep->wait_type_values[name] = static_cast<uint64_t>(*value);
    }
  }
}

/// Which of the addresses seen so far: a table of at least twice as many slots as addresses.
class AddressSet {
 public:
  AddressSet() : slots_(4096) {}

  void insert(uint64_t address) {
    if (address == 0) return;
    uint64_t& slot = find(address);
    if (slot == address) return;
    slot = address;
    if (++count_ * 2 > slots_.size()) grow();
  }

  std::vector<uint64_t> sorted() const {
    std::vector<uint64_t> all;
    all.reserve(count_);
    std::ranges::copy_if(slots_, std::back_inserter(all), [](uint64_t a) { return a != 0; });
    std::ranges::sort(all);
    return all;
  }

 private:
  uint64_t& find(uint64_t address) {
    size_t at = (address * 0x9e3779b97f4a7c15) >> 20;
    while (true) {
      uint64_t& slot = slots_[at++ & (slots_.size() - 1)];
      if (slot == 0 || slot == address) return slot;
    }
  }

  void grow() {
    std::vector<uint64_t> old(slots_.size() * 2);
    old.swap(slots_);
    for (const uint64_t address : old) {
      if (address != 0) find(address) = address;
    }
  }

  std::vector<uint64_t> slots_;
  size_t count_ = 0;
};

}  // namespace

model::Lockdep read_lockdep(const kernel::Target& target, const NameAddress& name_address) {
  model::Lockdep lockdep;
  lockdep.present = target.symbol("lock_classes").has_value();
  const auto layout = probe_lockdep_layout(target);
  if (!layout) {
    lockdep.read_completely = !lockdep.present;
    return lockdep;
  }
  const size_t problems_before = target.problems.all().size();
  lockdep.features = layout->features;
  // Unread, it counts as on: that lockdep had stopped is a finding, and needs a fact.
  lockdep.enabled = read_variable(target, "debug_locks", 4).value_or(1) != 0;
  lockdep.silent = read_variable(target, "debug_locks_silent", 4).value_or(0) != 0;
  read_pointer_hash(target, &lockdep);
  read_wait_types(target.types, &lockdep);

  const ClassTable classes = read_class_table(target, *layout);
  StringCache strings(target.memory);
  StackTraces traces(target, *layout);
  read_classes(target, *layout, classes, name_address, &strings, &traces, &lockdep);
  check_class_hash(target, *layout, classes, &lockdep);
  read_dependencies(target, *layout, classes, &traces, &lockdep);
  read_chains(target, *layout, &lockdep);
  check_chain_hash(target, *layout, &lockdep);
  read_counters(target, *layout, &lockdep);
  fill_tables(*layout, &lockdep);
  lockdep.traces = traces.take();
  lockdep.read_completely = target.problems.all().size() == problems_before;
  return lockdep;
}

std::vector<uint64_t> code_addresses(const model::Lockdep& lockdep,
                                     const std::vector<model::Task>& tasks) {
  AddressSet addresses;
  for (const auto& trace : lockdep.traces) {
    for (const uint64_t pc : trace) addresses.insert(pc);
  }
  for (const model::Task& task : tasks) {
    for (const model::HeldLock& held : task.held_locks) addresses.insert(held.acquire_ip);
    if (task.one_past_top) addresses.insert(task.one_past_top->acquire_ip);
  }
  return addresses.sorted();
}

}  // namespace kmortem::locks
