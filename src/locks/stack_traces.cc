// SPDX-License-Identifier: GPL-3.0-or-later
#include "locks/stack_traces.h"

#include <algorithm>
#include <cstring>

namespace kmortem::locks {

namespace {

// arch_stack_walk() saves no deeper than the kernel's stacks reach; more is garbage.
constexpr uint64_t kMaxFrames = 4096;

}  // namespace

StackTraces::StackTraces(const kernel::Target& target, const LockdepLayout& layout)
    : layout_(layout) {
  if (!layout.stack_trace.present || layout.trace.kind == TraceKind::none) return;
  used_ = read_variable(target, "nr_stack_trace_entries", 8).value_or(layout.stack_trace.count);
  // The bound is unknown when neither DWARF nor the symbol has it: the counter decides alone.
  if (layout.stack_trace.count != 0) used_ = std::min(used_, layout.stack_trace.count);
  block_ = read_block(target, "stack_trace", layout.stack_trace.address, used_ * 8,
                      "stacks of some lock usages are missing");
  by_address_.reserve(used_ / 16);
}

int StackTraces::find(const kernel::Record& record, const debuginfo::Field& field, uint64_t index) {
  if (block_.bytes.empty()) return -1;
  if (layout_.trace.kind == TraceKind::record) return find_record(record.get(field, index));
  // The other two kinds are structures inside `record`: take it from there.
  const uint64_t offset = field.offset + index * field.size;
  if (offset > record.bytes().size()) return -1;
  const kernel::Record inner(record.address() + offset, record.bytes().subspan(offset));
  const uint64_t count = inner.get_or(layout_.trace.nr_entries, 0);
  if (count == 0) return -1;
  if (layout_.trace.kind == TraceKind::offset) {
    const uint64_t first = inner.get_or(layout_.trace.offset, 0);
    if (first >= used_) return -1;
    return add(block_.address + first * 8, count);
  }
  return add(inner.get_or(layout_.trace.entries, 0), count);
}

int StackTraces::find_record(uint64_t pointer) {
  if (pointer == 0 || !layout_.trace.nr_entries || !layout_.trace.entries) return -1;
  const uint64_t header = layout_.trace.entries->offset;
  const auto bytes = block_.at(pointer, header);
  if (bytes.empty()) {
    ++bad_references_;
    return -1;
  }
  const uint64_t count = kernel::Record(pointer, bytes).get(*layout_.trace.nr_entries);
  if (count == 0) return -1;
  return add(pointer + header, count);
}

int StackTraces::add(uint64_t first_entry, uint64_t count) {
  const auto [it, inserted] = by_address_.emplace(first_entry, -1);
  if (!inserted) return it->second;
  const auto bytes =
      count > kMaxFrames ? std::span<const std::byte>() : block_.at(first_entry, count * 8);
  if (bytes.empty()) {
    ++bad_references_;
    return -1;
  }
  std::vector<uint64_t> entries(count);
  std::memcpy(entries.data(), bytes.data(), bytes.size());
  // Until 5.1 save_stack_trace() ended a trace with ULONG_MAX.
  while (!entries.empty() && entries.back() == UINT64_MAX) entries.pop_back();
  traces_.push_back(std::move(entries));
  it->second = static_cast<int>(traces_.size() - 1);
  return it->second;
}

}  // namespace kmortem::locks
