// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "model/report.h"

namespace kmortem::checks {

/// A function's name without what the compiler appended: "f.part.0", "f.cold", "f.isra.0" → "f".
std::string_view plain_function(std::string_view function);

/// "stats_rcv_proc() [lk_inconsistent]"; the address when no symbol covers it.
std::string function_label(const model::Frame& frame);

/// "stats_rcv_proc [lk_inconsistent]": the same for a signature; "?" when there is no symbol.
std::string function_key(const model::Frame& frame);

/// A lock's or class's name for a signature: without "#2", "/1", which depend on the boot.
std::string class_key(const model::LockClass& lock_class);

/// "rule:part:part…": what is the same for the same bug over boots, rebuilds and KASLR.
std::string signature(std::string_view rule, const std::vector<std::string>& parts);

/// "a, b and c".
std::string join_words(const std::vector<std::string>& words);

/// A wait type in words, from the kernel's own enum lockdep_wait_type where it is known:
/// "3, may sleep", "2, spins", "0, not checked".
std::string wait_type_text(const model::Lockdep& lockdep, unsigned wait_type);

/// True when a lock of this wait type may sleep; false when it spins or that is not known.
bool may_sleep(const model::Lockdep& lockdep, unsigned wait_type);

/// What the report calls the lock of a lockdep_map: "spinlock" where a raw_spinlock_t was found
/// around it, else what its wait type says: "sleeping lock", "spinning lock"; else "lock".
std::string lock_kind(const model::Snapshot& snapshot, const model::LockMap& map);

}  // namespace kmortem::checks
