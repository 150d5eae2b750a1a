// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/backtrace.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/hex.h"
#include "report/frame_words.h"
#include "report/json_parts.h"
#include "report/layout.h"
#include "report/printable.h"

namespace kmortem::report {

namespace {

// One overlong name must not push the rest off the screen.
constexpr size_t kWidestFunction = 56;
constexpr size_t kRegistersInARow = 4;

const model::Stack& stack_of(const BacktraceSubject& subject) {
  return subject.cpu != nullptr ? subject.cpu->stack : subject.task->stack;
}

const model::StackState& state_of(const BacktraceSubject& subject) {
  return subject.cpu != nullptr ? subject.cpu->stack_state : subject.task->stack_state;
}

std::string heading(const BacktraceSubject& subject) {
  std::string text;
  if (subject.cpu != nullptr) text = fmt::format("CPU {}: ", subject.cpu->number);
  const model::Task* task = subject.task;
  if (task == nullptr) return text + "no task known";
  text += fmt::format("{} [{}] {}", printable(task->comm), task->pid, task->state);
  if (subject.cpu == nullptr && task->cpu >= 0) text += fmt::format(", last on CPU {}", task->cpu);
  return text + "   task " + hex_address(task->address);
}

std::string_view mark(model::Context context) {
  switch (context) {
    case model::Context::softirq:
      return "<SOFTIRQ>";
    case model::Context::hardirq:
      return "<IRQ>";
    case model::Context::nmi:
      return "<NMI>";
    case model::Context::exception:
      return "<EXCEPTION>";
    case model::Context::task:
      return "<TASK>";
  }
  return "";
}

std::string function_text(const model::Frame& frame) {
  if (frame.function.empty()) return hex_address(frame.pc);
  if (frame.inlined) return printable(frame.function) + " (inlined)";
  std::string text = printable(frame.function) + "+" + hex_short(frame.offset);
  if (frame.function_size != 0) text += "/" + hex_short(frame.function_size);
  return text;
}

std::string place_text(const model::Frame& frame) {
  std::string text;
  if (!frame.module.empty()) text = fmt::format("[{}]", printable(frame.module));
  if (!frame.file.empty()) {
    if (!text.empty()) text += ' ';
    text += fmt::format("{}:{}", printable(frame.file), frame.line);
  }
  return text;
}

std::string registers_text(const model::SavedRegisters& saved) {
  std::string text;
  for (size_t i = 0; i < saved.values.size(); ++i) {
    const bool first = i % kRegistersInARow == 0;
    text += first ? (i == 0 ? "        " : "\n        ") : "  ";
    text += fmt::format("{:>6} {}", saved.values[i].name, hex_address(saved.values[i].value));
  }
  if (saved.address != 0) text += "\n        saved at " + hex_address(saved.address);
  return text + "\n";
}

class BacktraceText {
 public:
  BacktraceText(const BacktraceSubject& subject, const TextOptions& options)
      : subject_(subject),
        stack_(stack_of(subject)),
        state_(state_of(subject)),
        options_(options),
        style_(options.colour) {}

  std::string print() {
    text_ = style_.bold(heading(subject_)) + "\n";
    if (state_.from_saved_frame && !stack_.empty()) {
      text_ += "  no registers of this CPU: from where its task was last switched away\n";
    }
    for (const model::Frame& frame : stack_) {
      widest_ = std::max(widest_, display_width(function_text(frame)));
    }
    widest_ = std::min(widest_, kWidestFunction);
    for (size_t i = 0; i < stack_.size(); ++i) add_frame(i);
    add_registers(stack_.size(), "<USER>");
    if (state_.in_user_mode) text_ += "  in user mode\n";
    if (!state_.complete && state_.read) {
      const auto& reason = state_.stopped_because;
      text_ += fmt::format("  it stops here: {}\n", reason.empty() ? "nothing is known" : reason);
    }
    return text_;
  }

 private:
  void add_frame(size_t index) {
    const model::Frame& frame = stack_[index];
    // An inlined frame stands above the real one that it is part of.
    const bool starts = index == 0 || !stack_[index - 1].inlined;
    if (starts && at_boundary(index))
      text_ += style_.dim(fmt::format("  {}", mark(frame.context))) + "\n";
    if (starts) add_registers(real_frame(index), {});
    std::string line =
        frame.inlined ? "     " : fmt::format("{:>4} ", fmt::format("#{}", number_++));
    line += padded(function_text(frame), widest_);
    const std::string place = place_text(frame);
    if (!place.empty()) line += "  " + style_.dim(place);
    if (const auto how = how_found(index); !how.empty()) line += "  " + style_.yellow(how);
    text_ += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
  }

  size_t real_frame(size_t index) const {
    while (index + 1 < stack_.size() && stack_[index].inlined) ++index;
    return index;
  }

  bool at_boundary(size_t index) const {
    if (index == 0) return stack_[index].context != model::Context::task;
    return stack_[index].context != stack_[index - 1].context ||
           stack_[real_frame(index)].interrupted;
  }

  std::string how_found(size_t index) const {
    const auto found_by = stack_[index].found_by;
    const bool usual = found_by == model::FoundBy::orc || found_by == model::FoundBy::registers;
    return usual || stack_[index].inlined ? "" : fmt::format("({})", found_by_text(found_by));
  }

  void add_registers(size_t frame, std::string_view title) {
    if (!options_.verbose) return;
    for (const model::SavedRegisters& saved : state_.registers) {
      if (saved.frame != frame) continue;
      if (!title.empty()) text_ += style_.dim(fmt::format("  {}", title)) + "\n";
      text_ += style_.dim(registers_text(saved));
    }
  }

  const BacktraceSubject& subject_;
  const model::Stack& stack_;
  const model::StackState& state_;
  const TextOptions& options_;
  Style style_;
  size_t widest_ = 0;
  size_t number_ = 0;
  std::string text_;
};

Json json_subject(const BacktraceSubject& subject) {
  const model::Task* task = subject.task;
  Json json = {{"cpu", subject.cpu == nullptr ? Json(nullptr) : Json(subject.cpu->number)}};
  json["task"] = task == nullptr ? Json(nullptr)
                                 : Json{{"pid", task->pid},
                                        {"comm", task->comm},
                                        {"address", json_address(task->address)},
                                        {"state", std::string(1, task->state)}};
  json["stack"] = json_stack(stack_of(subject));
  json["stack_state"] = json_stack_state(state_of(subject));
  return json;
}

}  // namespace

std::string backtrace_text(const model::Snapshot& /*snapshot*/,
                           const std::vector<BacktraceSubject>& subjects,
                           const TextOptions& options) {
  std::string text;
  for (const BacktraceSubject& subject : subjects) {
    if (!text.empty()) text += "\n";
    text += BacktraceText(subject, options).print();
  }
  return text;
}

std::string backtrace_json(const model::Snapshot& snapshot,
                           const std::vector<BacktraceSubject>& subjects) {
  Json stacks = Json::array();
  for (const BacktraceSubject& subject : subjects) stacks.push_back(json_subject(subject));
  return json_dumped({{"schema", "kmortem-bt/1"},
                      {"stacks", std::move(stacks)},
                      {"problems", json_problems(snapshot.problems)}});
}

}  // namespace kmortem::report
