// SPDX-License-Identifier: GPL-3.0-or-later
// The kernel's log, in either of its two forms: the first byte picks which.
#include <cstdlib>
#include <span>

#include "kernel/printk_log.h"
#include "log_image.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace kmortem;
  if (size == 0) return 0;
  test::LogImage image((data[0] & 1) != 0);
  test::fill(image.kernel.memory, image.regions, std::as_bytes(std::span(data + 1, size - 1)));
  size_t characters = 0;
  for (const auto& record : kernel::read_log(image.kernel.target())) {
    characters += record.text.size();
  }
  // Rings of a few hundred bytes hold no more text than that, each record once or twice.
  if (characters > 4096) abort();
  return 0;
}
