// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>

#include "kernel/symbolizer.h"
#include "kernel/unwound_stack.h"
#include "model/frame.h"

namespace kmortem::kernel {

/// Frames' functions. Each address is looked up once, however many stacks pass it.
class FrameNames {
 public:
  explicit FrameNames(Symbolizer& symbolizer) : symbolizer_(symbolizer) {}

  const std::string& function(const UnwoundFrame& frame) { return lookup(frame).function; }

  /// The frame as a report has it.
  model::Frame describe(const UnwoundFrame& frame);

 private:
  const model::Frame& lookup(const UnwoundFrame& frame);

  Symbolizer& symbolizer_;
  std::unordered_map<uint64_t, model::Frame> exact_;    ///< interrupted there
  std::unordered_map<uint64_t, model::Frame> returns_;  ///< returning there
};

}  // namespace kmortem::kernel
