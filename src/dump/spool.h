// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/error.h"
#include "dump/file_view.h"

namespace kmortem::dump {

/// How much a Spool takes. What is stored stands in memory up to `in_memory`, then in an unlinked
/// file of `folder`, of whose free space it takes nine tenths at most.
struct SpoolLimits {
  uint64_t in_memory = uint64_t{512} << 20;
  std::string folder;      ///< empty: $TMPDIR, or /tmp
  uint64_t largest = 0;    ///< of the file, holes included; 0: by the folder's free space
  uint64_t free_room = 0;  ///< of the folder; 0: ask
};

/// An anonymous file in the making: a dump that came by a pipe, in an archive or in pieces. Zeros
/// become holes, so that the memory a machine never used costs nothing.
class Spool {
 public:
  explicit Spool(std::string name, SpoolLimits limits = {});
  Spool(const Spool&) = delete;
  Spool& operator=(const Spool&) = delete;
  ~Spool();

  /// Puts `data` at `offset`; what was there is overwritten. Fails with one line when there is no
  /// room, or when the file would grow to what no dump is.
  Result<void> write(uint64_t offset, std::span<const std::byte> data);

  /// The size as far as write() went.
  uint64_t size() const { return size_; }

  /// The file, to be read; called once, after the last write().
  Result<std::shared_ptr<const FileView>> finish();

 private:
  Result<void> flush();
  Result<void> store(uint64_t offset, std::span<const std::byte> data);
  Result<void> make_room(uint64_t more);
  Result<void> move_to_folder();
  std::unexpected<Error> no_room() const;

  std::string name_;
  SpoolLimits limits_;
  int fd_ = -1;
  bool in_folder_ = false;
  std::vector<std::byte> buffer_;  ///< gathers what follows each other, as nearly all does
  uint64_t buffer_at_ = 0;
  uint64_t size_ = 0;
  uint64_t written_end_ = 0;  ///< beyond it the file is one hole
  uint64_t stored_ = 0;
};

}  // namespace kmortem::dump
