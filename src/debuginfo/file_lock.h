// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

#include "debuginfo/descriptor.h"

namespace kmortem::debuginfo {

/// Holds a file locked against other processes and machines (flock) as long as it lives. Where the
/// file cannot be made or locked, nobody waits for anybody.
class FileLock {
 public:
  FileLock() = default;
  /// Makes the file and its folder where there are none, and waits until the lock is to be had.
  explicit FileLock(const std::string& path);

 private:
  Descriptor file_;
};

}  // namespace kmortem::debuginfo
