// SPDX-License-Identifier: GPL-3.0-or-later
// class-cache-alias: register_lock_class() stores the class that it finds for a key in the lock's
// class_cache, whatever lock that class was made for. From then on lockdep takes the one lock for
// the other.
#include <fmt/core.h>

#include <algorithm>

#include "base/hex.h"
#include "checks/lock_reports.h"
#include "checks/rules.h"
#include "checks/wording.h"
#include "model/lock_sharing.h"

namespace kmortem::checks {

namespace {

using model::ClassAlias;

constexpr size_t kLocksListed = 16;
constexpr size_t kGroups = 64;  // more kinds of aliased locks than that are corrupt memory

// Aliased locks that are alike: one finding.
struct Group {
  std::vector<ClassAlias> aliases;  ///< the one that the log reports first
  const LockReport* false_report = nullptr;

  const ClassAlias& first() const { return aliases.front(); }
};

bool alike(const ClassAlias& a, const ClassAlias& b) {
  return a.lock_class == b.lock_class && a.map->name == b.map->name &&
         a.map->wait_type_inner == b.map->wait_type_inner &&
         a.map->wait_type_outer == b.map->wait_type_outer;
}

std::vector<Group> groups_of(const std::vector<ClassAlias>& aliases) {
  std::vector<Group> groups;
  for (const ClassAlias& alias : aliases) {
    const auto it = std::find_if(groups.begin(), groups.end(),
                                 [&](const Group& group) { return alike(group.first(), alias); });
    if (it != groups.end()) {
      it->aliases.push_back(alias);
    } else if (groups.size() < kGroups) {
      groups.push_back({{alias}, nullptr});
    }
  }
  return groups;
}

// The report in the log that this alias made: about the wait context, of one of these locks.
void find_false_report(const std::vector<LockReport>& reports, Group& group) {
  for (const LockReport& report : reports) {
    if (report.rule != "wait-context") continue;
    const auto it = std::find_if(
        group.aliases.begin(), group.aliases.end(),
        [&](const ClassAlias& alias) { return alias.map->address == report.lock_address; });
    if (it == group.aliases.end()) continue;
    std::rotate(group.aliases.begin(), it, it + 1);
    group.false_report = &report;
    return;
  }
}

bool is_validated(const Group& group) {
  return !model::is_unvalidated_key(group.first().lock_class->key_symbol);
}

bool both_wait_types_known(const Group& group) {
  return group.first().map->wait_type_inner != 0 && group.first().lock_class->wait_type_inner != 0;
}

model::Severity severity_of(const Group& group) {
  if (group.first().wait_type_differs && both_wait_types_known(group)) {
    return model::Severity::error;
  }
  return is_validated(group) ? model::Severity::warning : model::Severity::note;
}

std::string key_name(const Group& group) {
  const model::LockClass& lock_class = *group.first().lock_class;
  return lock_class.key_symbol.empty() ? hex_address(model::base_key(lock_class))
                                       : lock_class.key_symbol;
}

std::string title_of(const Group& group) {
  const ClassAlias& alias = group.first();
  if (alias.name_differs) {
    return fmt::format("lockdep takes {} for {}: the two share the key {}.", alias.map->name,
                       alias.lock_class->name, key_name(group));
  }
  return fmt::format("lockdep checks {} with a wait type that is not its own.", alias.map->name);
}

std::string consequence_of_wait_type(const model::Snapshot& snapshot, const Group& group) {
  const ClassAlias& alias = group.first();
  const bool spins_as_sleeper = may_sleep(snapshot.lockdep, alias.lock_class->wait_type_inner) &&
                                !may_sleep(snapshot.lockdep, alias.map->wait_type_inner);
  if (spins_as_sleeper) {
    return fmt::format(
        " {} spins, {} may sleep. Taking {} under a spinlock, which is right, is therefore "
        "reported as \"Invalid wait context\", as if {} had been taken there; and after that "
        "report lockdep checks nothing any more.",
        alias.map->name, alias.lock_class->name, alias.map->name, alias.lock_class->name);
  }
  return fmt::format(
      " Its own wait type is {}, the class's is {}: lockdep reports wait contexts that are right, "
      "or misses those that are wrong.",
      wait_type_text(snapshot.lockdep, alias.map->wait_type_inner),
      wait_type_text(snapshot.lockdep, alias.lock_class->wait_type_inner));
}

std::string explanation_of(const model::Snapshot& snapshot, const Group& group) {
  const ClassAlias& alias = group.first();
  std::string text = fmt::format(
      "A lock's class is looked up by its key and then kept in its lockdep_map. Another lock with "
      "the key {} had been taken before and had registered the class {}; the first time that {} "
      "was taken, lockdep found that class and kept it.",
      key_name(group), alias.lock_class->name, alias.map->name);
  if (alias.wait_type_differs) {
    text += consequence_of_wait_type(snapshot, group);
  } else if (is_validated(group)) {
    text += fmt::format(
        " What is recorded of {}, its order among other locks and its use in interrupts, is "
        "recorded of {} too: lockdep may report deadlocks that cannot happen.",
        alias.map->name, alias.lock_class->name);
  } else {
    text += " Their wait types agree, so that only the names in lockdep's output are wrong.";
  }
  if (group.false_report != nullptr) {
    text += fmt::format(
        "\n\nThe log has that false report: it says {}, but the lock at {} is {}. There is no "
        "wait-context bug at {}.",
        group.false_report->lock_name, hex_address(group.false_report->lock_address),
        alias.map->name,
        group.false_report->taken_at.empty() ? "that place" : group.false_report->taken_at);
  }
  return text;
}

std::string remedy_of(const Group& group) {
  const std::string& name = group.first().map->name;
  std::string text = fmt::format(
      "give {} a key of its own: a static struct lock_class_key, set with lockdep_set_class()",
      name);
  if (!is_validated(group)) {
    text += fmt::format("; do not put it on {} with lockdep_set_{}_class()", key_name(group),
                        key_name(group) == "__lockdep_no_track__" ? "notrack" : "novalidate");
  }
  return text;
}

std::string map_text(const model::Snapshot& snapshot, const ClassAlias& alias) {
  std::string text = fmt::format("lockdep_map {}", hex_address(alias.map->address));
  if (!alias.map->symbol.empty()) text += fmt::format(" <{}>", alias.map->symbol);
  return text + fmt::format(": name = {}, wait_type_inner = {}, class_cache[{}] = lock class {}",
                            alias.map->name,
                            wait_type_text(snapshot.lockdep, alias.map->wait_type_inner),
                            alias.slot, alias.lock_class->name);
}

void add_evidence(const model::Snapshot& snapshot, const Group& group, model::Finding& finding) {
  const ClassAlias& alias = group.first();
  finding.evidence.push_back({map_text(snapshot, alias), alias.map->address, {}});
  finding.evidence.push_back(
      {fmt::format("lock class {} at {}: key = {}, wait_type_inner = {}", alias.lock_class->name,
                   hex_address(alias.lock_class->address), key_name(group),
                   wait_type_text(snapshot.lockdep, alias.lock_class->wait_type_inner)),
       alias.lock_class->address,
       {}});
  if (group.aliases.size() > 1) {
    finding.evidence.push_back(
        {fmt::format("{} more locks of this name are aliased alike", group.aliases.size() - 1),
         std::nullopt,
         {}});
  }
  if (group.false_report == nullptr) return;
  finding.evidence.push_back({quote(group.false_report->title), std::nullopt, {}});
  finding.evidence.push_back(
      {quote(group.false_report->lock) + ": this lock", group.false_report->lock_address, {}});
}

// One damaged word can give the class another name or wait type: a lock of its key must have both
// as well, or the log's report of the aliased lock that name.
bool class_is_witnessed(const model::Snapshot& snapshot, const Group& group) {
  const model::LockClass& lock_class = *group.first().lock_class;
  if (group.false_report != nullptr && group.false_report->lock_name == lock_class.name) {
    return true;
  }
  return std::ranges::any_of(snapshot.scan.maps, [&](const model::LockMap& map) {
    return map.key == model::base_key(lock_class) && map.name == lock_class.raw_name &&
           map.wait_type_inner == lock_class.wait_type_inner;
  });
}

// One damaged word can give a lock another name, and a page that decompressed wrongly several; that
// cannot change the wait type as well, happen alike on another page, or be in the log.
bool alias_is_witnessed(const Group& group) {
  const ClassAlias& alias = group.first();
  std::vector<const model::LockMap*> maps;
  for (const ClassAlias& each : group.aliases) maps.push_back(each.map);
  return group.false_report != nullptr || model::on_several_pages(maps) ||
         (alias.name_differs && alias.wait_type_differs);
}

model::Finding finding_for(const model::Snapshot& snapshot, const Group& group) {
  const ClassAlias& alias = group.first();
  model::Finding finding;
  finding.rule = "class-cache-alias";
  finding.severity = severity_of(group);
  const bool certain = alias_is_witnessed(group) && class_is_witnessed(snapshot, group);
  finding.grade = certain ? model::Grade::proven : model::Grade::inferred;
  finding.title = title_of(group);
  finding.explanation = explanation_of(snapshot, group);
  finding.remedy = remedy_of(group);
  const std::string kind = lock_kind(snapshot, *alias.map);
  for (size_t i = 0; i < group.aliases.size() && i < kLocksListed; ++i) {
    const model::LockMap& map = *group.aliases[i].map;
    finding.locks.push_back({map.name, map.address, kind, alias.lock_class->name, map.symbol});
  }
  add_evidence(snapshot, group, finding);
  finding.signature = signature(
      finding.rule, {alias.map->name, class_key(*alias.lock_class), alias.lock_class->key_symbol});
  return finding;
}

}  // namespace

std::vector<model::Finding> check_class_cache_alias(const model::Snapshot& snapshot) {
  std::vector<Group> groups = groups_of(model::class_aliases(snapshot));
  if (groups.empty()) return {};
  const std::vector<LockReport> reports = lock_reports(snapshot.splats, log_lines(snapshot.log));
  std::vector<model::Finding> findings;
  for (Group& group : groups) {
    find_false_report(reports, group);
    findings.push_back(finding_for(snapshot, group));
  }
  return findings;
}

}  // namespace kmortem::checks
