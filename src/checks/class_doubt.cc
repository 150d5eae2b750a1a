// SPDX-License-Identifier: GPL-3.0-or-later
#include "checks/class_doubt.h"

#include <fmt/core.h>

#include <algorithm>

#include "checks/lock_parties.h"
#include "checks/wording.h"

namespace kmortem::checks {

bool doubt_shared_class(const model::LockClass& lock_class,
                        const std::vector<model::SharedKey>& shared, model::Finding& finding) {
  const auto it = std::ranges::find(shared, model::base_key(lock_class), &model::SharedKey::key);
  if (it == shared.end()) return false;
  std::vector<std::string> names;
  for (const model::KeyUser& user : it->users) names.push_back(user.name);
  finding.grade = weaker(finding.grade, model::Grade::inferred);
  finding.explanation += fmt::format(
      "\n\nBut {} share this lock class, and the two uses may be of different locks: see "
      "shared-lock-key.",
      join_words(names));
  return true;
}

void doubt_unnamed_class(const model::LockClass& lock_class, model::Finding& finding) {
  // The reader then gives the pointer in its place.
  if (!lock_class.name.starts_with("<0x")) return;
  finding.grade = weaker(finding.grade, model::Grade::inferred);
  finding.explanation +=
      "\n\nBut the name of this lock class cannot be read: its entry may be damaged as well.";
}

}  // namespace kmortem::checks
