// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "kernel/target.h"
#include "model/machine.h"

namespace kmortem::kernel {

/// The kernel's log, oldest first, from whichever buffer it has: the descriptor ring of 5.10 or
/// the byte ring of 3.5 to 5.9. Empty, with a problem, when neither can be found. `caller` is set
/// wherever the record has an id: 5.10 records one even without CONFIG_PRINTK_CALLER, when
/// dmesg does not show it.
std::vector<model::LogRecord> read_log(const Target& target);

/// "T123" or "C1" from printk's caller_id.
std::string caller_name(uint32_t caller_id);

}  // namespace kmortem::kernel
