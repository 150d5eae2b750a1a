// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <string_view>

namespace kmortem::splats::testing {

/// "[   12.000001] " before every line, as a console has it.
inline std::string stamped(std::string_view text, const std::string& caller = "") {
  std::string stamped;
  int microseconds = 0;
  while (!text.empty()) {
    const size_t end = text.find('\n');
    std::string number = std::to_string(++microseconds);
    number.insert(0, 6 - number.size(), '0');
    stamped += "[   12." + number + "]" + caller + " " + std::string(text.substr(0, end)) + "\n";
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return stamped;
}

/// As kernels since 4.15 print an AB-BA of two mutexes, "beta" while holding "alpha".
inline constexpr std::string_view kCircular = R"(
======================================================
WARNING: possible circular locking dependency detected
6.1.0-lab #7 Tainted: G           O
------------------------------------------------------
worker thread/412 is trying to acquire lock:
ffff888004a31068 (&dev->beta){+.+.}-{3:3}, at: take_beta+0x21/0x90 [lab]

but task is already holding lock:
ffff888004a31000 (&dev->alpha/1){+.+.}-{3:3}, at: take_alpha+0x15/0x90 [lab]

which lock already depends on the new lock.


the existing dependency chain (in reverse order) is:

-> #1 (&dev->alpha/1){+.+.}-{3:3}:
       lock_acquire+0xd1/0x2e0
       __mutex_lock+0x94/0xa60
       other_way+0x3c/0x80 [lab]
       kthread+0xe6/0x110

-> #0 (&dev->beta){+.+.}-{3:3}:
       check_prev_add+0x8f/0xc00
       lock_acquire+0xd1/0x2e0
       take_beta+0x21/0x90 [lab]
       kthread+0xe6/0x110

other info that might help us debug this:

 Possible unsafe locking scenario:

       CPU0                    CPU1
       ----                    ----
  lock(&dev->alpha/1);
                               lock(&dev->beta);
                               lock(&dev->alpha/1);
  lock(&dev->beta);

 *** DEADLOCK ***

1 lock held by worker thread/412:
 #0: ffff888004a31000 (&dev->alpha/1){+.+.}-{3:3}, at: take_alpha+0x15/0x90 [lab]

stack backtrace:
CPU: 1 PID: 412 Comm: worker thread Tainted: G           O       6.1.0-lab #7
Hardware name: QEMU Standard PC, BIOS 1.16.2-1 04/01/2014
Call Trace:
 <TASK>
 dump_stack_lvl+0x56/0x73
 check_noncircular+0x102/0x120
 ? desc_read+0x1f/0xe0
 take_beta+0x21/0x90 [lab]
 kthread+0xe6/0x110
 ret_from_fork+0x22/0x30
 </TASK>
)";

}  // namespace kmortem::splats::testing
