// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/sarif_locations.h"

#include <fmt/core.h>

#include <algorithm>
#include <cctype>
#include <string_view>
#include <utility>
#include <vector>

#include "base/hex.h"
#include "report/frame_words.h"
#include "report/printable.h"

namespace kmortem::report {

namespace {

constexpr size_t kMostLocations = 10;

// Paths of the kernel's tree are relative to it; an absolute one is of this machine.
Json artifact_location(const std::string& path) {
  if (path.starts_with('/')) return {{"uri", "file://" + sarif_uri(path)}};
  return {{"uri", sarif_uri(path)}, {"uriBaseId", kSourceRoot}};
}

Json physical_location(const model::Frame& frame) {
  Json location = {{"artifactLocation", artifact_location(frame.file)}};
  if (frame.line > 0) location["region"] = {{"startLine", frame.line}};
  return location;
}

Json logical_function(const model::Frame& frame) {
  const std::string name =
      frame.function.empty() ? hex_address(frame.pc) : printable(frame.function);
  const std::string full =
      frame.module.empty() ? name : fmt::format("{}:{}", printable(frame.module), name);
  return {{"name", name}, {"fullyQualifiedName", full}, {"kind", "function"}};
}

// The standard wants sets where it says so.
void add_once(Json item, Json& list) {
  if (std::ranges::find(list, item) == list.end()) list.push_back(std::move(item));
}

void add_locks(const model::Finding& finding, Json& logical) {
  for (const model::LockRef& lock : finding.locks) {
    const std::string& name = lock.symbol.empty() ? lock.name : lock.symbol;
    if (!name.empty()) add_once({{"name", printable(name)}, {"kind", "variable"}}, logical);
    if (!lock.lock_class.empty()) {
      add_once({{"name", printable(lock.lock_class)},
                {"fullyQualifiedName", "lock class " + printable(lock.lock_class)},
                {"kind", "type"}},
               logical);
    }
  }
}

Json location_of(const model::Frame& frame) {
  Json location = Json::object();
  if (!frame.file.empty()) location["physicalLocation"] = physical_location(frame);
  location["logicalLocations"] = Json::array({logical_function(frame)});
  if (!frame.note.empty()) location["message"] = {{"text", printable(frame.note)}};
  return location;
}

std::vector<const model::Frame*> telling_frames(const model::Finding& finding) {
  std::vector<const model::Frame*> frames;
  const model::Frame* first_line = nullptr;
  for (const model::Evidence& evidence : finding.evidence) {
    for (const model::Frame& frame : evidence.stack) {
      if (!frame.note.empty() && frames.size() < kMostLocations) frames.push_back(&frame);
      if (first_line == nullptr && !frame.file.empty()) first_line = &frame;
    }
  }
  if (frames.empty() && first_line != nullptr) frames.push_back(first_line);
  return frames;
}

Json dump_location(const model::Report& report) {
  const std::string& path = report.snapshot.dump.path;
  const std::string uri = path.empty() || path == "-" ? "vmcore" : sarif_uri(path);
  const Json artifact = {{"uri", path.starts_with('/') ? "file://" + uri : uri}};
  return {{"physicalLocation", {{"artifactLocation", artifact}}}};
}

Json sarif_frame(const model::Frame& frame) {
  Json json = {{"location", location_of(frame)}};
  if (!frame.module.empty()) json["module"] = printable(frame.module);
  json["properties"] = {{"pc", hex_address(frame.pc)},
                        {"context", context_text(frame.context)},
                        {"foundBy", found_by_text(frame.found_by)},
                        {"inlined", frame.inlined}};
  return json;
}

}  // namespace

std::string sarif_uri(const std::string& path) {
  std::string uri;
  for (const char c : path) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = byte < 0x80 && std::isalnum(byte) != 0;
    if (plain || std::string_view("/._-~").find(c) != std::string_view::npos) {
      uri += c;
    } else {
      uri += fmt::format("%{:02X}", byte);
    }
  }
  return uri;
}

Json sarif_locations(const model::Report& report, const model::Finding& finding) {
  Json locations = Json::array();
  for (const model::Frame* frame : telling_frames(finding))
    locations.push_back(location_of(*frame));
  if (locations.empty()) locations.push_back(dump_location(report));
  Json& logical = locations[0]["logicalLocations"];
  if (logical.is_null()) logical = Json::array();
  add_locks(finding, logical);
  if (logical.empty()) locations[0].erase("logicalLocations");
  return locations;
}

Json sarif_stacks(const model::Finding& finding) {
  Json stacks = Json::array();
  for (const model::Evidence& evidence : finding.evidence) {
    if (evidence.stack.empty()) continue;
    Json frames = Json::array();
    for (const model::Frame& frame : evidence.stack) frames.push_back(sarif_frame(frame));
    add_once({{"message", {{"text", printable(evidence.text)}}}, {"frames", frames}}, stacks);
  }
  return stacks;
}

}  // namespace kmortem::report
