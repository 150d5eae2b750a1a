// SPDX-License-Identifier: GPL-3.0-or-later
#include "postmortem/identity.h"

#include <fmt/core.h>

namespace kmortem::postmortem {

namespace {

std::string or_unknown(const std::string& text) {
  return text.empty() ? "unknown" : text;
}

std::string without_newline(std::string text) {
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

std::unexpected<Error> mismatch(const dump::DumpFile& dump,
                                const debuginfo::KernelDebuginfo& debuginfo,
                                const std::string& dump_identity,
                                const std::string& debuginfo_identity) {
  return fail(
      fmt::format("{} is not the vmlinux of {}: the dump is of {}, the vmlinux is {}; give the "
                  "one of that build with -s",
                  debuginfo.path(), dump.info().path, dump_identity, debuginfo_identity));
}

}  // namespace

Result<Match> check_identity(dump::DumpFile& dump, const debuginfo::KernelDebuginfo& debuginfo,
                             const debuginfo::SymbolTable& symbols) {
  const model::DumpInfo& info = dump.info();
  auto describe = [](const std::string& build_id, const std::string& release) {
    return fmt::format("build-id {} (release {})", or_unknown(build_id), or_unknown(release));
  };
  if (!info.build_id.empty() && !debuginfo.build_id().empty()) {
    if (info.build_id == debuginfo.build_id()) return Match::build_id;
    return mismatch(dump, debuginfo, describe(info.build_id, info.release),
                    describe(debuginfo.build_id(), debuginfo.release()));
  }
  if (!info.release.empty() && !debuginfo.release().empty() &&
      info.release != debuginfo.release()) {
    return mismatch(dump, debuginfo, "release " + info.release, "release " + debuginfo.release());
  }

  const std::string expected = without_newline(debuginfo.banner());
  const auto address = symbols.find("linux_banner");
  if (!address) return Match::version_string;
  auto banner = dump.read_string(*address, 512);
  if (!banner) return Match::version_string;
  const std::string found = without_newline(*banner);
  const bool readable = found.starts_with("Linux version ");
  // A debug file alone knows where the string is, but not what it says.
  if (expected.empty() ? readable : found == expected) return Match::version_string;
  return mismatch(dump, debuginfo,
                  readable ? fmt::format("\"{}\"", found)
                           : "another build (no version string where this vmlinux has it)",
                  expected.empty() ? "a debug file without one" : fmt::format("\"{}\"", expected));
}

}  // namespace kmortem::postmortem
