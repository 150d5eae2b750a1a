// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/html_stack.h"

#include <fmt/core.h>

#include "base/hex.h"
#include "report/frame_words.h"
#include "report/html_text.h"

namespace kmortem::report {

namespace {

std::string_view boundary_words(model::Context context) {
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
  return "task";
}

std::string function_html(const model::Frame& frame) {
  if (frame.function.empty()) return html_text(hex_address(frame.pc));
  std::string text = html_text(frame.function);
  if (frame.inlined) return text + html_span("offset", " inlined");
  return text + html_span("offset", "+" + hex_short(frame.offset));
}

std::string place_html(const model::Frame& frame) {
  std::string text;
  if (!frame.module.empty()) text = fmt::format("[{}] ", frame.module);
  if (!frame.file.empty()) text += fmt::format("{}:{}", frame.file, frame.line);
  return html_text(text);
}

std::string frame_html(const model::Frame& frame) {
  std::string kind = context_text(frame.context);
  if (frame.inlined) kind += " inlined";
  if (!frame.note.empty()) kind += " noted";
  return fmt::format(
      "<li class=\"{}\" title=\"{}, by {}\"><span class=\"function\">{}</span>"
      "<span class=\"place\">{}</span><span class=\"remark\">{}</span></li>\n",
      kind, hex_address(frame.pc), found_by_text(frame.found_by), function_html(frame),
      place_html(frame), html_text(frame.note));
}

}  // namespace

std::string html_stack(const model::Stack& stack) {
  if (stack.empty()) return {};
  std::string text = "<ol class=\"frames\">\n";
  model::Context context = model::Context::task;
  for (auto frame = stack.rbegin(); frame != stack.rend(); ++frame) {
    if (frame->context != context) {
      context = frame->context;
      text += fmt::format("<li class=\"boundary {}\">{}</li>\n", context_text(context),
                          boundary_words(context));
    }
    text += frame_html(*frame);
  }
  return text + "</ol>\n";
}

std::string html_stack_state(const model::StackState& state) {
  if (!state.read) return {};
  std::string text;
  if (state.in_user_mode) text = "in user mode: no kernel frames";
  if (state.from_saved_frame) text = "from where the task was last switched away: may be old";
  if (!state.complete && !state.stopped_because.empty()) {
    text += (text.empty() ? "not complete: " : "; not complete: ") + state.stopped_because;
  }
  return text.empty() ? "" : fmt::format("<p class=\"dim\">{}</p>\n", html_text(text));
}

}  // namespace kmortem::report
