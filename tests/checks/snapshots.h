// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "model/report.h"
#include "splats/splats.h"

namespace kmortem::checks::testing {

// Bits of enum lock_usage_bit since 4.14.
inline constexpr unsigned kInHardirq = 0;
inline constexpr unsigned kInHardirqRead = 1;
inline constexpr unsigned kHardirqOn = 2;
inline constexpr unsigned kHardirqOnRead = 3;
inline constexpr unsigned kInSoftirq = 4;
inline constexpr unsigned kInSoftirqRead = 5;
inline constexpr unsigned kSoftirqOn = 6;
inline constexpr unsigned kSoftirqOnRead = 7;
inline constexpr unsigned kUsed = 8;

inline constexpr uint64_t kNoValidate = 0xffffffff81cfcc20;

/// A 6.1 kernel with lockdep on, and nothing else.
inline model::Snapshot lockdep_snapshot() {
  model::Snapshot snapshot;
  snapshot.kernel.machine = "x86_64";
  snapshot.kernel.possible_cpus = 2;
  snapshot.lockdep.present = true;
  snapshot.lockdep.enabled = true;
  snapshot.lockdep.features.prove_locking = true;
  snapshot.lockdep.features.states = {"HARDIRQ", "SOFTIRQ"};
  snapshot.lockdep.features.used_bit = 8;
  snapshot.lockdep.features.used_read_bit = 9;
  snapshot.lockdep.wait_type_values = {{"LD_WAIT_INV", 0},   {"LD_WAIT_FREE", 1},
                                       {"LD_WAIT_SPIN", 2},  {"LD_WAIT_CONFIG", 2},
                                       {"LD_WAIT_SLEEP", 3}, {"LD_WAIT_MAX", 4}};
  snapshot.scan.done = true;
  return snapshot;
}

/// Registers a class; `key` is the base key, to which the subclass is added.
inline model::LockClass& add_class(model::Snapshot& snapshot, unsigned index,
                                   const std::string& name, uint64_t key,
                                   unsigned wait_type_inner = 2, unsigned subclass = 0) {
  model::LockClass lock_class;
  lock_class.index = index;
  lock_class.address = 0xffffffff81f00000 + uint64_t{index} * 200;
  lock_class.key = key + subclass;
  lock_class.subclass = subclass;
  lock_class.raw_name = name;
  lock_class.name = subclass == 0 ? name : name + "/" + std::to_string(subclass);
  lock_class.usage_mask = 1U << kUsed;
  lock_class.usage = "....";
  lock_class.wait_type_inner = wait_type_inner;
  lock_class.usage_traces.assign(10, -1);
  snapshot.lockdep.position[index] = static_cast<unsigned>(snapshot.lockdep.classes.size());
  snapshot.lockdep.classes.push_back(std::move(lock_class));
  return snapshot.lockdep.classes.back();
}

/// A lockdep_map in memory.
inline model::LockMap& add_map(model::Snapshot& snapshot, uint64_t address, const std::string& name,
                               uint64_t key, int cached, unsigned wait_type_inner = 2) {
  model::LockMap map;
  map.address = address;
  map.key = key;
  map.name = name;
  map.class_cache = {cached, -1};
  map.wait_type_inner = wait_type_inner;
  snapshot.scan.maps.push_back(std::move(map));
  return snapshot.scan.maps.back();
}

/// Adds a recorded trace, innermost function first ("f" or "f [module]"), and symbolises it.
inline int add_trace(model::Snapshot& snapshot, const std::vector<std::string>& functions) {
  std::vector<uint64_t> trace;
  for (const std::string& text : functions) {
    model::Frame frame;
    frame.pc = 0xffffffff81000000 + snapshot.code.size() * 0x100 + 9;
    frame.offset = 9;
    frame.function = text.substr(0, text.find(' '));
    const size_t module = text.find('[');
    if (module != std::string::npos) {
      frame.module = text.substr(module + 1, text.size() - module - 2);
    }
    trace.push_back(frame.pc);
    snapshot.code[frame.pc] = std::move(frame);
  }
  snapshot.lockdep.traces.push_back(std::move(trace));
  return static_cast<int>(snapshot.lockdep.traces.size()) - 1;
}

/// Sets a usage bit with the trace that lockdep recorded for it.
inline void mark(model::LockClass& lock_class, unsigned bit, int trace = -1) {
  lock_class.usage_mask |= 1U << bit;
  if (bit < lock_class.usage_traces.size()) lock_class.usage_traces[bit] = trace;
}

/// Appends a line to the log, and reads the kernel's reports in it again.
inline void log_line(model::Snapshot& snapshot, double seconds, const std::string& text) {
  model::LogRecord record;
  record.sequence = snapshot.log.size();
  record.time_ns = static_cast<uint64_t>(seconds * 1e9);
  record.text = text;
  snapshot.log.push_back(std::move(record));
  snapshot.splats = splats::read_splats(snapshot.log);
}

/// The log was overwritten.
inline void forget_log(model::Snapshot& snapshot) {
  snapshot.log.clear();
  snapshot.splats.clear();
}

/// All text of a finding, to look for words in.
inline std::string all_text(const model::Finding& finding) {
  std::string text = finding.title + "\n" + finding.explanation + "\n" + finding.remedy + "\n";
  for (const model::Evidence& evidence : finding.evidence) text += evidence.text + "\n";
  return text;
}

}  // namespace kmortem::checks::testing
