// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

#include "base/error.h"
#include "debuginfo/kernel_debuginfo.h"
#include "dump/dump_file.h"

namespace kmortem::postmortem {

enum class Match : uint8_t { build_id, version_string };

/// Whether `debuginfo` is of the kernel that died: by build-id where both have one (VMCOREINFO
/// carries it since 5.9), else by release and by the version string in the dump's memory. Fails
/// with both identities. Expects the symbols' slide to be set.
Result<Match> check_identity(dump::DumpFile& dump, const debuginfo::KernelDebuginfo& debuginfo,
                             const debuginfo::SymbolTable& symbols);

}  // namespace kmortem::postmortem
