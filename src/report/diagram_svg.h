// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

#include "report/diagram.h"

namespace kmortem::report {

/// The graph as an <svg> element to stand in a page whose style has its classes; `id` is unique on
/// the page, `description` says what is to be seen to those who do not see it.
std::string diagram_svg(const Diagram& diagram, const std::string& id,
                        const std::string& description);

}  // namespace kmortem::report
