// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "model/splat.h"

namespace kmortem::splats {

/// "swapper/1/0": a comm may hold slashes, blanks and anything else; the pid follows the last.
std::optional<model::SplatTask> slash_task(std::string_view text);

/// "cc1:37564", likewise.
std::optional<model::SplatTask> colon_task(std::string_view text);

/// comm and pid printed apart, joined as "comm/pid".
model::SplatTask joined_task(std::string_view comm, int pid);

/// Who did it, as dump_stack() heads its stack.
struct CpuLine {
  int cpu = -1;
  std::optional<model::SplatTask> task;
  std::string release;  ///< empty when the line is cut before it
  std::string tainted;  ///< "G W"; empty when not tainted
};

/// "CPU: 1 UID: 0 PID: 943 Comm: mt76-tx phy0 Not tainted 6.16.0 #1" (3.10 on; UID since 6.12),
/// "Pid: 2182, comm: insmod Not tainted 2.6.39 #1" before, ARM's "CPU: 0  Not tainted  (2.6.20
/// #1)".
std::optional<CpuLine> read_cpu_line(std::string_view text);

/// The task that "N locks held by X/1:" or "no locks held by X/1." is about, and how many.
struct HeldLine {
  size_t count = 0;
  model::SplatTask task;
};
std::optional<HeldLine> read_held_line(std::string_view text);

/// The task that a line such as "X/1 is trying to acquire lock:" or "X/1 [HC0[0]:…] takes:" names.
std::optional<model::SplatTask> read_acting_task(std::string_view text);

/// What show_task() prints of a task: "task:X  state:D stack:0 pid:1 …" (5.11 on), "X  D 0 1 2
/// 0x0".
std::optional<model::SplatTask> read_task_dump(std::string_view text);

/// "6.1.0-13-amd64" and the flags, of "6.1.0-13-amd64 #1 Not tainted" or "… Tainted: G W".
struct Ident {
  std::string release;
  std::string tainted;
};
std::optional<Ident> read_ident(std::string_view text);

}  // namespace kmortem::splats
