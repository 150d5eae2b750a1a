// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "dump/file_view.h"

namespace kmortem::dump {

/// A dump's file, out of whatever it came in.
struct DumpSource {
  std::shared_ptr<const FileView> file;
  std::vector<std::string> packed_in;  ///< "zstd", ..., the outermost first
  bool flattened = false;              ///< makedumpfile's stream format, put back in order
  bool piped = false;                  ///< from a pipe, a FIFO or standard input
  bool truncated = false;              ///< an archive or stream that ends too early
  uint64_t size = 0;                   ///< of what was given; 0 for a pipe
};

/// Opens `path`, "-" for standard input. A plain file is used as it stands; a pipe, an archive
/// (gzip, xz, zstd, bzip2, lz4) and a flattened dump, one in the other as they come, are unpacked
/// into a Spool in one pass. Fails with one line: missing, a directory, empty, a terminal, no room.
Result<DumpSource> open_source(const std::string& path);

/// True when `path` can be meant for a dump: standard input, a FIFO, a file with a dump's or an
/// archive's signature.
bool names_a_dump(const std::string& path);

}  // namespace kmortem::dump
