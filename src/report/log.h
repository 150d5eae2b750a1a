// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

#include "model/snapshot.h"

namespace kmortem::report {

/// The kernel's log as dmesg prints it: "[    1.234567] text", every line of a record with its
/// time. The caller ("[    T1]") is recorded by every kernel since 5.10, but printed by those with
/// CONFIG_PRINTK_CALLER alone, which a dump does not tell: only with `callers`.
std::string log_text(const model::Snapshot& snapshot, bool callers = false);
std::string log_json(const model::Snapshot& snapshot);

}  // namespace kmortem::report
