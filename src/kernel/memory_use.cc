// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernel/memory_use.h"

#include <fmt/core.h>

#include "base/hex.h"

namespace kmortem::kernel {

using model::Grade;

MemoryUseReader::MemoryUseReader(const Target& target, std::span<const model::Cpu> cpus)
    : target_(target),
      frames_(target),
      free_pages_(target, frames_, cpus),
      slabs_(target, frames_, cpus) {}

MemoryUse MemoryUseReader::at(uint64_t address) {
  const auto number = frames_.number_of(address);
  if (!number) return of_other(address);
  // A page that the dump leaves out is told by its struct page like any other.
  const auto page = frames_.read(*number);
  if (!page) return {};
  const auto head = frames_.head_of(*page);
  if (head && frames_.is_slab(*head)) return of_slab(*head, address);
  return of_page(*page);
}

MemoryUse MemoryUseReader::of_slab(const PageFrame& head, uint64_t address) const {
  MemoryUse use;
  const auto found = slabs_.find(head, address);
  if (!found) return use;
  use.slab = found->cache;
  if (address > found->object) use.slab += "+" + hex_short(address - found->object);
  // Whoever looks up such an object locks it first and then asks whether it is still the one.
  if (!found->free || found->type_safe) return use;
  use.free = true;
  use.grade = found->counted ? Grade::proven : Grade::inferred;
  use.because = fmt::format("the object at {} of the slab cache {} is free: it is on {}",
                            hex_address(found->object), found->cache, found->free_list);
  return use;
}

MemoryUse MemoryUseReader::of_page(const PageFrame& page) {
  MemoryUse use;
  const auto block = free_pages_.find(page.number);
  if (!block) return use;
  use.free = true;
  use.grade = block->linked ? Grade::proven : Grade::inferred;
  const std::string place =
      block->order == 0
          ? "its page"
          : fmt::format("its page, of the {} pages from {} on,", uint64_t{1} << block->order,
                        hex_address(frames_.address_of(block->first)));
  use.because = block->cpu < 0
                    ? fmt::format("{} is free: in the buddy allocator (struct page {})", place,
                                  hex_address(page.address))
                    : fmt::format("{} is free: on CPU {}'s list of free pages (struct page {})",
                                  place, block->cpu, hex_address(page.address));
  return use;
}

// Areas of vmalloc and modules leave the page tables when they are freed.
MemoryUse MemoryUseReader::of_other(uint64_t address) const {
  MemoryUse use;
  if (!dump::is_kernel_address(address)) return use;
  std::byte byte{};
  const auto read = target_.memory.read(address, std::span(&byte, 1));
  if (read || read.error().kind != ReadError::Kind::unmapped) return use;
  use.free = true;
  // One lost page of the page tables looks the same.
  use.grade = Grade::inferred;
  use.because = "nothing is mapped at " + hex_address(address);
  return use;
}

}  // namespace kmortem::kernel
