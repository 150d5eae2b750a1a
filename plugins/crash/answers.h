// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

#include "base/error.h"
#include "crash_interface.h"
#include "session.h"

namespace kmortem::crash {

/// What a command prints. Throws Interrupted.
Result<std::string> answer(Session& kept, const kmortem_session& session,
                           const kmortem_request& request);

}  // namespace kmortem::crash
