// SPDX-License-Identifier: GPL-3.0-or-later
#include "scan/whole_file.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

namespace kmortem::scan {

namespace {

bool write_all(int fd, const std::string& text) {
  for (size_t at = 0; at < text.size();) {
    const ssize_t written = write(fd, text.data() + at, text.size() - at);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    at += static_cast<size_t>(written);
  }
  return true;
}

}  // namespace

Result<void> write_whole_file(const std::string& path, const std::string& tag,
                              const std::string& text) {
  const std::string partial = path + "." + tag + ".partial";
  const int fd = open(partial.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (fd < 0) return fail(fmt::format("cannot write {}: {}", partial, std::strerror(errno)));
  const bool written = write_all(fd, text);
  const int error = errno;
  if (close(fd) == 0 && written && std::rename(partial.c_str(), path.c_str()) == 0) return {};
  const int reason = written ? errno : error;
  unlink(partial.c_str());
  return fail(fmt::format("cannot write {}: {}", path, std::strerror(reason)));
}

}  // namespace kmortem::scan
