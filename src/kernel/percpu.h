// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string_view>
#include <vector>

#include "kernel/target.h"

namespace kmortem::kernel {

/// Where an integer of per-cpu data lies, relative to a CPU's base.
struct PercpuField {
  uint64_t address = 0;  ///< symbol plus the member's offset
  uint32_t size = 8;
  bool is_signed = false;
};

/// __per_cpu_offset[0 .. count): what is added to a per-cpu symbol's address. A kernel without SMP
/// has no such array and one CPU at 0. Up to 6.14 x86-64's per-cpu symbols are offsets from 0,
/// since 6.15 ordinary addresses: the sum is right for both. Empty when the array is unreadable.
std::vector<uint64_t> read_percpu_offsets(const Target& target, size_t count);

/// The address of per-cpu variable `name` on the CPU whose base that is.
std::optional<uint64_t> percpu_address(const Target& target, std::string_view name, uint64_t base);

/// The first of `places` that this kernel has. A place is a variable ("current_task") or a member
/// of one ("pcpu_hot.current_task"); `size` serves for a plain variable of unknown type.
std::optional<PercpuField> find_percpu(const Target& target,
                                       std::initializer_list<std::string_view> places,
                                       uint32_t size);

/// Its value on the CPU with that base, zero- or sign-extended.
ReadResult<uint64_t> read_percpu(const Target& target, const PercpuField& field, uint64_t base);

}  // namespace kmortem::kernel
