// SPDX-License-Identifier: GPL-3.0-or-later
#include "debuginfo/anonymous_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string>

namespace kmortem::debuginfo {

namespace {

// A distribution's vmlinux with DWARF takes 600 MB: more of memory than a machine that only looks
// at a dump should be asked for, less than what stays in its page cache.
constexpr uint64_t kInMemoryLimit = uint64_t{1} << 30;

}  // namespace

Result<Descriptor> make_anonymous_file(uint64_t expected_size) {
  if (expected_size <= kInMemoryLimit) {
    Descriptor file(memfd_create("kmortem-debuginfo", MFD_CLOEXEC));
    if (file) return file;
  }
  const char* set = std::getenv("TMPDIR");
  const std::string directory = set != nullptr && *set != '\0' ? set : "/tmp";
  Descriptor file(::open(directory.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  if (file) return file;
  // Some file systems (overlayfs on old kernels, NFS) have no O_TMPFILE.
  std::string pattern = directory + "/kmortem-XXXXXX";
  Descriptor named(mkostemp(pattern.data(), O_CLOEXEC));
  if (!named) {
    return fail("no temporary file in " + directory + " (set TMPDIR): " + std::strerror(errno));
  }
  ::unlink(pattern.c_str());
  return named;
}

Result<void> append(const Descriptor& file, std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t done = ::write(file.get(), bytes.data(), bytes.size());
    if (done < 0 && errno == EINTR) continue;
    if (done <= 0) return fail(std::string("no room for it unpacked: ") + std::strerror(errno));
    bytes = bytes.subspan(static_cast<size_t>(done));
  }
  return {};
}

}  // namespace kmortem::debuginfo
