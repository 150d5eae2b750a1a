// SPDX-License-Identifier: GPL-3.0-or-later
#include "locks/lock_paths.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

namespace kmortem::locks {

namespace {

constexpr uint64_t kMostSteps = 60000;
constexpr unsigned kPatience = 3;  // rounds before values that change are given up
constexpr size_t kMostStates = 8;  // with different locks, at one block
constexpr uint32_t kFromCaller = UINT32_MAX;

}  // namespace

LockPaths::LockPaths(const FunctionCode& code, ControlFlow flow, CodeInterpreter::Options options,
                     CallEffects& calls)
    : code_(code),
      flow_(std::move(flow)),
      interpreter_(values_, options, calls),
      nodes_(flow_.blocks.size()) {
  if (flow_.blocks.empty()) {
    incomplete_ = "its code could not be read";
    return;
  }
  run();
  if (incomplete_.empty() && flow_.unresolved) incomplete_ = "it jumps where the code does not say";
  if (steps_ < kMostSteps) collect_exits();
}

void LockPaths::run() {
  CodeState entry = CodeState::at_entry(values_);
  const uint64_t signature = entry.lock_signature();
  nodes_[flow_.entry].incoming.push_back({kFromCaller, signature, std::move(entry)});
  std::set<uint32_t> queue;
  if (renew(flow_.entry)) queue.insert(flow_.entry);
  while (!queue.empty()) {
    ++steps_;
    const uint32_t number = *queue.begin();
    queue.erase(queue.begin());
    run_block(number);
    const CodeBlock& block = flow_.blocks[number];
    for (const uint32_t target : block.targets) {
      if (renew(target)) queue.insert(target);
    }
    if (block.next && renew(*block.next)) queue.insert(*block.next);
    if (steps_ >= kMostSteps) {
      incomplete_ = "it has too many paths";
      return;
    }
  }
}

// Replaces what this block hands to its successors.
void LockPaths::run_block(uint32_t number) {
  const CodeBlock& block = flow_.blocks[number];
  std::set<uint32_t> successors(block.targets.begin(), block.targets.end());
  if (block.next) successors.insert(*block.next);
  for (const uint32_t successor : successors) {
    std::erase_if(nodes_[successor].incoming,
                  [&](const Incoming& incoming) { return incoming.from == number; });
  }
  const Instruction& last = code_.instructions[block.end - 1];
  const bool branches = last.op == Op::branch;
  auto hand_to = [&](uint32_t successor, CodeState state) {
    const uint64_t signature = state.lock_signature();
    nodes_[successor].incoming.push_back({number, signature, std::move(state)});
  };
  for (const CodeState& start : nodes_[number].states) {
    CodeState state = start;
    for (size_t i = block.first; i < block.end; ++i) {
      interpreter_.step(code_.instructions[i], state);
    }
    steps_ += block.end - block.first;
    for (const uint32_t target : block.targets) {
      CodeState taken = state;
      if (!branches || interpreter_.follow(last, true, taken)) hand_to(target, std::move(taken));
    }
    if (block.next && (!branches || interpreter_.follow(last, false, state))) {
      hand_to(*block.next, std::move(state));
    }
  }
}

// What a merged value of this block meant when it was last entered is something else now, where
// the place has got another value since.
void LockPaths::forget_stale(uint32_t number, CodeState& state) {
  NodeSet stale;
  for (size_t i = 0; i < state.registers.size(); ++i) {
    const auto merged = values_.find_merged(number, static_cast<int64_t>(i));
    const bool kept = merged && state.registers[i] == CodeValue{*merged, 0};
    if (merged && !kept) values_.add_to(stale, *merged);
  }
  if (!stale.empty()) state.forget(values_, stale, number);
}

// What still changes after some rounds is a loop's: joined with what was there before, it can only
// become less, and comes to an end.
void LockPaths::widen(uint32_t number, std::map<uint64_t, CodeState>& joined) {
  const Node& node = nodes_[number];
  for (size_t i = 0; i < node.states.size(); ++i) {
    const uint64_t key = node.overflow ? 0 : node.keys[i];
    const auto known = joined.find(key);
    if (known == joined.end()) {
      joined.emplace(key, node.states[i]);
    } else {
      known->second = join(values_, number, node.states[i], known->second, /*widen=*/true);
    }
  }
}

// Joins what comes in, by which locks it holds. True when the block's states changed.
bool LockPaths::renew(uint32_t number) {
  Node& node = nodes_[number];
  std::set<uint64_t> signatures;
  for (const Incoming& incoming : node.incoming) signatures.insert(incoming.signature);
  node.overflow = node.overflow || signatures.size() > kMostStates;
  const bool widens = ++node.rounds > kPatience;
  std::map<uint64_t, CodeState> joined;
  for (const Incoming& incoming : node.incoming) {
    CodeState state = incoming.state;
    if (incoming.from != kFromCaller) forget_stale(number, state);
    const uint64_t key = node.overflow ? 0 : incoming.signature;
    const auto known = joined.find(key);
    if (known == joined.end()) {
      joined.emplace(key, std::move(state));
    } else {
      known->second = join(values_, number, known->second, state, widens);
    }
  }
  if (widens) widen(number, joined);
  if (joined.size() > kMostStates) node.overflow = true;  // from the next round on
  std::vector<CodeState> states;
  std::vector<uint64_t> keys;
  for (auto& [key, state] : joined) {
    keys.push_back(key);
    states.push_back(std::move(state));
  }
  node.keys = std::move(keys);
  if (states == node.states) return false;
  node.states = std::move(states);
  return true;
}

void LockPaths::collect_exits() {
  for (size_t number = 0; number < nodes_.size(); ++number) {
    const CodeBlock& block = flow_.blocks[number];
    if (!block.returns && !block.leaves) continue;
    const Instruction& last = code_.instructions[block.end - 1];
    for (CodeState state : nodes_[number].states) {
      for (size_t i = block.first; i < block.end; ++i) {
        interpreter_.step(code_.instructions[i], state);
      }
      if (last.op == Op::branch && !interpreter_.follow(last, true, state)) continue;
      if (block.leaves) interpreter_.call(last, state);
      exits_.push_back({last.address, std::move(state)});
    }
  }
}

std::vector<CodeState> LockPaths::at(size_t index) {
  const auto number = flow_.block_of(index);
  if (!number || nodes_.empty()) return {};
  std::vector<CodeState> states = nodes_[*number].states;
  for (CodeState& state : states) {
    for (size_t i = flow_.blocks[*number].first; i < index; ++i) {
      interpreter_.step(code_.instructions[i], state);
    }
  }
  return states;
}

}  // namespace kmortem::locks
