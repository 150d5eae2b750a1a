// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

#include "model/frame.h"
#include "model/stack_state.h"

namespace kmortem::report {

/// A stack as a list, outermost frame first as in the text report, with a heading wherever an
/// interrupt, softirq, NMI or exception begins.
std::string html_stack(const model::Stack& stack);

/// What the reader must know of the stack, or nothing: "the CPU was in user mode".
std::string html_stack_state(const model::StackState& state);

}  // namespace kmortem::report
