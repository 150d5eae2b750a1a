// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/frame_words.h"

namespace kmortem::report {

const char* found_by_text(model::FoundBy found_by) {
  switch (found_by) {
    case model::FoundBy::recorded:
      return "recorded";
    case model::FoundBy::orc:
      return "orc";
    case model::FoundBy::cfi:
      return "cfi";
    case model::FoundBy::instructions:
      return "instructions";
    case model::FoundBy::frame_pointer:
      return "frame-pointer";
    case model::FoundBy::scan:
      return "scan";
    case model::FoundBy::registers:
      return "registers";
  }
  return "scan";
}

const char* context_text(model::Context context) {
  switch (context) {
    case model::Context::task:
      return "task";
    case model::Context::softirq:
      return "softirq";
    case model::Context::hardirq:
      return "hardirq";
    case model::Context::nmi:
      return "nmi";
    case model::Context::exception:
      return "exception";
  }
  return "task";
}

}  // namespace kmortem::report
