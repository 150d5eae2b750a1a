// SPDX-License-Identifier: GPL-3.0-or-later
#include "locks/control_flow.h"

#include <algorithm>
#include <map>
#include <string_view>

#include "locks/lock_functions.h"

namespace kmortem::locks {

namespace {

constexpr uint64_t kMostTargets = 512;
constexpr size_t kBoundDistance = 12;  // how far before its jump a table's index is compared
constexpr size_t kLoadDistance = 4;

class Builder {
 public:
  Builder(const FunctionCode& code, dump::Memory& memory, CodeReader& reader)
      : code_(code), memory_(memory), reader_(reader) {}

  ControlFlow build();

 private:
  void find_tables();
  std::vector<uint64_t> table_targets(size_t jump);
  std::optional<uint64_t> table_address(size_t jump) const;
  uint64_t table_bound(size_t jump) const;
  std::vector<bool> leaders() const;
  void finish(CodeBlock& block, const std::vector<uint32_t>& block_at);
  bool goes_on(size_t index);
  bool trap_goes_on(size_t index) const;
  std::string_view name_of(uint64_t target);

  const FunctionCode& code_;
  dump::Memory& memory_;
  CodeReader& reader_;
  std::map<size_t, std::vector<uint64_t>> tables_;  ///< by the jump's position
};

bool is_table(const Operand& operand) {
  return operand.is_memory() && operand.memory.base == Register::rip &&
         operand.memory.index != Register::rip && operand.memory.scale == 8;
}

bool ends_block(const Instruction& instruction) {
  switch (instruction.op) {
    case Op::jump:
    case Op::branch:
    case Op::ret:
    case Op::stop:
    case Op::trap:
      return true;
    default:
      return false;
  }
}

std::string_view Builder::name_of(uint64_t target) {
  const FunctionSymbol* symbol = reader_.symbol(target);
  return symbol == nullptr ? std::string_view() : std::string_view(symbol->name);
}

std::optional<uint64_t> Builder::table_address(size_t jump) const {
  const Instruction& at = code_.instructions[jump];
  if (is_table(at.dst)) return static_cast<uint64_t>(at.dst.memory.displacement);
  if (!at.dst.is_register()) return std::nullopt;
  for (size_t back = 1; back <= std::min(jump, kLoadDistance); ++back) {
    const Instruction& load = code_.instructions[jump - back];
    if (ends_block(load)) return std::nullopt;
    if (!load.dst.is_register() || load.dst.reg != at.dst.reg) continue;
    if (load.op != Op::move || !is_table(load.src)) return std::nullopt;
    return static_cast<uint64_t>(load.src.memory.displacement);
  }
  return std::nullopt;
}

// `cmp $n,%reg; ja default` before the jump says how long the table is.
uint64_t Builder::table_bound(size_t jump) const {
  for (size_t back = 1; back <= std::min(jump, kBoundDistance); ++back) {
    const Instruction& at = code_.instructions[jump - back];
    if (at.op != Op::compare || !at.src.is_immediate() || at.src.immediate < 0) continue;
    return std::min<uint64_t>(static_cast<uint64_t>(at.src.immediate) + 1, kMostTargets);
  }
  return kMostTargets;
}

std::vector<uint64_t> Builder::table_targets(size_t jump) {
  std::vector<uint64_t> targets;
  const auto table = table_address(jump);
  if (!table) return targets;
  const uint64_t bound = table_bound(jump);
  for (uint64_t i = 0; i < bound; ++i) {
    const auto target = memory_.read_u64(*table + i * 8);
    if (!target || !code_.index_of(*target)) break;
    targets.push_back(*target);
  }
  std::ranges::sort(targets);
  const auto repeated = std::ranges::unique(targets);
  targets.erase(repeated.begin(), repeated.end());
  return targets;
}

void Builder::find_tables() {
  for (size_t i = 0; i < code_.instructions.size(); ++i) {
    const Instruction& at = code_.instructions[i];
    if (at.op != Op::jump || at.target != 0) continue;
    auto targets = table_targets(i);
    if (!targets.empty()) tables_.emplace(i, std::move(targets));
  }
}

std::vector<bool> Builder::leaders() const {
  const auto& instructions = code_.instructions;
  std::vector<bool> leads(instructions.size() + 1, false);
  auto mark = [&](uint64_t address) {
    if (const auto index = code_.index_of(address)) leads[*index] = true;
  };
  for (const CodePiece& piece : code_.pieces) mark(piece.begin);
  mark(code_.entry);
  for (size_t i = 0; i < instructions.size(); ++i) {
    const Instruction& at = instructions[i];
    const bool gap = i + 1 < instructions.size() && instructions[i + 1].address != at.end();
    if (ends_block(at) || gap) leads[i + 1] = true;
    if (at.target != 0 && at.op != Op::call) mark(at.target);
  }
  for (const auto& [jump, targets] : tables_) {
    for (const uint64_t target : targets) mark(target);
  }
  return leads;
}

// WARN() is ud2 and goes on; after BUG() comes whatever comes. What only a fall through can reach,
// or what the jump before the ud2 skips it to, is taken for the rest of a WARN().
bool Builder::trap_goes_on(size_t index) const {
  const auto& instructions = code_.instructions;
  const uint64_t next = instructions[index].end();
  if (index > 0) {
    const Instruction& before = instructions[index - 1];
    if (before.op == Op::branch && before.target == next) return true;
  }
  return std::ranges::none_of(instructions, [&](const Instruction& at) {
    return (at.op == Op::jump || at.op == Op::branch) && at.target == next;
  });
}

bool Builder::goes_on(size_t index) {
  const Instruction& at = code_.instructions[index];
  switch (at.op) {
    case Op::jump:
    case Op::ret:
    case Op::stop:
      return false;
    case Op::trap:
      return trap_goes_on(index);
    case Op::call:
      return at.target == 0 || !never_returns(name_of(at.target));
    default:
      return true;
  }
}

void Builder::finish(CodeBlock& block, const std::vector<uint32_t>& block_at) {
  const size_t last = block.end - 1;
  const Instruction& at = code_.instructions[last];
  const bool adjacent =
      block.end < code_.instructions.size() && code_.instructions[block.end].address == at.end();
  if (adjacent && goes_on(last)) block.next = block_at[block.end];
  block.returns = at.op == Op::ret;
  if (at.op != Op::jump && at.op != Op::branch) return;
  if (const auto table = tables_.find(last); table != tables_.end()) {
    for (const uint64_t target : table->second) {
      block.targets.push_back(block_at[*code_.index_of(target)]);
    }
    return;
  }
  if (at.target == 0) {
    // An indirect jump is a tail call unless it might be a jump table.
    block.leaves = !is_table(at.dst);
    block.unresolved = !block.leaves;
    return;
  }
  if (const auto inside = code_.index_of(at.target)) {
    block.targets.push_back(block_at[*inside]);
    return;
  }
  const std::string_view name = name_of(at.target);
  block.returns = name.ends_with("return_thunk");
  block.leaves = !block.returns;
  // Into the middle of one of our own instructions: no code that a compiler made.
  if (code_.contains(at.target)) block.unresolved = true;
}

ControlFlow Builder::build() {
  ControlFlow flow;
  find_tables();
  const std::vector<bool> leads = leaders();
  std::vector<uint32_t> block_at(leads.size(), 0);
  const size_t count = code_.instructions.size();
  for (size_t i = 0; i < count; ++i) {
    const bool after_dead_end =
        i > 0 && code_.instructions[i - 1].op == Op::call && !goes_on(i - 1);
    if (leads[i] || after_dead_end || flow.blocks.empty()) {
      if (!flow.blocks.empty()) flow.blocks.back().end = i;
      flow.blocks.emplace_back();
      flow.blocks.back().first = i;
      flow.blocks.back().end = count;
    }
    block_at[i] = static_cast<uint32_t>(flow.blocks.size() - 1);
  }
  for (CodeBlock& block : flow.blocks) {
    finish(block, block_at);
    flow.unresolved = flow.unresolved || block.unresolved;
  }
  const auto entry = code_.index_of(code_.entry);
  if (!entry) return {};
  flow.entry = block_at[*entry];
  return flow;
}

}  // namespace

std::optional<uint32_t> ControlFlow::block_of(size_t instruction) const {
  const auto next = std::ranges::upper_bound(blocks, instruction, {}, &CodeBlock::first);
  if (next == blocks.begin()) return std::nullopt;
  const auto block = std::prev(next);
  if (instruction >= block->end) return std::nullopt;
  return static_cast<uint32_t>(block - blocks.begin());
}

ControlFlow ControlFlow::of(const FunctionCode& code, dump::Memory& memory, CodeReader& reader) {
  return Builder(code, memory, reader).build();
}

}  // namespace kmortem::locks
