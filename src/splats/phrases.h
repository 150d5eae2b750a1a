// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string_view>

namespace kmortem::splats {

/// What a fixed line of a report announces.
enum class Phrase : uint8_t {
  none,
  known,          ///< part of a report, says nothing more
  acquiring,      ///< the next lock is the one that was being acquired
  holding,        ///< the next lock is held already
  other_lock,     ///< the next lock is neither
  dependency,     ///< the next line is "(a){…} -> (b){…}"
  chain_exists,   ///< the next line is "a --> b --> c"
  nest_lock,      ///< the next line is the bare name of a lock
  scenario,       ///< the CPU0/CPU1 table comes
  deadlock,       ///< and was that
  stack,          ///< a stack comes
  acquired_at,    ///< the stack of the dependency that leads to the class just printed
  backtrace,      ///< the reporter's own stack comes
  grace_kthread,  ///< what comes is about RCU's own thread
  lost_lines,     ///< printk or syslog says that lines are missing here
  foreign,        ///< another kind of report begins: an oops, KASAN, a panic, a plain WARNING
};

/// Of a trimmed line.
Phrase phrase_of(std::string_view text);

}  // namespace kmortem::splats
