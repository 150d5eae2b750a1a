// SPDX-License-Identifier: GPL-3.0-or-later
#include "locks/kernel_reads.h"

#include <algorithm>
#include <cstring>
#include <string>

#include "base/checked.h"

namespace kmortem::locks {

namespace {

constexpr uint64_t kPageSize = 4096;

void add_problem(const kernel::Target& target, std::string_view structure, const ReadError& error,
                 std::string_view consequence) {
  target.problems.add({std::string(structure), error.address, std::string(describe(error.kind)),
                       std::string(consequence)});
}

void read_pages(const kernel::Target& target, std::string_view structure,
                std::string_view consequence, Block* block) {
  const uint64_t size = block->bytes.size();
  for (uint64_t done = 0; done < size;) {
    const uint64_t at = block->address + done;
    const uint64_t length = std::min(kPageSize - at % kPageSize, size - done);
    auto part = std::span(block->bytes).subspan(done, length);
    if (auto read = target.memory.read(at, part); !read) {
      std::ranges::fill(part, std::byte{0});
      add_problem(target, structure, read.error(), consequence);
      block->complete = false;
      block->missing.push_back(at / kPageSize * kPageSize);
    }
    done += length;
  }
}

}  // namespace

std::span<const std::byte> Block::at(uint64_t at, uint64_t size) const {
  if (at < address || !range_fits(at - address, size, bytes.size())) return {};
  return std::span(bytes).subspan(at - address, size);
}

uint64_t Block::word(uint64_t at) const {
  const auto part = this->at(at, 8);
  uint64_t value = 0;
  if (!part.empty()) std::memcpy(&value, part.data(), sizeof(value));
  return value;
}

bool Block::has(uint64_t at, uint64_t size) const {
  if (this->at(at, size).size() != size) return false;
  const auto page = std::ranges::lower_bound(missing, at / kPageSize * kPageSize);
  return page == missing.end() || *page >= at + size;
}

Block read_block(const kernel::Target& target, std::string_view structure, uint64_t address,
                 uint64_t size, std::string_view consequence) {
  Block block;
  block.address = address;
  if (size == 0) return block;
  if (size > dump::Memory::kMaxBlock || !checked_add(address, size)) {
    add_problem(target, structure, ReadError{ReadError::Kind::invalid, address}, consequence);
    block.complete = false;
    return block;
  }
  block.bytes.resize(size);
  if (target.memory.read(address, block.bytes)) return block;
  read_pages(target, structure, consequence, &block);
  return block;
}

std::optional<uint64_t> read_variable(const kernel::Target& target, std::string_view name,
                                      unsigned size) {
  const auto address = target.symbol(name);
  if (!address) return std::nullopt;
  if (auto id = target.types.variable(name)) {
    const uint64_t known = target.types.at(target.types.resolve(*id)).size;
    if (known == 1 || known == 2 || known == 4 || known == 8) size = static_cast<unsigned>(known);
  }
  auto value = target.memory.read_unsigned(*address, size);
  if (value) return *value;
  add_problem(target, name, value.error(), "the counter is missing");
  return std::nullopt;
}

uint64_t Bitmap::end() const {
  uint64_t end = set.size();
  while (end > 0 && !may_be_set(end - 1)) --end;
  return end;
}

Bitmap read_bitmap(const kernel::Target& target, std::string_view name, uint64_t bits,
                   std::string_view consequence) {
  const auto address = target.symbol(name);
  if (!address) return {};
  const Block block = read_block(target, name, *address, (bits + 63) / 64 * 8, consequence);
  Bitmap bitmap{std::vector<bool>(bits), std::vector<bool>(bits)};
  for (uint64_t i = 0; i < bits; ++i) {
    if (!block.complete && !block.has(*address + i / 8, 1)) {
      bitmap.unknown[i] = true;
    } else if (block.bytes[i / 8] == std::byte{0}) {
      i |= 7;  // eight clear bits
    } else {
      bitmap.set[i] = ((block.bytes[i / 8] >> (i % 8)) & std::byte{1}) != std::byte{0};
    }
  }
  return bitmap;
}

}  // namespace kmortem::locks
