// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <vector>

namespace kmortem::checks {

/// For each node of a directed graph the number of its strongly connected component: two nodes have
/// the same number when each is reached from the other. Tarjan's algorithm, without recursion: a
/// chain of thousands must not overflow our own stack.
std::vector<size_t> strong_components(const std::vector<std::vector<size_t>>& successors);

}  // namespace kmortem::checks
