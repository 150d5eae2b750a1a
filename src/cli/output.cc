// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/output.h"

#include <fmt/core.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>

namespace kmortem::cli {

namespace {

Result<void> write_to(std::FILE* file, const std::string& text, const std::string& name) {
  const bool written = std::fwrite(text.data(), 1, text.size(), file) == text.size();
  if (!written || std::fflush(file) != 0) {
    return fail(fmt::format("cannot write {}: {}", name, std::strerror(errno)));
  }
  return {};
}

// Colour is for a terminal and never with NO_COLOR (no-color.org).
bool colour_wanted(const std::string& path) {
  const char* no_color = std::getenv("NO_COLOR");
  const bool refused = no_color != nullptr && *no_color != '\0';
  return path.empty() && !refused && isatty(STDOUT_FILENO) == 1;
}

}  // namespace

Result<void> write_output(const std::string& text, const std::string& path) {
  if (path.empty()) return write_to(stdout, text, "to stdout");
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "we"),
                                                             std::fclose);
  if (!file) return fail(fmt::format("cannot write {}: {}", path, std::strerror(errno)));
  return write_to(file.get(), text, path);
}

report::TextOptions text_options(const DumpOptions& options) {
  report::TextOptions text;
  text.colour = colour_wanted(options.output);
  text.verbose = options.verbose;
  return text;
}

void print_error(const std::string& message) {
  fmt::print(stderr, "kmortem: {}\n", message);
}

void print_times(const PhaseTimes& times) {
  PhaseTimes::Phase total = {"in all", 0, 0};
  auto print = [](const PhaseTimes::Phase& phase) {
    fmt::print(stderr, "{:>9.2f} ms {:>9.2f} ms CPU  {}\n", phase.milliseconds,
               phase.cpu_milliseconds, phase.name);
  };
  for (const auto& phase : times.phases()) {
    print(phase);
    total.milliseconds += phase.milliseconds;
    total.cpu_milliseconds += phase.cpu_milliseconds;
  }
  print(total);
}

}  // namespace kmortem::cli
