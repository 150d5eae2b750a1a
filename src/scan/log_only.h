// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

#include "dump/dump_file.h"
#include "model/report.h"
#include "scan/item.h"

namespace kmortem::scan {

/// What can be said without a vmlinux: the kernel's log, from the dump's own memory where
/// VMCOREINFO tells the layout of printk's ring (5.10), else from the file that was saved beside
/// it; and what the log alone shows. `dump` may be null. `why` there is no more goes into the
/// report's problems. The log is empty when there is none to be had.
model::Report log_only_report(dump::DumpFile* dump, const Item& item, const std::string& why);

}  // namespace kmortem::scan
