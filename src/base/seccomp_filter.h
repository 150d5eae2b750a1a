// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

namespace kmortem {

/// From here on system calls that reading does not need fail with EPERM, in every thread of the
/// process. Empty when done, else why not.
std::string restrict_calls();

}  // namespace kmortem
