// SPDX-License-Identifier: GPL-3.0-or-later
// The interface is Documentation/userspace-api/landlock.rst. Debian 12's header is of 6.1, so what
// later versions added stands here; libc has no wrappers.
#include "base/landlock.h"

#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>

#include "base/sanitized.h"

namespace kmortem {

namespace {

constexpr uint64_t kTruncate = uint64_t{1} << 14;     // version 3, 6.2
constexpr uint64_t kDeviceIoctl = uint64_t{1} << 15;  // version 5, 6.10
constexpr uint64_t kTcp = 0x3;                        // bind and connect; version 4, 6.7
constexpr uint64_t kScopes = 0x3;                     // abstract sockets, signals; version 6, 6.12

/// struct landlock_ruleset_attr of 6.12. A kernel that knows less of it takes the zeros behind.
struct RulesetAttributes {
  uint64_t files = 0;
  uint64_t network = 0;
  uint64_t scoped = 0;
};

constexpr uint64_t kReading = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;
constexpr uint64_t kWritingFile = LANDLOCK_ACCESS_FS_WRITE_FILE | kTruncate;
constexpr uint64_t kWritingFolder =
    kReading | kWritingFile | LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_REMOVE_FILE;
/// What a rule for something that is not a folder may grant.
constexpr uint64_t kOfFiles = LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE |
                              LANDLOCK_ACCESS_FS_READ_FILE | kTruncate | kDeviceIoctl;

/// Everything that the version can forbid.
RulesetAttributes all_of(int version) {
  RulesetAttributes all;
  all.files = (uint64_t{LANDLOCK_ACCESS_FS_MAKE_SYM} << 1) - 1;
  if (version >= 2) all.files |= LANDLOCK_ACCESS_FS_REFER;
  if (version >= 3) all.files |= kTruncate;
  if (version >= 4) all.network = kTcp;
  if (version >= 5) all.files |= kDeviceIoctl;
  if (version >= 6) all.scoped = kScopes;
  return all;
}

class Ruleset {
 public:
  explicit Ruleset(const RulesetAttributes& attributes)
      : handled_(attributes.files),
        fd_(static_cast<int>(
            syscall(SYS_landlock_create_ruleset, &attributes, sizeof attributes, 0))) {}
  Ruleset(const Ruleset&) = delete;
  Ruleset& operator=(const Ruleset&) = delete;
  ~Ruleset() {
    if (fd_ >= 0) close(fd_);
  }

  bool made() const { return fd_ >= 0; }

  /// What cannot be opened needs no rule: it stays closed.
  void allow(const std::string& path, uint64_t access) const {
    const int fd = open(path.c_str(), O_PATH | O_CLOEXEC);
    if (fd < 0) return;
    struct stat status = {};
    const bool folder = fstat(fd, &status) == 0 && S_ISDIR(status.st_mode);
    landlock_path_beneath_attr rule = {};
    rule.allowed_access = access & handled_ & (folder ? ~uint64_t{0} : kOfFiles);
    rule.parent_fd = fd;
    syscall(SYS_landlock_add_rule, fd_, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
    close(fd);
  }

  bool restrict_self() const { return syscall(SYS_landlock_restrict_self, fd_, 0) == 0; }

 private:
  uint64_t handled_;
  int fd_;
};

}  // namespace

int landlock_version() {
  const long version =
      syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
  return version > 0 ? static_cast<int>(version) : 0;
}

std::string restrict_files(const ConfinementPaths& paths) {
  const int version = landlock_version();
  if (version == 0) return "not available";
  const Ruleset rules(all_of(version));
  if (!rules.made()) return std::strerror(errno);
  for (const std::string& path : paths.readable) rules.allow(path, kReading);
  for (const std::string& path : paths.writable) rules.allow(path, kWritingFolder);
  for (const std::string& path : paths.writable_file) rules.allow(path, kWritingFile);
  // A sanitizer looks at the process's own maps and threads.
  if (KMORTEM_SANITIZED != 0) rules.allow("/proc", kReading);
  if (!rules.restrict_self()) return std::strerror(errno);
  return "";
}

}  // namespace kmortem
