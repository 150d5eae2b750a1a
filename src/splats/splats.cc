// SPDX-License-Identifier: GPL-3.0-or-later
#include "splats/splats.h"

#include "splats/lines.h"
#include "splats/sorter.h"

namespace kmortem::splats {

namespace {

std::vector<model::Splat> sorted(const std::vector<Line>& lines) {
  LineSorter sorter;
  for (const Line& line : lines) sorter.add(line);
  return sorter.finish();
}

}  // namespace

std::vector<model::Splat> read_splats(std::string_view text) {
  return sorted(read_lines(text));
}

std::vector<model::Splat> read_splats(const std::vector<model::LogRecord>& log) {
  return sorted(read_lines(log));
}

}  // namespace kmortem::splats
