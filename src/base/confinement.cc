// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/confinement.h"

#include <sys/prctl.h>

#include <cerrno>
#include <cstring>

#include "base/landlock.h"
#include "base/seccomp_filter.h"

namespace kmortem {

ConfinementState confine(const ConfinementPaths& paths) {
  ConfinementState state;
  // Neither may be had by a process that could gain privileges from a program that it starts.
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
    state.why_no_landlock = state.why_no_seccomp = std::strerror(errno);
    return state;
  }
  state.why_no_landlock = restrict_files(paths);
  state.landlock = state.why_no_landlock.empty();
  state.why_no_seccomp = restrict_calls();
  state.seccomp = state.why_no_seccomp.empty();
  return state;
}

}  // namespace kmortem
