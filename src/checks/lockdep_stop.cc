// SPDX-License-Identifier: GPL-3.0-or-later
#include "checks/lockdep_stop.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace kmortem::checks {

namespace {

struct Mark {
  std::string_view text;
  StopCause cause;
};

// Messages of the places that call debug_locks_off().
constexpr std::array<Mark, 26> kMarks = {{
    {"BUG: MAX_LOCK", StopCause::table_full},  // _DEP_KEYS, _DEP_ENTRIES, _DEP_CHAINS, _DEPTH
    {"BUG: MAX_STACK_TRACE_ENTRIES too low", StopCause::table_full},
    {"lockdep bfs error:", StopCause::table_full},
    {"INFO: trying to register non-static key", StopCause::misuse},
    {"BUG: looking up invalid subclass", StopCause::misuse},
    {"has not been registered!", StopCause::misuse},
    {"DEBUG_LOCKS_WARN_ON(", StopCause::misuse},
    {"DEBUG_RWSEMS_WARN_ON(", StopCause::misuse},
    {"BUG: spinlock ", StopCause::lock_bug},
    {"BUG: rwlock ", StopCause::lock_bug},
    {"Disabling lock debugging due to kernel taint", StopCause::taint},
    {"BUG: unable to handle", StopCause::oops},
    {"BUG: kernel NULL pointer dereference", StopCause::oops},
    {"Unable to handle kernel", StopCause::oops},
    {"kernel BUG at ", StopCause::oops},
    {"general protection fault: ", StopCause::oops},  // a process's own says "fault ip:"
    {"general protection fault, ", StopCause::oops},
    {"invalid opcode: ", StopCause::oops},
    {"divide error: ", StopCause::oops},
    {"double fault: ", StopCause::oops},
    {"stack segment: ", StopCause::oops},
    {"Oops: ", StopCause::oops},
    {"Oops - ", StopCause::oops},
    {"Internal error: Oops", StopCause::oops},
    {"Kernel panic - not syncing", StopCause::panic},
    {"turning off the locking correctness validator", StopCause::misuse},
}};

// Before 4.x this cleared debug_locks, unless CONFIG_PROVE_RCU_REPEATEDLY; since, it does not. The
// other is printed by whoever finds lockdep stopped.
constexpr std::array<std::string_view, 2> kWeakMarks = {"suspicious RCU usage",
                                                        "INFO: lockdep is turned off"};

std::optional<StopCause> cause_of(std::string_view line) {
  for (const Mark& mark : kMarks) {
    if (line.find(mark.text) == std::string_view::npos) continue;
    // A lockup on a spinlock is printed without switching anything off.
    const bool lockup = line.find("lockup") != std::string_view::npos;
    if (mark.cause == StopCause::lock_bug && lockup) return std::nullopt;
    return mark.cause;
  }
  return std::nullopt;
}

std::optional<LockdepStop> weak_stop(const std::vector<LogLine>& lines) {
  for (const LogLine& line : lines) {
    for (const std::string_view mark : kWeakMarks) {
      if (line.text.find(mark) == std::string_view::npos) continue;
      return LockdepStop{StopCause::unexplained, line, std::nullopt};
    }
  }
  return std::nullopt;
}

}  // namespace

// Lockdep's own reports but for RCU's, and those of CONFIG_DEBUG_SPINLOCK.
bool stops_lockdep(model::SplatType type) {
  switch (type) {
    case model::SplatType::circular:
    case model::SplatType::recursive:
    case model::SplatType::irq_safe_unsafe:
    case model::SplatType::irq_inversion:
    case model::SplatType::inconsistent_state:
    case model::SplatType::invalid_wait_context:
    case model::SplatType::lock_held_freed:
    case model::SplatType::lock_held_returning_user:
    case model::SplatType::lock_held_exit:
    case model::SplatType::bad_unlock_balance:
    case model::SplatType::bad_contention:
    case model::SplatType::lockdep_internal:
    case model::SplatType::spinlock_bad_magic:
    case model::SplatType::spinlock_wrong_owner:
    case model::SplatType::deadlock_other:
    case model::SplatType::non_static_key:
    case model::SplatType::max_lockdep:
      return true;
    default:
      return false;
  }
}

std::optional<LockdepStop> find_lockdep_stop(const std::vector<model::Splat>& splats,
                                             const std::vector<LogLine>& lines) {
  const std::vector<LockReport> reports = lock_reports(splats, lines);
  const size_t end = reports.empty() ? lines.size() : reports.front().title_line;
  for (size_t i = 0; i < std::min(end, lines.size()); ++i) {
    const auto cause = cause_of(lines[i].text);
    if (cause) return LockdepStop{*cause, lines[i], std::nullopt};
  }
  if (reports.empty()) return weak_stop(lines);
  return LockdepStop{StopCause::report, reports.front().title, reports.front()};
}

}  // namespace kmortem::checks
