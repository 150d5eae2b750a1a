// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernel/unwind_tables.h"

#include <array>
#include <span>
#include <utility>

namespace kmortem::kernel {

namespace {

constexpr size_t kLongestCall = 7;  // call *disp32(base,index) without a prefix

uint8_t at(std::span<const std::byte> bytes, size_t from_end) {
  return std::to_integer<uint8_t>(bytes[bytes.size() - from_end]);
}

// opcode ff with /2 in its ModRM byte: an indirect call. `length` says where it begins.
bool is_indirect_call(std::span<const std::byte> bytes, size_t length) {
  if (at(bytes, length) != 0xff) return false;
  const uint8_t modrm = at(bytes, length - 1);
  if ((modrm & 0x38) != 0x10) return false;
  const unsigned mode = modrm >> 6;
  const bool sib = mode != 3 && (modrm & 7) == 4;
  const bool rip_relative = mode == 0 && (modrm & 7) == 5;
  size_t needed = 2 + (sib ? 1 : 0);
  if (mode == 1) needed += 1;
  if (mode == 2 || rip_relative) needed += 4;
  return needed == length;
}

}  // namespace

UnwindTables::UnwindTables(const Target& target, UnwindSources sources, Symbolizer& symbolizer)
    : target_(target),
      sources_(std::move(sources)),
      symbolizer_(symbolizer),
      layout_(sources_.without_orc ? OrcLayout() : OrcLayout(target.types)),
      kernel_orc_(target_, layout_, sources_.orc),
      kernel_(layout_, kernel_orc_.tables().ip_address, kernel_orc_.tables().ip,
              kernel_orc_.tables().unwind) {}

const OrcEntry* UnwindTables::find(uint64_t address) {
  auto known = known_.find(address);
  if (known == known_.end()) known = known_.emplace(address, look_up(address)).first;
  return known->second ? &*known->second : nullptr;
}

std::optional<OrcEntry> UnwindTables::look_up(uint64_t address) {
  if (!is_text(address)) return std::nullopt;
  const LoadedModule* module = symbolizer_.module_of(address);
  if (module == nullptr) return kernel_.find(address - target_.symbols.slide());
  auto table = modules_.find(module);
  if (table == modules_.end()) {
    table = modules_.emplace(module, read_module_orc(target_, layout_, *module)).first;
  }
  if (table->second == nullptr) return std::nullopt;
  return table->second->table.find(address);
}

debuginfo::CallFrames* UnwindTables::call_frames() {
  if (call_frames_) return *call_frames_;
  const bool wanted = kernel_.size() == 0 && sources_.call_frames;
  call_frames_ = wanted ? sources_.call_frames() : nullptr;
  return *call_frames_;
}

std::expected<debuginfo::CallerFrame, debuginfo::NoCaller> UnwindTables::find_caller(
    uint64_t address, debuginfo::FrameValues& frame) {
  const bool in_image = is_text(address) && symbolizer_.module_of(address) == nullptr;
  debuginfo::CallFrames* frames = in_image ? call_frames() : nullptr;
  if (frames == nullptr) return std::unexpected(debuginfo::NoCaller::not_covered);
  return frames->caller(address - target_.symbols.slide(), frame);
}

bool UnwindTables::is_entry_code(uint64_t address) const {
  const auto begin = target_.symbol("__entry_text_start");
  const auto end = target_.symbol("__entry_text_end");
  return begin && end && address >= *begin && address < *end;
}

bool UnwindTables::follows_call(uint64_t address) {
  const auto [known, unknown] = calls_.try_emplace(address, false);
  if (unknown) known->second = read_call(address);
  return known->second;
}

bool UnwindTables::read_call(uint64_t address) {
  if (address < kLongestCall) return false;
  std::array<std::byte, kLongestCall> bytes{};
  if (!target_.memory.read(address - bytes.size(), bytes)) return false;
  if (at(bytes, 5) == 0xe8) return true;
  for (const size_t length : {2, 3, 4, 6, 7}) {
    if (is_indirect_call(bytes, length)) return true;
  }
  return false;
}

}  // namespace kmortem::kernel
