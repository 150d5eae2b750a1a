// SPDX-License-Identifier: GPL-3.0-or-later
#include "locks/waiter_lists.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <span>

#include "base/checked.h"
#include "dump/memory.h"
#include "kernel/record.h"

namespace kmortem::locks {

namespace {

using model::LockType;

constexpr LockType kQueueing[] = {
    LockType::mutex,    LockType::rw_semaphore, LockType::semaphore, LockType::completion,
    LockType::rt_mutex, LockType::rt_spinlock,  LockType::rt_rwlock, LockType::percpu_rwsem};

/// Completions wait with swait_queue since 5.7, with wait_queue_entry before.
bool completion_uses_swait(const debuginfo::TypeTable& types) {
  const auto wait = types.field("completion.wait");
  return wait && types.at(types.resolve(wait->type)).name == "swait_queue_head";
}

/// Reads the structure around a list_head and keeps what it says.
class ListVisitor {
 public:
  ListVisitor(const kernel::Target& target, const WaiterLayout& layout)
      : target_(target), layout_(layout) {}

  ReadResult<kernel::ListLinks> load(uint64_t node) {
    bytes_.fill(std::byte{0});
    const uint64_t size = bytes_needed();
    if (node < layout_.links || !checked_add(node, size)) {
      return std::unexpected(ReadError{ReadError::Kind::invalid, node});
    }
    start_ = node - layout_.links;
    auto done = target_.memory.read(start_, std::span(bytes_).first(size));
    if (!done) return std::unexpected(done.error());
    kernel::ListLinks links;
    std::memcpy(&links, bytes_.data() + layout_.links, sizeof links);
    return links;
  }

  Waiter waiter() const {
    Waiter waiter;
    waiter.node = start_;
    std::memcpy(&waiter.task, bytes_.data() + layout_.task, sizeof waiter.task);
    if (layout_.shared) {
      const kernel::Record record(start_, bytes_);
      waiter.shared = (record.get(*layout_.shared) & layout_.shared_mask) != 0;
    }
    return waiter;
  }

 private:
  uint64_t bytes_needed() const {
    uint64_t end = std::max(layout_.links + 16, layout_.task + 8);
    if (layout_.shared) end = std::max(end, layout_.shared->offset + layout_.shared->size);
    return std::min<uint64_t>(end, bytes_.size());
  }

  const kernel::Target& target_;
  const WaiterLayout& layout_;
  uint64_t start_ = 0;
  std::array<std::byte, 256> bytes_{};
};

WaiterList broken(uint64_t at, std::string reason) {
  WaiterList list;
  list.complete = false;
  list.broken_at = at;
  list.reason = std::move(reason);
  return list;
}

debuginfo::Field u32_at(uint64_t offset) {
  debuginfo::Field field;
  field.offset = offset;
  field.size = 4;
  return field;
}

void probe_waiter(const debuginfo::TypeTable& types, const std::string& name,
                  WaiterLayout* layout) {
  const auto links = types.field(name + ".list");
  const auto task = types.field(name + ".task");
  if (!links || !task || links->offset > 128 || task->offset > 128) return;
  layout->links = links->offset;
  layout->task = task->offset;
}

WaiterLayout wait_queue_entry() {
  // flags, private, func, entry; __wait_queue until 4.12.
  WaiterLayout layout;
  layout.links = 24;
  layout.task = 8;
  return layout;
}

}  // namespace

WaiterLayout waiter_layout(const kernel::Target& target, LockType type) {
  const debuginfo::TypeTable& types = target.types;
  WaiterLayout layout;
  switch (type) {
    case LockType::mutex:
      probe_waiter(types, "mutex_waiter", &layout);
      break;
    case LockType::semaphore:
      probe_waiter(types, "semaphore_waiter", &layout);
      break;
    case LockType::rw_semaphore:
      probe_waiter(types, "rwsem_waiter", &layout);
      layout.shared = types.field("rwsem_waiter.type");  // RWSEM_WAITING_FOR_READ is 1
      if (!layout.shared) layout.shared = u32_at(24);
      break;
    case LockType::completion:
      if (!completion_uses_swait(types)) return wait_queue_entry();
      layout.links = 8;  // swait_queue: task, task_list
      layout.task = 0;
      break;
    case LockType::percpu_rwsem:
      layout = wait_queue_entry();
      layout.shared = u32_at(0);
      layout.shared_mask = 4;  // WQ_FLAG_CUSTOM: percpu_rwsem_wait() for a reader
      break;
    default:
      break;
  }
  return layout;
}

WaiterReader::WaiterReader(const kernel::Target& target) : target_(target) {
  for (const LockType type : kQueueing) places_.push_back(make_place(type));
}

WaiterReader::Place WaiterReader::make_place(LockType type) const {
  const debuginfo::TypeTable& types = target_.types;
  Place place;
  place.type = type;
  place.layout = waiter_layout(target_, type);
  switch (type) {
    case LockType::mutex:
      place.first = types.field("mutex.first_waiter");
      place.head = types.field("mutex.wait_list");
      place.tree = types.field("mutex.rtmutex.waiters");
      break;
    case LockType::rw_semaphore:
      place.first = types.field("rw_semaphore.first_waiter");
      place.head = types.field("rw_semaphore.wait_list");
      place.tree = types.field("rw_semaphore.rwbase.rtmutex.waiters");
      break;
    case LockType::semaphore:
      place.first = types.field("semaphore.first_waiter");
      place.head = types.field("semaphore.wait_list");
      break;
    case LockType::completion:
      place.head = types.first_field({"completion.wait.task_list", "completion.wait.head"});
      break;
    case LockType::percpu_rwsem:
      place.head = types.field("percpu_rw_semaphore.waiters.head");
      break;
    case LockType::rt_mutex:
      place.tree = types.first_field({"rt_mutex.rtmutex.waiters", "rt_mutex.waiters"});
      place.plist = types.field("rt_mutex.wait_list.node_list");
      break;
    case LockType::rt_spinlock:
      place.tree = types.field("spinlock.lock.waiters");
      break;
    case LockType::rt_rwlock:
      place.tree = types.field("rwlock_t.rwbase.rtmutex.waiters");
      break;
    default:
      break;
  }
  return place;
}

const WaiterReader::Place* WaiterReader::place(LockType type) const {
  for (const Place& each : places_) {
    if (each.type == type) return &each;
  }
  return nullptr;
}

OptionalField WaiterReader::list_head(LockType type) const {
  const Place* found = place(type);
  return found == nullptr ? std::nullopt : found->head;
}

OptionalField WaiterReader::first_waiter(LockType type) const {
  const Place* found = place(type);
  return found == nullptr ? std::nullopt : found->first;
}

WaiterList WaiterReader::read(LockType type, uint64_t address) const {
  const Place* found = place(type);
  if (found == nullptr) return {};
  const auto at = [&](const debuginfo::Field& field) { return address + field.offset; };
  if (found->first) return read_circle(*found, at(*found->first));
  if (found->head) return read_list(*found, at(*found->head));
  // rb_root_cached and rb_root both begin with the pointer to the root node.
  if (found->tree) return read_rt_tree(target_, at(*found->tree));
  if (found->plist) return read_rt_plist(target_, at(*found->plist));
  return {};
}

WaiterList WaiterReader::read_list(const Place& place, uint64_t head) const {
  kernel::ListLinks links;
  auto done = target_.memory.read(head, std::as_writable_bytes(std::span(&links, 1)));
  if (!done) return broken(head, std::string(describe(done.error().kind)));
  if (links.next == head && links.prev == head) return {};
  WaiterList list;
  ListVisitor visitor(target_, place.layout);
  const auto walk =
      kernel::walk_ring(head, links, kMostWaiters,
                        {[&](uint64_t node) { return visitor.load(node); },
                         [&](uint64_t) { list.waiters.push_back(visitor.waiter()); }});
  list.complete = walk.complete;
  list.reason = walk.reason;
  list.broken_at = walk.broken_at;
  return list;
}

WaiterList WaiterReader::read_circle(const Place& place, uint64_t pointer) const {
  const auto first = target_.memory.read_u64(pointer);
  if (!first) return broken(pointer, std::string(describe(first.error().kind)));
  if (*first == 0) return {};
  if (!dump::is_kernel_address(*first)) return broken(pointer, "first_waiter is no kernel address");
  ListVisitor visitor(target_, place.layout);
  const uint64_t head = *first + place.layout.links;
  const auto links = visitor.load(head);
  if (!links) return broken(head, std::string(describe(links.error().kind)));
  WaiterList list;
  list.waiters.push_back(visitor.waiter());
  if (links->next == head && links->prev == head) return list;
  const auto walk =
      kernel::walk_ring(head, *links, kMostWaiters,
                        {[&](uint64_t node) { return visitor.load(node); },
                         [&](uint64_t) { list.waiters.push_back(visitor.waiter()); }});
  list.complete = walk.complete;
  list.reason = walk.reason;
  list.broken_at = walk.broken_at;
  return list;
}

}  // namespace kmortem::locks
