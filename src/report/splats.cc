// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/splats.h"

#include <fmt/core.h>

#include "report/frame_words.h"
#include "report/layout.h"
#include "report/printable.h"
#include "report/stack_text.h"

namespace kmortem::report {

namespace {

std::string number_text(int number) {
  return number < 0 ? "" : std::to_string(number);
}

// A frame as the log printed it: no file and line, but the function's size.
Json json_printed_frame(const model::Frame& frame) {
  return {{"pc", json_address(frame.pc)},
          {"function", json_text(frame.function)},
          {"offset", frame.function.empty() ? Json(nullptr) : Json(frame.offset)},
          {"size", frame.function_size == 0 ? Json(nullptr) : Json(frame.function_size)},
          {"module", json_text(frame.module)},
          {"reliable", frame.found_by != model::FoundBy::scan},
          {"context", context_text(frame.context)},
          {"interrupted", frame.interrupted}};
}

Json json_printed_stack(const model::Stack& stack) {
  Json frames = Json::array();
  for (const model::Frame& frame : stack) frames.push_back(json_printed_frame(frame));
  return frames;
}

Json json_splat_lock(const model::SplatLock& lock) {
  const bool placed = !lock.at.function.empty() || lock.at.pc != 0;
  return {{"name", json_text(lock.name)},
          {"address", json_address(lock.address)},
          {"usage", json_text(lock.usage)},
          {"wait_types", json_text(lock.wait)},
          {"role", model::splat_role_name(lock.role)},
          {"depth", lock.depth < 0 ? Json(nullptr) : Json(lock.depth)},
          {"acquired_at", placed ? json_printed_frame(lock.at) : Json(nullptr)},
          {"held_by", json_text(lock.held_by)},
          {"stack", json_printed_stack(lock.stack)},
          {"line", lock.line}};
}

Json json_splat(const model::Splat& splat) {
  Json json = {{"type", model::splat_type_name(splat.type)},
               {"title", splat.title},
               {"kernel", json_text(splat.kernel)},
               {"tainted", json_text(splat.tainted)},
               {"time_ns", splat.time_ns ? Json(*splat.time_ns) : Json(nullptr)},
               {"cpu", splat.cpu < 0 ? Json(nullptr) : Json(splat.cpu)}};
  json["tasks"] = Json::array();
  for (const model::SplatTask& task : splat.tasks) {
    json["tasks"].push_back({{"pid", task.pid < 0 ? Json(nullptr) : Json(task.pid)},
                             {"comm", task.comm},
                             {"printed", task.printed}});
  }
  json["names"] = splat.names;
  json["locks"] = Json::array();
  for (const model::SplatLock& lock : splat.locks) json["locks"].push_back(json_splat_lock(lock));
  json["usage"] = json_text(splat.usage());
  json["usage_from"] = json_text(splat.usage_from);
  json["usage_to"] = json_text(splat.usage_to);
  json["context"] = json_text(splat.context);
  json["scenario"] = splat.scenario;
  json["stacks"] = Json::array();
  for (const model::SplatStack& stack : splat.stacks) {
    json["stacks"].push_back(
        {{"about", json_text(stack.about)}, {"stack", json_printed_stack(stack.stack)}});
  }
  json["first_line"] = splat.first_line;
  json["last_line"] = splat.last_line;
  json["complete"] = splat.complete;
  json["matched"] = model::splat_match_name(splat.matched);
  json["matched_by"] = json_text(splat.matched_by);
  return json;
}

std::string lock_line(const model::SplatLock& lock) {
  std::string text = printable(lock.name);
  if (!lock.usage.empty()) text += fmt::format(" {{{}}}", lock.usage);
  if (!lock.wait.empty()) text += fmt::format("-{{{}}}", printable(lock.wait));
  if (!lock.at.function.empty()) text += " at " + printable(frame_text(lock.at));
  if (!lock.held_by.empty()) text += ", " + printable(lock.held_by);
  return text;
}

std::string role_label(const model::SplatLock& lock) {
  const std::string_view role = model::splat_role_name(lock.role);
  if (lock.depth < 0) return std::string(role);
  return fmt::format("{} #{}", role, lock.depth);
}

std::string locks_text(const model::Splat& splat, const Style& style) {
  std::string text;
  for (const model::SplatLock& lock : splat.locks) {
    text += fmt::format("  {:<12}{}\n", role_label(lock), lock_line(lock));
    if (!lock.stack.empty()) text += stack_text(lock.stack, 14, style);
  }
  return text;
}

std::string splat_text(const model::Splat& splat, const TextOptions& options) {
  const Style style(options.colour);
  std::string text = fmt::format("{}: {}\n", style.bold(model::splat_type_name(splat.type)),
                                 printable(splat.title));
  std::string where = fmt::format("lines {} to {}", splat.first_line, splat.last_line);
  if (splat.time_ns) where = duration_text(*splat.time_ns) + ", " + where;
  if (!splat.kernel.empty()) where += ", kernel " + printable(splat.kernel);
  if (!splat.complete) where += ", incomplete";
  text += "  " + where + "\n";
  for (const model::SplatTask& task : splat.tasks) {
    text += fmt::format("  {:<12}{}\n", "task", printable(task.printed));
  }
  if (splat.cpu >= 0) text += fmt::format("  {:<12}{}\n", "CPU", number_text(splat.cpu));
  if (!splat.usage().empty())
    text += fmt::format("  {:<12}{}\n", "usage", printable(splat.usage()));
  text += locks_text(splat, style);
  for (const model::SplatStack& stack : splat.stacks) {
    text += "  " + printable(stack.about.empty() ? "stack:" : stack.about) + "\n";
    text += stack_text(stack.stack, 4, style);
  }
  if (splat.matched != model::SplatMatch::not_compared) {
    text += fmt::format("  {:<12}{}: {}\n", "tables", model::splat_match_name(splat.matched),
                        printable(splat.matched_by));
  }
  return text;
}

}  // namespace

Json json_splats(const std::vector<model::Splat>& splats) {
  Json list = Json::array();
  for (const model::Splat& splat : splats) list.push_back(json_splat(splat));
  return list;
}

std::string splats_json(const std::vector<model::Splat>& splats) {
  Json json = {{"schema", "kmortem-splats/1"}};
  json["splats"] = json_splats(splats);
  return json_dumped(json);
}

std::string splats_text(const std::vector<model::Splat>& splats, const TextOptions& options) {
  if (splats.empty()) return "no report of the kernel about locks or stalls\n";
  std::string text = count_text(splats.size(), "report") + "\n";
  for (const model::Splat& splat : splats) text += "\n" + splat_text(splat, options);
  return text;
}

}  // namespace kmortem::report
