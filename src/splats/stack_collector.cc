// SPDX-License-Identifier: GPL-3.0-or-later
#include "splats/stack_collector.h"

#include <algorithm>

#include "splats/frame_text.h"
#include "splats/words.h"

namespace kmortem::splats {

namespace {

// Longer ones are loops in a damaged log.
constexpr size_t kMostFrames = 512;
constexpr size_t kMostStacks = 256;

bool only_interrupted(const model::Stack& stack) {
  return std::all_of(stack.begin(), stack.end(),
                     [](const model::Frame& frame) { return frame.interrupted; });
}

}  // namespace

void StackCollector::announce(std::string_view about) {
  const bool plain = about.starts_with("Call ") || about.starts_with("Backtrace");
  // The registers' "RIP:" stands before the "Call Trace:" of the same stack.
  if (plain && open_ && chain_ == SIZE_MAX && only_interrupted(splat_.stacks.back().stack)) return;
  if (!plain || about_.empty()) about_ = std::string(about);
  open_ = false;
  announced_ = true;
  chain_ = SIZE_MAX;
  context_ = model::Context::task;
}

void StackCollector::announce_chain(size_t lock) {
  announce("");
  chain_ = lock;
}

void StackCollector::stop() {
  about_.clear();
  open_ = false;
  announced_ = false;
  chain_ = SIZE_MAX;
}

bool StackCollector::mark(std::string_view text) {
  using model::Context;
  if (text.starts_with("<IRQ>")) {
    context_ = Context::hardirq;
  } else if (text.starts_with("<SOFTIRQ>")) {
    context_ = Context::softirq;
  } else if (text.starts_with("<NMI>") || text.starts_with("<<EOE>>")) {
    context_ = text[1] == 'N' ? Context::nmi : Context::task;
  } else if (text.starts_with("</") || text.starts_with("<EOI>") || text.starts_with("<TASK>")) {
    context_ = Context::task;
  } else {
    return false;
  }
  return true;
}

model::Stack& StackCollector::target() {
  if (chain_ < splat_.locks.size()) return splat_.locks[chain_].stack;
  if (!open_ && splat_.stacks.size() < kMostStacks) splat_.stacks.push_back({about_, {}});
  about_.clear();
  return splat_.stacks.back().stack;
}

bool StackCollector::add(std::string_view text) {
  text = trimmed(text);
  const bool marked = mark(text);
  if (marked) {
    // "<IRQ>  [<ffffffff81005c31>] f+0x1/0x2" of kernels before 4.10.
    const size_t end = text.rfind("> ");
    if (end == std::string_view::npos) return true;
    text = trimmed(text.substr(text.find('>') + 1));
  }
  model::Stack frames = stack_line(text);
  if (frames.empty()) {
    if (is_broken_frame(text) && open_) broken_ = true;
    return marked;
  }
  model::Stack& stack = target();
  open_ = true;
  for (model::Frame& frame : frames) {
    frame.context = context_;
    // ARM prints every function twice: as the caller, then as the callee of the next line.
    const bool again = frames.size() == 2 && &frame == &frames.front() && !stack.empty() &&
                       stack.back().function == frame.function;
    if (!again && stack.size() < kMostFrames) stack.push_back(std::move(frame));
  }
  return true;
}

}  // namespace kmortem::splats
