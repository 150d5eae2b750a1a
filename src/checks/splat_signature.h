// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <string_view>

#include "model/splat.h"

namespace kmortem::checks {

/// The signature of the finding that a splat makes: that of a full analysis where the log holds all
/// that it is made of. No task's name is in it, nor what depends on the boot; "?" stands for what
/// the log does not say.
std::string splat_signature(std::string_view rule, const model::Splat& splat);

}  // namespace kmortem::checks
