// SPDX-License-Identifier: GPL-3.0-or-later
#include "scan/cover_names.h"

#include <blake2.h>
#include <fcntl.h>
#include <fmt/core.h>
#include <sys/random.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <span>
#include <system_error>

namespace kmortem::scan {

namespace {

namespace fs = std::filesystem;

using Key = std::span<uint8_t, 32>;

bool read_key(const std::string& path, Key key) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return false;
  const ssize_t got = read(fd, key.data(), key.size());
  close(fd);
  return got == static_cast<ssize_t>(key.size());
}

/// A file with a new key, under a name that nobody else uses.
bool write_key(const std::string& path, Key key) {
  if (getrandom(key.data(), key.size(), 0) != static_cast<ssize_t>(key.size())) return false;
  const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) return false;
  const ssize_t put = write(fd, key.data(), key.size());
  return close(fd) == 0 && put == static_cast<ssize_t>(key.size());
}

bool make_private(const std::string& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) return false;
  fs::permissions(folder, fs::perms::owner_all, error);
  return !error;
}

}  // namespace

Result<CoverNames> CoverNames::open(const std::string& folder) {
  CoverNames names;
  const std::string path = folder + "/key";
  if (read_key(path, names.key_)) return names;
  std::array<char, 256> host = {};
  gethostname(host.data(), host.size() - 1);
  const std::string own = fmt::format("{}.{}.{}", path, host.data(), getpid());
  bool done = make_private(folder) && write_key(own, names.key_);
  // Shards may come here at once: the first that links its file has made the key of all.
  if (done && link(own.c_str(), path.c_str()) != 0) {
    done = errno == EEXIST && read_key(path, names.key_);
  }
  const int error = errno;
  unlink(own.c_str());
  if (!done) return fail(fmt::format("{}: no key can be kept there: {}", path, strerror(error)));
  return names;
}

std::string CoverNames::cover(std::string_view kind, std::string_view name) const {
  const std::string input = fmt::format("{} {}", kind, name);
  std::array<uint8_t, 8> digest = {};
  blake2b(digest.data(), input.data(), key_.data(), digest.size(), input.size(), key_.size());
  std::string text = fmt::format("{}-", kind);
  for (const uint8_t byte : digest) text += fmt::format("{:02x}", byte);
  return text;
}

}  // namespace kmortem::scan
