// SPDX-License-Identifier: GPL-3.0-or-later
#include "splats/phrases.h"

#include <algorithm>
#include <array>

namespace kmortem::splats {

namespace {

struct Known {
  std::string_view text;
  Phrase phrase;
};

// Anywhere in the line; the first that fits counts.
constexpr std::array<Known, 24> kInside = {{
    {"is trying to acquire lock:", Phrase::acquiring},
    {"is trying to acquire:", Phrase::acquiring},
    {"is trying to lock:", Phrase::acquiring},
    {"just changed the state of lock:", Phrase::acquiring},
    {" takes:", Phrase::acquiring},
    {"task is already holding lock:", Phrase::holding},
    {"this task is already holding:", Phrase::holding},
    {"with a lock still held there", Phrase::holding},
    {"would create a new lock dependency:", Phrase::dependency},
    {"lock in the past:", Phrase::other_lock},
    {"dependency connects a", Phrase::other_lock},
    {"-irq-unsafe lock:", Phrase::other_lock},
    {"task is not holding:", Phrase::nest_lock},
    {"Chain exists of:", Phrase::chain_exists},
    {"unsafe locking scenario", Phrase::scenario},
    {"*** DEADLOCK ***", Phrase::deadlock},
    {"state was registered at:", Phrase::stack},
    {"which became ", Phrase::stack},
    {"acquired at:", Phrase::acquired_at},
    {"stack backtrace:", Phrase::backtrace},
    {"printk messages dropped", Phrase::lost_lines},
    {"messages suppressed", Phrase::known},
    {"Missed ", Phrase::lost_lines},
    {"imuxsock lost ", Phrase::lost_lines},
}};

// At the front of the line.
constexpr std::array<Known, 63> kHeads = {{
    {"Call Trace:", Phrase::stack},
    {"Call trace:", Phrase::stack},
    {"Backtrace:", Phrase::stack},
    {"Preemption disabled at:", Phrase::stack},
    {"NMI backtrace for cpu", Phrase::stack},
    {"Task dump for CPU", Phrase::stack},
    {"Dumping cpu", Phrase::stack},
    {"RCU grace-period kthread stack dump:", Phrase::grace_kthread},
    {"Stack dump where RCU GP kthread last ran:", Phrase::grace_kthread},
    {"other info that might help", Phrase::known},
    {"which lock already depends", Phrase::known},
    {"the existing dependency chain", Phrase::known},
    {"and interrupts could create", Phrase::known},
    {"the dependencies between", Phrase::known},
    {"and HARDIRQ-irq-unsafe lock", Phrase::known},
    {"and SOFTIRQ-irq-unsafe lock", Phrase::known},
    {"the shortest dependencies", Phrase::known},
    {"the first lock's dependencies", Phrase::known},
    {"the second lock's dependencies", Phrase::known},
    {"... key", Phrase::known},
    {"and the lock comparison function", Phrase::known},
    {"but there are no more locks", Phrase::known},
    {"but there are no locks held", Phrase::known},
    {"May be due to missing lock nesting", Phrase::known},
    {"irq event stamp:", Phrase::known},
    {"hardirqs last ", Phrase::known},
    {"softirqs last ", Phrase::known},
    {"context-{", Phrase::known},
    {"rcu_scheduler_active", Phrase::known},
    {"RCU used illegally", Phrase::known},
    {"Possible false positive due to", Phrase::known},
    {"INFO: lockdep is turned off", Phrase::known},
    {"turning off the locking correctness", Phrase::known},
    {"The code is fine but needs lockdep", Phrase::known},
    {"you didn't initialize this object", Phrase::known},
    {"the code is fine but needs lockdep", Phrase::known},
    {"Please attach the output of", Phrase::known},
    {"in_atomic():", Phrase::known},
    {"preempt_count:", Phrase::known},
    {"RCU nest depth:", Phrase::known},
    {"\"echo 0 > /proc", Phrase::known},
    {"Showing all locks held", Phrase::known},
    {"Sending NMI", Phrase::known},
    {"sending NMI", Phrase::known},
    {"(detected by ", Phrase::known},
    {"(t=", Phrase::known},
    {"Tasks blocked on level", Phrase::known},
    {"INFO: Stall ended", Phrase::known},
    {"All QSes seen", Phrase::known},
    {"Unless rcu", Phrase::known},
    {"rcu_", Phrase::known},
    {"---[ end trace", Phrase::known},
    {"<RELEASED>", Phrase::known},
    {"BUG: KASAN", Phrase::foreign},
    {"BUG: ", Phrase::foreign},
    {"kernel BUG at", Phrase::foreign},
    {"Kernel panic", Phrase::foreign},
    {"Unable to handle kernel", Phrase::foreign},
    {"general protection fault", Phrase::foreign},
    {"Internal error:", Phrase::foreign},
    {"WARNING: ", Phrase::foreign},
    {"sysrq: ", Phrase::foreign},
    {"SysRq : ", Phrase::foreign},
}};

// "IN-HARDIRQ-W at:", "INITIAL USE at:": where a class got into a state.
bool is_usage_header(std::string_view text) {
  constexpr size_t kLongest = 40;
  if (!text.ends_with(" at:") || text.size() > kLongest) return false;
  return std::all_of(text.begin(), text.end() - 4, [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' || c == '_' || c == ' ';
  });
}

bool is_rule(std::string_view text) {
  return text.size() > 10 && (text.find_first_not_of('=') == std::string_view::npos ||
                              text.find_first_not_of('-') == std::string_view::npos);
}

}  // namespace

Phrase phrase_of(std::string_view text) {
  if (is_rule(text) || text == "}") return Phrase::known;
  for (const Known& known : kInside) {
    if (text.find(known.text) != std::string_view::npos) return known.phrase;
  }
  for (const Known& known : kHeads) {
    if (text.starts_with(known.text)) return known.phrase;
  }
  return is_usage_header(text) ? Phrase::stack : Phrase::none;
}

}  // namespace kmortem::splats
