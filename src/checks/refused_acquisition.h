// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "checks/lock_reports.h"
#include "model/snapshot.h"

namespace kmortem::checks {

/// A lock that was held when another was asked for.
struct HeldBefore {
  const model::LockClass* lock_class = nullptr;
  unsigned read = 0;  ///< as HeldLock::read
  unsigned distance = 1;
  const model::HeldLock* held = nullptr;  ///< null when only a chain tells of it
};

/// An acquisition that lockdep began to check and did not enter: the report about it stopped it.
/// Up to three places tell of it. __lock_acquire() fills held_locks[lockdep_depth] and raises the
/// depth only after all checks; lookup_chain_cache_add() adds the chain before check_prevs_add()
/// refuses its last link; and the log has the report.
struct RefusedAcquisition {
  const model::Task* task = nullptr;      ///< null when only a chain tells of it
  const model::HeldLock* slot = nullptr;  ///< its one_past_top; null likewise
  const model::LockClass* wanted = nullptr;
  unsigned read = 0;
  std::vector<HeldBefore> before;     ///< what it was checked against: nearest first
  std::optional<LockReport> report;   ///< when the log has one about this task and lock
  bool in_chains = false;             ///< its chain is in lock_chains[]
  bool after_held = false;            ///< the slot was filled after the last held lock was taken
  std::vector<std::string> evidence;  ///< one line a witness

  /// Two of the three places agree; one alone may be a left-over or damage.
  model::Grade grade() const;
};

/// What lockdep refused, none while it is on. Without its report in the log only acquisitions are
/// listed of which the dump shows that they were asked for under exactly the locks that are held,
/// by prev_chain_key, or with CONFIG_LOCK_STAT by the time: everything else in the slot may be left
/// over. `before` has only what was not recorded.
std::vector<RefusedAcquisition> refused_acquisitions(const model::Snapshot& snapshot);

/// The order that an acquisition makes: OrderKind of a lock held so when the other is asked for so.
unsigned order_kind(unsigned held_read, unsigned wanted_read);

}  // namespace kmortem::checks
