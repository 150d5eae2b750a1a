// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/stack_text.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/hex.h"
#include "report/layout.h"
#include "report/printable.h"

namespace kmortem::report {

namespace {

// One overlong name must not push the rest off the screen.
constexpr size_t kWidestFunction = 48;
constexpr size_t kWidestPlace = 44;

std::string place_text(const model::Frame& frame) {
  std::string text;
  if (!frame.module.empty()) text = fmt::format("[{}]", printable(frame.module));
  if (frame.file.empty()) return text;
  if (!text.empty()) text += ' ';
  return text + fmt::format("{}:{}", printable(frame.file), frame.line);
}

std::string_view boundary(model::Context context) {
  switch (context) {
    case model::Context::softirq:
      return "softirq";
    case model::Context::hardirq:
      return "interrupt";
    case model::Context::nmi:
      return "NMI";
    case model::Context::exception:
      return "exception";
    case model::Context::task:
      return "task";
  }
  return "";
}

}  // namespace

std::string frame_text(const model::Frame& frame) {
  if (frame.function.empty()) return hex_address(frame.pc);
  if (frame.inlined) return printable(frame.function) + " (inlined)";
  return fmt::format("{}+{}", printable(frame.function), hex_short(frame.offset));
}

std::string stack_text(const model::Stack& stack, size_t indent, const Style& style) {
  size_t function_width = 0;
  size_t place_width = 0;
  for (const model::Frame& frame : stack) {
    function_width = std::max(function_width, display_width(frame_text(frame)));
    place_width = std::max(place_width, display_width(place_text(frame)));
  }
  function_width = std::min(function_width, kWidestFunction);
  place_width = std::min(place_width, kWidestPlace);

  const std::string margin(indent, ' ');
  std::string result;
  model::Context context = model::Context::task;
  for (auto frame = stack.rbegin(); frame != stack.rend(); ++frame) {
    if (frame->context != context) {
      context = frame->context;
      result += margin + style.dim(fmt::format("── {} ──", boundary(context))) + "\n";
    }
    const std::string place = place_text(*frame);
    std::string line = margin + "  " + padded(frame_text(*frame), function_width);
    if (!place.empty() || !frame->note.empty()) {
      line += "   " + style.dim(frame->note.empty() ? place : padded(place, place_width));
    }
    if (!frame->note.empty()) line += "   " + style.bold(printable(frame->note));
    const size_t end = line.find_last_not_of(' ');
    result += line.substr(0, end + 1) + "\n";
  }
  return result;
}

}  // namespace kmortem::report
