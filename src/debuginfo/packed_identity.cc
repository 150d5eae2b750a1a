// SPDX-License-Identifier: GPL-3.0-or-later
#include "debuginfo/packed_identity.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <span>
#include <system_error>

#include "base/decoder.h"
#include "debuginfo/descriptor.h"
#include "debuginfo/symbol_index.h"

namespace kmortem::debuginfo {

namespace {

// Empty when the file cannot be read or is not packed. A file's ctime cannot be set back.
std::string identity_of(const std::string& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  std::array<std::byte, 8> head = {};
  struct stat status = {};
  if (!file || fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode)) return "";
  const ssize_t got = pread(file.get(), head.data(), head.size(), 0);
  if (got != static_cast<ssize_t>(head.size()) || compression_of(head) == Compression::none)
    return "";
  return fmt::format("{}:{} {} {}.{:09} {}.{:09}", status.st_dev, status.st_ino, status.st_size,
                     status.st_mtim.tv_sec, status.st_mtim.tv_nsec, status.st_ctim.tv_sec,
                     status.st_ctim.tv_nsec);
}

std::string note_path(const std::string& cache_dir, const std::string& identity) {
  return fmt::format("{}/packed-{:016x}", cache_dir, symbol_hash(identity));
}

bool is_build_id(const std::string& text) {
  return text.size() > 2 && text.size() <= 128 &&
         text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

}  // namespace

std::optional<std::string> remembered_build_id(const std::string& path,
                                               const std::string& cache_dir) {
  const std::string identity = cache_dir.empty() ? "" : identity_of(path);
  if (identity.empty()) return std::nullopt;
  std::ifstream note(note_path(cache_dir, identity));
  std::string same;
  std::string build_id;
  std::string end;
  std::getline(note, same);
  std::getline(note, build_id);
  std::getline(note, end);
  // Cut short anywhere it does not end with the word that it was written with.
  if (same != identity || end != "end" || !is_build_id(build_id)) return std::nullopt;
  return build_id;
}

void remember_build_id(const std::string& path, const std::string& cache_dir,
                       const std::string& build_id) {
  const std::string identity = cache_dir.empty() ? "" : identity_of(path);
  if (identity.empty() || !is_build_id(build_id)) return;
  std::error_code error;
  std::filesystem::create_directories(cache_dir, error);
  const std::string target = note_path(cache_dir, identity);
  const std::string temporary = fmt::format("{}.{}", target, getpid());
  std::ofstream note(temporary);
  note << identity << '\n' << build_id << "\nend\n";
  note.close();
  if (note) std::filesystem::rename(temporary, target, error);
  if (!note || error) std::filesystem::remove(temporary, error);
}

}  // namespace kmortem::debuginfo
