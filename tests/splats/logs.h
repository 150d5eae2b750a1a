// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "splats/sample_log.h"
#include "splats/splats.h"

namespace kmortem::splats::testing {

/// The only report in `text`; an empty one, and a failure, when there are none or more.
inline model::Splat only_splat(std::string_view text) {
  const std::vector<model::Splat> splats = read_splats(text);
  EXPECT_EQ(splats.size(), 1U) << text;
  return splats.size() == 1 ? splats.front() : model::Splat();
}

inline std::vector<std::string> task_names(const model::Splat& splat) {
  std::vector<std::string> names;
  for (const model::SplatTask& task : splat.tasks) names.push_back(task.printed);
  return names;
}

inline std::vector<std::string> functions(const model::Stack& stack) {
  std::vector<std::string> names;
  for (const model::Frame& frame : stack) names.push_back(frame.function);
  return names;
}

}  // namespace kmortem::splats::testing
