// SPDX-License-Identifier: GPL-3.0-or-later
#include "scan/vmlinux_store.h"

#include <elf.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string_view>
#include <system_error>

#include "debuginfo/elf_file.h"
#include "scan/whole_file.h"

namespace kmortem::scan {

namespace {

namespace fs = std::filesystem;

constexpr const char* kHeading = "kmortem-vmlinux-index/1";
// Debian's packages hold a .o beside the image: one ELF file is executable, the others are not.
constexpr size_t kHeadSize = sizeof(Elf64_Ehdr);

bool is_packed_image(const std::string& path, std::string_view head) {
  if (fs::path(path).filename().string().find("vmlinux") == std::string::npos) return false;
  return head.starts_with(
             "\xfd"
             "7zXZ") ||
         head.starts_with("\x28\xb5\x2f\xfd") || head.starts_with("\x1f\x8b");
}

/// An executable of x86-64; debug files of programs are too, and are told apart by nobody asking
/// for their build-ids.
bool may_be_image(const std::string& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return false;
  std::array<char, kHeadSize> bytes = {};
  const ssize_t got = pread(fd, bytes.data(), bytes.size(), 0);
  close(fd);
  if (got != static_cast<ssize_t>(bytes.size())) return false;
  Elf64_Ehdr header;
  std::memcpy(&header, bytes.data(), sizeof header);
  if (std::memcmp(header.e_ident, ELFMAG, SELFMAG) == 0) {
    return header.e_type == ET_EXEC && header.e_machine == EM_X86_64;
  }
  return is_packed_image(path, {bytes.data(), bytes.size()});
}

std::string build_id_of(const std::string& path) {
  const auto elf = debuginfo::ElfFile::open(path);
  return elf ? (*elf)->build_id() : "";
}

}  // namespace

VmlinuxStore::VmlinuxStore(const std::vector<std::string>& folders, const std::string& index_file) {
  if (folders.empty()) return;
  read_index(index_file);
  for (const std::string& folder : folders) walk(folder);
  if (opened_ != 0 || files_.size() != known_.size()) write_index(index_file);
  for (const auto& [path, file] : files_) {
    if (!file.build_id.empty()) by_build_id_.emplace(file.build_id, path);
  }
}

std::string VmlinuxStore::find(const std::string& build_id) const {
  const auto found = by_build_id_.find(build_id);
  return found == by_build_id_.end() ? "" : found->second;
}

void VmlinuxStore::walk(const std::string& folder) {
  std::error_code error;
  fs::recursive_directory_iterator at(fs::absolute(folder, error).lexically_normal(),
                                      fs::directory_options::skip_permission_denied, error);
  for (; !error && at != fs::recursive_directory_iterator(); at.increment(error)) {
    std::error_code ignored;
    if (at->is_regular_file(ignored)) look_at(at->path().string());
  }
}

void VmlinuxStore::look_at(const std::string& path) {
  struct stat status = {};
  if (stat(path.c_str(), &status) != 0) return;
  Known file;
  file.size = static_cast<uint64_t>(status.st_size);
  file.mtime_ns = int64_t{status.st_mtim.tv_sec} * 1'000'000'000 + status.st_mtim.tv_nsec;
  const auto before = known_.find(path);
  if (before != known_.end() && before->second.size == file.size &&
      before->second.mtime_ns == file.mtime_ns) {
    files_.insert(*before);
    return;
  }
  if (!may_be_image(path)) return;
  ++opened_;
  file.build_id = build_id_of(path);
  files_.emplace(path, std::move(file));
}

/// A line a file: size, time, build-id or "-", path, a tab between them.
void VmlinuxStore::read_index(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  if (!std::getline(file, line) || line != kHeading) return;
  while (std::getline(file, line)) {
    std::istringstream fields(line);
    Known known;
    std::string name;
    if (!(fields >> known.size >> known.mtime_ns >> known.build_id)) return;
    if (!std::getline(fields.ignore(1), name) || name.empty()) return;
    if (known.build_id == "-") known.build_id.clear();
    known_.emplace(std::move(name), std::move(known));
  }
}

void VmlinuxStore::write_index(const std::string& path) const {
  std::ostringstream text;
  text << kHeading << '\n';
  for (const auto& [name, file] : files_) {
    if (name.find('\n') != std::string::npos) continue;
    text << file.size << '\t' << file.mtime_ns << '\t'
         << (file.build_id.empty() ? "-" : file.build_id) << '\t' << name << '\n';
  }
  // Without an index the next run looks again.
  static_cast<void>(write_whole_file(path, std::to_string(getpid()), text.str()));
}

}  // namespace kmortem::scan
