// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

#include "model/snapshot.h"
#include "report/style.h"

namespace kmortem::report {

/// "kdump, lzo, 24 MB, pages filtered (-d 31)".
std::string dump_text(const model::DumpInfo& dump);

/// "build-id matches": how well the debuginfo fits.
std::string debuginfo_text(const model::DebuginfoInfo& debuginfo);

/// "softlockup: hung tasks, on CPU 1 in kflow_gcd [110]".
std::string panic_text(const model::Snapshot& snapshot);

/// What there is to learn about locks in this kernel.
std::string locks_text(const model::Snapshot& snapshot);

/// The lines that head a report: what dump, what kernel, how it died, what is known of its locks.
std::string header_text(const model::Snapshot& snapshot, const Style& style);

}  // namespace kmortem::report
