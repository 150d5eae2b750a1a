// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/grade_text.h"

namespace kmortem::report {

std::string_view grade_text(model::Grade grade) {
  switch (grade) {
    case model::Grade::proven:
      return "proven";
    case model::Grade::inferred:
      return "inferred";
    case model::Grade::stale:
      return "stale";
    case model::Grade::unknown:
      return "unknown";
  }
  return "unknown";
}

}  // namespace kmortem::report
