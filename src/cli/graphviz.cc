// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/graphviz.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <utility>

namespace kmortem::cli {

namespace {

// A graph of ten thousand orders takes dot minutes: such a one is of no use as a picture.
constexpr rlim_t kCpuSeconds = 60;
// Longer than the CPU time on a busy machine; the child that waits for nothing has ended by then.
constexpr int kSilenceMs = 300'000;

constexpr int kNoProgram = 127;

std::unexpected<Error> not_installed() {
  return fail("-f svg needs Graphviz's dot, which is not on PATH; -f dot needs nothing");
}

bool on_path(std::string_view program) {
  const char* path = std::getenv("PATH");
  std::string_view rest = path == nullptr ? "" : path;
  while (!rest.empty()) {
    const size_t end = std::min(rest.find(':'), rest.size());
    if (access(fmt::format("{}/{}", rest.substr(0, end), program).c_str(), X_OK) == 0) return true;
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return false;
}

void close_end(int* end) {
  if (*end >= 0) close(*end);
  *end = -1;
}

[[noreturn]] void become_dot(int input, int output) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  const rlimit limit = {kCpuSeconds, kCpuSeconds};
  setrlimit(RLIMIT_CPU, &limit);
  // The copies lose O_CLOEXEC, which every other descriptor has.
  if (dup2(input, STDIN_FILENO) < 0 || dup2(output, STDOUT_FILENO) < 0) _exit(kNoProgram);
  execlp("dot", "dot", "-Tsvg", nullptr);
  _exit(kNoProgram);
}

bool set_nonblocking(int end) {
  const int flags = fcntl(end, F_GETFL);
  return flags >= 0 && fcntl(end, F_SETFL, flags | O_NONBLOCK) == 0;
}

// Writes as much as goes; closes the end after the last byte, or when nobody reads any more.
void feed(const std::string& text, size_t* written, int* end) {
  const ssize_t count = write(*end, text.data() + *written, text.size() - *written);
  if (count > 0) *written += static_cast<size_t>(count);
  const bool broken = count < 0 && errno != EAGAIN && errno != EINTR;
  if (broken || *written == text.size()) close_end(end);
}

// False at the end.
bool drain(int end, std::string* text) {
  std::array<char, 65536> buffer{};
  const ssize_t count = read(end, buffer.data(), buffer.size());
  if (count > 0) text->append(buffer.data(), static_cast<size_t>(count));
  return count > 0 || (count < 0 && (errno == EAGAIN || errno == EINTR));
}

}  // namespace

Result<Graphviz> Graphviz::start() {
  if (!on_path("dot")) return not_installed();
  std::array<int, 2> in{};
  std::array<int, 2> out{};
  const auto failed = [] {
    return fail(fmt::format("cannot start Graphviz's dot: {}", std::strerror(errno)));
  };
  if (pipe2(in.data(), O_CLOEXEC) != 0) return failed();
  if (pipe2(out.data(), O_CLOEXEC) != 0) {
    close(in[0]);
    close(in[1]);
    return failed();
  }
  // A child that ended early must not end us.
  signal(SIGPIPE, SIG_IGN);
  const pid_t child = fork();
  if (child == 0) become_dot(in[0], out[1]);
  close(in[0]);
  close(out[1]);
  Graphviz started(child, in[1], out[0]);
  if (child < 0 || !set_nonblocking(in[1])) return failed();
  return started;
}

Graphviz::Graphviz(Graphviz&& other) noexcept
    : child_(std::exchange(other.child_, -1)),
      input_(std::exchange(other.input_, -1)),
      output_(std::exchange(other.output_, -1)) {}

Graphviz::~Graphviz() {
  close_end(&input_);
  close_end(&output_);
  // Without input it ends by itself.
  if (child_ > 0) waitpid(child_, nullptr, 0);
}

Result<std::string> Graphviz::svg(const std::string& dot_text) {
  std::string svg;
  size_t written = 0;
  for (bool open = true; open;) {
    std::array<pollfd, 2> ends = {{{output_, POLLIN, 0}, {input_, POLLOUT, 0}}};
    const int ready = poll(ends.data(), ends.size(), kSilenceMs);
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0) {
      kill(child_, SIGKILL);
      break;
    }
    if (ends[1].revents != 0) feed(dot_text, &written, &input_);
    if (ends[0].revents != 0) open = drain(output_, &svg);
  }
  int status = 0;
  waitpid(std::exchange(child_, -1), &status, 0);
  if (WIFSIGNALED(status)) {
    return fail(
        "Graphviz's dot gave up on this graph after a minute: show a part of it (--around NAME), "
        "or take -f dot");
  }
  if (WEXITSTATUS(status) == kNoProgram) return not_installed();
  if (WEXITSTATUS(status) != 0 || svg.empty()) {
    return fail(fmt::format("Graphviz's dot failed (exit code {})", WEXITSTATUS(status)));
  }
  return svg;
}

}  // namespace kmortem::cli
