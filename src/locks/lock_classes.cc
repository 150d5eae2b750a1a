// SPDX-License-Identifier: GPL-3.0-or-later
#include "locks/lock_classes.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "base/hex.h"
#include "kernel/record.h"
#include "locks/class_order.h"
#include "locks/inconsistencies.h"

namespace kmortem::locks {

namespace {

// From 5.10 bit 9 is LOCK_USED_READ; a state has its bits in this order (lockdep_internals.h).
constexpr unsigned kBitsPerState = 4;
constexpr unsigned kReadBit = 1;
constexpr unsigned kEnabledBit = 2;

char usage_character(uint64_t mask, unsigned bit) {
  const bool in_irq = (mask >> bit & 1) != 0;
  const bool enabled = (mask >> (bit + kEnabledBit) & 1) != 0;
  if (enabled) return in_irq ? '?' : '+';
  return in_irq ? '-' : '.';
}

/// "rtnl_mutex" of "rtnl_mutex+0x58 [module]": as kallsyms_lookup() names a key.
std::string symbol_alone(std::string described) {
  described.resize(std::min(described.find_first_of("+ "), described.size()));
  return described;
}

struct Reader {
  const kernel::Target& target;
  const LockdepLayout& layout;
  const NameAddress& name_address;
  StringCache* strings;
  StackTraces* traces;

  std::string read_raw_name(uint64_t pointer) const {
    if (pointer == 0) return {};
    auto text = strings->read(pointer);
    if (text) return std::move(*text);
    target.problems.add({"lock_class.name", pointer, std::string(describe(text.error().kind)),
                         "the lock class is shown by the address of its name"});
    return fmt::format("<{}>", hex_address(pointer));
  }

  void read_traces(const kernel::Record& record, model::LockClass* cls) const {
    const auto& field = layout.cls.usage_traces;
    if (!field) return;
    cls->usage_traces.assign(std::max<uint64_t>(field->count, layout.features.usage_bits), -1);
    const uint64_t count = std::min<uint64_t>(field->count, 64);
    for (uint64_t bit = 0; bit < count; ++bit) {
      // A trace of a bit that is not set is left over from an earlier class in this slot.
      if ((cls->usage_mask >> bit & 1) == 0) continue;
      cls->usage_traces[bit] = traces->find(record, *field, bit);
    }
  }

  model::LockClass read(unsigned index, const kernel::Record& record) const {
    const ClassFields& f = layout.cls;
    model::LockClass cls;
    cls.index = index;
    cls.address = record.address();
    cls.key = record.get(*f.key);
    cls.subclass = static_cast<unsigned>(record.get_or(f.subclass, 0));
    cls.name_version = static_cast<int>(record.get_or(f.name_version, 0));
    cls.usage_mask = record.get_or(f.usage_mask, 0);
    cls.usage = usage_characters(cls.usage_mask, layout.features.states.size());
    cls.wait_type_inner = static_cast<unsigned>(record.get_or(f.wait_type_inner, 0));
    cls.wait_type_outer = static_cast<unsigned>(record.get_or(f.wait_type_outer, 0));
    cls.lock_type = static_cast<unsigned>(record.get_or(f.lock_type, 0));
    cls.ordered = record.get_or(f.cmp_fn, 0) != 0;
    cls.ops = record.get_or(f.ops, 0);
    cls.raw_name = read_raw_name(record.get(*f.name));
    if (cls.key != 0 && name_address) {
      const std::string described = name_address(cls.key);
      cls.key_symbol = symbol_alone(described);
      cls.key_in_module = described.ends_with("]");
    }
    cls.name = printed_name(cls);
    read_traces(record, &cls);
    return cls;
  }
};

// A slot with a key is in use. One that is not in the dump remains unknown.
void decide_by_keys(const LockdepLayout& layout, ClassTable* table) {
  const Table& classes = layout.lock_classes;
  for (uint64_t i = 0; i < table->in_use.unknown.size(); ++i) {
    if (!table->in_use.unknown[i]) continue;
    const uint64_t key = classes.address + i * classes.element_size + layout.cls.key->offset;
    if (!table->block.has(key, 8)) continue;
    table->in_use.unknown[i] = false;
    table->in_use.set[i] = table->block.word(key) != 0;
  }
}

}  // namespace

std::string usage_characters(uint64_t mask, size_t states) {
  std::string text;
  for (unsigned state = 0; state < states && state < 8; ++state) {
    const unsigned bit = state * kBitsPerState;
    text += usage_character(mask, bit);
    text += usage_character(mask, bit + kReadBit);
  }
  return text;
}

std::string printed_name(const model::LockClass& cls) {
  // kallsyms knows data symbols only with CONFIG_KALLSYMS_ALL; "(null)" is its %s of nothing.
  if (cls.raw_name.empty()) return cls.key_symbol.empty() ? "(null)" : cls.key_symbol;
  std::string name = cls.raw_name;
  if (cls.name_version > 1) name += fmt::format("#{}", cls.name_version);
  if (cls.subclass != 0) name += fmt::format("/{}", static_cast<int>(cls.subclass));
  return name;
}

ClassTable read_class_table(const kernel::Target& target, const LockdepLayout& layout) {
  const Table& classes = layout.lock_classes;
  constexpr std::string_view kConsequence = "some lock classes are missing";
  ClassTable table;
  Bitmap& in_use = table.in_use;
  if (layout.features.class_bitmap) {
    in_use = read_bitmap(target, "lock_classes_in_use", classes.count, kConsequence);
  } else {
    const uint64_t count = read_variable(target, "nr_lock_classes", 8).value_or(classes.count);
    in_use = {std::vector<bool>(classes.count), std::vector<bool>(classes.count)};
    std::fill_n(in_use.set.begin(), std::min(count, classes.count), true);
  }
  // Some class is always in use. A bitmap that says otherwise knows nothing.
  if (in_use.end() == 0) in_use.unknown.assign(classes.count, true);
  table.block = read_block(target, "lock_classes", classes.address,
                           in_use.end() * classes.element_size, kConsequence);
  decide_by_keys(layout, &table);
  return table;
}

void read_classes(const kernel::Target& target, const LockdepLayout& layout,
                  const ClassTable& table, const NameAddress& name_address, StringCache* strings,
                  StackTraces* traces, model::Lockdep* lockdep) {
  const Reader reader{target, layout, name_address, strings, traces};
  const uint64_t size = layout.lock_classes.element_size;
  for (const unsigned index : class_order(target, layout, table, lockdep)) {
    const uint64_t address = layout.lock_classes.address + index * size;
    const auto bytes = table.block.at(address, size);
    // What is not in the dump would look like a class that was freed.
    if (bytes.empty() || !table.block.has(address, size)) continue;
    lockdep->position[index] = static_cast<unsigned>(lockdep->classes.size());
    lockdep->classes.push_back(reader.read(index, kernel::Record(address, bytes)));
  }
}

}  // namespace kmortem::locks
