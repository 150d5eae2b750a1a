// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/struct_text.h"

#include <fmt/core.h>

#include <nlohmann/json.hpp>

#include "base/hex.h"

namespace kmortem::report {

namespace {

using model::StructValue;

std::string indent(int depth) {
  return std::string(static_cast<size_t>(depth) * 2, ' ');
}

std::string quoted(const std::string& text) {
  std::string result = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\\' || c == '"') {
      result += '\\';
      result += c;
    } else if (c == '\n') {
      result += "\\n";
    } else if (c == '\t') {
      result += "\\t";
    } else if (byte < 0x20 || byte >= 0x7f) {
      result += fmt::format("\\{:03o}", byte);
    } else {
      result += c;
    }
  }
  return result + "\"";
}

uint64_t masked(const StructValue& value) {
  if (value.bits == 0 || value.bits >= 64) return value.value;
  return value.value & ((uint64_t{1} << value.bits) - 1);
}

std::string scalar_text(const StructValue& value) {
  switch (value.kind) {
    case StructValue::Kind::boolean:
      return value.value == 0 ? "false" : "true";
    case StructValue::Kind::enumerator:
      return value.text.empty() ? hex_short(masked(value)) : value.text;
    case StructValue::Kind::characters:
      return quoted(value.text);
    case StructValue::Kind::omitted:
      return "...";
    case StructValue::Kind::pointer: {
      std::string text = hex_short(value.value);
      if (!value.symbol.empty()) text += fmt::format(" <{}>", value.symbol);
      if (value.has_text) text += " " + quoted(value.text);
      return text;
    }
    default:
      return hex_short(masked(value));
  }
}

bool is_plain(const StructValue& value) {
  return value.kind != StructValue::Kind::aggregate && value.kind != StructValue::Kind::array;
}

std::string body(const StructValue& value, int depth);

std::string aggregate_text(const StructValue& value, int depth) {
  std::string text = "{\n";
  for (size_t i = 0; i < value.children.size(); ++i) {
    const StructValue& child = value.children[i];
    text += indent(depth + 1);
    if (!child.name.empty()) text += child.name + " = ";
    text += body(child, depth + 1);
    text += i + 1 < value.children.size() ? ",\n" : "\n";
  }
  return text + indent(depth) + "}";
}

// Ten equal elements or more are folded, as gdb does it.
std::string array_text(const StructValue& value, int depth) {
  constexpr size_t kFold = 10;
  std::string text = "{";
  size_t i = 0;
  while (i < value.children.size()) {
    const std::string element = body(value.children[i], depth + 1);
    size_t run = 1;
    while (i + run < value.children.size() && is_plain(value.children[i + run]) &&
           body(value.children[i + run], depth + 1) == element) {
      ++run;
    }
    if (i != 0) text += ", ";
    if (run >= kFold) {
      text += fmt::format("{} <repeats {} times>", element, run);
      i += run;
    } else {
      text += element;
      ++i;
    }
  }
  return text + "}";
}

std::string body(const StructValue& value, int depth) {
  if (value.kind == StructValue::Kind::aggregate) return aggregate_text(value, depth);
  if (value.kind == StructValue::Kind::array) return array_text(value, depth);
  return scalar_text(value);
}

void merge_members(const StructValue& value, nlohmann::json& object) {
  for (const StructValue& child : value.children) {
    if (child.name.empty() && child.kind == StructValue::Kind::aggregate) {
      merge_members(child, object);
    } else {
      object[child.name] = struct_json(child);
    }
  }
}

}  // namespace

std::string struct_text(const StructValue& value) {
  const std::string text = body(value, 0) + "\n";
  if (value.kind != StructValue::Kind::aggregate) return value.name + " = " + text;
  return "struct " + value.name + " " + text;
}

nlohmann::json struct_json(const StructValue& value) {
  switch (value.kind) {
    case StructValue::Kind::aggregate: {
      nlohmann::json object = nlohmann::json::object();
      merge_members(value, object);
      return object;
    }
    case StructValue::Kind::array: {
      nlohmann::json elements = nlohmann::json::array();
      for (const StructValue& child : value.children) elements.push_back(struct_json(child));
      return elements;
    }
    case StructValue::Kind::boolean:
      return value.value != 0;
    case StructValue::Kind::characters:
      return value.text;
    case StructValue::Kind::omitted:
      return nullptr;
    case StructValue::Kind::enumerator:
      return value.text.empty() ? hex_short(masked(value)) : value.text;
    case StructValue::Kind::pointer: {
      nlohmann::json object = {{"address", hex_address(value.value)}};
      if (!value.symbol.empty()) object["symbol"] = value.symbol;
      if (value.has_text) object["string"] = value.text;
      return object;
    }
    default:
      return hex_short(masked(value));
  }
}

}  // namespace kmortem::report
