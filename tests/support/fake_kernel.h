// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

#include "kernel/target.h"
#include "support/fake_memory.h"
#include "support/fake_symbols.h"
#include "support/fake_types.h"

namespace kmortem::test {

/// Everything that a reader of the kernel and locks layers takes, made by hand.
struct FakeKernel {
  FakeMemory memory;
  FakeTypes types;
  FakeSymbols symbols;
  model::Problems problems;

  kernel::Target target() { return {memory, types.table(), symbols, problems}; }

  /// Writes the member `path` ("task_struct.pid") of the structure at `address`; `index` picks an
  /// array's element. Bit-fields are merged with what is there.
  void set(uint64_t address, std::string_view path, uint64_t value, uint64_t index = 0) {
    const auto field = types.table().field(path);
    if (!field) throw std::logic_error("no such member: " + std::string(path));
    const uint64_t at = address + field->offset + index * field->size;
    if (field->bit_size == 0) {
      memory.put_unsigned(at, value, field->size);
      return;
    }
    memory.map(at, field->size);
    const uint64_t mask = ((uint64_t{1} << field->bit_size) - 1) << field->bit_shift;
    const uint64_t old = memory.read_unsigned(at, field->size).value_or(0);
    memory.put_unsigned(at, (old & ~mask) | ((value << field->bit_shift) & mask), field->size);
  }

  /// Characters into an array member (task_struct.comm).
  void set_text(uint64_t address, std::string_view path, std::string_view text) {
    const auto field = types.table().field(path);
    if (!field) throw std::logic_error("no such member: " + std::string(path));
    memory.put_string(address + field->offset, text);
  }

  /// Where the member lies in the structure at `address`.
  uint64_t address_of(uint64_t address, std::string_view path) const {
    const auto field = types.table().field(path);
    if (!field) throw std::logic_error("no such member: " + std::string(path));
    return address + field->offset;
  }
};

}  // namespace kmortem::test
