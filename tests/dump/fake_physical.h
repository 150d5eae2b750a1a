// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstring>
#include <map>
#include <memory>
#include <span>
#include <vector>

#include "dump/page_entry.h"
#include "dump/physical_memory.h"

namespace kmortem::test {

/// Physical memory made of pages that a test writes, and page tables in it.
class FakePhysical : public dump::PhysicalMemory {
 public:
  using Page = std::array<std::byte, dump::kPageSize>;

  ReadResult<void> read(uint64_t address, std::span<std::byte> out) override {
    ++reads;
    for (size_t done = 0; done < out.size();) {
      const uint64_t at = address + done;
      const uint64_t offset = at % dump::kPageSize;
      const size_t length = std::min<size_t>(dump::kPageSize - offset, out.size() - done);
      const auto page = pages.find(at - offset);
      if (page == pages.end()) {
        return std::unexpected(ReadError{ReadError::Kind::excluded, at});
      }
      memcpy(out.data() + done, page->second.data() + offset, length);
      done += length;
    }
    return {};
  }

  std::vector<dump::PhysicalRange> ranges() const override {
    std::vector<dump::PhysicalRange> ranges;
    for (const auto& [address, page] : pages) {
      if (!ranges.empty() && ranges.back().end == address) {
        ranges.back().end += dump::kPageSize;
      } else {
        ranges.push_back({address, address + dump::kPageSize});
      }
    }
    return ranges;
  }

  std::unique_ptr<dump::PhysicalMemory> clone() const override {
    return std::make_unique<FakePhysical>(*this);
  }

  template <typename T>
  void put(uint64_t address, const T& value) {
    put_bytes(address, std::as_bytes(std::span(&value, 1)));
  }

  void put_bytes(uint64_t address, std::span<const std::byte> bytes) {
    for (size_t done = 0; done < bytes.size();) {
      const uint64_t at = address + done;
      const uint64_t offset = at % dump::kPageSize;
      const size_t length = std::min<size_t>(dump::kPageSize - offset, bytes.size() - done);
      memcpy(pages[at - offset].data() + offset, bytes.data() + done, length);
      done += length;
    }
  }

  uint64_t get_u64(uint64_t address) {
    uint64_t value = 0;
    (void)read(address, std::as_writable_bytes(std::span(&value, 1)));
    return value;
  }

  std::map<uint64_t, Page> pages;
  uint64_t reads = 0;
};

/// Builds x86-64 page tables; new tables are taken from `next_table` upwards.
struct TableBuilder {
  FakePhysical& memory;
  uint64_t root;
  int levels;
  uint64_t next_table;

  /// Maps one page of `page_level` (1: 4 KiB, 2: 2 MiB, 3: 1 GiB).
  void map(uint64_t virtual_address, uint64_t physical, int page_level = 1) {
    uint64_t table = root;
    for (int level = levels; level > page_level; --level) {
      const uint64_t slot = table + dump::entry_index(virtual_address, level) * 8;
      uint64_t entry = memory.get_u64(slot);
      if ((entry & dump::kEntryPresent) == 0) {
        entry = next_table | 0x63;
        next_table += dump::kPageSize;
        memory.put(entry & dump::kEntryAddress, FakePhysical::Page{});
        memory.put(slot, entry);
      }
      table = entry & dump::kEntryAddress;
    }
    const uint64_t large = page_level > 1 ? dump::kEntryLarge : 0;
    memory.put(table + dump::entry_index(virtual_address, page_level) * 8,
               physical | large | 0x8000000000000163);
  }
};

}  // namespace kmortem::test
