// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernel/frame_names.h"

namespace kmortem::kernel {

const model::Frame& FrameNames::lookup(const UnwoundFrame& frame) {
  auto& cache = frame.interrupted ? exact_ : returns_;
  const uint64_t pc = frame.pc();
  auto known = cache.find(pc);
  if (known == cache.end()) {
    known = cache
                .emplace(pc, frame.interrupted ? symbolizer_.symbolize(pc)
                                               : symbolizer_.symbolize_return(pc))
                .first;
  }
  return known->second;
}

model::Frame FrameNames::describe(const UnwoundFrame& frame) {
  model::Frame described = lookup(frame);
  described.found_by = frame.found_by;
  described.context = frame.context;
  described.interrupted = frame.interrupted;
  return described;
}

}  // namespace kmortem::kernel
