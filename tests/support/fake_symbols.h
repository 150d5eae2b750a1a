// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "debuginfo/symbol_table.h"

namespace kmortem::test {

/// A symbol table that a test fills by hand, with run-time addresses.
class FakeSymbols : public debuginfo::SymbolTable {
 public:
  /// A symbol of size 0 ends where the next one begins.
  void add(std::string name, uint64_t address, uint64_t size = 0) {
    by_address_.insert_or_assign(address, Entry{name, size});
    by_name_.insert_or_assign(std::move(name), address);
  }

  void remove(std::string_view name) {
    auto it = by_name_.find(name);
    if (it == by_name_.end()) return;
    by_address_.erase(it->second);
    by_name_.erase(it);
  }

  std::optional<uint64_t> find(std::string_view name) const override {
    auto it = by_name_.find(name);
    if (it == by_name_.end()) return std::nullopt;
    return it->second;
  }

  std::optional<debuginfo::Symbol> containing(uint64_t address) const override {
    auto next = by_address_.upper_bound(address);
    if (next == by_address_.begin()) return std::nullopt;
    auto it = std::prev(next);
    uint64_t size = it->second.size;
    if (size == 0) size = next == by_address_.end() ? 1 : next->first - it->first;
    if (address - it->first >= size) return std::nullopt;
    return debuginfo::Symbol{it->second.name, it->first, size};
  }

  void set_slide(uint64_t slide) override { slide_ = slide; }
  uint64_t slide() const override { return slide_; }

 private:
  struct Entry {
    std::string name;
    uint64_t size;
  };
  std::map<uint64_t, Entry> by_address_;
  std::map<std::string, uint64_t, std::less<>> by_name_;
  uint64_t slide_ = 0;
};

}  // namespace kmortem::test
