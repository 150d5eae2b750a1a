// SPDX-License-Identifier: GPL-3.0-or-later
#include "checks/consequences.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace kmortem::checks {

namespace {

using model::Finding;
using model::LockRef;

struct Link {
  std::string_view effect;
  std::string_view cause;
};

// For one effect the first cause that fits counts: the nearest one comes first.
constexpr std::array<Link, 18> kLinks = {{
    {"class-cache-alias", "shared-lock-key"},
    {"wait-context", "class-cache-alias"},
    {"wait-context", "shared-lock-key"},
    {"irq-inconsistent", "shared-lock-key"},
    {"irq-inversion", "class-cache-alias"},
    {"lock-order-cycle", "class-cache-alias"},
    {"recursive-lock", "class-cache-alias"},
    {"recursive-lock", "deadlock-cycle"},
    {"lock-order-cycle", "deadlock-cycle"},
    {"lockdep-off", "wait-context"},
    {"lockdep-off", "irq-inconsistent"},
    {"lockdep-off", "irq-inversion"},
    {"lockdep-off", "lock-order-cycle"},
    {"lockdep-off", "recursive-lock"},
    {"lockdep-off", "freed-lock"},
    {"lockdep-off", "lock-leak"},
    {"lockdep-off", "class-cache-alias"},
    {"lockdep-off", "shared-lock-key"},
}};

bool same_lock(const LockRef& a, const LockRef& b) {
  if (a.address != 0 && a.address == b.address) return true;
  return !a.lock_class.empty() && a.lock_class == b.lock_class;
}

bool share_a_lock(const Finding& a, const Finding& b) {
  return std::any_of(a.locks.begin(), a.locks.end(), [&](const LockRef& lock) {
    return std::any_of(b.locks.begin(), b.locks.end(),
                       [&](const LockRef& other) { return same_lock(lock, other); });
  });
}

std::optional<size_t> cause_of(const std::vector<Finding>& findings, const Finding& effect) {
  for (const Link& link : kLinks) {
    if (link.effect != effect.rule) continue;
    for (size_t i = 0; i < findings.size(); ++i) {
      if (findings[i].rule == link.cause && share_a_lock(findings[i], effect)) return i;
    }
  }
  return std::nullopt;
}

}  // namespace

void link_consequences(std::vector<Finding>& findings) {
  for (Finding& finding : findings) finding.consequence_of = cause_of(findings, finding);
}

}  // namespace kmortem::checks
