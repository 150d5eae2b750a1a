// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <span>
#include <vector>

#include "kernel/symbolizer.h"
#include "kernel/target.h"
#include "kernel/unwound_stack.h"
#include "locks/party_at.h"
#include "model/machine.h"

namespace kmortem::locks {

/// Who holds a lock and who waits for one, by the code of the functions on the stacks and the
/// registers that unwinding recovered: of every CPU, and of every task that sleeps without being
/// interruptible. What somebody in an interrupt waits for is told apart from what is held below it
/// by LockParty::frame.
std::vector<PartyAt> read_code_parties(const kernel::Target& target, kernel::Symbolizer& symbolizer,
                                       std::span<const kernel::UnwoundStack> stacks,
                                       std::span<const model::Cpu> cpus,
                                       std::span<const model::Task> tasks);

}  // namespace kmortem::locks
