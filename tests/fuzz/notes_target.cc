// SPDX-License-Identifier: GPL-3.0-or-later
// ELF notes with registers in them, and the VMCOREINFO text, of which one note may hold any.
#include <span>
#include <string_view>

#include "dump/container.h"
#include "dump/notes.h"
#include "dump/registers.h"
#include "dump/vmcoreinfo.h"

namespace kmortem::dump {
namespace {

void read_text(std::string_view text) {
  (void)looks_like_vmcoreinfo(text);
  const Vmcoreinfo info(text);
  for (const char* key : {"OSRELEASE", "BUILD-ID", "KERNELOFFSET", "CRASHTIME"}) {
    (void)info.line(key);
    (void)info.hexadecimal(key);
  }
  for (const char* name : {"phys_base", "pgtable_l5_enabled", "_stext", "swapper_pg_dir"}) {
    (void)info.number(name);
    (void)info.symbol(name);
  }
}

}  // namespace
}  // namespace kmortem::dump

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  namespace dump = kmortem::dump;
  const auto bytes = std::as_bytes(std::span(data, size));
  uint64_t seen = 0;
  dump::for_each_note(bytes, [&](const dump::Note& note) {
    for (const char c : note.name) seen += static_cast<unsigned char>(c);
    for (const std::byte b : note.description) seen += static_cast<unsigned char>(b);
  });
  dump::registers_from_notes(bytes);
  dump::read_text(dump::vmcoreinfo_note(bytes));
  dump::read_text({reinterpret_cast<const char*>(data), size});
  return 0;
}
