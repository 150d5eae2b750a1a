// SPDX-License-Identifier: GPL-3.0-or-later
#include <fmt/core.h>

#include <memory>
#include <optional>
#include <utility>

#include "checks/order_graph.h"
#include "checks/registry.h"
#include "cli/commands.h"
#include "cli/dump_command.h"
#include "cli/graphviz.h"
#include "cli/output.h"
#include "report/graph.h"

namespace kmortem::cli {

namespace {

struct GraphOptions {
  DumpOptions dump;
  report::GraphView view;
};

int graph(const GraphOptions& options) {
  // Before the dump is read: from then on no program can be started.
  std::optional<Graphviz> graphviz;
  if (options.dump.format == "svg") {
    auto started = Graphviz::start();
    if (!started) {
      print_error(started.error().message);
      return kUsage;
    }
    graphviz.emplace(std::move(*started));
  }
  const auto parts = postmortem::SnapshotParts::everything();
  return run_on_dump(options.dump, parts, [&](DumpRun& run) -> Result<DumpAnswer> {
    const std::string& dump = options.dump.vmcores.front();
    if (!run.snapshot.lockdep.present) {
      return fail(fmt::format(
          "{}: this kernel was built without lockdep (CONFIG_LOCKDEP): it recorded no lock order",
          dump));
    }
    const model::OrderGraph order = checks::order_graph(run.snapshot);
    if (report::shown_nodes(order, options.view).empty() && !options.view.around.empty()) {
      return fail(fmt::format("{}: no lock class is called \"{}\"", dump, options.view.around));
    }
    const std::vector<model::Finding> findings = checks::run_checks(
        run.snapshot, {"lock-order-cycle", "irq-inversion", "recursive-lock", "irq-inconsistent"});
    if (options.dump.format == "json") {
      return DumpAnswer{report::graph_json(run.snapshot, order, findings, options.view)};
    }
    std::string dot = report::graph_dot(run.snapshot, order, findings, options.view);
    if (!graphviz) return DumpAnswer{std::move(dot)};
    auto svg = graphviz->svg(dot);
    if (!svg) return std::unexpected(svg.error());
    return DumpAnswer{std::move(*svg)};
  });
}

}  // namespace

void add_graph(CLI::App& app, Invocation& invocation) {
  auto* command =
      app.add_subcommand("graph", "The lock order as a graph: for Graphviz, or drawn by it");
  auto options = std::make_shared<GraphOptions>();
  options->dump.format = "dot";
  add_dump_options(*command, options->dump, {"dot", "svg", "json"});
  command->add_option("--around", options->view.around,
                      "Only this class (or those with it in their name) and its neighbours");
  command->add_option("--depth", options->view.depth, "So many edges away from it")
      ->check(CLI::Range(0, 1000))
      ->capture_default_str();
  command->callback(
      [&invocation, options] { invocation.run = [options] { return graph(*options); }; });
}

}  // namespace kmortem::cli
