// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <vector>

#include "waits/scene.h"

namespace kmortem::waits {

/// Adds to `locks`, in the order of their addresses, the events that somebody waits for and that a
/// task or CPU known by name has to bring about. A completion that turns out to be such an event
/// gives way to it.
void add_events(const Scene& scene, std::vector<model::LockState>* locks);

}  // namespace kmortem::waits
