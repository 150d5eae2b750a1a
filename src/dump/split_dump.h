// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <vector>

#include "base/error.h"
#include "dump/container.h"
#include "model/dump_info.h"

namespace kmortem::dump {

/// One of the files that a dump was split into.
struct OpenedPart {
  std::string path;
  Container container;
};

/// Makes one dump of the parts that were given, in whatever order; what the missing ones held is
/// truncated memory. Says in `info` which parts there are and what is missing. Fails when a file is
/// no part, a part of another dump, or given twice.
Result<Container> combine_parts(std::vector<OpenedPart> parts, model::DumpInfo& info);

}  // namespace kmortem::dump
