// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernel/stack_memory.h"

#include <cstring>

namespace kmortem::kernel {

StackMemory::StackMemory(dump::Memory& memory, const std::vector<StackArea>& areas)
    : memory_(memory) {
  loaded_.reserve(areas.size() + 1);
  for (const StackArea& area : areas) add(area);
}

void StackMemory::add(StackArea area) {
  if (area.begin < area.end) loaded_.push_back({area, false, 0, {}});
}

StackMemory::Loaded* StackMemory::loaded_of(uint64_t address) {
  for (Loaded& loaded : loaded_) {
    if (loaded.area.contains(address)) return &loaded;
  }
  return nullptr;
}

const StackArea* StackMemory::area_of(uint64_t address) const {
  for (const Loaded& loaded : loaded_) {
    if (loaded.area.contains(address)) return &loaded.area;
  }
  return nullptr;
}

std::optional<uint64_t> StackMemory::word(uint64_t address) {
  Loaded* loaded = loaded_of(address);
  if (loaded == nullptr || loaded->area.end - address < 8) return std::nullopt;
  if (!loaded->tried) {
    loaded->tried = true;
    loaded->from = address;
    auto bytes = memory_.read_bytes(address, loaded->area.end - address);
    if (bytes) loaded->bytes = std::move(*bytes);
  }
  if (!loaded->bytes.empty() && address >= loaded->from) {
    uint64_t value = 0;
    std::memcpy(&value, loaded->bytes.data() + (address - loaded->from), sizeof value);
    return value;
  }
  const auto value = memory_.read_u64(address);
  if (!value) return std::nullopt;
  return *value;
}

}  // namespace kmortem::kernel
