// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <libkdumpfile/kdumpfile.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/error.h"
#include "dump/file_view.h"

namespace kmortem::dump {

/// Page frames [begin, end) that follow each other in the dump; `first` is the number of the first
/// one's page descriptor.
struct FrameRun {
  uint64_t begin = 0;
  uint64_t end = 0;
  uint64_t first = 0;
};

/// A libkdumpfile context on one kdump-compressed file. Version 0.5.1 has two traps, which this
/// class keeps its users out of: a page that cannot be read leaves the library's cache broken (it
/// dies at a later read), so the cache is renewed after each; and a page whose data would lie
/// beyond the file's end raises SIGBUS, so callers check descriptors first.
class KdumpReader {
 public:
  /// `file` must have passed read_kdump_header().
  static Result<std::unique_ptr<KdumpReader>> open(const FileView& file);

  /// Frames that the file holds, and how many the machine had in RAM (0 when not recorded).
  Result<std::vector<FrameRun>> stored_frames() const;
  uint64_t ram_frames() const;

  /// Decompresses one page or several neighbours; false when one does not decompress.
  bool read(uint64_t address, std::span<std::byte> out);

 private:
  struct Free {
    void operator()(kdump_ctx_t* context) const { kdump_free(context); }
  };
  explicit KdumpReader(std::unique_ptr<kdump_ctx_t, Free> context) : context_(std::move(context)) {}
  void renew_cache();

  std::unique_ptr<kdump_ctx_t, Free> context_;
  bool other_size_ = false;
};

}  // namespace kmortem::dump
