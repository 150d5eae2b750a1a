// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernel/return_addresses.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>
#include <string>

#include "base/checked.h"
#include "kernel/record.h"

namespace kmortem::kernel {

namespace {

constexpr uint64_t kMaxTraced = 512;          // FTRACE_RETFUNC_DEPTH is 50, a page of words since
constexpr uint64_t kFrameOffsetMask = 0x3ff;  // FGRAPH_FRAME_OFFSET_MASK (6.11)
constexpr uint64_t kMaxEntrySize = 256;

/// A task's shadow stack of return addresses, read entry by entry.
struct ShadowStack {
  dump::Memory& memory;
  uint64_t base = 0;
  uint64_t entry_size = 0;
  debuginfo::Field address, slot;  ///< ftrace_ret_stack.ret, .retp

  /// {slot, address} of the entry at `at`.
  std::optional<std::array<uint64_t, 2>> entry(uint64_t at) const {
    const auto bytes = memory.read_bytes(at, entry_size);
    if (!bytes) return std::nullopt;
    const Record record(at, *bytes);
    return std::array<uint64_t, 2>{record.get(slot), record.get(address)};
  }
};

}  // namespace

ReturnAddresses::ReturnAddresses(const Target& target)
    : target_(target), return_to_handler_(target.symbol("return_to_handler")) {}

void ReturnAddresses::begin(uint64_t task) {
  task_ = task;
  loaded_ = false;
  replaced_.clear();
}

void ReturnAddresses::load() {
  loaded_ = true;
  const auto& types = target_.types;
  const auto pointer = types.field("task_struct.ret_stack");
  const auto current = types.field("task_struct.curr_ret_stack");
  const auto address = types.field("ftrace_ret_stack.ret");
  const auto slot = types.field("ftrace_ret_stack.retp");
  const uint64_t size = types.size_of("ftrace_ret_stack").value_or(0);
  if (!pointer || !current || !address || !slot || size == 0 || size > kMaxEntrySize) return;
  const auto base = target_.memory.read_u64(task_ + pointer->offset);
  const auto depth = target_.memory.read_u32(task_ + current->offset);
  if (!base || !depth || *base == 0) return;
  const ShadowStack shadow{target_.memory, *base, size, *address, *slot};

  // Since 6.11 it is of words: the top one of each entry says how far below the entry begins.
  const debuginfo::Type& element = types.at(types.resolve(types.at(pointer->type).target));
  const bool of_words = element.size == 8;
  auto index = static_cast<int64_t>(static_cast<int32_t>(*depth));
  for (uint64_t n = 0; n < kMaxTraced && index >= (of_words ? 1 : 0); ++n) {
    uint64_t at = *base + static_cast<uint64_t>(index) * size;
    --index;
    if (of_words) {
      const auto top = target_.memory.read_u64(*base + static_cast<uint64_t>(index) * 8);
      const auto length = static_cast<int64_t>(top.value_or(0) & kFrameOffsetMask);
      if (length == 0 || length > index) break;
      index -= length;
      at = *base + static_cast<uint64_t>(index) * 8;
    }
    const auto entry = shadow.entry(at);
    if (!entry) break;
    replaced_.push_back({(*entry)[0], (*entry)[1]});
  }
}

uint64_t ReturnAddresses::recover(uint64_t found, uint64_t slot) {
  if (!return_to_handler_ || found != *return_to_handler_) return found;
  if (!loaded_) load();
  for (const Replaced& each : replaced_) {
    // After a tail call two entries share a slot, and the inner one holds the handler again.
    if (each.slot == slot && each.address != found) return each.address;
  }
  return found;
}

}  // namespace kmortem::kernel
