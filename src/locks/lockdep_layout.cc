// SPDX-License-Identifier: GPL-3.0-or-later
#include "locks/lockdep_layout.h"

#include <string>

namespace kmortem::locks {

namespace {

using debuginfo::TypeKind;
using debuginfo::TypeTable;

ClassFields class_fields(const TypeTable& types) {
  ClassFields f;
  f.hash_entry = types.field("lock_class.hash_entry");
  f.lock_entry = types.field("lock_class.lock_entry");
  f.locks_after = types.field("lock_class.locks_after");
  f.locks_before = types.field("lock_class.locks_before");
  f.key = types.field("lock_class.key");
  f.subclass = types.field("lock_class.subclass");
  f.usage_mask = types.field("lock_class.usage_mask");
  f.usage_traces = types.field("lock_class.usage_traces");
  f.name_version = types.field("lock_class.name_version");
  f.name = types.field("lock_class.name");
  f.ops = types.field("lock_class.ops");
  f.wait_type_inner = types.field("lock_class.wait_type_inner");
  f.wait_type_outer = types.field("lock_class.wait_type_outer");
  f.lock_type = types.field("lock_class.lock_type");
  f.cmp_fn = types.field("lock_class.cmp_fn");
  return f;
}

ListFields list_fields(const TypeTable& types) {
  ListFields f;
  f.entry = types.field("lock_list.entry");
  f.cls = types.field("lock_list.class");
  f.distance = types.field("lock_list.distance");
  f.trace = types.field("lock_list.trace");
  f.links_to = types.field("lock_list.links_to");
  f.dep = types.field("lock_list.dep");
  return f;
}

ChainFields chain_fields(const TypeTable& types) {
  ChainFields f;
  f.irq_context = types.field("lock_chain.irq_context");
  f.depth = types.field("lock_chain.depth");
  f.base = types.field("lock_chain.base");
  f.chain_key = types.field("lock_chain.chain_key");
  f.base_wraps = f.base && f.base->bit_size == 0 && f.base->size == 2;
  return f;
}

MapFields map_fields(const TypeTable& types) {
  MapFields f;
  f.size = types.size_of("lockdep_map").value_or(0);
  f.key = types.field("lockdep_map.key");
  f.class_cache = types.field("lockdep_map.class_cache");
  f.name = types.field("lockdep_map.name");
  f.wait_type_inner = types.field("lockdep_map.wait_type_inner");
  f.wait_type_outer = types.field("lockdep_map.wait_type_outer");
  f.lock_type = types.field("lockdep_map.lock_type");
  return f;
}

TraceFields trace_fields(const TypeTable& types) {
  TraceFields f;
  const auto traces = types.field("lock_class.usage_traces");
  if (!traces) return f;
  if (types.at(traces->type).kind == TypeKind::pointer) {
    f.kind = TraceKind::record;
    f.nr_entries = types.field("lock_trace.nr_entries");
    f.entries = types.field("lock_trace.entries");
    f.hash_entry = types.field("lock_trace.hash_entry");
    return f;
  }
  f.offset = types.field(traces->type, "offset");
  f.entries = types.field(traces->type, "entries");
  f.nr_entries = types.field(traces->type, "nr_entries");
  f.kind = f.offset ? TraceKind::offset : TraceKind::embedded;
  return f;
}

void probe_usage(const TypeTable& types, const ClassFields& cls, model::LockdepFeatures* out) {
  for (const char* state : {"HARDIRQ", "SOFTIRQ", "RECLAIM_FS"}) {
    if (types.enumerator(std::string("LOCK_USED_IN_") + state)) out->states.emplace_back(state);
  }
  const uint64_t traced = cls.usage_traces ? cls.usage_traces->count : 0;
  // Each state has four bits, LOCK_USED follows. Without the enumerators the number of traces
  // tells: 13 with RECLAIM_FS (until 4.13), 9 without, 10 with LOCK_USED_READ (5.10).
  if (out->states.empty()) {
    out->states = {"HARDIRQ", "SOFTIRQ"};
    if (traced >= 13) out->states.emplace_back("RECLAIM_FS");
  }
  const auto states_end = static_cast<int64_t>(out->states.size() * 4);
  out->used_bit = static_cast<int>(types.enumerator("LOCK_USED").value_or(states_end));
  const bool has_read_bit = traced == static_cast<uint64_t>(states_end) + 2;
  const int64_t read_bit = has_read_bit ? states_end + 1 : -1;
  out->used_read_bit = static_cast<int>(types.enumerator("LOCK_USED_READ").value_or(read_bit));
  const int last = out->used_read_bit >= 0 ? out->used_read_bit : out->used_bit;
  out->usage_bits = static_cast<unsigned>(last + 1);
}

model::LockdepFeatures probe_features(const kernel::Target& target, const LockdepLayout& layout) {
  const TypeTable& types = target.types;
  model::LockdepFeatures f;
  f.prove_locking = target.symbol("prove_locking").has_value();
  f.debug_lockdep = target.symbol("lockdep_stats").has_value();
  f.lock_stat = target.symbol("cpu_lock_stats").has_value();
  f.trace_irqflags = types.has("task_struct.irqtrace") || types.has("task_struct.hardirqs_enabled");
  f.class_bitmap = target.symbol("lock_classes_in_use").has_value();
  f.array_order = target.symbol("max_lock_class_idx").has_value();
  f.strong_paths = layout.list.dep.has_value();
  f.block_allocator = target.symbol("chain_block_buckets").has_value();
  f.wait_types = layout.cls.wait_type_inner.has_value();
  f.deduplicated_traces = layout.trace.kind == TraceKind::record;
  f.hlock_id_in_chains = f.strong_paths;
  f.irq_context_string = f.block_allocator;
  f.dynamic_keys_count = target.symbol("nr_dynamic_keys").has_value();
  if (auto queue = types.field("circular_queue.element"); queue && queue->count > 1) {
    f.circular_queue_size = static_cast<unsigned>(queue->count);
  }
  probe_usage(types, layout.cls, &f);
  return f;
}

bool usable(const LockdepLayout& layout) {
  return layout.lock_classes.present && layout.lock_classes.count != 0 && layout.cls.key &&
         layout.cls.name && layout.cls.lock_entry;
}

}  // namespace

bool MapFields::known() const {
  // The structure has 24 to 56 bytes.
  return size != 0 && size <= kLargest && key && class_cache && name;
}

int64_t Table::index_of(uint64_t pointer) const {
  if (!present || element_size == 0 || pointer < address) return -1;
  const uint64_t offset = pointer - address;
  if (offset >= size() || offset % element_size != 0) return -1;
  return static_cast<int64_t>(offset / element_size);
}

Table probe_table(const kernel::Target& target, std::string_view name, std::string_view element) {
  Table table;
  const auto address = target.symbol(name);
  if (!address) return table;
  table.present = true;
  table.address = *address;
  table.element_size = target.types.size_of(element).value_or(0);
  if (auto id = target.types.variable(name)) {
    const debuginfo::Type& type = target.types.at(target.types.resolve(*id));
    const uint64_t size = target.types.at(target.types.resolve(type.target)).size;
    if (type.kind == TypeKind::array && size != 0) {
      table.count = type.count;
      table.element_size = size;
    }
  }
  if (table.count != 0 || table.element_size == 0) return table;
  // "extern struct lock_chain lock_chains[]" has no bound; the symbol's size does.
  if (auto symbol = target.symbols.containing(*address); symbol && symbol->address == *address) {
    table.count = symbol->size / table.element_size;
  }
  return table;
}

std::optional<LockdepLayout> probe_lockdep_layout(const kernel::Target& target) {
  if (!target.symbol("lock_classes")) return std::nullopt;
  LockdepLayout layout;
  layout.cls = class_fields(target.types);
  layout.list = list_fields(target.types);
  layout.chain = chain_fields(target.types);
  layout.trace = trace_fields(target.types);
  layout.map = map_fields(target.types);
  layout.lock_classes = probe_table(target, "lock_classes", "lock_class");
  layout.list_entries = probe_table(target, "list_entries", "lock_list");
  layout.lock_chains = probe_table(target, "lock_chains", "lock_chain");
  layout.chain_hlocks = probe_table(target, "chain_hlocks", "u16");
  if (layout.chain_hlocks.element_size == 0) layout.chain_hlocks.element_size = 2;
  layout.stack_trace = probe_table(target, "stack_trace", "unsigned long");
  if (layout.stack_trace.element_size == 0) layout.stack_trace.element_size = 8;
  // hlist_head since 4.6; list_head before, which is twice as large.
  const bool list_heads = layout.cls.hash_entry && target.types.has("lock_class.hash_entry.prev");
  layout.hash_bucket_size = list_heads ? 16 : 8;
  const char* bucket = list_heads ? "list_head" : "hlist_head";
  layout.classhash = probe_table(target, "classhash_table", bucket);
  layout.trace_hash = probe_table(target, "stack_trace_hash", "hlist_head");
  layout.features = probe_features(target, layout);
  if (!usable(layout)) {
    target.problems.add({"lock_classes", layout.lock_classes.address,
                         "the debuginfo does not describe struct lock_class",
                         "nothing is said about lock classes and held locks"});
    return std::nullopt;
  }
  return layout;
}

}  // namespace kmortem::locks
