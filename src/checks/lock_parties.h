// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "model/report.h"

namespace kmortem::checks {

/// The less sure of two grades.
model::Grade weaker(model::Grade a, model::Grade b);

/// "gc_lock [lk_rcu]", "&dev->mutex", "the mutex at 0xffff…".
std::string lock_label(const model::LockState& lock);

/// The place where a party waits, for a signature: the function that its frame names, else the
/// innermost on its stack that is no lock or wait primitive; "?" when neither is known.
std::string waiting_key(const model::Snapshot& snapshot, const model::LockParty& party);

/// The lock in a signature: its class or symbol, never an address; "?" when it has neither.
std::string lock_key(const model::LockState& lock);

/// "spinlock", "mutex", "rw_semaphore": as findings and the JSON name a lock's type.
std::string lock_type_text(model::LockType type);

/// What its owner does with it, before its name: "holds"; "runs" of a timer or work item, "has yet
/// to make" of a call to another CPU.
std::string_view possession_text(const model::LockState& lock);

/// True for a lock that is waited for by spinning, with preemption or interrupts off.
bool spins(model::LockType type);

model::LockRef lock_ref(const model::LockState& lock);

/// The task of a party: its own, or that which runs on its CPU; null when neither is known.
const model::Task* task_of(const model::Snapshot& snapshot, const model::LockParty& party);

/// "kflow_gcd [110] on CPU 1", "CPU 3".
std::string party_label(const model::Snapshot& snapshot, const model::LockParty& party);
std::string task_label(const model::Task& task);

model::TaskRef task_ref(const model::Snapshot& snapshot, const model::LockParty& party,
                        model::Role role);

/// The stack that `party.frame` is an index of: the CPU's for a running party; may be empty.
const model::Stack& stack_of(const model::Snapshot& snapshot, const model::LockParty& party);

/// The frame of a party, or null when it is not known.
const model::Frame* frame_of(const model::Snapshot& snapshot, const model::LockParty& party);

/// Adds a party's evidence, and the lock's own word once, as facts of a finding.
void add_party_evidence(const model::LockParty& party, model::Finding& finding);
void add_lock_evidence(const model::LockState& lock, model::Finding& finding);

}  // namespace kmortem::checks
