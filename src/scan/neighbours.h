// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

namespace kmortem::scan {

/// True for the names under which the kernel's log is saved beside a dump: vmcore-dmesg.txt
/// (kdump), dmesg.TIME (kdump-tools), dmesg_log (abrt).
bool names_a_log(const std::string& file_name);

/// The log saved beside the dump at `path`; empty when there is none.
std::string log_beside(const std::string& path);

/// Whose dump it is as far as its folder tells: abrt's file `hostname`, or the folder's name
/// (HOST-2026-01-31-23:59:59 of kdump, HOST-202601312359 of kdump-tools). Empty when it does not,
/// and for the loopback address that kdump writes for a local disk.
std::string host_beside(const std::string& path);

}  // namespace kmortem::scan
