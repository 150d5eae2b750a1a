// SPDX-License-Identifier: GPL-3.0-or-later
#include "postmortem/kernel_place.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "dump/kernel_space.h"

namespace kmortem::postmortem {

namespace {

// CONFIG_PHYSICAL_ALIGN is at least 2 MiB on x86-64, and KASLR moves by multiples of it.
constexpr uint64_t kAlignment = uint64_t{2} << 20;

bool possible_slide(uint64_t slide) {
  return slide % kAlignment == 0 && slide < dump::kImageSize;
}

/// An exception's vector and its handler (arch/x86/kernel/idt.c): "asm_exc_" since 5.8.
struct Gate {
  unsigned vector;
  const char* handler;
  const char* handler_before_5_8;
};
constexpr Gate kGates[] = {
    {0, "asm_exc_divide_error", "divide_error"},
    {3, "asm_exc_int3", "int3"},
    {4, "asm_exc_overflow", "overflow"},
    {5, "asm_exc_bounds", "bounds"},
    {6, "asm_exc_invalid_op", "invalid_op"},
    {7, "asm_exc_device_not_available", "device_not_available"},
    {11, "asm_exc_segment_not_present", "segment_not_present"},
    {12, "asm_exc_stack_segment", "stack_segment"},
    {13, "asm_exc_general_protection", "general_protection"},
    {14, "asm_exc_page_fault", "page_fault"},
    {16, "asm_exc_coprocessor_error", "coprocessor_error"},
    {17, "asm_exc_alignment_check", "alignment_check"},
    {19, "asm_exc_simd_coprocessor_error", "simd_coprocessor_error"},
};
// One handler may have been replaced, and one bad page can hold several gates' worth of noise, but
// not so many that agree.
constexpr unsigned kGatesThatMustAgree = 4;

/// The handler's address in a 64-bit gate descriptor (Intel SDM volume 3, 6.14.1).
std::optional<uint64_t> gate_target(dump::DumpFile& dump, uint64_t idt, unsigned vector) {
  std::array<uint64_t, 2> gate;
  if (!dump.read(idt + uint64_t{16} * vector, std::as_writable_bytes(std::span(gate)))) {
    return std::nullopt;
  }
  return (gate[0] & 0xffff) | ((gate[0] >> 32) & 0xffff0000) | (gate[1] << 32);
}

std::optional<uint64_t> slide_by_idt(dump::DumpFile& dump, const debuginfo::SymbolTable& symbols,
                                     uint64_t idt) {
  std::map<uint64_t, unsigned> votes;
  for (const Gate& gate : kGates) {
    auto linked = symbols.find(gate.handler);
    if (!linked) linked = symbols.find(gate.handler_before_5_8);
    const auto target = gate_target(dump, idt, gate.vector);
    if (linked && target && possible_slide(*target - *linked)) ++votes[*target - *linked];
  }
  const auto best =
      std::ranges::max_element(votes, {}, [](const auto& vote) { return vote.second; });
  if (best == votes.end() || best->second < kGatesThatMustAgree) return std::nullopt;
  return best->first;
}

bool place_by_idt(dump::DumpFile& dump, const debuginfo::SymbolTable& symbols) {
  const auto banner = symbols.find("linux_banner");
  for (const dump::CpuRegisters& cpu : dump.registers()) {
    if (!banner || !cpu.has_control || cpu.idt_base == 0) continue;
    const auto slide = slide_by_idt(dump, symbols, cpu.idt_base);
    if (!slide) continue;
    const auto physical = dump.translate(*banner + *slide);
    if (!physical) continue;
    const uint64_t phys_base = *physical - (*banner + *slide - dump::kImageBase);
    dump.place_kernel(*slide, phys_base, "the exception handlers in the IDT");
    return true;
  }
  return false;
}

bool holds_text(dump::DumpFile& dump, uint64_t physical, std::string_view text) {
  std::array<char, 512> found;
  const auto part = std::span(found).first(std::min(found.size(), text.size()));
  return dump.read_physical(physical, std::as_writable_bytes(part)) &&
         memcmp(part.data(), text.data(), part.size()) == 0;
}

/// The image was loaded at `displacement` from where it was linked to: its own phys_base divides
/// that into a physical and a virtual part.
bool place_at(dump::DumpFile& dump, uint64_t phys_base_symbol, uint64_t displacement) {
  uint64_t phys_base = 0;
  const uint64_t at = phys_base_symbol - dump::kImageBase + displacement;
  if (!dump.read_physical(at, std::as_writable_bytes(std::span(&phys_base, 1)))) return false;
  const uint64_t slide = displacement - phys_base;
  if (!possible_slide(slide)) return false;
  dump.place_kernel(slide, phys_base, "the kernel's banner in memory and its phys_base");
  return true;
}

/// linux_banner can only lie at the offset into 2 MiB that it was linked to: one look each.
bool place_by_banner(dump::DumpFile& dump, const debuginfo::SymbolTable& symbols,
                     const std::string& text) {
  const auto banner = symbols.find("linux_banner");
  const auto phys_base = symbols.find("phys_base");
  if (!banner || !phys_base || text.empty()) return false;
  const uint64_t offset = *banner % kAlignment;
  for (const dump::PhysicalRange& range : dump.physical_ranges()) {
    uint64_t at = range.begin - range.begin % kAlignment + offset;
    if (at < range.begin) at += kAlignment;
    for (; at < range.end; at += kAlignment) {
      if (!holds_text(dump, at, text)) continue;
      if (place_at(dump, *phys_base, at - (*banner - dump::kImageBase))) return true;
    }
  }
  return false;
}

}  // namespace

void place_kernel(dump::DumpFile& dump, debuginfo::KernelDebuginfo& debuginfo,
                  model::Problems& problems) {
  debuginfo::SymbolTable& symbols = debuginfo.symbols();
  if (dump.info().vmcoreinfo == model::VmcoreinfoSource::none) {
    symbols.set_slide(0);
    const bool placed =
        place_by_idt(dump, symbols) || place_by_banner(dump, symbols, debuginfo.banner());
    problems.add({"VMCOREINFO", 0, "neither a note nor its text in memory",
                  placed ? fmt::format("the kernel was found by {}", dump.info().kaslr_from)
                         : "where the kernel lies is not known; it is taken to be where it was "
                           "linked to"});
  }
  symbols.set_slide(dump.info().kaslr_offset);
}

}  // namespace kmortem::postmortem
