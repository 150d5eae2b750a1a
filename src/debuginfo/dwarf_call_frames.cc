// SPDX-License-Identifier: GPL-3.0-or-later
#include "debuginfo/dwarf_call_frames.h"

#include <algorithm>
#include <array>
#include <cstdlib>

#include "debuginfo/location_expression.h"

namespace kmortem::debuginfo {

namespace {

constexpr size_t kStackPointer = 7;
// What a function must leave as it was (System V ABI): rbx, rbp, r12 to r15.
constexpr std::array<size_t, 6> kCalleeSaved = {3, 6, 12, 13, 14, 15};

struct Free {
  void operator()(Dwarf_Frame* frame) const { std::free(frame); }
};
using Row = std::unique_ptr<Dwarf_Frame, Free>;

Row find_row(Dwarf_CFI* cfi, uint64_t address) {
  Dwarf_Frame* frame = nullptr;
  if (cfi == nullptr || dwarf_cfi_addrframe(cfi, address, &frame) != 0) return nullptr;
  return Row(frame);
}

struct Rule {
  enum class Kind : uint8_t { undefined, same, expression } kind = Kind::undefined;
  std::span<const Dwarf_Op> operations;
};

// libdw tells "same value" and "undefined" by whether it leaves a pointer.
Rule rule_of(Dwarf_Frame* row, int number, Dwarf_Op (&space)[3]) {
  Dwarf_Op* operations = nullptr;
  size_t count = 0;
  if (dwarf_frame_register(row, number, space, &operations, &count) != 0) return {};
  if (count != 0) return {Rule::Kind::expression, {operations, count}};
  return {operations == nullptr ? Rule::Kind::same : Rule::Kind::undefined, {}};
}

std::optional<uint64_t> find_cfa(Dwarf_Frame* row, FrameValues& frame) {
  Dwarf_Op* operations = nullptr;
  size_t count = 0;
  if (dwarf_frame_cfa(row, &operations, &count) != 0) return std::nullopt;
  const auto result = evaluate({operations, count}, std::nullopt, frame);
  if (!result) return std::nullopt;
  return result->value;
}

std::optional<uint64_t> value_of(const Rule& rule, size_t number, uint64_t cfa,
                                 FrameValues& frame) {
  switch (rule.kind) {
    case Rule::Kind::same:
      return frame.register_value(number);
    case Rule::Kind::expression: {
      const auto result = evaluate(rule.operations, cfa, frame);
      if (!result) return std::nullopt;
      return result->is_value ? result->value : frame.word(result->value);
    }
    default:
      return std::nullopt;
  }
}

}  // namespace

std::unique_ptr<DwarfCallFrames> DwarfCallFrames::open(Dwarf* dwarf, Elf* image) {
  std::unique_ptr<DwarfCallFrames> frames(new DwarfCallFrames);
  frames->debug_frame_ = dwarf_getcfi(dwarf);
  if (image != nullptr) frames->eh_frame_.reset(dwarf_getcfi_elf(image));
  const bool any = frames->debug_frame_ != nullptr || frames->eh_frame_ != nullptr;
  return any ? std::move(frames) : nullptr;
}

std::expected<CallerFrame, NoCaller> DwarfCallFrames::caller(uint64_t address, FrameValues& frame) {
  Row row = find_row(debug_frame_, address);
  if (row == nullptr) row = find_row(eh_frame_.get(), address);
  if (row == nullptr) return std::unexpected(NoCaller::not_covered);
  CallerFrame caller;
  const int return_address = dwarf_frame_info(row.get(), nullptr, nullptr, &caller.interrupted);
  if (return_address < 0 || static_cast<size_t>(return_address) >= kFrameRegisters) {
    return std::unexpected(NoCaller::not_covered);
  }
  Dwarf_Op space[3];
  const Rule link = rule_of(row.get(), return_address, space);
  caller.outermost = link.kind == Rule::Kind::undefined;
  if (caller.outermost) return caller;
  const auto cfa = find_cfa(row.get(), frame);
  if (!cfa) return std::unexpected(NoCaller::lost);
  caller.cfa = *cfa;
  for (size_t number = 0; number < kFrameRegisters; ++number) {
    Rule rule = rule_of(row.get(), static_cast<int>(number), space);
    // Compilers say nothing of a register that they do not touch, which libdw, not knowing the ABI
    // here, calls undefined.
    const bool kept = std::ranges::find(kCalleeSaved, number) != kCalleeSaved.end();
    if (kept && rule.kind == Rule::Kind::undefined) rule.kind = Rule::Kind::same;
    caller.registers[number] = value_of(rule, number, *cfa, frame);
  }
  if (!caller.registers[kStackPointer]) caller.registers[kStackPointer] = caller.cfa;
  return caller;
}

}  // namespace kmortem::debuginfo
