// SPDX-License-Identifier: GPL-3.0-or-later
#include "debuginfo/linked_file.h"

#include <elfutils/libdwelf.h>
#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <iterator>
#include <span>
#include <string_view>
#include <system_error>

#include "debuginfo/debuginfod_client.h"
#include "debuginfo/mapped_file.h"

namespace kmortem::debuginfo {

namespace {

namespace fs = std::filesystem;

constexpr size_t kLongestName = 4096;
constexpr size_t kLongestBuildId = 64;

std::span<const std::byte> bytes_of(const ElfFile& file, std::string_view section) {
  const auto found = file.section(section);
  return found ? file.contents(*found) : std::span<const std::byte>();
}

// The NUL-terminated text that a link section begins with; empty when there is none.
std::string leading_name(std::span<const std::byte> bytes) {
  if (bytes.empty()) return "";
  const auto* text = reinterpret_cast<const char*>(bytes.data());
  const size_t length = strnlen(text, std::min(bytes.size(), kLongestName));
  return length < bytes.size() ? std::string(text, length) : "";
}

std::string hexadecimal(std::span<const std::byte> bytes) {
  std::string text;
  for (std::byte each : bytes) text += fmt::format("{:02x}", static_cast<unsigned>(each));
  return text;
}

// The folder that the path names, and the one that the file is in when links are followed.
std::vector<std::string> folders_of(const std::string& path) {
  std::error_code error;
  std::vector<std::string> folders = {fs::absolute(path, error).parent_path().string()};
  const fs::path real = fs::weakly_canonical(path, error).parent_path();
  if (!error && real != folders[0]) folders.push_back(real.string());
  return folders;
}

// CRC-32 of the file as it lies there, as objcopy computes it for the link.
std::optional<uint32_t> checksum_of(const std::string& path) {
  const auto file = MappedFile::open(path);
  if (!file) return std::nullopt;
  const auto bytes = (*file)->bytes();
  return static_cast<uint32_t>(
      crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

std::string objection(const ElfFile& file, const LinkedFile& wanted) {
  const std::string build_id = file.build_id();
  if (!wanted.build_id.empty() && !build_id.empty()) {
    if (build_id != wanted.build_id) return "its build-id is " + build_id;
  } else if (!wanted.checksum || checksum_of(file.path()) != wanted.checksum) {
    return "neither its build-id nor its checksum tells that it belongs";
  }
  return file.has_debug_section(".debug_info") ? "" : "has no DWARF";
}

void add_by_name(const std::string& name, const std::vector<std::string>& folders,
                 const std::vector<std::string>& roots, std::vector<std::string>* places) {
  for (const std::string& folder : folders) {
    places->push_back(folder + "/" + name);
    places->push_back(folder + "/.debug/" + name);
  }
  for (const std::string& root : roots) {
    for (const std::string& folder : folders) places->push_back(root + folder + "/" + name);
    places->push_back(root + "/" + name);
  }
}

std::vector<std::string> places_of(const ElfFile& from, const LinkedFile& wanted,
                                   const std::vector<std::string>& roots) {
  const auto folders = folders_of(from.path());
  std::vector<std::string> places;
  if (wanted.name.starts_with('/')) {
    places.push_back(wanted.name);
  } else if (!wanted.name.empty()) {
    add_by_name(wanted.name, folders, roots, &places);
  }
  for (const auto& where : {folders, roots}) {
    for (const std::string& root : where) {
      std::ranges::copy(build_id_places(root, wanted.build_id), std::back_inserter(places));
    }
  }
  return places;
}

}  // namespace

LinkedFile debug_link(const ElfFile& file) {
  LinkedFile link;
  link.build_id = file.build_id();
  const auto elf = file.dwarf_handle();
  GElf_Word checksum = 0;
  const char* name = elf ? dwelf_elf_gnu_debuglink(*elf, &checksum) : nullptr;
  if (name != nullptr && *name != '\0') {
    link.name = name;
    link.checksum = checksum;
  } else {
    // As distributions name it where nothing else does.
    link.name = name_unpacked(fs::path(file.path()).filename().string()) + ".debug";
  }
  return link;
}

std::optional<LinkedFile> alternate_link(const ElfFile& file) {
  const auto bytes = bytes_of(file, ".gnu_debugaltlink");
  LinkedFile link;
  link.name = leading_name(bytes);
  if (link.name.empty()) return std::nullopt;
  // The rest is the build-id, which is all that makes sure of the file.
  const auto rest = bytes.subspan(link.name.size() + 1);
  link.build_id = hexadecimal(rest.first(std::min(rest.size(), kLongestBuildId)));
  return link;
}

std::string name_unpacked(const std::string& name) {
  for (const std::string_view ending : {".xz", ".zst", ".gz"}) {
    if (name.ends_with(ending)) return name.substr(0, name.size() - ending.size());
  }
  return name;
}

std::vector<std::string> build_id_places(const std::string& root, const std::string& build_id) {
  if (build_id.size() <= 2) return {};
  const std::string stem = root + "/.build-id/" + build_id.substr(0, 2) + "/" + build_id.substr(2);
  return {stem + ".debug", stem + "/debuginfo", root + "/" + build_id + "/debuginfo"};
}

Result<std::shared_ptr<const ElfFile>> find_linked_file(const ElfFile& from,
                                                        const LinkedFile& wanted,
                                                        const DebugPlaces& places) {
  std::string tried;
  for (const std::string& place : places_of(from, wanted, places.folders)) {
    tried += (tried.empty() ? "" : ", ") + place;
    std::error_code error;
    if (!fs::exists(place, error) || fs::equivalent(place, from.path(), error)) continue;
    auto file = ElfFile::open(place);
    const std::string reason =
        file ? objection(**file, wanted) : file.error().message.substr(place.size() + 2);
    if (reason.empty()) return file;
    tried += " (" + reason + ")";
  }
  const auto fetched = places.servers ? fetch_from_debuginfod(wanted.build_id) : std::nullopt;
  if (fetched) {
    auto file = ElfFile::open(*fetched);
    if (file && objection(**file, wanted).empty()) return file;
  }
  return fail(tried);
}

}  // namespace kmortem::debuginfo
