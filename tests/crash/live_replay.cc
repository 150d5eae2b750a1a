// SPDX-License-Identifier: GPL-3.0-or-later
// live_replay VMLINUX VMCORE COMMAND [ADDRESS]: the plug-in's answer about a "living" system whose
// memory is that of a dump, but that between the two readings the word at ADDRESS grows by one.
// Stands where crash does: what it cannot give is the rest of crash.
#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "crash_interface.h"
#include "dump/dump_file.h"

namespace {

// The interface is C's and has no room for a context.
std::unique_ptr<kmortem::dump::DumpFile> dump;
uint64_t growing = 0;
bool grown = false;

constexpr uint64_t kPage = 4096;

enum kmortem_read read_page(uint64_t physical, void* page) {
  const std::span bytes(static_cast<std::byte*>(page), kPage);
  if (!dump->read_physical(physical, bytes)) return KMORTEM_EXCLUDED;
  if (!grown || growing - growing % kPage != physical) return KMORTEM_READ;
  uint64_t word = 0;
  std::memcpy(&word, bytes.data() + growing % kPage, sizeof word);
  ++word;
  std::memcpy(bytes.data() + growing % kPage, &word, sizeof word);
  return KMORTEM_READ;
}

void pause_for(unsigned) {
  grown = growing != 0;
}

int never() {
  return 0;
}

std::string vmcoreinfo() {
  std::string text;
  for (const char* key : {"OSRELEASE", "BUILD-ID", "PAGESIZE", "SYMBOL(swapper_pg_dir)",
                          "NUMBER(phys_base)", "NUMBER(pgtable_l5_enabled)", "KERNELOFFSET"}) {
    const auto value = dump->vmcoreinfo(key);
    if (value) text += std::string(key) + "=" + *value + "\n";
  }
  return text;
}

int answer(const char* vmlinux, const char* vmcore, std::string_view command) {
  std::vector<kmortem_range> ranges;
  for (const auto& range : dump->physical_ranges()) ranges.push_back({range.begin, range.end});
  const std::string info = vmcoreinfo();
  kmortem_session session = {};
  session.dump = vmcore;
  session.vmlinux = vmlinux;
  session.format = "live";
  session.vmcoreinfo = info.c_str();
  session.notes = "";
  session.ranges = ranges.data();
  session.range_count = ranges.size();
  session.kaslr_offset = dump->info().kaslr_offset;
  session.phys_base = dump->info().phys_base;
  session.dump_level = -1;
  session.life = KMORTEM_LIVE;
  session.read_page = read_page;
  session.pause = pause_for;
  session.interrupted = never;
  kmortem_request request = {};
  request.command = command == "waitfor" ? KMORTEM_WAITFOR : KMORTEM_REPORT;
  request.json = command == "report" ? 1 : 0;
  request.cpu = -1;
  kmortem_answer answer = {};
  if (kmortem_run(&session, &request, &answer) != KMORTEM_ANSWERED) {
    std::fprintf(stderr, "%s\n", answer.text);
    return 1;
  }
  std::fwrite(answer.text, 1, answer.size, stdout);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) return 2;
  auto opened = kmortem::dump::DumpFile::open(std::string(argv[2]));
  if (!opened) return 2;
  dump = std::move(*opened);
  if (argc > 4) {
    const auto physical = dump->translate(std::strtoull(argv[4], nullptr, 0));
    if (!physical) return 2;
    growing = *physical;
  }
  return answer(argv[1], argv[2], argv[3]);
}
