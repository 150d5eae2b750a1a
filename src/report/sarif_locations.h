// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

#include "model/report.h"
#include "report/json_parts.h"

namespace kmortem::report {

/// The name that stands for the kernel's source tree in SARIF's addresses.
inline constexpr const char* kSourceRoot = "KERNELSRC";

/// A file's path as the address that SARIF asks for, RFC 3986.
std::string sarif_uri(const std::string& path);

/// `locations` of a result: the frames that tell the finding's story, or else its first source
/// line, or else the dump; each with the finding's locks as logical locations.
Json sarif_locations(const model::Report& report, const model::Finding& finding);

/// `stacks` of a result: those of its evidence.
Json sarif_stacks(const model::Finding& finding);

}  // namespace kmortem::report
