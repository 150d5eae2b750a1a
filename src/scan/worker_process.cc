// SPDX-License-Identifier: GPL-3.0-or-later
#include "scan/worker_process.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <new>
#include <utility>

#include "base/sanitized.h"

namespace kmortem::scan {

namespace {

// Exit codes of a worker, of no meaning to anybody else.
constexpr int kFinished = 0;
constexpr int kOutOfMemory = 101;
constexpr int kThrew = 102;
constexpr int kOrphaned = 103;

// A worker has read a hostile dump; the parent does not keep whatever comes from it.
constexpr size_t kLongestMessage = size_t{16} << 20;

void limit(decltype(RLIMIT_DATA) what, uint64_t value) {
  const rlimit bound = {value, value};
  setrlimit(what, &bound);
}

/// No core files, no terminal, and no life after the parent's. What a terminal or Slurm sends to
/// all at once is for the parent, who ends the workers: one that died of it would count as crashed.
void become_worker(pid_t parent, const WorkerLimits& limits) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(kOrphaned);
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) std::signal(number, SIG_IGN);
  limit(RLIMIT_CORE, 0);
  // The address space holds the dump, mapped; data is what it allocates. A sanitizer's shadow
  // counts as that too.
  if (limits.memory != 0 && KMORTEM_SANITIZED == 0) limit(RLIMIT_DATA, limits.memory);
  const int null = open("/dev/null", O_RDWR | O_CLOEXEC);
  if (null < 0) return;
  dup2(null, STDIN_FILENO);
  dup2(null, STDOUT_FILENO);
  if (KMORTEM_SANITIZED == 0) dup2(null, STDERR_FILENO);
}

void write_all(int fd, const std::string& text) {
  for (size_t at = 0; at < text.size();) {
    const ssize_t written = write(fd, text.data() + at, text.size() - at);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return;
    at += static_cast<size_t>(written);
  }
}

[[noreturn]] void run_worker(const std::function<std::string()>& work, int fd) {
  int code = kFinished;
  try {
    write_all(fd, work());
  } catch (const std::bad_alloc&) {
    code = kOutOfMemory;
  } catch (const std::exception& error) {
    write_all(fd, error.what());
    code = kThrew;
  }
  // Not exit(): what the parent has open is not the child's to close.
  _exit(code);
}

std::string signal_words(int number) {
  const char* name = sigabbrev_np(number);
  const std::string words = fmt::format("died of {}{}", name == nullptr ? "signal " : "SIG",
                                        name == nullptr ? std::to_string(number) : name);
  // Nobody else kills a worker but the kernel that runs out of memory, or an administrator.
  return number == SIGKILL ? words + ": killed from outside, perhaps for the machine's memory"
                           : words;
}

}  // namespace

WorkerProcess::WorkerProcess(pid_t pid, int fd, const WorkerLimits& limits)
    : pid_(pid), fd_(fd), allowed_(limits.time) {}

WorkerProcess::WorkerProcess(WorkerProcess&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      fd_(std::exchange(other.fd_, -1)),
      allowed_(other.allowed_),
      started_(other.started_),
      message_(std::move(other.message_)),
      late_(other.late_) {}

WorkerProcess::~WorkerProcess() {
  if (fd_ >= 0) close(fd_);
  if (pid_ <= 0) return;
  kill(pid_, SIGKILL);
  while (waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

Result<WorkerProcess> WorkerProcess::start(const std::function<std::string()>& work,
                                           const WorkerLimits& limits) {
  std::array<int, 2> ends = {-1, -1};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) {
    return fail(fmt::format("no pipe for a worker: {}", std::strerror(errno)));
  }
  const pid_t parent = getpid();
  const pid_t pid = fork();
  if (pid == 0) {
    close(ends[0]);
    become_worker(parent, limits);
    run_worker(work, ends[1]);
  }
  close(ends[1]);
  if (pid < 0) {
    close(ends[0]);
    return fail(fmt::format("no process for a worker: {}", std::strerror(errno)));
  }
  fcntl(ends[0], F_SETFL, O_NONBLOCK);
  return WorkerProcess(pid, ends[0], limits);
}

std::optional<WorkerProcess::Clock::time_point> WorkerProcess::deadline() const {
  if (allowed_.count() == 0) return std::nullopt;
  return started_ + allowed_;
}

void WorkerProcess::take() {
  std::array<char, 65536> bytes;
  while (fd_ >= 0) {
    const ssize_t got = read(fd_, bytes.data(), bytes.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && errno == EAGAIN) return;
    if (got > 0 && message_.size() < kLongestMessage) {
      message_.append(bytes.data(), static_cast<size_t>(got));
    } else if (got <= 0) {
      close(std::exchange(fd_, -1));
    }
  }
}

std::optional<Ending> WorkerProcess::look() {
  take();
  const auto limit = deadline();
  if (!late_ && limit && Clock::now() >= *limit) {
    late_ = true;
    kill(pid_, SIGKILL);
  }
  int status = 0;
  rusage usage = {};
  if (wait4(pid_, &status, WNOHANG, &usage) != pid_) return std::nullopt;
  take();
  pid_ = -1;
  return ending(status, usage);
}

Ending WorkerProcess::ending(int status, const rusage& usage) const {
  Ending ending;
  ending.duration = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - started_);
  ending.memory_kb = static_cast<uint64_t>(usage.ru_maxrss);
  ending.message = message_;
  const int code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  if (code == kFinished) {
    ending.how = Ending::How::finished;
  } else if (code == kOutOfMemory) {
    ending.how = Ending::How::out_of_memory;
  } else if (late_ && WIFSIGNALED(status)) {
    ending.how = Ending::How::timed_out;
  } else if (WIFSIGNALED(status)) {
    ending.message = signal_words(WTERMSIG(status));
  } else if (code != kThrew) {
    ending.message = fmt::format("exited with code {}", code);
  }
  return ending;
}

}  // namespace kmortem::scan
