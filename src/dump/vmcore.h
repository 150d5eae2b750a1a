// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <memory>
#include <vector>

#include "dump/container.h"
#include "dump/dump_file.h"
#include "dump/kernel_space.h"
#include "dump/vmcoreinfo.h"

namespace kmortem::dump {

/// DumpFile over a container: adds what is known of the kernel, and address translation.
class Vmcore : public DumpFile {
 public:
  /// Takes what the container gives; `info` has the path, the size and whether it was flattened.
  Vmcore(Container container, model::DumpInfo info);

  ReadResult<void> read(uint64_t address, std::span<std::byte> out) override;
  std::unique_ptr<DumpFile> clone() const override;
  const model::DumpInfo& info() const override { return facts_->info; }
  std::optional<std::string> vmcoreinfo(std::string_view key) const override;
  ReadResult<void> read_physical(uint64_t address, std::span<std::byte> out) override;
  std::span<const std::byte> mapped_physical(uint64_t address, uint64_t length) const override {
    return memory_->mapped(address, length);
  }
  std::vector<PhysicalRange> physical_ranges() const override { return memory_->ranges(); }
  ReadResult<uint64_t> translate(uint64_t address) override;
  uint64_t for_each_mapping(
      uint64_t begin, uint64_t end,
      const std::function<void(uint64_t, uint64_t, uint64_t)>& visit) override;
  void place_kernel(uint64_t kaslr_offset, uint64_t phys_base,
                    const std::string& found_by) override;
  bool use_page_tables(uint64_t root, const std::string& whose,
                       std::span<const KnownMapping> known) override;
  void use_direct_map(uint64_t page_offset) override;
  std::span<const CpuRegisters> registers() const override { return facts_->cpus; }

 private:
  /// What all views of a dump share; nothing changes it after the dump is open.
  struct Facts {
    model::DumpInfo info;
    Vmcoreinfo vmcoreinfo;
    std::vector<CpuRegisters> cpus;
    KernelSpace space;
  };
  /// A remembered page of 4 KiB, or 2 MiB inside a larger one.
  struct CachedPage {
    uint64_t number = UINT64_MAX;
    uint64_t physical = 0;
  };
  static constexpr size_t kSmallSlots = 2048;
  static constexpr size_t kLargeSlots = 512;

  Vmcore(std::shared_ptr<const Facts> facts, std::unique_ptr<PhysicalMemory> memory);
  static void learn(Container& container, Facts& facts);
  ReadResult<Translation> locate(uint64_t address);
  ReadResult<Translation> locate_slowly(uint64_t address);
  std::optional<Translation> locate_linearly(uint64_t address) const;
  void replace_facts(std::shared_ptr<const Facts> facts);

  std::shared_ptr<const Facts> facts_;
  std::unique_ptr<PhysicalMemory> memory_;
  std::vector<CachedPage> small_pages_;
  std::vector<CachedPage> large_pages_;
};

}  // namespace kmortem::dump
