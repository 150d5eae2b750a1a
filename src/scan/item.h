// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace kmortem::scan {

/// One thing to analyse: a dump, or the log that is all there is of one.
struct Item {
  std::string name;      ///< what results call it: its path, or a name that stands for it
  std::string path;      ///< absolute, without "." and ".."; of a split dump its first part's
  uint64_t size = 0;     ///< bytes, as packed; of all parts
  int64_t mtime_ns = 0;  ///< since 1970
  std::string log;       ///< the kernel's log beside the dump (vmcore-dmesg.txt); may be empty
  std::string host;      ///< what the folder says whose dump it is; may be empty
  std::vector<std::string> parts;  ///< of a split dump, this one included; else empty
  bool is_log = false;             ///< `path` is a log: the dump was not saved

  /// Not changed since: what a second run compares.
  friend bool same_file(const Item& a, const Item& b) {
    return a.path == b.path && a.size == b.size && a.mtime_ns == b.mtime_ns;
  }
};

}  // namespace kmortem::scan
