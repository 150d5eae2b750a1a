// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <string_view>

#include "model/splat.h"

namespace kmortem::splats {

/// Sorts the frames of a report into its stacks: those of the chain's elements, and the others
/// under the line that announced them.
class StackCollector {
 public:
  explicit StackCollector(model::Splat& splat) : splat_(splat) {}

  /// A stack comes, under that line. "Call Trace:" says nothing: the line before it does.
  void announce(std::string_view about);
  /// The stack that comes is that of the element `lock` (an index into Splat::locks).
  void announce_chain(size_t lock);
  /// No stack comes.
  void stop();

  /// The frames of one line, and the "<IRQ>" marks around them. False when it is neither.
  bool add(std::string_view text);

  bool open() const { return open_; }  ///< frames were added since the last announcement
  bool announced() const { return announced_; }
  bool broken() const { return broken_; }  ///< a frame was cut

 private:
  bool mark(std::string_view text);
  model::Stack& target();

  model::Splat& splat_;
  std::string about_;
  size_t chain_ = SIZE_MAX;
  bool open_ = false;
  bool announced_ = false;
  bool broken_ = false;
  model::Context context_ = model::Context::task;
};

}  // namespace kmortem::splats
