// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <vector>

#include "base/error.h"
#include "scan/item.h"

namespace kmortem::scan {

/// Which of N equal shares of a store is meant: every machine divides it alike, by the paths.
struct Shard {
  unsigned number = 1;  ///< 1 to `of`
  unsigned of = 1;

  bool holds(const std::string& path) const;
};

/// "2/8"; fails with one line when it is nothing of that kind.
Result<Shard> parse_shard(const std::string& text);

/// What was found, and what could not be looked at: one line each.
struct Discovery {
  std::vector<Item> items;  ///< by path, each once
  std::vector<std::string> complaints;
};

/// Looks for dumps. Folders are searched with all that is below them, except `but_not` (where
/// results go): a file there counts when its content is a kernel's dump, or when it is the log of
/// a dump that is not there. A file that is named itself counts whatever it is. Links to files are
/// followed, links to folders are not. The parts of a split dump that lie in one folder are one
/// item, whichever of them were named. Only `shard`'s share is looked into.
Discovery find_dumps(const std::vector<std::string>& roots, const std::string& but_not,
                     const Shard& shard = {});

/// The paths of a manifest, "-" for standard input: a line each, or NUL-terminated when there is a
/// NUL in it. Empty lines and those that begin with '#' are left out.
Result<std::vector<std::string>> read_manifest(const std::string& path);

}  // namespace kmortem::scan
