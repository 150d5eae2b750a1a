// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/frame.h"
#include "model/grade.h"
#include "model/snapshot.h"

namespace kmortem::model {

enum class Severity : uint8_t { error, warning, note };

struct LockRef {
  std::string name;
  uint64_t address = 0;    ///< of the lock or its lockdep_map; 0 when only the class is meant
  std::string type;        ///< "spinlock", "mutex", "lockdep_map"; empty when unknown
  std::string lock_class;  ///< as /proc/lockdep prints it
  std::string symbol;
};

enum class Role : uint8_t { owner, waiter };

struct TaskRef {
  int pid = 0;
  std::string comm;
  int cpu = -1;
  uint64_t address = 0;
  Role role = Role::owner;
};

/// One fact that a conclusion rests on: where it was read, in words, with a stack where there is
/// one ("taken in a softirq here").
struct Evidence {
  std::string text;
  std::optional<uint64_t> address;
  Stack stack;
};

struct Finding {
  std::string rule;
  Severity severity = Severity::error;
  Grade grade = Grade::proven;
  std::string title;        ///< one sentence
  std::string explanation;  ///< why this is wrong, for somebody who has never seen the code
  std::string remedy;       ///< what to change
  std::vector<LockRef> locks;
  std::vector<TaskRef> tasks;
  std::vector<Evidence> evidence;
  std::string signature;  ///< the same for the same bug over boots, addresses and KASLR
  std::optional<size_t> consequence_of;  ///< index of the finding that this one follows from
};

struct Report {
  Snapshot snapshot;
  std::vector<Finding> findings;
};

}  // namespace kmortem::model
