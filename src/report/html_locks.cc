// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/html_locks.h"

#include <fmt/core.h>

#include "base/hex.h"
#include "report/diagram_svg.h"
#include "report/grade_text.h"
#include "report/html_table.h"
#include "report/html_text.h"
#include "report/layout.h"
#include "report/lock_text.h"
#include "report/order_diagram.h"
#include "report/wait_diagram.h"

namespace kmortem::report {

namespace {

using model::LockParty;
using model::LockState;

constexpr size_t kShownLocks = 2000;
constexpr size_t kShownParties = 20;

std::string figure(const Diagram& diagram, const std::string& id, const std::string& caption) {
  return fmt::format("<figure><div class=\"scroll\">{}</div><figcaption>{}</figcaption></figure>\n",
                     diagram_svg(diagram, id, caption), html_text(caption));
}

std::string party_html(const model::Snapshot& snapshot, const LockParty& party) {
  const model::Task* task = snapshot.task_at(party.task);
  std::string who;
  if (task != nullptr) {
    who = fmt::format("{} [{}]", task->comm, task->pid);
  } else if (party.task != 0) {
    who = "task " + hex_address(party.task);
  }
  if (party.cpu >= 0) who += fmt::format("{}CPU {}", who.empty() ? "" : " on ", party.cpu);
  std::string text = fmt::format("<span title=\"{}\">{}</span>", html_text(party.evidence),
                                 html_code(who.empty() ? "somebody" : who));
  if (party.shared) text += " reading";
  if (party.grade != model::Grade::proven || party.hint) {
    text += fmt::format(" <span class=\"dim\">{}{}</span>", grade_text(party.grade),
                        party.hint ? ", a hint" : "");
  }
  return text;
}

std::string parties_html(const model::Snapshot& snapshot, const std::vector<LockParty>& parties) {
  std::string text;
  for (size_t i = 0; i < parties.size() && i < kShownParties; ++i) {
    text += (i == 0 ? "" : "<br>") + party_html(snapshot, parties[i]);
  }
  if (parties.size() > kShownParties) {
    text += fmt::format("<br>and {} more", parties.size() - kShownParties);
  }
  return text;
}

std::string lock_html(const LockState& lock) {
  std::string text = html_code(lock.symbol.empty() ? lock.name : lock.symbol);
  if (!text.empty()) text += "<br>";
  text += fmt::format("<span class=\"dim\">{}</span>", html_word(hex_address(lock.address)));
  if (lock.in_freed_memory) {
    text += fmt::format("<br><span class=\"badge error\">freed</span> {}",
                        html_text(lock.freed_because));
  }
  return text;
}

std::string value_html(const LockState& lock) {
  std::string text = lock.value ? html_code(hex_short(*lock.value)) : "";
  if (!lock.value_text.empty()) text += " " + html_text(lock.value_text);
  for (const std::string& line : lock.undecided) {
    text += (text.empty() ? "" : "<br>") + html_span("dim", line);
  }
  return text;
}

}  // namespace

std::string html_wait_graph(const model::Snapshot& snapshot) {
  const WaitDiagram waits = wait_diagram(snapshot);
  if (waits.diagram.edges.empty()) return {};
  std::string caption =
      "Who waits for which lock, and who holds it, at the time of the dump. Arrows go from the one "
      "that waits to the lock, and from the lock to its owner; what waits in a circle is red; "
      "dashed is what is not proven.";
  if (waits.left_out != 0) {
    caption += fmt::format(" {} left out: the table below has them.",
                           count_text(waits.left_out, "lock is", "locks are"));
  }
  return figure(waits.diagram, "wait-graph", caption);
}

std::string html_lock_table(const model::Snapshot& snapshot) {
  if (snapshot.locks.empty()) return {};
  HtmlTable table("locks", "Locks that somebody holds or waits for",
                  {{"Lock"}, {"Type"}, {"Class"}, {"Value"}, {"Owner"}, {"Waiters"}});
  for (const LockState& lock : snapshot.locks) {
    if (lock.type == model::LockType::lockdep_only) continue;
    if (table.rows() == kShownLocks) break;
    table.add({{lock_html(lock), lock_label(lock)},
               HtmlCell::text(lock_type_text(lock.type)),
               HtmlCell::code(lock.lock_class),
               {value_html(lock), ""},
               {parties_html(snapshot, lock.owners), ""},
               {parties_html(snapshot, lock.waiters), std::to_string(lock.waiters.size())}});
  }
  return table.rows() == 0 ? "" : table.html();
}

std::string html_order_graph(const model::Report& report) {
  const OrderDiagram order = order_diagram(report);
  if (order.diagram.edges.empty()) return {};
  std::string caption =
      "The order in which lockdep saw locks taken, around the classes that the findings name "
      "(red): "
      "an arrow goes from a lock to one that was taken directly under it.";
  if (order.left_out != 0) {
    caption +=
        fmt::format(" {} left out.", count_text(order.left_out, "neighbour is", "neighbours are"));
  }
  return figure(order.diagram, "order-graph", caption);
}

std::string html_lockdep_tables(const model::Lockdep& lockdep) {
  if (!lockdep.present || lockdep.tables.empty()) return {};
  HtmlTable table("tables", "How full lockdep's tables are",
                  {{"Table"}, {"Used", true}, {"Capacity", true}, {"Full", true}});
  for (const model::TableFill& fill : lockdep.tables) {
    const uint64_t percent = fill.capacity == 0
                                 ? 0
                                 : static_cast<uint64_t>(100.0 * static_cast<double>(fill.used) /
                                                         static_cast<double>(fill.capacity));
    table.add({HtmlCell::code(fill.name),
               HtmlCell::number(fill.used),
               HtmlCell::number(fill.capacity),
               {fmt::format("{} %", percent), std::to_string(percent)}},
              percent >= 100 ? "hot" : "");
  }
  return table.html();
}

}  // namespace kmortem::report
