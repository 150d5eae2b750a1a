// SPDX-License-Identifier: GPL-3.0-or-later
#include "scan/split_dumps.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <system_error>
#include <tuple>
#include <utility>

#include "dump/dump_kind.h"

namespace kmortem::scan {

namespace {

namespace fs = std::filesystem;

struct Part {
  uint64_t begin = 0;
  uint64_t end = 0;
  std::string path;
};

bool same_frames(const Part& a, const Part& b) {
  // makedumpfile also writes parts without any pages: they do no harm.
  return a.begin == b.begin && a.end == b.end && a.begin < a.end;
}

SplitFiles files_of(std::vector<Part> parts) {
  std::ranges::sort(parts, {},
                    [](const Part& part) { return std::tie(part.begin, part.end, part.path); });
  const auto repeated = std::ranges::unique(parts, same_frames);
  parts.erase(repeated.begin(), repeated.end());
  SplitFiles files;
  for (Part& part : parts) files.push_back(std::move(part.path));
  return files;
}

}  // namespace

std::vector<SplitFiles> split_dumps_in(const std::string& folder) {
  std::map<std::string, std::vector<Part>> dumps;
  std::error_code error;
  fs::directory_iterator at(folder, error);
  for (; !error && at != fs::directory_iterator(); at.increment(error)) {
    std::error_code ignored;
    if (!at->is_regular_file(ignored)) continue;
    const std::string path = at->path().string();
    auto mark = dump::read_dump_head(path).part;
    if (mark) dumps[mark->identity].push_back({mark->begin, mark->end, path});
  }
  std::vector<SplitFiles> result;
  for (auto& [identity, parts] : dumps) result.push_back(files_of(std::move(parts)));
  return result;
}

}  // namespace kmortem::scan
