// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "model/machine.h"

namespace kmortem::scan {

/// A log as `dmesg`, `makedumpfile --dump-dmesg` or vmcore-dmesg write it: "[   12.345678] text",
/// with "<6>" before it, or the caller "[ T123]" behind it, or neither. A line without a time goes
/// on with the one before.
std::vector<model::LogRecord> parse_dmesg(std::string_view text);

/// The log saved at `path`, of a large one its end; empty when it cannot be read.
std::vector<model::LogRecord> read_dmesg_file(const std::string& path);

}  // namespace kmortem::scan
