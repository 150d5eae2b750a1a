// SPDX-License-Identifier: GPL-3.0-or-later
#include "dump/dump_file.h"

#include <utility>

#include "dump/container.h"
#include "dump/file_view.h"
#include "dump/flattened.h"
#include "dump/vmcore.h"

namespace kmortem::dump {

Result<std::unique_ptr<DumpFile>> DumpFile::open(const std::string& path) {
  auto file = FileView::open(path);
  if (!file) return std::unexpected(file.error());

  model::DumpInfo info;
  info.path = path;
  info.file_size = (*file)->size();
  if (is_flattened(**file)) {
    auto rearranged = rearrange(**file);
    if (!rearranged) return std::unexpected(rearranged.error());
    info.flattened = true;
    info.truncated = rearranged->truncated;
    file = std::move(rearranged->file);
  }
  auto container = open_container(std::move(*file), info.truncated);
  if (!container) return std::unexpected(container.error());
  return std::make_unique<Vmcore>(std::move(*container), std::move(info));
}

}  // namespace kmortem::dump
