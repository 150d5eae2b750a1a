// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <vector>

#include "kernel/target.h"
#include "model/machine.h"

namespace kmortem::kernel {

/// The log of 5.10 and later: a ring of descriptors whose ids run from tail_id to head_id, a
/// printk_info beside each, and a ring of text that the descriptors point into by logical
/// position. A record that the crash caught half written, or whose text is overwritten or
/// unreadable, is left out; the latter two are problems.
std::vector<model::LogRecord> read_printk_ringbuffer(const Target& target);

}  // namespace kmortem::kernel
