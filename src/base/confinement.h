// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <vector>

namespace kmortem {

/// What a confined process may still open by name. Paths that do not exist are left out.
struct ConfinementPaths {
  std::vector<std::string> readable;       ///< files, or folders with all that is below them
  std::vector<std::string> writable;       ///< folders in which files may be made and replaced
  std::vector<std::string> writable_file;  ///< existing files, and devices
};

/// What confine() achieved. A kernel or container may lack either part.
struct ConfinementState {
  bool landlock = false;
  bool seccomp = false;
  std::string why_no_landlock;  ///< a few words; empty when it is on
  std::string why_no_seccomp;
};

/// Gives up, for good and for all threads started later, what reading an open dump does not need:
/// the file system but for `paths` (Landlock, Linux 5.13), and network, new programs, other
/// processes, mounts and the kernel's own controls (seccomp: such calls fail with EPERM). Does
/// what the kernel offers; never fails.
ConfinementState confine(const ConfinementPaths& paths);

}  // namespace kmortem
