// SPDX-License-Identifier: GPL-3.0-or-later
#include "locks/lockdep_kernel.h"

namespace kmortem::test {

LockdepKernel::LockdepKernel(Era which) : era(which) {
  define_common();
  if (era == Era::linux_4_4) {
    define_4_4();
  } else {
    define_later();
  }
  define_tables();
}

void LockdepKernel::define_common() {
  FakeTypes& t = types;
  const auto pointer = t.pointer();
  t.define("list_head", 16, {t.at(0, "next", pointer), t.at(8, "prev", pointer)});
  t.define("hlist_head", 8, {t.at(0, "first", pointer)});
  t.define("hlist_node", 16, {t.at(0, "next", pointer), t.at(8, "pprev", pointer)});

  const bool pins = era != Era::linux_4_4;
  const bool sync = era == Era::linux_6_1;
  std::vector<debuginfo::Member> held = {
      t.at(0, "prev_chain_key", t.u64),
      t.at(8, "acquire_ip", t.u64),
      t.at(16, "instance", pointer),
      t.at(24, "nest_lock", pointer),
      t.bits(256, 13, "class_idx", t.u32),
      t.bits(269, 2, "irq_context", t.u32),
      t.bits(271, 1, "trylock", t.u32),
      t.bits(272, 2, "read", t.u32),
      t.bits(274, 1, "check", t.u32),
      t.bits(275, 1, "hardirqs_off", t.u32),
      t.bits(sync ? 277 : 276, sync ? 11 : 12, "references", t.u32)};
  if (sync) held.push_back(t.bits(276, 1, "sync", t.u32));
  if (pins) held.push_back(t.at(36, "pin_count", t.u32));
  const auto held_lock = t.define("held_lock", 40, held);
  t.define(
      "task_struct", 256,
      {t.at(0, "curr_chain_key", t.u64), t.at(8, "lockdep_depth", t.s32),
       t.at(12, "lockdep_recursion", t.u32), t.at(64, "held_locks", t.array(held_lock, kSlots)),
       t.at(240, "hardirqs_enabled", t.s32)});

  std::vector<debuginfo::Member> map = {t.at(0, "key", pointer),
                                        t.at(8, "class_cache", t.array(pointer, 2)),
                                        t.at(24, "name", pointer)};
  const bool typed = era == Era::linux_6_1;
  if (typed) {
    map.push_back(t.at(32, "wait_type_outer", t.u8));
    map.push_back(t.at(33, "wait_type_inner", t.u8));
    map.push_back(t.at(34, "lock_type", t.u8));
    t.enumerators(
        {{"LD_WAIT_INV", 0}, {"LD_WAIT_SPIN", 2}, {"LD_WAIT_SLEEP", 3}, {"LD_WAIT_MAX", 4}});
  }
  const auto map_type = t.define("lockdep_map", typed ? 40 : 32, map);
  t.define("raw_spinlock", typed ? 64 : 56,
           {t.at(0, "raw_lock", t.u32), t.at(4, "magic", t.u32), t.at(8, "owner_cpu", t.u32),
            t.at(16, "owner", pointer), t.at(24, "dep_map", map_type)});
}

void LockdepKernel::define_4_4() {
  FakeTypes& t = types;
  const auto pointer = t.pointer();
  const auto list = t.find("list_head");
  const auto trace = t.define("stack_trace", 24,
                              {t.at(0, "nr_entries", t.u32), t.at(4, "max_entries", t.u32),
                               t.at(8, "entries", pointer), t.at(16, "skip", t.s32)});
  class_size = 432;
  t.define(
      "lock_class", class_size,
      {t.at(0, "hash_entry", list), t.at(16, "lock_entry", list), t.at(32, "key", pointer),
       t.at(40, "subclass", t.u32), t.at(44, "dep_gen_id", t.u32), t.at(48, "usage_mask", t.u64),
       t.at(56, "usage_traces", t.array(trace, 13)), t.at(368, "locks_after", list),
       t.at(384, "locks_before", list), t.at(400, "version", t.u32), t.at(408, "ops", t.u64),
       t.at(416, "name", pointer), t.at(424, "name_version", t.s32)});
  entry_size = 64;
  t.define("lock_list", entry_size,
           {t.at(0, "entry", list), t.at(16, "class", pointer), t.at(24, "trace", trace),
            t.at(48, "distance", t.s32), t.at(56, "parent", pointer)});
  t.define("lock_chain", 32,
           {t.at(0, "irq_context", t.u8), t.at(1, "depth", t.u8), t.at(2, "base", t.u16),
            t.at(8, "entry", list), t.at(24, "chain_key", t.u64)});
  t.enumerators({{"LOCK_USED_IN_HARDIRQ", 0},
                 {"LOCK_USED_IN_SOFTIRQ", 4},
                 {"LOCK_USED_IN_RECLAIM_FS", 8},
                 {"LOCK_USED", 12}});
}

void LockdepKernel::define_later() {
  FakeTypes& t = types;
  const auto pointer = t.pointer();
  const auto list = t.find("list_head");
  const auto node = t.find("hlist_node");
  const auto trace =
      t.define("lock_trace", 24,
               {t.at(0, "hash_entry", node), t.at(16, "hash", t.u32), t.at(20, "nr_entries", t.u32),
                t.at(24, "entries", t.array(t.u64, 0))});
  const auto trace_pointer = t.pointer(trace);
  const bool new_style = era == Era::linux_6_1;
  const uint64_t mask = new_style ? 96 : 80;
  const uint64_t traces = new_style ? 10 : 9;
  const uint64_t after_traces = mask + 8 + traces * 8;
  std::vector<debuginfo::Member> members = {
      t.at(0, "hash_entry", node),
      t.at(16, "lock_entry", list),
      t.at(32, "locks_after", list),
      t.at(48, "locks_before", list),
      t.at(64, "key", pointer),
      t.at(mask - 8, "subclass", t.u32),
      t.at(mask - 4, "dep_gen_id", t.u32),
      t.at(mask, "usage_mask", t.u64),
      t.at(mask + 8, "usage_traces", t.array(trace_pointer, traces)),
      t.at(after_traces, "name_version", t.s32),
      t.at(after_traces + 8, "name", pointer)};
  class_size = after_traces + 16;
  if (new_style) {
    members.push_back(t.at(class_size, "wait_type_inner", t.u8));
    members.push_back(t.at(class_size + 1, "wait_type_outer", t.u8));
    members.push_back(t.at(class_size + 2, "lock_type", t.u8));
    class_size += 8;
  }
  t.define("lock_class", class_size, members);

  entry_size = 56;
  std::vector<debuginfo::Member> entry = {
      t.at(0, "entry", list), t.at(16, "class", pointer), t.at(24, "links_to", pointer),
      t.at(32, "trace", trace_pointer), t.at(48, "parent", pointer)};
  entry.push_back(new_style ? t.at(40, "distance", t.u16) : t.at(40, "distance", t.s32));
  if (new_style) entry.push_back(t.at(42, "dep", t.u8));
  t.define("lock_list", entry_size, entry);
  t.define("lock_chain", 32,
           {t.bits(0, 2, "irq_context", t.u32), t.bits(2, 6, "depth", t.u32),
            t.bits(8, 24, "base", t.u32), t.at(8, "entry", node), t.at(24, "chain_key", t.u64)});
  t.enumerators({{"LOCK_USED_IN_HARDIRQ", 0}, {"LOCK_USED_IN_SOFTIRQ", 4}, {"LOCK_USED", 8}});
  if (new_style) t.enumerators({{"LOCK_USED_READ", 9}});
}

void LockdepKernel::define_tables() {
  FakeTypes& t = types;
  const auto table = [&](const char* name, uint64_t address, debuginfo::TypeId element,
                         uint64_t count) {
    const auto type = t.array(element, count);
    t.variable(name, type);
    symbols.add(name, address, t.table().at(type).size);
    memory.map(address, t.table().at(type).size);
  };
  table("lock_classes", kClasses, t.find("lock_class"), kClassCount);
  table("list_entries", kEntries, t.find("lock_list"), 32);
  table("lock_chains", kChains, t.find("lock_chain"), 8);
  table("chain_hlocks", kHlocks, t.u16, 40);
  table("stack_trace", kTraces, t.u64, 256);
  table("classhash_table", kClassHash, t.find(bitmaps() ? "hlist_head" : "list_head"), 16);
  symbols.add("all_lock_classes", kAllClasses, 16);
  memory.put_u64(kAllClasses, kAllClasses);
  memory.put_u64(kAllClasses + 8, kAllClasses);
  variable("prove_locking", 1, 4);
  variable("debug_locks", 1, 4);
  variable("nr_lock_classes", 0, 8);
  variable("nr_list_entries", 0, 8);
  variable("nr_stack_trace_entries", 256, 8);
  if (bitmaps()) {
    variable("lock_classes_in_use", 0, 8);
    variable("list_entries_in_use", 0, 8);
    variable("lock_chains_in_use", 0, 8);
  } else {
    variable("nr_lock_chains", 0, 8);
    for (unsigned i = 0; i < 16; ++i) {
      const uint64_t head = kClassHash + i * 16;
      memory.put_u64(head, head);
    }
  }
  if (era == Era::linux_6_1) {
    variable("max_lock_class_idx", 0, 8);
    variable("chain_block_buckets", 0, 4);
  }
}

void LockdepKernel::variable(std::string_view name, uint64_t value, unsigned size) {
  auto address = symbols.find(name);
  if (!address) {
    address = next_variable_;
    next_variable_ += 16;
    symbols.add(std::string(name), *address, size);
  }
  memory.put_unsigned(*address, value, size);
}

uint64_t LockdepKernel::text(std::string_view characters) {
  const uint64_t address = next_text_;
  memory.put_string(address, characters);
  next_text_ += characters.size() + 1;
  return address;
}

void LockdepKernel::set_bit(std::string_view bitmap, unsigned bit) {
  const uint64_t address = symbols.find(bitmap).value();
  const uint64_t word = memory.read_u64(address).value();
  memory.put_u64(address, word | uint64_t{1} << bit);
}

void LockdepKernel::link_tail(uint64_t head, uint64_t entry) {
  uint64_t last = head;
  for (uint64_t next = memory.read_u64(head).value(); next != head && next != 0;
       next = memory.read_u64(next).value()) {
    last = next;
  }
  memory.put_u64(last, entry);
  memory.put_u64(entry, head);
  memory.put_u64(head + 8, entry);
}

void LockdepKernel::add_class(unsigned index, std::string_view name, uint64_t key,
                              unsigned subclass) {
  const uint64_t at = class_at(index);
  set(at, "lock_class.key", key + subclass);
  set(at, "lock_class.subclass", subclass);
  if (!name.empty()) set(at, "lock_class.name", text(name));
  set(at, "lock_class.name_version", 1);
  for (const char* list : {"lock_class.locks_after", "lock_class.locks_before"}) {
    const uint64_t head = address_of(at, list);
    memory.put_u64(head, head);
    memory.put_u64(head + 8, head);
  }
  link_tail(kAllClasses, address_of(at, "lock_class.lock_entry"));

  const uint64_t count = memory.read_u64(symbols.find("nr_lock_classes").value()).value();
  variable("nr_lock_classes", count + 1, 8);
  const uint64_t bucket = kClassHash + (index % 16) * (bitmaps() ? 8 : 16);
  if (bitmaps()) {
    set_bit("lock_classes_in_use", index);
    memory.put_u64(at, memory.read_u64(bucket).value());
    memory.put_u64(bucket, at);
  } else {
    link_tail(bucket, at);
  }
  if (era == Era::linux_6_1) variable("max_lock_class_idx", index, 8);
}

void LockdepKernel::add_dependency(unsigned entry, unsigned of, unsigned other, bool after,
                                   unsigned distance, unsigned dep) {
  const uint64_t at = entry_at(entry);
  set(at, "lock_list.class", class_at(other));
  set(at, "lock_list.distance", distance);
  if (bitmaps()) set(at, "lock_list.links_to", class_at(of));
  if (era == Era::linux_6_1) set(at, "lock_list.dep", dep);
  const char* list = after ? "lock_class.locks_after" : "lock_class.locks_before";
  link_tail(address_of(class_at(of), list), at);
  if (bitmaps()) set_bit("list_entries_in_use", entry);
  const uint64_t count = memory.read_u64(symbols.find("nr_list_entries").value()).value();
  variable("nr_list_entries", count + 1, 8);
}

void LockdepKernel::add_chain(unsigned index, unsigned context, unsigned base,
                              std::initializer_list<uint16_t> hlocks, unsigned stored_base) {
  const uint64_t at = kChains + index * 32;
  set(at, "lock_chain.irq_context", context);
  set(at, "lock_chain.depth", hlocks.size());
  set(at, "lock_chain.base", stored_base);
  set(at, "lock_chain.chain_key", 0x1000 + index);
  unsigned word = base;
  for (const uint16_t hlock : hlocks) memory.put_u16(kHlocks + 2 * word++, hlock);
  if (bitmaps()) {
    set_bit("lock_chains_in_use", index);
  } else {
    variable("nr_lock_chains", index + 1, 8);
  }
}

uint64_t LockdepKernel::add_trace(unsigned at, std::initializer_list<uint64_t> entries) {
  const uint64_t record = kTraces + at * 8;
  uint64_t word = record;
  if (bitmaps()) {
    set(record, "lock_trace.nr_entries", entries.size());
    word += 24;
  }
  for (const uint64_t pc : entries) {
    memory.put_u64(word, pc);
    word += 8;
  }
  return record;
}

}  // namespace kmortem::test
