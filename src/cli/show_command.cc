// SPDX-License-Identifier: GPL-3.0-or-later
#include <fmt/core.h>

#include <charconv>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "cli/commands.h"
#include "cli/dump_command.h"
#include "kernel/modules.h"
#include "kernel/struct_reader.h"
#include "kernel/symbolizer.h"
#include "report/struct_text.h"

namespace kmortem::cli {

namespace {

struct ShowOptions {
  DumpOptions dump;
  std::string type;
  std::string where;
};

// Kernel engineers paste addresses with and without 0x; a bare hexadecimal number of 16 digits is
// an address, anything else is a symbol first.
std::optional<uint64_t> parse_address(std::string_view text) {
  if (text.starts_with("0x") || text.starts_with("0X")) {
    text.remove_prefix(2);
  } else if (text.size() != 16) {
    return std::nullopt;
  }
  uint64_t value = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value, 16);
  if (error != std::errc() || stop != end || text.empty()) return std::nullopt;
  return value;
}

Result<DumpAnswer> show(const ShowOptions& options, DumpRun& run) {
  debuginfo::KernelDebuginfo& debuginfo = *run.opened.debuginfo;
  const std::string_view type = kernel::bare_type_name(options.type);
  if (!debuginfo.load_type(type)) {
    return fail(fmt::format("no type \"{}\" in {}", type, debuginfo.path()));
  }
  auto address = parse_address(options.where);
  if (!address) address = debuginfo.symbols().find(options.where);
  if (!address) {
    return fail(
        fmt::format("\"{}\" is neither a symbol of the kernel nor an address like "
                    "0xffffffff81234560",
                    options.where));
  }
  const kernel::Target target{*run.opened.dump, debuginfo.types(), debuginfo.symbols(),
                              run.snapshot.problems};
  kernel::Symbolizer symbolizer(target, kernel::read_modules(target));
  auto value = kernel::read_struct(target, symbolizer, type, *address);
  if (!value) return std::unexpected(value.error());
  if (options.dump.format == "json") return DumpAnswer{report::struct_json(*value).dump(2) + "\n"};
  return DumpAnswer{report::struct_text(*value)};
}

}  // namespace

void add_show(CLI::App& app, Invocation& invocation) {
  auto* command = app.add_subcommand("show", "Any kernel structure, as crash's \"struct -x\"");
  auto options = std::make_shared<ShowOptions>();
  add_dump_options(*command, options->dump, {"text", "json"});
  command->add_option("TYPE", options->type, "A structure or typedef: lock_class, raw_spinlock_t")
      ->required();
  command->add_option("WHERE", options->where, "Its address, or a symbol")->required();
  command->callback([&invocation, options] {
    invocation.run = [options] {
      return run_on_dump(options->dump, {}, [&](DumpRun& run) { return show(*options, run); });
    };
  });
}

}  // namespace kmortem::cli
