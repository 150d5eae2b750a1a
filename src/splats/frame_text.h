// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>
#include <string_view>

#include "model/frame.h"

namespace kmortem::splats {

/// The first "[<addr>] func+0x1/0x2 [mod]" in `text`, wherever it stands; "0x7fd6d37761ea" alone
/// counts too. Nothing when there is none.
std::optional<model::Frame> first_frame(std::string_view text);

/// The frames of a line of a stack trace: one, two for ARM's "f from g", none for any other line.
/// "? f" is FoundBy::scan, "RIP: 0010:f" and "PC is at f" are `interrupted`.
model::Stack stack_line(std::string_view text);

/// The line is part of a dump of registers, code bytes or stack words, or says what machine it is:
/// what stands in and around stacks without being a frame.
bool is_stack_company(std::string_view text);

/// A line that began as a frame but is cut or damaged: "? checkp".
bool is_broken_frame(std::string_view text);

}  // namespace kmortem::splats
