// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernel/register_recovery.h"

#include <algorithm>
#include <string>
#include <utility>

namespace kmortem::kernel {

namespace {

constexpr uint64_t kLargestFunction = 256 << 10;
constexpr std::string_view kCold = ".cold";

}  // namespace

RegisterRecovery::RegisterRecovery(const Target& target, Symbolizer& symbolizer)
    : target_(target), symbolizer_(symbolizer) {}

void RegisterRecovery::add_code(std::vector<CodeRange>& code, uint64_t begin, uint64_t size) {
  if (size == 0 || size > kLargestFunction) return;
  auto bytes = target_.memory.read_bytes(begin, size);
  if (bytes) code.push_back({begin, std::move(*bytes)});
}

std::unique_ptr<FunctionSaves> RegisterRecovery::read_function(const model::Frame& place,
                                                               uint64_t inside) {
  std::vector<CodeRange> code;
  const uint64_t begin = inside - place.offset;
  // What gcc moved out of a function is entered by jumps from it.
  const bool cold = place.function.ends_with(kCold);
  const std::string other = cold ? place.function.substr(0, place.function.size() - kCold.size())
                                 : place.function + std::string(kCold);
  const auto there = place.module.empty() ? target_.symbol(other) : std::nullopt;
  debuginfo::Symbol part;
  if (there) part = target_.symbols.containing(*there).value_or(debuginfo::Symbol{});
  if (cold) add_code(code, part.address, part.size);
  if (cold && code.empty()) return nullptr;
  add_code(code, begin, place.function_size);
  if (!cold && !code.empty()) add_code(code, part.address, part.size);
  if (code.empty()) return nullptr;
  return std::make_unique<FunctionSaves>(decoder_, std::move(code));
}

const CalleeSaves* RegisterRecovery::saves_at(const UnwoundFrame& frame) {
  auto& cache = frame.interrupted ? exact_ : returns_;
  const auto [known, unknown] = cache.try_emplace(frame.pc(), nullptr);
  if (!unknown) return known->second;
  const uint64_t inside = frame.inside();
  const model::Frame place = symbolizer_.symbolize(inside);
  if (place.function.empty()) return nullptr;
  auto [function, first] = functions_.try_emplace(inside - place.offset, nullptr);
  if (first) function->second = read_function(place, inside);
  if (function->second == nullptr) return nullptr;
  known->second = frame.interrupted ? function->second->before(frame.pc())
                                    : function->second->after_call(frame.pc());
  return known->second;
}

void RegisterRecovery::recover(const UnwoundFrame& frame, uint64_t cfa, StackMemory& memory,
                               FrameRegisters& caller) {
  const CalleeSaves* saves = saves_at(frame);
  const uint64_t depth = cfa - frame.registers.get(Register::rsp).value_or(0);
  const bool agrees =
      saves != nullptr && (saves->depth == 0 || static_cast<uint64_t>(saves->depth) == depth);
  for (size_t i = 0; i < kCalleeSaved.size(); ++i) {
    const Register which = kCalleeSaved[i];
    if (which == Register::rbp) continue;
    std::optional<uint64_t> value;
    if (agrees && saves->places[i].untouched) value = frame.registers.get(which);
    if (agrees && !value && saves->places[i].slot != 0) {
      value = memory.word(cfa - static_cast<uint64_t>(saves->places[i].slot));
    }
    caller.set(which, value);
  }
}

std::optional<uint64_t> RegisterRecovery::cfa_by_code(const UnwoundFrame& frame) {
  const CalleeSaves* saves = saves_at(frame);
  if (saves == nullptr) return std::nullopt;
  const bool by_base = saves->depth == 0;
  const int32_t distance = by_base ? saves->base : saves->depth;
  const auto from = frame.registers.get(by_base ? Register::rbp : Register::rsp);
  if (distance == 0 || !from) return std::nullopt;
  return *from + static_cast<uint64_t>(distance);
}

std::optional<uint64_t> RegisterRecovery::base_by_code(const UnwoundFrame& frame, uint64_t cfa,
                                                       StackMemory& memory) {
  const CalleeSaves* saves = saves_at(frame);
  if (saves == nullptr) return std::nullopt;
  const auto index = std::ranges::find(kCalleeSaved, Register::rbp) - kCalleeSaved.begin();
  const CalleeSaves::Place& place = saves->places[static_cast<size_t>(index)];
  if (place.untouched) return frame.registers.get(Register::rbp);
  if (place.slot == 0) return std::nullopt;
  return memory.word(cfa - static_cast<uint64_t>(place.slot));
}

}  // namespace kmortem::kernel
