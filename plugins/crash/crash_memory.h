// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "crash_interface.h"
#include "dump/dump_file.h"
#include "dump/page_cache.h"
#include "dump/physical_memory.h"

namespace kmortem::crash {

/// Thrown out of a read when the user has asked for crash's prompt, and caught at the border.
struct Interrupted {};

/// The physical memory of crash's session. Virtual addresses are translated by kmortem's own walk
/// of the page tables, because crash's gives up a command at the first table that is missing.
class CrashMemory : public dump::PhysicalMemory {
 public:
  explicit CrashMemory(const kmortem_session& session);

  ReadResult<void> read(uint64_t address, std::span<std::byte> out) override;
  std::vector<dump::PhysicalRange> ranges() const override { return ranges_; }
  /// crash reads in one thread only.
  std::unique_ptr<dump::PhysicalMemory> clone() const override { return nullptr; }

 private:
  ReadResult<std::span<const std::byte>> page(uint64_t address);

  enum kmortem_read (*read_page_)(uint64_t, void*);
  int (*interrupted_)(void);
  std::vector<dump::PhysicalRange> ranges_;
  dump::PageCache cache_;
};

/// Throws Interrupted if the user has asked for the prompt.
void stop_if_interrupted(const kmortem_session& session);

/// The dump, or the living system, that crash has open.
std::unique_ptr<dump::DumpFile> open_session(const kmortem_session& session);

}  // namespace kmortem::crash
