// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/splat.h"

namespace kmortem::splats {

/// What the first line of a report says.
struct Title {
  model::SplatType type = model::SplatType::circular;
  std::string text;  ///< from its marker on: "WARNING: …", "[ INFO: … ]", "BUG: …"
  std::optional<model::SplatTask> task;
  int cpu = -1;            ///< of lockups: the CPU that is locked up
  std::vector<int> cpus;   ///< of RCU stalls: those named in the title, "{ 1 3}"
  std::string usage_from;  ///< "HARDIRQ-safe"
  std::string usage_to;    ///< "HARDIRQ-unsafe"
  std::string lock;        ///< where the title names the lock by its address
  bool lockdep = false;    ///< framed, and followed by the kernel's release
};

/// The title that `text` (a line without prefixes) is; nothing for any other line. Titles of 2.6 to
/// 7.1. Workqueue lockups, KASAN, oopses and lockdep's banner are none.
std::optional<Title> find_title(std::string_view text);

}  // namespace kmortem::splats
