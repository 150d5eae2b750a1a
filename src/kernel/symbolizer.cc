// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernel/symbolizer.h"

#include <algorithm>

#include "base/hex.h"

namespace kmortem::kernel {

Symbolizer::Symbolizer(const Target& target, std::vector<LoadedModule> modules)
    : target_(target), modules_(std::move(modules)), symbols_(modules_.size()) {
  for (size_t i = 0; i < modules_.size(); ++i) {
    for (const ModuleRange& range : modules_[i].ranges) {
      ranges_.push_back({range.begin, range.end, i, range.text});
    }
  }
  std::ranges::sort(ranges_, {}, &Range::begin);
  auto add_text = [&](std::string_view first, std::string_view last) {
    const auto begin = target_.symbol(first);
    const auto end = target_.symbol(last);
    if (begin && end && *begin < *end) kernel_text_.emplace_back(*begin, *end);
  };
  add_text("_stext", "_etext");
  add_text("_sinittext", "_einittext");
}

const Symbolizer::Range* Symbolizer::range_of(uint64_t address) const {
  auto next = std::ranges::upper_bound(ranges_, address, {}, &Range::begin);
  if (next == ranges_.begin()) return nullptr;
  const Range& range = *std::prev(next);
  return address < range.end ? &range : nullptr;
}

const LoadedModule* Symbolizer::module_of(uint64_t address) const {
  const Range* range = range_of(address);
  return range == nullptr ? nullptr : &modules_[range->module];
}

bool Symbolizer::is_text(uint64_t address) const {
  for (const auto& [begin, end] : kernel_text_) {
    if (address >= begin && address < end) return true;
  }
  const Range* range = range_of(address);
  return range != nullptr && range->text;
}

const ModuleSymbols* Symbolizer::symbols_of(size_t module) {
  Lazy& lazy = symbols_[module];
  if (!lazy.tried) {
    lazy.tried = true;
    auto symbols = ModuleSymbols::read(target_, modules_[module]);
    if (symbols) {
      lazy.symbols = std::move(*symbols);
    } else if (modules_[module].kallsyms.count != 0) {
      target_.problems.add(
          {"mod_kallsyms", symbols.error().address,
           std::string(kmortem::describe(symbols.error().kind)),
           "addresses in module " + modules_[module].info.name + " have no names"});
    }
  }
  return lazy.symbols ? &*lazy.symbols : nullptr;
}

model::Frame Symbolizer::look_up(uint64_t pc, uint64_t inside) {
  model::Frame frame;
  frame.pc = pc;
  if (const Range* range = range_of(inside)) {
    frame.module = modules_[range->module].info.name;
    const ModuleSymbols* symbols = symbols_of(range->module);
    const auto symbol = symbols != nullptr ? symbols->containing(inside) : std::nullopt;
    if (!symbol) return frame;
    frame.function = symbol->name;
    frame.offset = pc - symbol->address;
    frame.function_size = symbol->size;
    return frame;
  }
  if (const auto symbol = target_.symbols.containing(inside)) {
    frame.function = symbol->name;
    frame.offset = pc - symbol->address;
    frame.function_size = symbol->size;
  }
  return frame;
}

model::Frame Symbolizer::symbolize(uint64_t pc) {
  return look_up(pc, pc);
}

model::Frame Symbolizer::symbolize_return(uint64_t pc) {
  return look_up(pc, pc == 0 ? 0 : pc - 1);
}

std::string Symbolizer::describe(uint64_t address) {
  const model::Frame frame = symbolize(address);
  if (frame.function.empty()) return {};
  std::string text = frame.function;
  if (frame.offset != 0) text += "+" + hex_short(frame.offset);
  if (!frame.module.empty()) text += " [" + frame.module + "]";
  return text;
}

}  // namespace kmortem::kernel
