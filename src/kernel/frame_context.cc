// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernel/frame_context.h"

#include <algorithm>
#include <array>

namespace kmortem::kernel {

namespace {

// __do_softirq() until 6.10, where it was renamed (stable kernels, too); kallsyms knows it by its
// section's name from 4.14 to then.
constexpr std::array<std::string_view, 3> kSoftirqs = {"handle_softirqs", "__do_softirq",
                                                       "__softirqentry_text_start"};

// Entry code of NMIs: before 5.8 one function with many labels.
constexpr std::array<std::string_view, 6> kNmis = {
    "asm_exc_nmi", "nmi", "nmi_restore", "end_repeat_nmi", "asm_exc_nmi_kvm_vmx", "first_nmi"};

// Entry code of exceptions before 5.8, and what several share.
constexpr std::array<std::string_view, 24> kExceptions = {"divide_error",
                                                          "overflow",
                                                          "bounds",
                                                          "invalid_op",
                                                          "device_not_available",
                                                          "coprocessor_segment_overrun",
                                                          "invalid_TSS",
                                                          "segment_not_present",
                                                          "spurious_interrupt_bug",
                                                          "coprocessor_error",
                                                          "alignment_check",
                                                          "simd_coprocessor_error",
                                                          "debug",
                                                          "int3",
                                                          "stack_segment",
                                                          "general_protection",
                                                          "page_fault",
                                                          "async_page_fault",
                                                          "machine_check",
                                                          "double_fault",
                                                          "error_entry",
                                                          "error_exit",
                                                          "error_return",
                                                          "paranoid_exit"};

bool is_softirq(std::string_view function) {
  return std::ranges::find(kSoftirqs, function) != kSoftirqs.end();
}

}  // namespace

model::Context context_of_entry(std::string_view function) {
  if (std::ranges::find(kNmis, function) != kNmis.end()) return model::Context::nmi;
  if (function.starts_with("asm_exc_") || function.starts_with("exc_") ||
      std::ranges::find(kExceptions, function) != kExceptions.end()) {
    return model::Context::exception;
  }
  return model::Context::hardirq;
}

void set_contexts(UnwoundStack& stack, FrameNames& names) {
  model::Context context = model::Context::task;
  for (size_t i = stack.frames.size(); i-- > 0;) {
    UnwoundFrame& frame = stack.frames[i];
    if (is_softirq(names.function(frame))) context = model::Context::softirq;
    frame.context = context;
    if (frame.interrupted && i > 0) {
      context = context_of_entry(names.function(stack.frames[i - 1]));
    }
  }
}

}  // namespace kmortem::kernel
