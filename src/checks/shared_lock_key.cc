// SPDX-License-Identifier: GPL-3.0-or-later
// shared-lock-key: lockdep knows a lock by its key. Locks of different names on one key become one
// class; look_up_lock_class() warns once when it notices, but never for __lockdep_no_validate__.
#include <fmt/core.h>

#include <algorithm>

#include "base/hex.h"
#include "checks/rules.h"
#include "checks/wording.h"
#include "model/lock_sharing.h"

namespace kmortem::checks {

namespace {

using model::KeyUser;
using model::SharedKey;

std::string key_name(const SharedKey& shared) {
  return shared.symbol.empty() ? "the key at " + hex_address(shared.key) : shared.symbol;
}

std::vector<std::string> names_of(const SharedKey& shared) {
  std::vector<std::string> names;
  for (const KeyUser& user : shared.users) names.push_back(user.name);
  return names;
}

// Different wait types make false reports; one order graph for two locks makes false cycles; an
// unvalidated key with equal wait types only mixes up names.
model::Severity severity_of(const SharedKey& shared) {
  if (shared.wait_types_differ) return model::Severity::error;
  return shared.validated ? model::Severity::warning : model::Severity::note;
}

bool all_used(const SharedKey& shared) {
  for (const KeyUser& user : shared.users) {
    if (!user.used) return false;
  }
  return true;
}

std::string explanation_of(const model::Snapshot& snapshot, const SharedKey& shared) {
  const model::LockClass* registered = snapshot.lockdep.find(shared.class_index);
  std::string text = fmt::format(
      "lockdep tells locks apart by their key alone: whatever carries {} is one lock class, "
      "with the name and the wait type of the lock that was taken first",
      key_name(shared));
  text += registered == nullptr ? "." : fmt::format(" ({}).", registered->name);
  if (shared.wait_types_differ) {
    text +=
        " Some of these locks may sleep and others spin, so every check of the others is made "
        "with the wrong wait type: lockdep reports \"Invalid wait context\" where nothing is "
        "wrong, names a lock that was not taken, and then stops checking.";
  } else if (shared.validated) {
    text +=
        " Their orders are recorded as if they were one lock: lockdep may report a deadlock "
        "that cannot happen, under the wrong name, and miss one that can.";
  } else {
    text +=
        " Their order is not checked, as is meant for this key, and their wait types agree: "
        "only the names in lockdep's output may be wrong.";
  }
  if (!shared.validated) {
    text += shared.symbol == "__lockdep_no_track__"
                ? " lockdep_set_notrack_class() put them there."
                : " lockdep_set_novalidate_class() put them there.";
  }
  return text;
}

model::Evidence user_evidence(const model::Snapshot& snapshot, const KeyUser& user) {
  model::Evidence evidence;
  std::string text = user.name + ": ";
  text += user.count == 0
              ? "no lock found in memory, but the class has this name"
              : fmt::format("{} {} in memory", user.count, user.count == 1 ? "lock" : "locks");
  text += fmt::format(", wait type {}", wait_type_text(snapshot.lockdep, user.wait_type_inner));
  if (!user.used) text += ", never taken";
  for (size_t i = 0; i < user.examples.size(); ++i) {
    const model::LockMap& map = *user.examples[i];
    text += i == 0 ? "; lockdep_map " : ", ";
    text += hex_address(map.address);
    if (!map.symbol.empty()) text += fmt::format(" <{}>", map.symbol);
  }
  if (!user.examples.empty()) evidence.address = user.examples.front()->address;
  evidence.text = std::move(text);
  return evidence;
}

std::string remedy_of(const model::Snapshot& snapshot, const SharedKey& shared) {
  const model::LockClass* registered = snapshot.lockdep.find(shared.class_index);
  std::vector<std::string> others;
  for (const KeyUser& user : shared.users) {
    if (registered == nullptr || user.name != registered->raw_name) others.push_back(user.name);
  }
  std::string text = fmt::format(
      "give {} a key of {} own: a static struct lock_class_key, set "
      "with lockdep_set_class()",
      join_words(others), others.size() == 1 ? "its" : "their");
  if (!shared.validated) text += " in place of lockdep_set_novalidate_class()";
  return text;
}

// A name that only locks of one page have on this key, with the others' wait type, may be damage.
bool none_is_alone(const SharedKey& shared) {
  return std::all_of(shared.users.begin(), shared.users.end(),
                     [](const KeyUser& user) { return user.on_several_pages; });
}

// The class's name alone is one word in one page of lock_classes[]: a lock must have it as well.
bool all_in_memory(const SharedKey& shared) {
  return std::all_of(shared.users.begin(), shared.users.end(),
                     [](const KeyUser& user) { return user.count > 0; });
}

model::Finding finding_for(const model::Snapshot& snapshot, const SharedKey& shared) {
  const model::LockClass* registered = snapshot.lockdep.find(shared.class_index);
  model::Finding finding;
  finding.rule = "shared-lock-key";
  finding.severity = severity_of(shared);
  const bool certain = all_used(shared) && all_in_memory(shared) &&
                       (shared.wait_types_differ || none_is_alone(shared));
  finding.grade = certain ? model::Grade::proven : model::Grade::inferred;
  finding.title = fmt::format("{} serves {} kinds of lock: {}.",
                              shared.symbol.empty() ? "One lock_class_key" : key_name(shared),
                              shared.users.size(), join_words(names_of(shared)));
  finding.explanation = explanation_of(snapshot, shared);
  finding.remedy = remedy_of(snapshot, shared);
  for (const KeyUser& user : shared.users) {
    model::LockRef lock{user.name, 0, "", registered == nullptr ? "" : registered->name, ""};
    if (!user.examples.empty()) {
      lock.address = user.examples.front()->address;
      lock.type = lock_kind(snapshot, *user.examples.front());
      lock.symbol = user.examples.front()->symbol;
    }
    finding.locks.push_back(std::move(lock));
    finding.evidence.push_back(user_evidence(snapshot, user));
  }
  if (registered != nullptr) {
    finding.evidence.push_back(
        {fmt::format("lock class {}: key = {} <{}>, wait type {}", registered->name,
                     hex_address(shared.key), shared.symbol.empty() ? "no symbol" : shared.symbol,
                     wait_type_text(snapshot.lockdep, registered->wait_type_inner)),
         registered->address,
         {}});
  }
  std::vector<std::string> parts = names_of(shared);
  if (!shared.symbol.empty()) parts.insert(parts.begin(), shared.symbol);
  finding.signature = signature(finding.rule, parts);
  return finding;
}

}  // namespace

std::vector<model::Finding> check_shared_lock_key(const model::Snapshot& snapshot) {
  std::vector<model::Finding> findings;
  for (const SharedKey& shared : model::shared_keys(snapshot)) {
    findings.push_back(finding_for(snapshot, shared));
  }
  return findings;
}

}  // namespace kmortem::checks
