// SPDX-License-Identifier: GPL-3.0-or-later
#include "splats/titles.h"

#include <array>

#include "splats/task_text.h"
#include "splats/words.h"

namespace kmortem::splats {

namespace {

using model::SplatType;

struct Phrase {
  std::string_view text;
  SplatType type;
};

// kernel/locking/lockdep.c, lib/rtmutex debugging. To 4.11 "[ INFO: … ]" and "[ BUG: … ]", since
// 4.12 "WARNING: …"; "[ BUG: Invalid wait context ]" (5.8) kept its brackets.
constexpr std::array<Phrase, 20> kFramed = {{
    {"possible circular locking dependency detected", SplatType::circular},
    {"possible recursive locking detected", SplatType::recursive},
    {"inconsistent lock state", SplatType::inconsistent_state},
    {"possible irq lock inversion dependency detected", SplatType::irq_inversion},
    {"lock order detected", SplatType::irq_safe_unsafe},
    {"Invalid wait context", SplatType::invalid_wait_context},
    {"held lock freed!", SplatType::lock_held_freed},
    {"lock held when returning to user space!", SplatType::lock_held_returning_user},
    {"lock held at task exit time!", SplatType::lock_held_exit},
    {"still has locks held!", SplatType::lock_held_exit},
    {"bad unlock balance detected!", SplatType::bad_unlock_balance},
    {"bad contention detected!", SplatType::bad_contention},
    {"suspicious RCU usage", SplatType::suspicious_rcu},
    {"suspicious rcu_dereference_check() usage", SplatType::suspicious_rcu},
    {"chain_key collision", SplatType::lockdep_internal},
    {"Nested lock was not taken", SplatType::deadlock_other},
    {"circular locking deadlock detected!", SplatType::deadlock_other},
    {"rtmutex deadlock detected", SplatType::deadlock_other},
    {"trying to register non-static key", SplatType::non_static_key},
    {"lock held at suspend time!", SplatType::lock_held_exit},
}};

constexpr std::array<std::string_view, 4> kMarkers = {"WARNING: ", "[ INFO: ", "[ BUG: ", "INFO: "};

// lib/spinlock_debug.c and kernel/locking/spinlock_debug.c: "BUG: spinlock … on CPU#0, comm/1".
constexpr std::array<Phrase, 9> kSpinlock = {{
    {"bad magic", SplatType::spinlock_bad_magic},
    {"uninitialized", SplatType::spinlock_bad_magic},
    {"cpu recursion", SplatType::deadlock_other},
    {"recursion", SplatType::deadlock_other},
    {"lockup", SplatType::spinlock_lockup},
    {"already unlocked", SplatType::spinlock_wrong_owner},
    {"wrong owner", SplatType::spinlock_wrong_owner},
    {"wrong CPU", SplatType::spinlock_wrong_owner},
    {"trylock failure on UP", SplatType::spinlock_wrong_owner},
}};

constexpr std::array<Phrase, 6> kUnframed = {{
    {"BUG: looking up invalid subclass", SplatType::max_lockdep},
    {"lockdep bfs error:", SplatType::max_lockdep},
    {"BUG: sleeping function called from invalid context", SplatType::sleeping_atomic},
    {"Debug: sleeping function called from invalid context", SplatType::sleeping_atomic},
    {"BUG: MAX_LOCK", SplatType::max_lockdep},  // _DEP_KEYS, _DEP_ENTRIES, _DEP_CHAINS, _DEPTH
    {"BUG: MAX_STACK_TRACE_ENTRIES too low", SplatType::max_lockdep},
}};

Title titled(SplatType type, std::string_view text) {
  Title title;
  title.type = type;
  title.text = std::string(trimmed(text));
  return title;
}

int number_at(std::string_view text) {
  const auto number = take_number(text);
  return number && *number < (1U << 16U) ? static_cast<int>(*number) : -1;
}

// A report's words count behind a marker alone; a marker alone is too little.
std::optional<Title> framed(std::string_view text) {
  for (const std::string_view marker : kMarkers) {
    const size_t at = text.find(marker);
    if (at == std::string_view::npos) continue;
    const std::string_view words = text.substr(at + marker.size());
    for (const Phrase& phrase : kFramed) {
      const size_t begin = words.find(phrase.text);
      if (begin == std::string_view::npos) continue;
      Title title = titled(phrase.type, text.substr(at));
      title.lockdep = phrase.type != SplatType::non_static_key;
      const std::string_view before = trimmed(words.substr(0, begin));
      if (phrase.type == SplatType::irq_safe_unsafe) {
        const size_t arrow = before.find(" -> ");
        if (arrow == std::string_view::npos) return std::nullopt;
        title.usage_from = std::string(before.substr(0, arrow));
        title.usage_to = std::string(before.substr(arrow + 4));
      } else if (phrase.text == "still has locks held!") {
        title.task = slash_task(before);
      } else if (!before.empty()) {
        continue;
      }
      return title;
    }
  }
  return std::nullopt;
}

// "on CPU#0, comm/12" and, in older kernels and of rwlocks, ", ffff8800bb37e088" behind it.
void read_spinlock_party(std::string_view rest, Title& title) {
  title.cpu = number_at(rest);
  take_number(rest);
  if (!take(rest, ", ")) return;
  const size_t comma = rest.rfind(", ");
  if (comma != std::string_view::npos) {
    title.lock = std::string(trimmed(rest.substr(comma + 2)));
    rest = rest.substr(0, comma);
  }
  title.task = slash_task(trimmed(rest));
}

std::optional<Title> spinlock(std::string_view text) {
  for (const std::string_view kind :
       {"BUG: spinlock ", "BUG: rwlock ", "BUG: read-lock ", "BUG: write-lock ", "BUG: rwlock-"}) {
    const size_t at = text.find(kind);
    if (at == std::string_view::npos) continue;
    const std::string_view words = text.substr(at + kind.size());
    for (const Phrase& phrase : kSpinlock) {
      if (!words.starts_with(phrase.text)) continue;
      Title title = titled(phrase.type, text.substr(at));
      if (const auto party = behind(words, " on CPU#")) read_spinlock_party(*party, title);
      return title;
    }
  }
  return std::nullopt;
}

// "comm/12/0x00000002"; before 2.6.2x "comm/0x00000002/12".
std::optional<model::SplatTask> scheduling_task(std::string_view text) {
  const size_t counter = text.rfind("/0x");
  if (counter == std::string_view::npos) return std::nullopt;
  std::string_view rest = text.substr(counter + 3);
  take_hex(rest);
  if (!take(rest, "/")) return slash_task(text.substr(0, counter));
  return slash_task(std::string(text.substr(0, counter)) + "/" +
                    std::string(rest.substr(0, rest.find_first_of(" \t,"))));
}

std::optional<Title> scheduling(std::string_view text) {
  for (const std::string_view kind :
       {"BUG: scheduling while atomic: ", "BUG: scheduling with irqs disabled: ",
        "BUG: scheduling in a non-blocking section: ", "bad: scheduling while atomic"}) {
    const size_t at = text.find(kind);
    if (at == std::string_view::npos) continue;
    Title title = titled(SplatType::scheduling_atomic, text.substr(at));
    std::string_view rest = trimmed(text.substr(at + kind.size()));
    title.task = scheduling_task(rest);
    if (!title.task && kind.find("non-blocking") != std::string_view::npos) {
      title.task = slash_task(rest.substr(0, rest.rfind('/')));
    }
    return title;
  }
  return std::nullopt;
}

// kernel/watchdog.c; 2.6.1x: "BUG: soft lockup detected on CPU#0!".
std::optional<Title> soft_lockup(std::string_view text) {
  const size_t at = text.find("BUG: soft lockup");
  if (at == std::string_view::npos) return std::nullopt;
  Title title = titled(SplatType::soft_lockup, text.substr(at));
  if (const auto cpu = behind(text, "CPU#")) title.cpu = number_at(*cpu);
  const std::string_view rest = text.substr(at);
  const size_t open = rest.find('[');
  const size_t close = rest.rfind(']');
  if (open != std::string_view::npos && close != std::string_view::npos && open < close) {
    title.task = colon_task(rest.substr(open + 1, close - open - 1));
  }
  return title;
}

// kernel/watchdog_perf.c, _buddy.c and before; powerpc's own; x86 of 2.6: "NMI Watchdog detected
// LOCKUP on CPU 0".
std::optional<Title> hard_lockup(std::string_view text) {
  for (const std::string_view words :
       {"etected hard LOCKUP on cpu ", "atchdog detected LOCKUP on CPU ",
        "atchdog detected LOCKUP on CPU", "etected hard LOCKUP on other CPUs ",
        "elf-detected hard LOCKUP @"}) {
    const size_t at = text.find(words);
    if (at == std::string_view::npos) continue;
    if (text.find("atchdog") == std::string_view::npos) return std::nullopt;
    Title title = titled(SplatType::hard_lockup, text);
    title.cpu = number_at(text.substr(at + words.size()));
    if (title.cpu < 0) {
      if (const auto own = behind(text, "CPU ")) title.cpu = number_at(*own);
    }
    return title;
  }
  return std::nullopt;
}

void read_stalled(std::string_view text, Title& title) {
  const auto list = between(text, "{", "}");
  if (!list) return;
  std::string_view rest = *list;
  while (!rest.empty()) {
    const bool task = rest[0] == 'P';  // a blocked task, not a CPU
    if (task) rest.remove_prefix(1);
    const auto number = take_number(rest);
    if (number && !task && *number < (1U << 16U)) title.cpus.push_back(static_cast<int>(*number));
    if (!number && !task) rest.remove_prefix(1);
  }
}

// kernel/rcu/tree_stall.h, tasks.h; 2.6: "INFO: RCU detected CPU 0 stall".
std::optional<Title> rcu_stall(std::string_view text) {
  const size_t at = text.find("INFO: ");
  if (at == std::string_view::npos) return std::nullopt;
  const std::string_view words = text.substr(at + 6);
  if (!words.starts_with("rcu") && !words.starts_with("RCU")) return std::nullopt;
  const size_t detected = words.find("detected");
  if (detected == std::string_view::npos) return std::nullopt;
  if (words.find("stall", detected) == std::string_view::npos) return std::nullopt;
  Title title = titled(SplatType::rcu_stall, text.substr(at));
  read_stalled(words, title);
  if (const auto cpu = behind(words, " CPU ")) {
    const int number = number_at(*cpu);
    if (number >= 0) title.cpus.push_back(number);
  }
  return title;
}

// kernel/hung_task.c. "blocked for more than", since 7.0 also "blocked in I/O wait for more than".
std::optional<Title> hung_task(std::string_view text) {
  const auto words = behind(text, "INFO: task ");
  if (!words) return std::nullopt;
  const size_t more = words->find(" for more than ");
  if (more == std::string_view::npos) return std::nullopt;
  const size_t blocked = words->substr(0, more).rfind(" blocked");
  if (blocked == std::string_view::npos) return std::nullopt;
  Title title = titled(SplatType::hung_task, text.substr(text.find("INFO: task ")));
  title.task = colon_task(words->substr(0, blocked));
  return title;
}

std::optional<Title> unframed(std::string_view text) {
  for (const Phrase& phrase : kUnframed) {
    const size_t at = text.find(phrase.text);
    if (at == std::string_view::npos) continue;
    return titled(phrase.type, text.substr(at));
  }
  // "BUG: key ffff… has not been registered!" and, to 5.0, "… not in .data!".
  const size_t key = text.find("BUG: key ");
  if (key == std::string_view::npos) return std::nullopt;
  const bool missing = text.find("has not been registered!") != std::string_view::npos ||
                       text.find("not in .data!") != std::string_view::npos;
  if (!missing) return std::nullopt;
  return titled(SplatType::non_static_key, text.substr(key));
}

}  // namespace

std::optional<Title> find_title(std::string_view text) {
  // What is longer was joined from parts that do not belong together.
  constexpr size_t kLongest = 400;
  if (text.size() < 10 || text.size() > kLongest) return std::nullopt;
  for (auto* read :
       {framed, spinlock, scheduling, soft_lockup, hard_lockup, rcu_stall, hung_task, unframed}) {
    if (auto title = read(text)) return title;
  }
  return std::nullopt;
}

}  // namespace kmortem::splats
