// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string_view>

#include "kernel/frame_names.h"
#include "kernel/unwound_stack.h"
#include "model/frame.h"

namespace kmortem::kernel {

/// What the entry code `function` serves: asm_exc_nmi, asm_exc_page_fault, asm_sysvec_… and their
/// names before 5.8 (nmi, page_fault, apic_timer_interrupt, …).
model::Context context_of_entry(std::string_view function);

/// Sets each frame's context: what lies above an interrupted frame is of what interrupted it, up
/// to the next; softirqs begin where they are handled, be it on an interrupt's exit, in
/// local_bh_enable() or in ksoftirqd.
void set_contexts(UnwoundStack& stack, FrameNames& names);

}  // namespace kmortem::kernel
