// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/seccomp_filter.h"

#include <seccomp.h>

#include <cerrno>
#include <cstring>
#include <memory>

#include "base/sanitized.h"

namespace kmortem {

namespace {

// A list of what is forbidden: one of what is allowed would break with the next C library. By
// name, because an older library or kernel may not know them all.
constexpr const char* kForbidden[] = {
    // the network
    "socket", "socketpair", "connect", "bind", "listen", "accept", "accept4",
    // other programs and processes
    "execve", "execveat", "process_vm_readv", "process_vm_writev", "kcmp", "pidfd_open",
    "pidfd_getfd", "pidfd_send_signal", "process_madvise",
    // what would go around this filter, or around file permissions
    "io_uring_setup", "io_uring_enter", "io_uring_register", "open_by_handle_at",
    "name_to_handle_at", "userfaultfd", "memfd_secret", "personality",
    // mounts and namespaces
    "mount", "umount2", "pivot_root", "chroot", "move_mount", "open_tree", "fsopen", "fsconfig",
    "fsmount", "fspick", "mount_setattr", "setns", "unshare",
    // the running kernel
    "init_module", "finit_module", "delete_module", "kexec_load", "kexec_file_load", "reboot",
    "bpf", "perf_event_open", "syslog", "swapon", "swapoff", "acct", "quotactl", "iopl", "ioperm",
    "modify_ldt", "settimeofday", "clock_settime", "clock_adjtime", "adjtimex", "sethostname",
    "setdomainname", "lookup_dcookie", "nfsservctl", "vhangup",
    // privileges, keys, ownership
    "setuid", "setgid", "setreuid", "setregid", "setresuid", "setresgid", "setfsuid", "setfsgid",
    "setgroups", "capset", "add_key", "request_key", "keyctl", "chown", "fchown", "lchown",
    "fchownat", "mknod", "mknodat",
#if !KMORTEM_SANITIZED
    "ptrace",  // how the leak sanitizer stops the other threads
#endif
};

struct Release {
  void operator()(void* filter) const { seccomp_release(filter); }
};

}  // namespace

std::string restrict_calls() {
  const std::unique_ptr<void, Release> filter(seccomp_init(SCMP_ACT_ALLOW));
  if (!filter) return "not available";
  seccomp_attr_set(filter.get(), SCMP_FLTATR_CTL_TSYNC, 1);
  for (const char* name : kForbidden) {
    const int number = seccomp_syscall_resolve_name(name);
    if (number == __NR_SCMP_ERROR) continue;
    seccomp_rule_add(filter.get(), SCMP_ACT_ERRNO(EPERM), number, 0);
  }
  const int error = seccomp_load(filter.get());
  if (error == 0) return "";
  return error == -EINVAL || error == -ENOSYS ? "not available" : std::strerror(-error);
}

}  // namespace kmortem
