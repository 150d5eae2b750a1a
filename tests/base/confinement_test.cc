// SPDX-License-Identifier: GPL-3.0-or-later
// A confined process cannot be let go again, so each test is a child that confines itself. What is
// expected depends on what the kernel says that it offers, never on what was achieved.
#include "base/confinement.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/seccomp.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <functional>
#include <string>

#include "base/landlock.h"

namespace kmortem {
namespace {

bool kernel_has_seccomp() {
  const uint32_t action = SECCOMP_RET_ERRNO;
  return syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0;
}

class Confinement : public testing::Test {
 protected:
  Confinement() {
    std::string pattern = testing::TempDir() + "/confinementXXXXXX";
    folder_ = mkdtemp(pattern.data());
    other_ = folder_ + "-other";
    EXPECT_EQ(system(("mkdir " + other_ + " && echo x > " + other_ + "/file").c_str()), 0);
  }
  ~Confinement() override { EXPECT_EQ(system(("rm -r " + folder_ + " " + other_).c_str()), 0); }

  /// What `attempt` makes of errno in a process that may use `folder_` alone; 0 where it succeeds.
  int confined(const std::function<bool()>& attempt) const {
    const pid_t child = fork();
    if (child == 0) {
      confine({.readable = {folder_}, .writable = {folder_}, .writable_file = {}});
      errno = 0;
      _exit(attempt() ? 0 : errno);
    }
    int status = 0;
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

  static bool opens(const std::string& path, int flags) {
    return open(path.c_str(), flags | O_CLOEXEC, 0600) >= 0;
  }

  std::string folder_, other_;
};

TEST_F(Confinement, FilesElsewhereAreOutOfReach) {
  const int refused = landlock_version() > 0 ? EACCES : 0;
  EXPECT_EQ(confined([&] { return opens(other_ + "/file", O_RDONLY); }), refused);
  EXPECT_EQ(confined([&] { return opens(other_ + "/file", O_WRONLY); }), refused);
  EXPECT_EQ(confined([&] { return opens(other_ + "/new", O_WRONLY | O_CREAT); }), refused);
}

TEST_F(Confinement, FilesInItsFolderMayBeMadeReadAndReplaced) {
  EXPECT_EQ(confined([&] {
              const std::string one = folder_ + "/one", two = folder_ + "/two";
              return opens(one, O_WRONLY | O_CREAT) && opens(two, O_WRONLY | O_CREAT | O_TRUNC) &&
                     rename(one.c_str(), two.c_str()) == 0 && opens(two, O_RDONLY);
            }),
            0);
}

TEST_F(Confinement, NoNetworkNoProgramsNoOtherProcesses) {
  const int refused = kernel_has_seccomp() ? EPERM : 0;
  EXPECT_EQ(confined([] { return socket(AF_UNIX, SOCK_STREAM, 0) >= 0; }), refused);
  EXPECT_EQ(confined([] { return socket(AF_INET, SOCK_STREAM, 0) >= 0; }), refused);
  EXPECT_EQ(confined([] {
              char* const arguments[] = {nullptr};
              return execve("/bin/true", arguments, arguments) == 0;
            }),
            kernel_has_seccomp()     ? EPERM
            : landlock_version() > 0 ? EACCES
                                     : 0);
  EXPECT_EQ(confined([] { return syscall(SYS_bpf, 0, nullptr, 0) == 0; }), EPERM);
}

TEST_F(Confinement, SaysWhatItAchieved) {
  EXPECT_EQ(confined([&] {
              const auto state = confine({});
              return state.landlock == (landlock_version() > 0) &&
                     state.landlock == state.why_no_landlock.empty() &&
                     state.seccomp == kernel_has_seccomp() &&
                     state.seccomp == state.why_no_seccomp.empty();
            }),
            0);
}

}  // namespace
}  // namespace kmortem
