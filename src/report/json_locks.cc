// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/json_locks.h"

#include <algorithm>

#include "base/hex.h"
#include "report/grade_text.h"
#include "report/lock_text.h"

namespace kmortem::report {

namespace {

using model::LockParty;
using model::LockState;

Json json_party(const model::Snapshot& snapshot, const LockParty& party) {
  const model::Task* task = snapshot.task_at(party.task);
  Json json;
  json["pid"] = task == nullptr ? Json(nullptr) : Json(task->pid);
  json["comm"] = task == nullptr ? Json(nullptr) : Json(task->comm);
  json["address"] = json_address(party.task);
  json["cpu"] = party.cpu < 0 ? Json(nullptr) : Json(party.cpu);
  json["shared"] = party.shared;
  json["source"] = lock_source_text(party.source);
  json["grade"] = grade_text(party.grade);
  json["hint"] = party.hint;
  json["frame"] = party.frame < 0 ? Json(nullptr) : Json(party.frame);
  json["code"] = json_address(party.code);
  json["waited_ns"] = party.waited_ns == 0 ? Json(nullptr) : Json(party.waited_ns);
  json["evidence"] = json_text(party.evidence);
  return json;
}

Json json_parties(const model::Snapshot& snapshot, const std::vector<LockParty>& parties) {
  Json list = Json::array();
  for (const LockParty& party : parties) list.push_back(json_party(snapshot, party));
  return list;
}

Json json_lock(const model::Snapshot& snapshot, const LockState& lock) {
  return {{"address", json_address(lock.address)},
          {"type", lock_type_text(lock.type)},
          {"name", json_text(lock.name)},
          {"symbol", json_text(lock.symbol)},
          {"class", json_text(lock.lock_class)},
          {"slab", json_text(lock.slab)},
          {"map", json_address(lock.map)},
          {"value", lock.value ? Json(hex_short(*lock.value)) : Json(nullptr)},
          {"value_text", json_text(lock.value_text)},
          {"locked", lock.locked ? Json(*lock.locked) : Json(nullptr)},
          {"no_owner_kept", lock.no_owner_kept},
          {"in_freed_memory", lock.in_freed_memory},
          {"freed_because", json_text(lock.freed_because)},
          {"owners", json_parties(snapshot, lock.owners)},
          {"waiters", json_parties(snapshot, lock.waiters)},
          {"undecided", lock.undecided}};
}

Json json_ref(const LockState& lock) {
  // "spinlock" since version 1 of the report, for both kinds of spinlock_t.
  const std::string type = lock.type == model::LockType::raw_spinlock
                               ? "spinlock"
                               : std::string(lock_type_text(lock.type));
  return json_lock_ref({lock.name, lock.address, type, lock.lock_class, lock.symbol});
}

bool has_cpu(const std::vector<LockParty>& parties, int cpu) {
  return std::ranges::any_of(
      parties, [&](const LockParty& party) { return party.cpu == cpu && !party.hint; });
}

}  // namespace

Json json_locks(const model::Snapshot& snapshot) {
  Json list = Json::array();
  for (const LockState& lock : snapshot.locks) list.push_back(json_lock(snapshot, lock));
  return list;
}

Json json_spinlocks_held(const model::Snapshot& snapshot, int cpu) {
  Json list = Json::array();
  for (const LockState& lock : snapshot.locks) {
    if (spins(lock.type) && has_cpu(lock.owners, cpu)) list.push_back(json_ref(lock));
  }
  return list;
}

Json json_spinning_on(const model::Snapshot& snapshot, int cpu) {
  for (const LockState& lock : snapshot.locks) {
    if (spins(lock.type) && has_cpu(lock.waiters, cpu)) return json_ref(lock);
  }
  return nullptr;
}

}  // namespace kmortem::report
