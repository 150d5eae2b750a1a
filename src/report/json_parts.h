// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <unordered_map>
#include <utility>

#include "model/report.h"

namespace kmortem::report {

/// JSON that keeps the order in which its fields were written: the order of docs/json.md.
using Json = nlohmann::ordered_json;

/// An object made field by field, for those that a report has thousands of. A braced list makes an
/// array of each field first, copies names as it grows, and costs three times as much.
class JsonObject {
 public:
  explicit JsonObject(size_t fields) { fields_.reserve(fields); }

  /// `name` is new.
  JsonObject& add(const char* name, Json value) {
    fields_.emplace_back(name, std::move(value));
    return *this;
  }
  /// The object; nothing is left here.
  Json take() { return std::move(fields_); }

 private:
  Json::object_t fields_;
};

/// "0x" and 16 digits; null for 0, which is no address.
Json json_address(uint64_t address);
/// The text, or null when it is empty: not known.
Json json_text(const std::string& text);

Json json_frame(const model::Frame& frame);
Json json_stack(const model::Stack& stack);
/// Null when no stack was read.
Json json_stack_state(const model::StackState& state);
Json json_lock_ref(const model::LockRef& lock);

/// The own names of the locks that tasks hold, by the address of the lockdep_map, as far as the
/// memory scan found them.
using HeldNames = std::unordered_map<uint64_t, std::string>;
HeldNames held_names(const model::Snapshot& snapshot);
Json json_held_lock(const model::Snapshot& snapshot, const HeldNames& names,
                    const model::HeldLock& lock);

Json json_finding(const model::Finding& finding);
Json json_problems(const model::Problems& problems);
Json json_dump(const model::DumpInfo& dump);
Json json_debuginfo(const model::DebuginfoInfo& debuginfo);
Json json_kernel(const model::KernelInfo& kernel);
Json json_tool();

/// As text, with bytes that are not UTF-8 replaced, and a newline at the end.
std::string json_dumped(const Json& json);
/// The same as a part of a text, `depth` levels deep; without a line's end.
std::string json_element(const Json& json, int depth);

}  // namespace kmortem::report
