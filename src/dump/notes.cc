// SPDX-License-Identifier: GPL-3.0-or-later
#include "dump/notes.h"

#include <elf.h>

#include <cstring>

namespace kmortem::dump {

namespace {
uint64_t padded(uint32_t size) {
  return (uint64_t{size} + 3) & ~uint64_t{3};
}
}  // namespace

void for_each_note(std::span<const std::byte> bytes,
                   const std::function<void(const Note&)>& visit) {
  while (bytes.size() >= sizeof(Elf64_Nhdr)) {
    Elf64_Nhdr header;
    memcpy(&header, bytes.data(), sizeof header);
    bytes = bytes.subspan(sizeof header);
    const uint64_t name_room = padded(header.n_namesz);
    if (name_room > bytes.size()) return;
    if (header.n_descsz > bytes.size() - name_room) return;

    const auto* text = reinterpret_cast<const char*>(bytes.data());
    Note note;
    note.name = std::string_view(text, strnlen(text, header.n_namesz));
    note.type = header.n_type;
    note.description = bytes.subspan(name_room, header.n_descsz);
    // A CPU that saved no state leaves an empty header behind.
    if (header.n_namesz != 0 || header.n_descsz != 0) visit(note);

    // The last note's padding may be missing.
    const uint64_t used = name_room + padded(header.n_descsz);
    bytes = bytes.subspan(used < bytes.size() ? used : bytes.size());
  }
}

}  // namespace kmortem::dump
