// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/style.h"

#include <fmt/core.h>

namespace kmortem::report {

std::string Style::wrap(std::string_view code, std::string_view text) const {
  return colour_ ? fmt::format("\x1b[{}m{}\x1b[0m", code, text) : std::string(text);
}

}  // namespace kmortem::report
