// SPDX-License-Identifier: GPL-3.0-or-later
#include "lockdep_answers.h"

#include <fmt/core.h>

#include <algorithm>
#include <string_view>
#include <vector>

#include "checks/order_graph.h"
#include "report/classes.h"
#include "report/graph.h"
#include "report/proc_lockdep.h"

namespace kmortem::crash {

namespace {

using Classes = std::vector<const model::LockClass*>;

Classes classes_named(const model::Lockdep& lockdep, std::string_view name) {
  Classes exact;
  Classes containing;
  for (const model::LockClass& each : lockdep.classes) {
    if (each.name == name) exact.push_back(&each);
    if (each.name.find(name) != std::string::npos) containing.push_back(&each);
  }
  return exact.empty() ? containing : exact;
}

/// The paragraphs of /proc/lockdep that begin with a line of one of the classes.
std::string proc_paragraphs(std::string_view proc, const Classes& classes) {
  std::string text;
  proc.remove_prefix(std::min(proc.find('\n') + 1, proc.size()));  // the file's heading
  while (!proc.empty()) {
    const size_t end = proc.find("\n\n");
    const std::string_view paragraph = proc.substr(0, end);
    const std::string_view first = paragraph.substr(0, paragraph.find('\n'));
    const bool wanted = std::ranges::any_of(
        classes, [&](const model::LockClass* each) { return first.ends_with(": " + each->name); });
    if (wanted) text += std::string(paragraph) + "\n\n";
    proc.remove_prefix(std::min(end, proc.size() - 2) + 2);
  }
  return text;
}

// As the command line tool's `graph`.
std::string dependency_graph(const Session& kept, const model::Snapshot& snapshot,
                             const char* around) {
  report::GraphView view;
  if (around != nullptr) view.around = around;
  return report::graph_dot(
      snapshot, checks::order_graph(snapshot),
      kept.findings({"lock-order-cycle", "irq-inversion", "recursive-lock", "irq-inconsistent"}),
      view);
}

}  // namespace

Result<std::string> lockdep_answer(const Session& kept, const model::Snapshot& snapshot,
                                   const kmortem_request& request) {
  const model::Lockdep& lockdep = snapshot.lockdep;
  if (!lockdep.present) {
    return fail("this kernel was built without lockdep (CONFIG_LOCKDEP): it has no lock classes");
  }
  const bool some = request.lock_class != nullptr;
  const Classes classes = classes_named(lockdep, some ? request.lock_class : "");
  if (classes.empty()) {
    return fail(fmt::format("no lock class is called \"{}\"", request.lock_class));
  }
  if (request.graph != 0) return dependency_graph(kept, snapshot, request.lock_class);
  if (request.proc != 0) {
    const std::string proc = report::proc_lockdep(lockdep);
    return some ? proc_paragraphs(proc, classes) : proc;
  }
  if (request.json != 0) return report::classes_json(snapshot);
  report::TextOptions options;
  options.verbose = request.verbose != 0;
  if (!some) return report::classes_text(snapshot, options);
  std::string text;
  for (const model::LockClass* each : classes) text += report::class_text(lockdep, *each);
  return text;
}

}  // namespace kmortem::crash
