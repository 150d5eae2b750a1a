// SPDX-License-Identifier: GPL-3.0-or-later
#include "scan/discovery.h"

#include <fmt/core.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <system_error>
#include <utility>

#include "base/stable_hash.h"
#include "dump/dump_kind.h"
#include "scan/neighbours.h"
#include "scan/split_dumps.h"

namespace kmortem::scan {

namespace {

namespace fs = std::filesystem;

std::string full_path(const std::string& path) {
  std::error_code error;
  const fs::path absolute = fs::absolute(path, error);
  std::string full = (error ? fs::path(path) : absolute).lexically_normal().string();
  if (full.size() > 1 && full.back() == '/') full.pop_back();
  return full;
}

std::string folder_of(const std::string& path) {
  return fs::path(path).parent_path().string();
}

int64_t modified_ns(const struct stat& status) {
  return int64_t{status.st_mtim.tv_sec} * 1'000'000'000 + status.st_mtim.tv_nsec;
}

class Search {
 public:
  Search(std::string but_not, const Shard& shard) : but_not_(std::move(but_not)), shard_(shard) {}

  void look_at(const std::string& root) {
    const std::string path = full_path(root);
    std::error_code error;
    if (fs::is_directory(path, error)) return walk(path);
    named_.insert(path);
    if (!shard_.holds(path)) return;
    auto item = describe(path);
    if (!item) {
      complaints_.push_back(fmt::format("{}: {}", root, std::strerror(errno)));
      return;
    }
    item->is_log = names_a_log(fs::path(path).filename().string());
    if (!item->is_log && dump::read_dump_head(path).part) {
      parts_[folder_of(path)].insert(path);
    } else {
      items_.insert_or_assign(path, std::move(*item));
    }
  }

  Discovery result() {
    add_lonely_logs();
    for (const auto& [folder, mine] : parts_) add_split_dumps(folder, mine);
    Discovery found;
    found.complaints = std::move(complaints_);
    for (auto& [path, item] : items_) found.items.push_back(std::move(item));
    return found;
  }

 private:
  void walk(const std::string& root) {
    std::error_code error;
    fs::recursive_directory_iterator at(root, error);
    if (error) complain(root, error);
    for (; !error && at != fs::recursive_directory_iterator(); at.increment(error)) {
      visit(at);
    }
    if (error) complain(root, error);
  }

  void visit(fs::recursive_directory_iterator& at) {
    std::error_code error;
    const fs::directory_entry& entry = *at;
    const std::string path = entry.path().string();
    if (entry.is_directory(error)) {
      const bool link = entry.is_symlink(error);
      const bool closed = !link && path != but_not_ && access_denied(entry.path());
      if (closed) complaints_.push_back(path + ": Permission denied");
      if (closed || path == but_not_) at.disable_recursion_pending();
      return;
    }
    if (!entry.is_regular_file(error)) return;
    if (names_a_log(entry.path().filename().string())) {
      logs_.push_back(path);
      return;
    }
    // The dump that a log belongs to decides, whoever's share it is: its folder is looked into.
    if (!shard_.holds(path)) {
      folders_of_others_.insert(folder_of(path));
      return;
    }
    const dump::DumpHead head = dump::read_dump_head(path);
    if (!head.of_kernel) return;
    if (head.part) {
      parts_[folder_of(path)].insert(path);
      walked_.insert(folder_of(path));
    } else if (auto item = describe(path)) {
      items_.insert_or_assign(path, std::move(*item));
    }
  }

  /// A split dump is one item, of the share that its first part belongs to: the first of those that
  /// this scan is about, of whichever share. `mine` are the parts that are of this one.
  void add_split_dumps(const std::string& folder, const std::set<std::string>& mine) {
    const bool all_found = walked_.contains(folder);
    for (const SplitFiles& files : split_dumps_in(folder)) {
      const auto first = std::ranges::find_if(
          files, [&](const std::string& path) { return all_found || named_.contains(path); });
      if (first == files.end() || !mine.contains(*first)) continue;
      auto item = describe(*first);
      if (!item) continue;
      item->parts = files;
      measure_parts(*item);
      items_.insert_or_assign(*first, std::move(*item));
    }
  }

  /// The sizes of all parts, and when the last of them was written.
  static void measure_parts(Item& item) {
    item.size = 0;
    for (const std::string& path : item.parts) {
      struct stat status = {};
      if (stat(path.c_str(), &status) != 0) continue;
      item.size += static_cast<uint64_t>(status.st_size);
      item.mtime_ns = std::max(item.mtime_ns, modified_ns(status));
    }
  }

  static bool access_denied(const fs::path& folder) {
    std::error_code error;
    const fs::directory_iterator listed(folder, error);
    return error == std::errc::permission_denied;
  }

  /// A log counts for itself when no dump of its folder was found.
  void add_lonely_logs() {
    std::set<std::string> with_dump;
    for (const auto& [path, item] : items_) with_dump.insert(folder_of(path));
    for (const auto& [folder, parts] : parts_) with_dump.insert(folder);
    for (const std::string& log : logs_) {
      const std::string folder = folder_of(log);
      if (!shard_.holds(log) || with_dump.contains(folder) || others_have_a_dump(folder)) continue;
      auto item = describe(log);
      if (!item) continue;
      item->is_log = true;
      item->log.clear();
      items_.insert_or_assign(log, std::move(*item));
    }
  }

  bool others_have_a_dump(const std::string& folder) const {
    if (!folders_of_others_.contains(folder)) return false;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(folder, error)) {
      if (dump::holds_a_kernel_dump(entry.path().string())) return true;
    }
    return false;
  }

  static std::optional<Item> describe(const std::string& path) {
    struct stat status = {};
    if (stat(path.c_str(), &status) != 0) return std::nullopt;
    Item item;
    item.name = path;
    item.path = path;
    item.size = static_cast<uint64_t>(status.st_size);
    item.mtime_ns = modified_ns(status);
    item.log = log_beside(path);
    item.host = host_beside(path);
    return item;
  }

  void complain(const std::string& path, const std::error_code& error) {
    complaints_.push_back(fmt::format("{}: {}", path, error.message()));
  }

  std::string but_not_;
  Shard shard_;
  std::map<std::string, Item> items_;
  std::set<std::string> named_;                         // by themselves, of all shares
  std::map<std::string, std::set<std::string>> parts_;  // files of split dumps, by folder
  std::set<std::string> walked_;  // folders of such files that were searched, not named
  std::vector<std::string> logs_;
  std::set<std::string> folders_of_others_;
  std::vector<std::string> complaints_;
};

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find(separator, at), text.size());
    parts.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return parts;
}

}  // namespace

bool Shard::holds(const std::string& path) const {
  return of <= 1 || stable_hash(path) % of == number - 1;
}

Result<Shard> parse_shard(const std::string& text) {
  Shard shard;
  const size_t slash = std::min(text.find('/'), text.size());
  const char* end = text.data() + text.size();
  const auto first = std::from_chars(text.data(), text.data() + slash, shard.number);
  if (first.ec == std::errc() && first.ptr == text.data() + slash && slash < text.size()) {
    const auto second = std::from_chars(first.ptr + 1, end, shard.of);
    const bool whole = second.ec == std::errc() && second.ptr == end;
    if (whole && shard.number >= 1 && shard.number <= shard.of) return shard;
  }
  return fail(fmt::format("\"{}\" is no shard: K/N is meant, K from 1 to N", text));
}

Discovery find_dumps(const std::vector<std::string>& roots, const std::string& but_not,
                     const Shard& shard) {
  Search search(but_not.empty() ? "" : full_path(but_not), shard);
  for (const std::string& root : roots) search.look_at(root);
  return search.result();
}

Result<std::vector<std::string>> read_manifest(const std::string& path) {
  std::string text;
  if (path == "-") {
    text.assign(std::istreambuf_iterator<char>(std::cin), {});
  } else {
    std::ifstream file(path, std::ios::binary);
    if (file) text.assign(std::istreambuf_iterator<char>(file), {});
    if (!file) return fail(fmt::format("{}: cannot be read: {}", path, std::strerror(errno)));
  }
  std::vector<std::string> paths = split(text, text.contains('\0') ? '\0' : '\n');
  for (std::string& each : paths) {
    if (each.ends_with('\r')) each.pop_back();
  }
  std::erase_if(paths, [](const std::string& each) { return each.empty() || each[0] == '#'; });
  return paths;
}

}  // namespace kmortem::scan
