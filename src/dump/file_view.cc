// SPDX-License-Identifier: GPL-3.0-or-later
#include "dump/file_view.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <linux/magic.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "base/checked.h"

namespace kmortem::dump {

namespace {

std::string why_not_opened(const std::string& path, int error) {
  if (error == ENOENT) return fmt::format("{}: no such file", path);
  if (error == EACCES) {
    return fmt::format("{}: permission denied; vmcores are often readable by root only", path);
  }
  return fmt::format("{}: cannot open: {}", path, strerror(error));
}

}  // namespace

Result<std::shared_ptr<const FileView>> FileView::open(const std::string& path) {
  const auto fd = open_descriptor(path);
  if (!fd) return std::unexpected(fd.error());
  return adopt(*fd, path);
}

Result<int> FileView::open_descriptor(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return fail(why_not_opened(path, errno));
  return fd;
}

Result<std::shared_ptr<const FileView>> FileView::adopt(int fd, const std::string& name) {
  struct stat status = {};
  std::string problem;
  if (fstat(fd, &status) != 0) {
    problem = fmt::format("{}: cannot read: {}", name, strerror(errno));
  } else if (S_ISDIR(status.st_mode)) {
    problem = fmt::format("{}: is a directory; name the vmcore in it", name);
  } else if (!S_ISREG(status.st_mode)) {
    problem =
        fmt::format("{}: not a regular file and no pipe; copy the dump to a file first", name);
  } else if (status.st_size <= 0) {
    problem = fmt::format("{}: the file is empty, the dump was never written", name);
  }
  if (!problem.empty()) {
    close(fd);
    return fail(std::move(problem));
  }
  std::shared_ptr<FileView> view(new FileView(fd, static_cast<uint64_t>(status.st_size), name));
  view->map();
  return view;
}

FileView::FileView(int fd, uint64_t size, std::string name)
    : fd_(fd), size_(size), name_(std::move(name)) {}

FileView::~FileView() {
  if (mapped_ != nullptr) munmap(const_cast<std::byte*>(mapped_), size_);
  close(fd_);
}

void FileView::map() {
  struct statfs filesystem = {};
  if (fstatfs(fd_, &filesystem) == 0 && filesystem.f_type == PROC_SUPER_MAGIC) return;
  void* address = mmap(nullptr, size_, PROT_READ, MAP_SHARED, fd_, 0);
  if (address != MAP_FAILED) mapped_ = static_cast<const std::byte*>(address);
}

std::span<const std::byte> FileView::mapped(uint64_t offset, uint64_t length) const {
  if (mapped_ == nullptr || !range_fits(offset, length, size_)) return {};
  return {mapped_ + offset, length};
}

bool FileView::read(uint64_t offset, std::span<std::byte> out) const {
  if (!range_fits(offset, out.size(), size_)) return false;
  if (mapped_ != nullptr) {
    if (!out.empty()) memcpy(out.data(), mapped_ + offset, out.size());
    return true;
  }
  while (!out.empty()) {
    const ssize_t got = pread(fd_, out.data(), out.size(), static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    out = out.subspan(static_cast<size_t>(got));
    offset += static_cast<uint64_t>(got);
  }
  return true;
}

}  // namespace kmortem::dump
