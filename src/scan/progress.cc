// SPDX-License-Identifier: GPL-3.0-or-later
#include "scan/progress.h"

#include <fmt/core.h>

#include <algorithm>

namespace kmortem::scan {

namespace {

constexpr size_t kBar = 30;

std::string clock_text(double seconds) {
  const auto whole = static_cast<long>(std::min(seconds, 1e7) + 0.5);
  if (whole >= 3600) {
    return fmt::format("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60);
  }
  return fmt::format("{}:{:02}", whole / 60, whole % 60);
}

}  // namespace

std::string progress_line(const Progress& progress, size_t width) {
  const size_t filled = progress.of == 0 ? kBar : progress.done * kBar / progress.of;
  std::string line = fmt::format("[{}{}] {}/{}", std::string(filled, '#'),
                                 std::string(kBar - filled, '.'), progress.done, progress.of);
  if (progress.done > 0 && progress.seconds > 0) {
    const double rate = static_cast<double>(progress.done) / progress.seconds;
    const double left = static_cast<double>(progress.of - progress.done) / rate;
    line += fmt::format(", {:.1f}/s, {} left", rate, clock_text(left));
  }
  if (progress.failed > 0) line += fmt::format(", {} failed", progress.failed);
  return line.substr(0, width);
}

}  // namespace kmortem::scan
