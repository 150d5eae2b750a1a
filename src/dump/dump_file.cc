// SPDX-License-Identifier: GPL-3.0-or-later
#include "dump/dump_file.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "dump/container.h"
#include "dump/dump_source.h"
#include "dump/split_dump.h"
#include "dump/vmcore.h"

namespace kmortem::dump {

namespace {

void describe(const DumpSource& source, model::DumpInfo& info) {
  info.file_size += source.size;
  info.flattened = info.flattened || source.flattened;
  info.piped = info.piped || source.piped;
  if (info.packed_in.empty()) info.packed_in = source.packed_in;
}

Result<OpenedPart> open_part(const std::string& path, model::DumpInfo& info) {
  auto source = open_source(path);
  if (!source) return std::unexpected(source.error());
  describe(*source, info);
  auto container = open_container(std::move(source->file), source->truncated);
  if (!container) return std::unexpected(container.error());
  container->truncated = container->truncated || source->truncated;
  return OpenedPart{path, std::move(*container)};
}

Result<void> check_paths(std::span<const std::string> paths) {
  if (paths.empty()) return fail("no dump was named");
  if (std::ranges::count(paths, "-") > 1) {
    return fail("standard input (-) can be one part of a dump, not two");
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<DumpFile>> DumpFile::open(const std::string& path) {
  return open(std::span(&path, 1));
}

Result<std::unique_ptr<DumpFile>> DumpFile::open(std::span<const std::string> paths) {
  if (auto good = check_paths(paths); !good) return std::unexpected(good.error());
  model::DumpInfo info;
  info.path = paths.front();
  std::vector<OpenedPart> parts;
  for (const std::string& path : paths) {
    auto part = open_part(path, info);
    if (!part) return std::unexpected(part.error());
    parts.push_back(std::move(*part));
  }
  if (parts.size() == 1 && !parts.front().container.part) {
    return std::make_unique<Vmcore>(std::move(parts.front().container), std::move(info));
  }
  auto whole = combine_parts(std::move(parts), info);
  if (!whole) return std::unexpected(whole.error());
  return std::make_unique<Vmcore>(std::move(*whole), std::move(info));
}

}  // namespace kmortem::dump
