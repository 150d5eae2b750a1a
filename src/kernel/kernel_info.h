// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <span>
#include <string>

#include "kernel/target.h"
#include "model/machine.h"

namespace kmortem::kernel {

/// What the kernel says of itself: version, banner, command line, taint, time. Of the log only
/// the panic message is taken. What is missing stays empty.
model::KernelInfo read_kernel_info(const Target& target, std::span<const model::LogRecord> log);

/// What the last "Kernel panic - not syncing: " says; failing that, when `died` (a crash dump was
/// begun), the first line of the last oops. Empty when neither is in the log.
std::string find_panic_message(std::span<const model::LogRecord> log, bool died);

}  // namespace kmortem::kernel
