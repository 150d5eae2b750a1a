// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <vector>

#include "locks/lockdep_kernel.h"
#include "memory_image.h"

namespace kmortem::test {

/// The memory of a LockdepKernel as one run of bytes: tables, variables, names, keys and a task.
inline std::vector<Region> lockdep_regions(const LockdepKernel& kernel) {
  return {{LockdepKernel::kVariables, 512},
          {LockdepKernel::kTask, 256},
          {LockdepKernel::kAllClasses, 16},
          {LockdepKernel::kClassHash, 256},
          {LockdepKernel::kClasses, LockdepKernel::kClassCount * kernel.class_size},
          {LockdepKernel::kEntries, 32 * kernel.entry_size},
          {LockdepKernel::kChains, uint64_t{8} * 32},
          {LockdepKernel::kHlocks, 80},
          {LockdepKernel::kTraces, 512},
          {LockdepKernel::kNames, 128},
          {LockdepKernel::kKeys, 512}};
}

inline constexpr Era kEras[] = {Era::linux_4_4, Era::linux_5_4, Era::linux_6_1};

}  // namespace kmortem::test
