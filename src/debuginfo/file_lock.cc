// SPDX-License-Identifier: GPL-3.0-or-later
#include "debuginfo/file_lock.h"

#include <fcntl.h>
#include <sys/file.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

namespace kmortem::debuginfo {

FileLock::FileLock(const std::string& path) {
  std::error_code ignored;
  std::filesystem::create_directories(std::filesystem::path(path).parent_path(), ignored);
  file_ = Descriptor(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
  if (!file_) return;
  while (flock(file_.get(), LOCK_EX) != 0 && errno == EINTR) {
  }
}

}  // namespace kmortem::debuginfo
