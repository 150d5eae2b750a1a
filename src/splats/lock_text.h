// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/splat.h"

namespace kmortem::splats {

/// The first lock that `text` names as print_lock() and print_lock_name() do: "ffff… (&x->lock#2/1)
/// {+.?.}-{2:2}, at: f+0x1/0x2 [mod]". The address is there since 4.15 (then hashed, until 4.20),
/// the wait types since 5.8; "at:" stands before the name's end in none. `rest` becomes what stands
/// behind it. Nothing when there is no such lock.
std::optional<model::SplatLock> take_lock(std::string_view& rest);

/// The name in a scenario's line: "lock(&x->lock);", "rlock(x);", "sync(x);".
std::optional<std::string> scenario_lock(std::string_view text);

/// The names in "a --> b --> c".
std::vector<std::string> arrow_names(std::string_view text);

}  // namespace kmortem::splats
