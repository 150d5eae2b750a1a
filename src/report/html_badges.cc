// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/html_badges.h"

#include <fmt/core.h>

#include "report/grade_text.h"
#include "report/html_text.h"

namespace kmortem::report {

namespace {

std::string_view grade_meaning(model::Grade grade) {
  switch (grade) {
    case model::Grade::proven:
      return "a field or an instruction says so";
    case model::Grade::inferred:
      return "a second source confirms it";
    case model::Grade::stale:
      return "as lockdep had recorded it before it stopped";
    case model::Grade::unknown:
      return "not confirmed";
  }
  return "not confirmed";
}

}  // namespace

std::string_view severity_word(model::Severity severity) {
  switch (severity) {
    case model::Severity::error:
      return "error";
    case model::Severity::warning:
      return "warning";
    case model::Severity::note:
      return "note";
  }
  return "note";
}

std::string severity_badge(model::Severity severity) {
  const std::string_view word = severity_word(severity);
  return fmt::format("<span class=\"badge {}\">{}</span>", word, word);
}

std::string grade_badge(model::Grade grade) {
  return fmt::format("<span class=\"grade\" title=\"{}\">{}</span>", grade_meaning(grade),
                     grade_text(grade));
}

std::string headline_figure(uint64_t number, std::string_view what, std::string_view kind) {
  return fmt::format("<div class=\"figure {}\"><b>{}</b><span>{}</span></div>\n", kind, number,
                     html_text(what));
}

}  // namespace kmortem::report
