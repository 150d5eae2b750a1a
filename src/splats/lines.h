// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/machine.h"

namespace kmortem::splats {

/// One line as the kernel meant it: without prefixes, and with what was wrapped, or printed in
/// pieces (KERN_CONT), put together again.
struct Line {
  std::optional<uint64_t> time_ns;
  std::string caller;  ///< "T943", "C1"; empty when not known
  std::string text;    ///< trimmed
  size_t first = 0;    ///< lines of the input, from 1
  size_t last = 0;
};

/// The lines of a log file. Bounded by the text: nothing in it can make this fail.
std::vector<Line> read_lines(std::string_view text);

/// The lines of a dump's log. `first` counts the lines of `kmortem log`.
std::vector<Line> read_lines(const std::vector<model::LogRecord>& log);

}  // namespace kmortem::splats
