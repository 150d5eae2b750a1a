// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernel/free_pages.h"

#include <algorithm>
#include <cstring>
#include <string>

#include "kernel/percpu.h"
#include "kernel/ring_walk.h"

namespace kmortem::kernel {

namespace {

// MAX_ORDER: blocks of up to 4 MiB.
constexpr unsigned kLargestOrder = 10;
constexpr uint64_t kMostNodes = 1024;
constexpr uint64_t kMostLists = 64;
// A zone's list on one CPU is emptied long before (per_cpu_pages.high).
constexpr size_t kMostOnList = size_t{1} << 16;
// Per-CPU lists serve orders 0 to 3 since 5.13, with one list a migrate type; those behind them
// hold transparent huge pages.
constexpr unsigned kListTypes = 3;
constexpr unsigned kListOrders = 4;
constexpr unsigned kHugeOrder = 9;

unsigned order_of_list(uint64_t index) {
  const uint64_t order = index / kListTypes;
  return order < kListOrders ? static_cast<unsigned>(order) : kHugeOrder;
}

}  // namespace

FreePages::FreePages(const Target& target, const PageFrames& frames,
                     std::span<const model::Cpu> cpus)
    : target_(target), frames_(frames), cpus_(cpus) {}

std::optional<FreeBlock> FreePages::find(uint64_t number) {
  if (auto block = find_buddy(number)) return block;
  return find_on_cpu(number);
}

bool FreePages::on_list(const PageFrame& page) const {
  return frames_.references(page) == 0 && frames_.linked(page);
}

// Only a block's first page says that it is free, and how large the block is: the page itself may
// lie in the middle of one.
std::optional<FreeBlock> FreePages::find_buddy(uint64_t number) const {
  for (unsigned order = 0; order <= kLargestOrder; ++order) {
    const uint64_t first = number & ~((uint64_t{1} << order) - 1);
    if (order != 0 && first == (number & ~((uint64_t{1} << (order - 1)) - 1))) continue;
    const auto page = frames_.read(first);
    if (!page || !frames_.is_buddy(*page)) continue;
    const uint64_t size = frames_.private_of(*page);
    if (size < order || size > kLargestOrder) continue;
    return FreeBlock{first, static_cast<unsigned>(size), -1, on_list(*page)};
  }
  return std::nullopt;
}

std::optional<FreeBlock> FreePages::find_on_cpu(uint64_t number) {
  if (!lists_read_) read_cpu_lists();
  const auto found = std::ranges::find_if(on_cpus_, [number](const FreeBlock& block) {
    return number >= block.first && number - block.first < uint64_t{1} << block.order;
  });
  if (found == on_cpus_.end()) return std::nullopt;
  return *found;
}

void FreePages::read_cpu_lists() {
  lists_read_ = true;
  const auto lists = target_.types.field("per_cpu_pages.lists");
  if (!lists || !lists->is_array || !frames_.list_offset()) return;
  layout_ = {lists->offset, std::min(lists->count, kMostLists)};
  // A zone pointed to per_cpu_pageset until 5.13, with per_cpu_pages in it.
  const auto inner = target_.types.field("per_cpu_pageset.pcp");
  if (inner && target_.types.has("zone.pageset")) layout_.lists += inner->offset;
  if (const auto nodes = target_.symbol("node_data")) {
    const uint64_t count = target_.types.variable_count("node_data").value_or(1);
    for (uint64_t i = 0; i < std::min(count, kMostNodes); ++i) {
      const auto node = target_.memory.read_u64(*nodes + i * sizeof(uint64_t));
      if (!node) break;
      if (*node != 0) read_node(*node);
    }
  } else if (const auto only = target_.symbol("contig_page_data")) {
    read_node(*only);
  }
}

void FreePages::read_node(uint64_t node) {
  const auto zones = target_.types.field("pglist_data.node_zones");
  if (!zones || !zones->is_array) return;
  for (uint64_t i = 0; i < std::min(zones->count, kMostLists); ++i) {
    read_zone(node + zones->offset + i * zones->size);
  }
}

void FreePages::read_zone(uint64_t zone) {
  auto pointer = target_.types.field("zone.per_cpu_pageset");
  if (!pointer) pointer = target_.types.field("zone.pageset");  // until 5.13
  const auto present = target_.types.field("zone.present_pages");
  if (!pointer) return;
  // Before its pages are there, a zone has a list that all of them share.
  if (present && target_.memory.read_u64(zone + present->offset).value_or(1) == 0) return;
  const auto area = target_.memory.read_u64(zone + pointer->offset);
  if (!area || *area == 0) return;
  for (const model::Cpu& cpu : cpus_) {
    if (!cpu.online) continue;
    const uint64_t first = *area + cpu.percpu_base + layout_.lists;
    for (uint64_t i = 0; i < layout_.count; ++i) {
      read_list(first + i * sizeof(ListLinks), order_of_list(i), cpu.number);
    }
  }
}

void FreePages::read_list(uint64_t head, unsigned order, int cpu) {
  const auto links_at = [this](uint64_t node) -> ReadResult<ListLinks> {
    ListLinks links;
    auto done = target_.memory.read(node, std::as_writable_bytes(std::span(&links, 1)));
    if (!done) return std::unexpected(done.error());
    return links;
  };
  const auto first = links_at(head);
  const uint64_t offset = *frames_.list_offset();
  if (!first) {
    target_.problems.add({"per_cpu_pages", head, std::string(describe(first.error().kind)),
                          "free pages of this CPU's lists are not known to be free"});
    return;
  }
  const auto keep = [&](uint64_t node) {
    const auto number = frames_.number_of_page(node - offset);
    const auto page = number ? frames_.read(*number) : std::unexpected(ReadError{});
    if (page) on_cpus_.push_back({*number, order, cpu, on_list(*page)});
  };
  const RingWalk walk = walk_ring(head, *first, kMostOnList, {links_at, keep});
  if (walk.complete) return;
  target_.problems.add({"per_cpu_pages", walk.broken_at, walk.reason,
                        "free pages of this CPU's lists are not known to be free"});
}

}  // namespace kmortem::kernel
