// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

#include "base/error.h"

namespace kmortem::scan {

/// Writes `text` to `path` so that there is never less than all of it: to a file beside it first,
/// PATH.`tag`.partial, which is then renamed. Whoever may write the same path at the same time, on
/// another machine, has another tag. Fails with one line, and leaves nothing.
Result<void> write_whole_file(const std::string& path, const std::string& tag,
                              const std::string& text);

}  // namespace kmortem::scan
