// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

namespace kmortem {

/// Readies malloc for a process that allocates some megabytes, lives for a fraction of a second and
/// gives nothing back before it ends: the heap grows in one step instead of a hundred, on huge
/// pages where the system has them. To be called before anything large is allocated. Cannot fail;
/// what the system refuses is only slower.
void prepare_heap();

}  // namespace kmortem
