// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernel/module_sections.h"

#include <algorithm>
#include <optional>

#include "kernel/record.h"

namespace kmortem::kernel {

namespace {

using debuginfo::Field;

// No module has more sections than this; a larger count is damage.
constexpr uint64_t kMaxSections = 4096;

// Where an element of module_sect_attrs.attrs[] keeps a section's name and address.
struct AttributeLayout {
  uint64_t size = 0;
  Field name;
  Field address;
};

std::optional<AttributeLayout> attribute_layout(const debuginfo::TypeTable& types) {
  AttributeLayout layout;
  // struct module_sect_attr, with a bin_attribute since 5.9; removed in 6.14, where attrs[] are
  // plain bin_attributes that keep the address in `private`.
  auto name = types.field("module_sect_attr.battr.attr.name");
  if (!name) name = types.field("module_sect_attr.name");
  auto address = types.field("module_sect_attr.address");
  auto size = types.size_of("module_sect_attr");
  if (!name || !address || !size) {
    name = types.field("bin_attribute.attr.name");
    address = types.field("bin_attribute.private");
    size = types.size_of("bin_attribute");
  }
  if (!name || !address || !size) return std::nullopt;
  layout.size = *size;
  layout.name = *name;
  layout.address = *address;
  return layout;
}

// The number of sections: a member until 6.13, then only a null-terminated array of pointers.
uint64_t section_count(const Target& target, uint64_t attributes) {
  auto field = target.types.field("module_sect_attrs.nsections");
  if (!field) return kMaxSections;
  auto count = target.memory.read_unsigned(attributes + field->offset, field->size);
  return count ? std::min(*count, kMaxSections) : 0;
}

}  // namespace

std::vector<LoadedSection> read_module_sections(const Target& target, uint64_t module) {
  std::vector<LoadedSection> sections;
  auto pointer = target.types.field("module.sect_attrs");
  auto first = target.types.field("module_sect_attrs.attrs");
  auto layout = attribute_layout(target.types);
  if (!pointer || !first || !layout) return sections;
  auto attributes = target.memory.read_u64(module + pointer->offset);
  if (!attributes || *attributes == 0) return sections;

  const uint64_t count = section_count(target, *attributes);
  for (uint64_t i = 0; i < count; ++i) {
    const uint64_t at = *attributes + first->offset + i * layout->size;
    auto bytes = target.memory.read_bytes(at, layout->size);
    if (!bytes) break;
    const Record record(at, *bytes);
    const uint64_t name = record.get(layout->name);
    if (name == 0) break;
    auto text = target.memory.read_string(name, 128);
    if (!text || text->empty()) break;
    sections.push_back({*text, record.get(layout->address)});
  }
  return sections;
}

}  // namespace kmortem::kernel
