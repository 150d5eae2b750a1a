// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <sys/types.h>

#include <string>

#include "base/error.h"

namespace kmortem::cli {

/// Graphviz's `dot` as a child process that turns one graph into SVG. It is started before the dump
/// is read, since a confined process can start no program, and waits for its input until then. It
/// may use a minute of CPU time, and goes when this process goes.
class Graphviz {
 public:
  /// Fails when `dot` is not on PATH or does not start.
  static Result<Graphviz> start();

  Graphviz(Graphviz&& other) noexcept;
  Graphviz& operator=(Graphviz&&) = delete;
  ~Graphviz();

  /// The SVG of `dot_text`, once: fails when the child gives up, is too slow, or says nothing.
  Result<std::string> svg(const std::string& dot_text);

 private:
  Graphviz(pid_t child, int input, int output) : child_(child), input_(input), output_(output) {}

  pid_t child_;
  int input_;   ///< of the child: DOT
  int output_;  ///< of the child: SVG
};

}  // namespace kmortem::cli
