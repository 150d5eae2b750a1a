// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <vector>

#include "memory_image.h"
#include "support/fake_kernel.h"

namespace kmortem::test {

/// A kernel with one of printk's two logs, in rings of a few hundred bytes.
struct LogImage {
  static constexpr uint64_t kVariables = 0xffffffff82c00000;
  static constexpr uint64_t kRing = 0xffffffff82c01000;

  explicit LogImage(bool ringbuffer);

  FakeKernel kernel;
  std::vector<Region> regions;

 private:
  void make_byte_ring();
  void make_ringbuffer();
};

/// The same with a few records in it.
LogImage filled_log(bool ringbuffer);

}  // namespace kmortem::test
