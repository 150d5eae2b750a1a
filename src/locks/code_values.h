// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <algorithm>
#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <unordered_map>
#include <vector>

#include "kernel/frame_registers.h"

namespace kmortem::locks {

/// A symbolic value: a node's value plus a constant. Node 0 is zero, so constants are plain.
/// Two values are the same exactly when they compare equal; different ones may still alias.
struct CodeValue {
  uint32_t node = 0;
  int64_t offset = 0;

  bool is_constant() const { return node == 0; }
  auto operator<=>(const CodeValue&) const = default;
};

constexpr CodeValue constant(int64_t value) {
  return {0, value};
}

/// Some nodes of a CodeValues, to be looked for together: at most one a register.
class NodeSet {
 public:
  bool empty() const { return count_ == 0; }
  bool contains(uint32_t node) const {
    if ((numbers_ & number_bit(node)) == 0) return false;
    return std::find(nodes_.begin(), nodes_.begin() + count_, node) != nodes_.begin() + count_;
  }

 private:
  friend class CodeValues;
  static uint64_t number_bit(uint32_t node) { return uint64_t{1} << (node % 64); }

  std::array<uint32_t, 16> nodes_;
  uint32_t count_ = 0;
  uint64_t numbers_ = 0;  // Bloom filters: of the nodes' numbers, and of their makers
  uint64_t makers_ = 0;
};

/// What the values in a function are made of. Nodes exist once each (hash-consing), so equality
/// is equality of numbers.
class CodeValues {
 public:
  enum class Kind : uint8_t {
    zero,
    entry,        ///< what a register held when the function was entered
    load,         ///< eight bytes of memory at `a`
    per_cpu,      ///< eight bytes of the CPU's own area at `a`
    sum,          ///< `a` + `b`
    scaled,       ///< `a` * site
    low_half,     ///< the lower 32 bits of `a`, zero-extended
    signed_half,  ///< the same, sign-extended
    is_zero,      ///< 1 if `a` is 0, else 0
    non_zero,     ///< 0 if `a` is 0, else 1
    made,         ///< something that the instruction at `site` put into place `place`
    merged,       ///< what `place` held when the block at `site` was last entered
  };
  struct Node {
    Kind kind = Kind::zero;
    CodeValue a, b;
    uint64_t site = 0;
    int64_t place = 0;
    uint8_t depth = 0;
    uint64_t makers = 0;  ///< a Bloom filter of the made and merged nodes inside
    bool operator==(const Node& other) const {
      return kind == other.kind && a == other.a && b == other.b && site == other.site &&
             place == other.place;
    }
  };

  CodeValues() : nodes_(1) {}

  const Node& at(uint32_t node) const { return nodes_[node]; }
  size_t size() const { return nodes_.size(); }

  CodeValue entry(kernel::Register which);
  CodeValue load(CodeValue address, bool per_cpu);
  CodeValue sum(CodeValue a, CodeValue b);
  CodeValue scaled(CodeValue a, unsigned factor);
  CodeValue half(CodeValue a, bool sign_extends);
  /// 0 or 1: whether `a` is zero (or, for `negated`, is not).
  CodeValue truth(CodeValue a, bool negated);
  CodeValue made(uint64_t site, int64_t place);
  CodeValue merged(uint64_t block, int64_t place);
  /// The node of merged(), if there is one already.
  std::optional<uint32_t> find_merged(uint64_t block, int64_t place) const;

  void add_to(NodeSet& set, uint32_t node) const;
  NodeSet set_of(uint32_t node) const;
  /// True when `inside` is one of `nodes`, or is made of one that is, or contains, something made
  /// or merged.
  bool mentions(CodeValue inside, const NodeSet& nodes) const;

  /// Nothing deeper is built: the caller makes something opaque instead (`too_deep`).
  static constexpr uint8_t kDeepest = 8;
  bool too_deep(CodeValue value) const { return nodes_[value.node].depth >= kDeepest; }

 private:
  CodeValue add(Node node);
  struct Hash {
    size_t operator()(const Node& node) const;
  };

  std::vector<Node> nodes_;
  std::unordered_map<Node, uint32_t, Hash> known_;
};

}  // namespace kmortem::locks
