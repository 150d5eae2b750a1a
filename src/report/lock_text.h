// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <string_view>

#include "model/snapshot.h"

namespace kmortem::report {

/// "raw_spinlock", "mutex", ...: LockType as every format writes it.
std::string_view lock_type_text(model::LockType type);

/// "owner_field", "wait_list", ...: LockSource as every format writes it.
std::string_view lock_source_text(model::LockSource source);

/// The shortest name that tells the lock: "rtnl_mutex", "&dev->mutex at 0xffff…", the address
/// alone.
std::string lock_label(const model::LockState& lock);

/// "kflow_gcd [41] on CPU 1", "CPU 2": who holds or waits.
std::string party_name(const model::Snapshot& snapshot, const model::LockParty& party);

/// A lock that is spun for, not slept for.
bool spins(model::LockType type);

}  // namespace kmortem::report
