// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <vector>

#include "kernel/target.h"
#include "model/machine.h"

namespace kmortem::kernel {

/// The log of 3.5 to 5.9: variable-length records in a ring of bytes (log_buf), each a header
/// (struct printk_log, `log` in 3.10) and its text. A length of 0 sends the reader to the start.
/// Up to 4.8 a continued line was stored as several records; they come out as one.
std::vector<model::LogRecord> read_printk_bytes(const Target& target);

}  // namespace kmortem::kernel
