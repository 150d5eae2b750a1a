// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "kernel/page_frames.h"
#include "model/machine.h"

namespace kmortem::kernel {

/// Free pages of which one is asked for.
struct FreeBlock {
  uint64_t first = 0;   ///< number of the first page frame
  unsigned order = 0;   ///< 2^order pages
  int cpu = -1;         ///< on this CPU's list; -1 for the buddy allocator's
  bool linked = false;  ///< nobody refers to it, and its neighbours on the list point back at it
};

/// The page allocator's free pages: the buddy allocator's blocks and the per-CPU lists before it.
/// A page that is on neither may still be free: what is not found is not known.
class FreePages {
 public:
  /// Reads nothing yet.
  FreePages(const Target& target, const PageFrames& frames, std::span<const model::Cpu> cpus);

  std::optional<FreeBlock> find(uint64_t number);

 private:
  struct ListLayout {
    uint64_t lists = 0;  ///< offset of the first list_head in what a zone keeps per CPU
    uint64_t count = 0;  ///< how many lists
  };

  std::optional<FreeBlock> find_buddy(uint64_t number) const;
  std::optional<FreeBlock> find_on_cpu(uint64_t number);
  void read_cpu_lists();
  void read_node(uint64_t node);
  void read_zone(uint64_t zone);
  void read_list(uint64_t head, unsigned order, int cpu);
  bool on_list(const PageFrame& page) const;

  const Target& target_;
  const PageFrames& frames_;
  std::span<const model::Cpu> cpus_;
  ListLayout layout_;
  bool lists_read_ = false;
  std::vector<FreeBlock> on_cpus_;
};

}  // namespace kmortem::kernel
