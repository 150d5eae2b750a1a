// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <string>

namespace kmortem::scan {

/// How far a scan is.
struct Progress {
  size_t done = 0;
  size_t of = 0;
  size_t failed = 0;  ///< of those done, not analysed
  size_t running = 0;
  double seconds = 0;  ///< since it began
};

/// "[######......] 102/200, 23.4/s, 0:04 left, 2 failed": one line of at most `width` columns.
std::string progress_line(const Progress& progress, size_t width);

}  // namespace kmortem::scan
