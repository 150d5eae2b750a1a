// SPDX-License-Identifier: GPL-3.0-or-later
// A text log, and the same text as the records of a dump's log.
#include <cstdlib>
#include <string_view>

#include "splats/splats.h"

namespace {

// What is read of a text is bounded by it: each lock has a line, each name a lock or two.
void check(const std::vector<kmortem::model::Splat>& splats, size_t lines) {
  for (const auto& splat : splats) {
    if (splat.first_line == 0 || splat.first_line > splat.last_line) abort();
    if (splat.last_line > lines) abort();
    if (splat.locks.size() > 2000 || splat.tasks.size() > 64) abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace kmortem;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  size_t lines = 1;
  for (const char c : text) lines += c == '\n' ? 1 : 0;
  check(splats::read_splats(text), lines);
  model::LogRecord record;
  record.text = text;
  check(splats::read_splats(std::vector<model::LogRecord>{record}), lines);
  return 0;
}
