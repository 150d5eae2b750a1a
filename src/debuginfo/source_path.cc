// SPDX-License-Identifier: GPL-3.0-or-later
#include "debuginfo/source_path.h"

#include <vector>

namespace kmortem::debuginfo {

std::string normal_path(std::string_view path) {
  std::vector<std::string_view> parts;
  const bool absolute = path.starts_with('/');
  while (!path.empty()) {
    const size_t slash = path.find('/');
    const std::string_view part = path.substr(0, slash);
    path.remove_prefix(slash == std::string_view::npos ? path.size() : slash + 1);
    if (part.empty() || part == ".") continue;
    if (part == ".." && !parts.empty() && parts.back() != "..") {
      parts.pop_back();
    } else {
      parts.push_back(part);
    }
  }
  std::string result;
  for (std::string_view part : parts) {
    if (absolute || !result.empty()) result += '/';
    result += part;
  }
  return result;
}

std::string relative_to(std::string_view path, std::string_view tree, std::string_view build) {
  std::string result = normal_path(path);
  for (std::string_view prefix : {tree, build}) {
    const std::string directory = normal_path(prefix) + "/";
    if (directory.size() > 1 && result.starts_with(directory)) {
      return result.substr(directory.size());
    }
  }
  return result;
}

}  // namespace kmortem::debuginfo
