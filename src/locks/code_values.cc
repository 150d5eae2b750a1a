// SPDX-License-Identifier: GPL-3.0-or-later
#include "locks/code_values.h"

#include <algorithm>
#include <utility>

namespace kmortem::locks {

namespace {

int64_t wrapping_add(int64_t a, int64_t b) {
  return static_cast<int64_t>(static_cast<uint64_t>(a) + static_cast<uint64_t>(b));
}

}  // namespace

size_t CodeValues::Hash::operator()(const Node& node) const {
  constexpr uint64_t kMultiplier = 0x9e3779b97f4a7c15;
  uint64_t hash = static_cast<uint64_t>(node.kind);
  for (const uint64_t part :
       {static_cast<uint64_t>(node.a.node), static_cast<uint64_t>(node.a.offset),
        static_cast<uint64_t>(node.b.node), static_cast<uint64_t>(node.b.offset), node.site,
        static_cast<uint64_t>(node.place)}) {
    hash = (hash ^ part) * kMultiplier;
    hash ^= hash >> 29;
  }
  return hash;
}

CodeValue CodeValues::add(Node node) {
  const auto known = known_.find(node);
  if (known != known_.end()) return {known->second, 0};
  const auto number = static_cast<uint32_t>(nodes_.size());
  node.depth =
      static_cast<uint8_t>(1 + std::max(nodes_[node.a.node].depth, nodes_[node.b.node].depth));
  node.makers = nodes_[node.a.node].makers | nodes_[node.b.node].makers;
  if (node.kind == Kind::made || node.kind == Kind::merged) {
    node.makers = uint64_t{1} << (number % 64);
    node.depth = 1;
  }
  nodes_.push_back(node);
  known_.emplace(node, number);
  return {number, 0};
}

CodeValue CodeValues::entry(kernel::Register which) {
  Node node;
  node.kind = Kind::entry;
  node.place = static_cast<int64_t>(which);
  return add(node);
}

CodeValue CodeValues::load(CodeValue address, bool per_cpu) {
  Node node;
  node.kind = per_cpu ? Kind::per_cpu : Kind::load;
  node.a = address;
  return add(node);
}

CodeValue CodeValues::sum(CodeValue a, CodeValue b) {
  const int64_t offset = wrapping_add(a.offset, b.offset);
  if (a.node == 0 || b.node == 0) return {a.node | b.node, offset};
  Node node;
  node.kind = Kind::sum;
  node.a = {std::min(a.node, b.node), 0};
  node.b = {std::max(a.node, b.node), 0};
  return {add(node).node, offset};
}

CodeValue CodeValues::scaled(CodeValue a, unsigned factor) {
  if (factor == 1) return a;
  const auto offset = static_cast<int64_t>(static_cast<uint64_t>(a.offset) * factor);
  if (a.is_constant()) return constant(offset);
  Node node;
  node.kind = Kind::scaled;
  node.a = {a.node, 0};
  node.site = factor;
  return {add(node).node, offset};
}

CodeValue CodeValues::half(CodeValue a, bool sign_extends) {
  if (a.is_constant()) {
    return sign_extends ? constant(static_cast<int32_t>(a.offset))
                        : constant(static_cast<int64_t>(static_cast<uint32_t>(a.offset)));
  }
  const Kind kind = nodes_[a.node].kind;
  const bool small = kind == Kind::is_zero || kind == Kind::non_zero ||
                     (kind == Kind::low_half && !sign_extends) ||
                     (kind == Kind::signed_half && sign_extends);
  if (small && a.offset == 0) return a;
  Node node;
  node.kind = sign_extends ? Kind::signed_half : Kind::low_half;
  node.a = a;
  return add(node);
}

CodeValue CodeValues::truth(CodeValue a, bool negated) {
  if (a.is_constant()) return constant((a.offset == 0) != negated ? 1 : 0);
  Node node;
  node.kind = negated ? Kind::non_zero : Kind::is_zero;
  node.a = a;
  return add(node);
}

CodeValue CodeValues::made(uint64_t site, int64_t place) {
  Node node;
  node.kind = Kind::made;
  node.site = site;
  node.place = place;
  return add(node);
}

namespace {

CodeValues::Node merged_node(uint64_t block, int64_t place) {
  CodeValues::Node node;
  node.kind = CodeValues::Kind::merged;
  node.site = block;
  node.place = place;
  return node;
}

}  // namespace

CodeValue CodeValues::merged(uint64_t block, int64_t place) {
  return add(merged_node(block, place));
}

std::optional<uint32_t> CodeValues::find_merged(uint64_t block, int64_t place) const {
  const auto known = known_.find(merged_node(block, place));
  if (known == known_.end()) return std::nullopt;
  return known->second;
}

void CodeValues::add_to(NodeSet& set, uint32_t node) const {
  set.nodes_.at(set.count_++) = node;
  set.numbers_ |= NodeSet::number_bit(node);
  set.makers_ |= nodes_[node].makers;
}

NodeSet CodeValues::set_of(uint32_t node) const {
  NodeSet set;
  add_to(set, node);
  return set;
}

bool CodeValues::mentions(CodeValue inside, const NodeSet& nodes) const {
  if (nodes.contains(inside.node)) return true;
  const Node& node = nodes_[inside.node];
  if ((node.makers & nodes.makers_) == 0) return false;
  if (node.kind == Kind::made || node.kind == Kind::merged) return false;
  return mentions(node.a, nodes) || mentions(node.b, nodes);
}

}  // namespace kmortem::locks
