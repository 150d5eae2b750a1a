// SPDX-License-Identifier: GPL-3.0-or-later
#include "dump/container.h"

#include <elf.h>
#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>
#include <utility>

#include "dump/notes.h"

namespace kmortem::dump {

namespace {

using namespace std::string_view_literals;

struct Known {
  std::string_view signature;
  std::string_view advice;
};

// What people hand to a dump reader by mistake, and what to do with it.
constexpr Known kKnown[] = {
    {"PK\x03\x04"sv, "is a zip archive; unpack it first"},
    {"QEVM"sv, "is a QEMU migration stream; take a dump with dump-guest-memory"},
    {"LibvirtQemudSave"sv, "is a libvirt save image; take a dump with virsh dump --memory-only"},
    {"EMiL"sv, "is a LiME image, which is not supported; take a kdump"},
    {"PAGEDU64"sv, "is a dump of Windows"},
    {"DISKDUMP"sv, "is a diskdump of a 2.6 kernel, which is not supported"},
};

bool is_text(std::span<const std::byte> bytes) {
  return std::ranges::all_of(bytes, [](std::byte b) {
    const auto c = static_cast<unsigned char>(b);
    return c == '\n' || c == '\r' || c == '\t' || (c >= ' ' && c != 0x7f);
  });
}

std::unexpected<Error> not_a_dump(const FileView& file, std::span<const std::byte> head) {
  const std::string_view text(reinterpret_cast<const char*>(head.data()), head.size());
  for (const Known& known : kKnown) {
    if (text.starts_with(known.signature)) {
      return fail(fmt::format("{}: {}", file.name(), known.advice));
    }
  }
  const std::string_view what = is_text(head) ? "is a text file" : "has no known signature";
  return fail(fmt::format("{}: not a kernel dump: it {}; expected ELF or makedumpfile's format",
                          file.name(), what));
}

}  // namespace

Result<Container> open_container(std::shared_ptr<const FileView> file, bool cut) {
  std::array<std::byte, 64> buffer;
  const auto head = std::span(buffer).first(std::min<uint64_t>(buffer.size(), file->size()));
  if (!file->read(0, head)) return fail(fmt::format("{}: cannot be read", file->name()));
  const std::string_view text(reinterpret_cast<const char*>(head.data()), head.size());
  if (text.starts_with(std::string_view(ELFMAG, SELFMAG))) return open_elf(std::move(file));
  if (text.starts_with("KDUMP   ")) return open_kdump(file, cut);
  return not_a_dump(*file, head);
}

std::string vmcoreinfo_note(std::span<const std::byte> notes) {
  std::string text;
  for_each_note(notes, [&text](const Note& note) {
    if (note.name != "VMCOREINFO" || !text.empty()) return;
    const auto* begin = reinterpret_cast<const char*>(note.description.data());
    text.assign(begin, strnlen(begin, note.description.size()));
  });
  return text;
}

}  // namespace kmortem::dump
