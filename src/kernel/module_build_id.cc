// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernel/module_build_id.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <vector>

#include "kernel/record.h"

namespace kmortem::kernel {

namespace {

constexpr uint64_t kMaxNotes = 8;  // build-id, Linux, GNU property: three are usual
constexpr uint64_t kMaxNoteBytes = 4096;
constexpr uint32_t kNoteBuildId = 3;  // NT_GNU_BUILD_ID

struct NoteHeader {
  uint32_t name_size;
  uint32_t description_size;
  uint32_t type;
};

/// The description of the first note if that is a GNU build-id.
std::string parse_note(std::span<const std::byte> note) {
  NoteHeader header;
  if (note.size() < sizeof header + 4) return {};
  std::memcpy(&header, note.data(), sizeof header);
  if (header.type != kNoteBuildId || header.name_size != 4) return {};
  if (std::memcmp(note.data() + sizeof header, "GNU", 4) != 0) return {};
  const auto description = note.subspan(sizeof header + 4);
  if (header.description_size == 0 || header.description_size > description.size()) return {};
  return build_id_text(description.first(header.description_size));
}

}  // namespace

std::string build_id_text(std::span<const std::byte> bytes) {
  if (std::ranges::all_of(bytes, [](std::byte byte) { return byte == std::byte{0}; })) return {};
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (std::byte byte : bytes) {
    text += kDigits[std::to_integer<unsigned>(byte) >> 4];
    text += kDigits[std::to_integer<unsigned>(byte) & 15];
  }
  return text;
}

std::string build_id_from_notes(const Target& target, uint64_t notes_attrs) {
  const auto attributes = target.types.field("module_notes_attrs.attrs");
  const auto count_field = target.types.field("module_notes_attrs.notes");  // until 6.14
  const auto content = target.types.field("bin_attribute.private");
  const auto size = target.types.field("bin_attribute.size");
  const auto element = target.types.size_of("bin_attribute");
  if (!attributes || !content || !size || !element || !dump::is_kernel_address(notes_attrs)) {
    return {};
  }
  uint64_t count = kMaxNotes;
  if (count_field) {
    auto stored = target.memory.read_unsigned(notes_attrs + count_field->offset,
                                              std::min(count_field->size, 8u));
    if (!stored) return {};
    count = std::min(*stored, kMaxNotes);
  }
  for (uint64_t i = 0; i < count; ++i) {
    const uint64_t address = notes_attrs + attributes->offset + i * *element;
    auto bytes = target.memory.read_bytes(address, *element);
    if (!bytes) return {};
    const Record attribute(address, *bytes);
    const uint64_t note = attribute.get(*content);
    if (!dump::is_kernel_address(note)) return {};
    auto text = target.memory.read_bytes(note, std::min(attribute.get(*size), kMaxNoteBytes));
    if (!text) continue;
    if (std::string id = parse_note(*text); !id.empty()) return id;
  }
  return {};
}

}  // namespace kmortem::kernel
