// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <expected>
#include <string>

namespace kmortem {

/// Why an input cannot be used at all: one line that says what is wrong and what to do about it.
struct Error {
  std::string message;
};

template <typename T>
using Result = std::expected<T, Error>;

/// Shorthand for the failing side of a Result.
std::unexpected<Error> fail(std::string message);

}  // namespace kmortem
