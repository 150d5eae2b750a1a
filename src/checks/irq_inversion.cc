// SPDX-License-Identifier: GPL-3.0-or-later
// irq-inversion: a lock that an interrupt takes leads to one that is taken with that interrupt on.
// What check_irq_usage() refuses when the order is new, and mark_lock_irq() reports when the use
// is; here over the whole graph at once, with what lockdep refused and what came later.
#include <fmt/core.h>

#include <algorithm>
#include <optional>

#include "base/hex.h"
#include "checks/class_doubt.h"
#include "checks/irq_usage.h"
#include "checks/lock_parties.h"
#include "checks/order_graph.h"
#include "checks/order_search.h"
#include "checks/order_story.h"
#include "checks/rules.h"
#include "checks/wording.h"

namespace kmortem::checks {

namespace {

using model::LockClass;
using model::OrderEdge;
using model::OrderGraph;

constexpr size_t kOthersNamed = 4;

// A path from a lock that is taken in an interrupt to one that is taken with it enabled.
struct Inversion {
  UsageState state;
  OrderPath path;
  std::vector<std::string> others;  ///< "a -> b": further pairs that the same order connects
};

class InversionFinder {
 public:
  InversionFinder(const model::Snapshot& snapshot, const OrderGraph& graph)
      : snapshot_(snapshot), graph_(graph), search_(graph), story_(snapshot, graph) {}

  std::vector<Inversion> find() {
    for (const UsageState& state : interrupt_states(snapshot_.lockdep)) {
      for (OrderPath& path : paths(state)) add({state, std::move(path), {}});
    }
    return std::move(found_);
  }

 private:
  // Up to 5.9 readers with the interrupt on were no conflict (exclusive_mask() stripped them), and
  // edges know no readers.
  bool old_rules() const { return !snapshot_.lockdep.features.strong_paths; }

  // A writer in the interrupt contradicts whoever has it on, a reader a writer. What nobody takes
  // with it on ends no path anyway.
  static bool inconsistent(const LockClass& lock_class, const UsageState& state) {
    const auto has = [&](UsageSide side, bool read) {
      return has_usage(lock_class, state, side, read);
    };
    return has(UsageSide::in, false) ||
           (has(UsageSide::in, true) && has(UsageSide::enabled, false));
  }

  std::vector<OrderPath> paths(const UsageState& state) const {
    std::vector<OrderEnd> begins(graph_.nodes.size());
    std::vector<OrderEnd> ends(graph_.nodes.size());
    std::vector<bool> passed_over(graph_.nodes.size(), false);
    for (size_t node = 0; node < graph_.nodes.size(); ++node) {
      const LockClass* lock_class = story_.lock_class(node);
      if (lock_class == nullptr) continue;
      passed_over[node] = lock_class->lock_type != model::kNormalLock;
      begins[node].written = has_usage(*lock_class, state, UsageSide::in, false);
      begins[node].read = has_usage(*lock_class, state, UsageSide::in, true);
      // What ends there follows from irq-inconsistent, which says what to change.
      if (inconsistent(*lock_class, state)) continue;
      ends[node].written = has_usage(*lock_class, state, UsageSide::enabled, false);
      ends[node].read = !old_rules() && has_usage(*lock_class, state, UsageSide::enabled, true);
    }
    return search_.shortest_paths(begins, ends, passed_over);
  }

  std::optional<size_t> odd(const OrderPath& path) const {
    const auto it = std::ranges::find_if(path, [&](size_t index) {
      return graph_.edges[index].origin != model::OrderOrigin::recorded;
    });
    return it == path.end() ? std::nullopt : std::optional(*it);
  }

  // One acquisition or one use makes many pairs: they are one bug.
  bool same_bug(const Inversion& a, const Inversion& b) const {
    const auto odd_a = odd(a.path);
    const auto odd_b = odd(b.path);
    if (odd_a || odd_b) return odd_a == odd_b;
    return graph_.edges[a.path.front()].from == graph_.edges[b.path.front()].from ||
           graph_.edges[a.path.back()].to == graph_.edges[b.path.back()].to;
  }

  std::string pair(const Inversion& inversion) const {
    return fmt::format("{} -> {} ({})", story_.name(graph_.edges[inversion.path.front()].from),
                       story_.name(graph_.edges[inversion.path.back()].to), inversion.state.name);
  }

  void add(Inversion inversion) {
    for (Inversion& known : found_) {
      if (!same_bug(known, inversion)) continue;
      // Of one kind of interrupt the shortest path is shown.
      const bool shorter =
          inversion.path.size() < known.path.size() && inversion.state.name == known.state.name;
      if (shorter) std::swap(known.path, inversion.path);
      known.others.push_back(pair(inversion));
      return;
    }
    found_.push_back(std::move(inversion));
  }

  const model::Snapshot& snapshot_;
  const OrderGraph& graph_;
  OrderSearch search_;
  OrderStory story_;
  std::vector<Inversion> found_;
};

class InversionStory {
 public:
  InversionStory(const model::Snapshot& snapshot, const OrderGraph& graph,
                 const Inversion& inversion)
      : graph_(graph),
        inversion_(inversion),
        story_(snapshot, graph),
        safe_(*story_.lock_class(graph.edges[inversion.path.front()].from)),
        unsafe_(*story_.lock_class(graph.edges[inversion.path.back()].to)) {
    conflict_.hardirq = inversion.state.name == "HARDIRQ";
    conflict_.in = use(snapshot, safe_, UsageSide::in);
    conflict_.on = use(snapshot, unsafe_, UsageSide::enabled);
    if (!conflict_.hardirq) conflict_.vector = softirq_vector(snapshot, conflict_.in.taken.stack);
    sleeps_ = may_sleep(snapshot.lockdep, unsafe_.wait_type_inner);
  }

  model::Finding finding() const;
  const LockClass& safe() const { return safe_; }
  const LockClass& unsafe() const { return unsafe_; }

 private:
  IrqUse use(const model::Snapshot& snapshot, const LockClass& lock_class, UsageSide side) const {
    const bool write = has_usage(lock_class, inversion_.state, side, false);
    return irq_use(snapshot, lock_class, inversion_.state, side, !write);
  }

  static std::string who(const IrqUse& use, const char* otherwise) {
    return use.taken.taker_known ? function_label(use.taken.frame()) : otherwise;
  }

  std::string scenario() const;
  std::string explanation() const;
  std::string remedy() const;
  void add_usage(const LockClass& lock_class, const IrqUse& use, model::Finding& finding) const;

  const OrderGraph& graph_;
  const Inversion& inversion_;
  OrderStory story_;
  const LockClass& safe_;
  const LockClass& unsafe_;
  IrqConflict conflict_;
  bool sleeps_ = false;
};

// The last CPU of the path waits for the first, and the first, in its interrupt, for the second.
std::string InversionStory::scenario() const {
  const std::string kind = interrupts_of(conflict_);
  const OrderPath& path = inversion_.path;
  std::vector<std::string> holds = {fmt::format("lock({})   {} are on", unsafe_.name, kind)};
  std::vector<std::string> waits = {""};
  for (size_t i = 0; i < path.size(); ++i) {
    const OrderEdge& edge = graph_.edges[path[i]];
    const std::string off = i == 0 ? fmt::format("   {} are off", kind) : "";
    holds.push_back(fmt::format("lock({}){}", story_.name(edge.from), off));
    const size_t whom = i + 1 == path.size() ? 0 : i + 2;
    waits.push_back(fmt::format("{}   waits for CPU {}", story_.call_on_later(edge), whom));
  }
  const char* entry = conflict_.hardirq ? "<interrupt>" : "<interrupt, then a softirq>";
  return cpu_table(
      {holds, waits, {entry}, {fmt::format("  lock({})   waits for CPU 1", safe_.name)}});
}

std::string InversionStory::explanation() const {
  const std::string kind = interrupts_of(conflict_);
  std::string text = fmt::format("{} takes {} in {}. ", who(conflict_.in, "Some code"), safe_.name,
                                 interrupt_name(conflict_));
  const std::string on = who(conflict_.on, "Other code");
  text += conflict_.on.taken.enabled_while_held
              ? fmt::format("{} switches {} on while it holds {}.", on, kind, unsafe_.name)
              : fmt::format("{} takes {} with {} on.", on, unsafe_.name, kind);
  text += " And the second is taken under the first:\n\n" + story_.lines(inversion_.path);
  text += fmt::format(
      "\nIf the interrupt comes to a CPU that holds {}, while another CPU holds {} and waits for "
      "it, the interrupt waits for that CPU, and that CPU for what the interrupt keeps from "
      "running:\n\n",
      unsafe_.name, safe_.name);
  text += scenario();
  if (!inversion_.others.empty()) {
    const size_t shown = std::min(inversion_.others.size(), kOthersNamed);
    const std::vector<std::string> named(inversion_.others.begin(),
                                         inversion_.others.begin() + static_cast<long>(shown));
    text += fmt::format("\nThe same holds for {}", join_words(named));
    const size_t more = inversion_.others.size() - shown;
    text += more == 0 ? "." : fmt::format(", and {} pairs more.", more);
  }
  return text;
}

std::string InversionStory::remedy() const {
  const std::string kind = interrupts_of(conflict_);
  const OrderEdge& odd = story_.odd_one(inversion_.path);
  const std::string apart = fmt::format("do not take {} under {} in {}", story_.name(odd.to),
                                        story_.name(odd.from), story_.taker(odd, "that code"));
  // Only what was seen of this lock tells its family.
  IrqConflict on_side = conflict_;
  on_side.in.taken.call.clear();
  const SafeVariant variant = safe_variant(on_side);
  const std::string where = who(conflict_.on, "everywhere");
  if (conflict_.on.taken.enabled_while_held) {
    return fmt::format("do not switch {} on while {} is held: {}; or {}", kind, unsafe_.name, where,
                       apart);
  }
  if (sleeps_) {
    return fmt::format("{}: {} may sleep, and cannot be taken with {} off", apart, unsafe_.name,
                       kind);
  }
  if (variant.lock.empty()) {
    return fmt::format("keep {} off wherever {} is taken: {}; or {}", kind, unsafe_.name, where,
                       apart);
  }
  return fmt::format("take {} with {} and {} wherever {} may be on: {}; or {}", unsafe_.name,
                     variant.lock, variant.unlock, kind, where, apart);
}

void InversionStory::add_usage(const LockClass& lock_class, const IrqUse& use,
                               model::Finding& finding) const {
  finding.evidence.push_back(
      {fmt::format("lock class {} {{{}}}: usage_mask = {}: {}{}", lock_class.name, lock_class.usage,
                   hex_short(lock_class.usage_mask), use.usage,
                   use.taken.stack.empty() ? ", no stack is recorded for it" : ""),
       lock_class.address,
       {}});
}

model::Finding InversionStory::finding() const {
  model::Finding finding;
  finding.rule = "irq-inversion";
  finding.grade = story_.grade(inversion_.path);
  // lockdep sets a usage bit and saves its trace together: a bit without one may be damage.
  const bool witnessed = !conflict_.in.taken.stack.empty() && !conflict_.on.taken.stack.empty();
  if (!witnessed) finding.grade = weaker(finding.grade, model::Grade::inferred);
  finding.title = fmt::format(
      "{}, taken in {}, leads to {}, taken with {} on: CPUs can deadlock over the interrupt.",
      safe_.name, conflict_.hardirq ? "a hard interrupt" : "a softirq", unsafe_.name,
      interrupts_of(conflict_));
  finding.explanation = explanation();
  finding.remedy = remedy();
  const OrderEdge& odd = story_.odd_one(inversion_.path);
  const Acquisition by = story_.taken(odd);
  finding.signature = signature(finding.rule, {class_key(safe_), class_key(unsafe_),
                                               conflict_.hardirq ? "hardirq" : "softirq",
                                               by.taker_known ? function_key(by.frame()) : "?"});
  story_.add_parties(inversion_.path, finding);
  for (auto& evidence : irq_stacks(safe_.name, unsafe_.name, conflict_)) {
    finding.evidence.push_back(std::move(evidence));
  }
  story_.add_stacks(inversion_.path, finding);
  add_usage(safe_, conflict_.in, finding);
  add_usage(unsafe_, conflict_.on, finding);
  story_.add_facts(inversion_.path, finding);
  return finding;
}

}  // namespace

std::vector<model::Finding> check_irq_inversion(const model::Snapshot& snapshot) {
  if (!snapshot.lockdep.present) return {};
  const OrderGraph graph = order_graph(snapshot);
  std::vector<model::Finding> findings;
  std::optional<std::vector<model::SharedKey>> shared;
  for (const Inversion& inversion : InversionFinder(snapshot, graph).find()) {
    const InversionStory story(snapshot, graph, inversion);
    findings.push_back(story.finding());
    if (!shared) shared = model::shared_keys(snapshot);
    for (const model::LockClass* each : {&story.safe(), &story.unsafe()}) {
      doubt_shared_class(*each, *shared, findings.back());
      doubt_unnamed_class(*each, findings.back());
    }
  }
  return findings;
}

}  // namespace kmortem::checks
