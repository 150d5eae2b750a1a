// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

#include "model/frame.h"
#include "report/style.h"

namespace kmortem::report {

/// "stats_rcv_proc+0x9", "net_rx_action" when inlined, the address when no symbol covers it.
std::string frame_text(const model::Frame& frame);

/// A stack as a story: the outermost frame first, a line each, columns aligned, with a line where
/// an interrupt, softirq or exception cuts in.
std::string stack_text(const model::Stack& stack, size_t indent, const Style& style);

}  // namespace kmortem::report
