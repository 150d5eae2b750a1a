// SPDX-License-Identifier: GPL-3.0-or-later
#include "checks/wording.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/hex.h"

namespace kmortem::checks {

std::string_view plain_function(std::string_view function) {
  return function.substr(0, function.find('.', 1));
}

std::string function_label(const model::Frame& frame) {
  if (frame.function.empty()) return hex_address(frame.pc);
  std::string label = fmt::format("{}()", plain_function(frame.function));
  if (!frame.module.empty()) label += fmt::format(" [{}]", frame.module);
  return label;
}

std::string function_key(const model::Frame& frame) {
  if (frame.function.empty()) return "?";
  std::string key(plain_function(frame.function));
  if (!frame.module.empty()) key += fmt::format(" [{}]", frame.module);
  return key;
}

std::string class_key(const model::LockClass& lock_class) {
  if (!lock_class.raw_name.empty()) return lock_class.raw_name;
  if (!lock_class.key_symbol.empty()) return lock_class.key_symbol;
  return lock_class.name;
}

std::string signature(std::string_view rule, const std::vector<std::string>& parts) {
  std::string text(rule);
  for (const std::string& part : parts) text += ":" + part;
  return text;
}

std::string join_words(const std::vector<std::string>& words) {
  std::string text;
  for (size_t i = 0; i < words.size(); ++i) {
    if (i != 0) text += i + 1 == words.size() ? " and " : ", ";
    text += words[i];
  }
  return text;
}

bool may_sleep(const model::Lockdep& lockdep, unsigned wait_type) {
  const auto sleep = lockdep.wait_type_values.find("LD_WAIT_SLEEP");
  return sleep != lockdep.wait_type_values.end() && wait_type == sleep->second;
}

std::string wait_type_text(const model::Lockdep& lockdep, unsigned wait_type) {
  if (wait_type == 0) return "0, not checked";
  if (may_sleep(lockdep, wait_type)) return fmt::format("{}, may sleep", wait_type);
  const auto sleep = lockdep.wait_type_values.find("LD_WAIT_SLEEP");
  if (sleep == lockdep.wait_type_values.end()) return std::to_string(wait_type);
  return wait_type < sleep->second ? fmt::format("{}, spins", wait_type)
                                   : fmt::format("{}, no wait type of this kernel", wait_type);
}

std::string lock_kind(const model::Snapshot& snapshot, const model::LockMap& map) {
  const auto& spinlocks = snapshot.scan.spinlocks;
  const bool spinlock =
      std::any_of(spinlocks.begin(), spinlocks.end(), [&](const model::SpinlockInstance& lock) {
        return lock.map != 0 && lock.map == map.address;
      });
  if (spinlock) return "spinlock";
  if (map.wait_type_inner == 0 || snapshot.lockdep.wait_type_values.empty()) return "lock";
  return may_sleep(snapshot.lockdep, map.wait_type_inner) ? "sleeping lock" : "spinning lock";
}

}  // namespace kmortem::checks
