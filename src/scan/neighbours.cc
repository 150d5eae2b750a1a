// SPDX-License-Identifier: GPL-3.0-or-later
#include "scan/neighbours.h"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <string_view>
#include <system_error>

namespace kmortem::scan {

namespace {

namespace fs = std::filesystem;

constexpr size_t kLongestHostName = 253;  // RFC 1035

bool is_file(const fs::path& path) {
  std::error_code error;
  return fs::is_regular_file(path, error);
}

bool is_digits(std::string_view text) {
  return !text.empty() &&
         std::ranges::all_of(text, [](unsigned char c) { return isdigit(c) != 0; });
}

bool is_host_name(std::string_view text) {
  return !text.empty() && text.size() <= kLongestHostName &&
         std::ranges::all_of(text, [](unsigned char c) {
           return isalnum(c) != 0 || c == '.' || c == '-' || c == '_' || c == ':';
         });
}

/// "2026-01-31-23:59:59" (kdump's date +%Y-%m-%d-%T) or "202601312359" (kdump-tools).
bool is_time(std::string_view text) {
  if (text.size() == 12) return is_digits(text);
  constexpr std::string_view kForm = "dddd-dd-dd-dd:dd:dd";
  return std::ranges::equal(text, kForm, [](unsigned char c, char form) {
    return form == 'd' ? isdigit(c) != 0 : c == form;
  });
}

std::string host_in_folder_name(std::string_view name) {
  for (const size_t length : {size_t{19}, size_t{12}}) {
    if (name.size() <= length + 1 || !is_time(name.substr(name.size() - length))) continue;
    std::string_view host = name.substr(0, name.size() - length);
    if (host.back() != '-') continue;
    host.remove_suffix(1);
    // abrt puts the kind of problem before it.
    if (host.starts_with("vmcore-")) host.remove_prefix(7);
    const bool loopback = host == "127.0.0.1" || host == "::1" || host == "localhost";
    return loopback || !is_host_name(host) ? "" : std::string(host);
  }
  return "";
}

std::string first_word_of(const fs::path& path) {
  std::ifstream file(path);
  std::string line(kLongestHostName + 2, '\0');
  file.read(line.data(), static_cast<std::streamsize>(line.size()));
  line.resize(static_cast<size_t>(file.gcount()));
  line.resize(std::min(line.size(), line.find_first_of(" \t\r\n")));
  return is_host_name(line) ? line : "";
}

}  // namespace

bool names_a_log(const std::string& file_name) {
  const std::string_view name(file_name);
  if (name == "vmcore-dmesg.txt" || name == "vmcore-dmesg-incomplete.txt" || name == "dmesg_log") {
    return true;
  }
  return name.starts_with("dmesg.") && is_digits(name.substr(6));
}

std::string log_beside(const std::string& path) {
  const fs::path folder = fs::path(path).parent_path();
  const std::string name = fs::path(path).filename().string();
  if (name.starts_with("dump.")) {
    const fs::path log = folder / ("dmesg." + name.substr(5));
    if (is_file(log)) return log.string();
  }
  for (const char* log : {"vmcore-dmesg.txt", "dmesg_log", "vmcore-dmesg-incomplete.txt"}) {
    if (is_file(folder / log)) return (folder / log).string();
  }
  return "";
}

std::string host_beside(const std::string& path) {
  const fs::path folder = fs::path(path).parent_path();
  const std::string named = is_file(folder / "hostname") ? first_word_of(folder / "hostname") : "";
  return named.empty() ? host_in_folder_name(folder.filename().string()) : named;
}

}  // namespace kmortem::scan
