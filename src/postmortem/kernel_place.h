// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "debuginfo/kernel_debuginfo.h"
#include "dump/dump_file.h"
#include "model/problems.h"

namespace kmortem::postmortem {

/// Sets the symbols' slide to KASLR's. Where the dump has no VMCOREINFO, finds out where the kernel
/// lies by its symbols: from the handlers that the IDT names, else from linux_banner's text in
/// physical memory and the kernel's own phys_base. What cannot be found out is in `problems`.
void place_kernel(dump::DumpFile& dump, debuginfo::KernelDebuginfo& debuginfo,
                  model::Problems& problems);

}  // namespace kmortem::postmortem
