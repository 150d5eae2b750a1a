// SPDX-License-Identifier: GPL-3.0-or-later
// Writes what the fuzzers start from: small valid inputs of every form, FOLDER/TARGET/NAME.
#include <filesystem>
#include <fstream>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "debuginfo/kernel_debuginfo.h"
#include "dump/containers.h"
#include "dump/fake_machine.h"
#include "lockdep_image.h"
#include "log_image.h"
#include "splats/sample_log.h"

namespace kmortem::test {
namespace {

namespace fs = std::filesystem;

void save(const fs::path& path, std::span<const std::byte> bytes, std::string_view head = "") {
  fs::create_directories(path.parent_path());
  std::ofstream out(path, std::ios::binary);
  out << head;
  out.write(reinterpret_cast<const char*>(bytes.data()),
            static_cast<std::streamsize>(bytes.size()));
}

/// The machine without the pages that only hold its pattern.
FakeMachine small_machine(int levels) {
  FakeMachine machine(levels);
  std::erase_if(machine.memory.pages, [](const auto& entry) {
    const auto& [address, page] = entry;
    uint64_t word = 0;
    memcpy(&word, page.data() + 8, sizeof word);
    return word == FakeMachine::pattern(address + 8) && address % 0x100000 != 0;
  });
  return machine;
}

void dumps(const fs::path& folder) {
  for (const int levels : {4, 5}) {
    const FakeMachine machine = small_machine(levels);
    const auto notes = machine.notes(true, true);
    const std::string suffix = std::to_string(levels);
    save(folder / "dump" / ("elf" + suffix), make_elf(machine.memory, {.notes = notes}));
    const auto kdump = make_kdump(machine.memory, {.notes = notes});
    save(folder / "dump" / ("kdump" + suffix), kdump);
    save(folder / "notes" / ("notes" + suffix), notes);
    const std::string text = machine.vmcoreinfo();
    save(folder / "notes" / ("text" + suffix), std::as_bytes(std::span(text)));
    save(folder / "dump" / ("flat" + suffix), flatten(kdump, 8192));
  }
  std::vector<std::byte> file(600);
  for (size_t i = 0; i < file.size(); ++i) file[i] = static_cast<std::byte>(i);
  save(folder / "flattened" / "three", flatten(file, 256));
  save(folder / "flattened" / "empty", stream_header().data());
}

void lockdep(const fs::path& folder) {
  for (uint8_t which = 0; which < std::size(kEras); ++which) {
    LockdepKernel kernel(kEras[which]);
    kernel.memory.map(LockdepKernel::kTask, 256);
    for (unsigned i = 0; i < 4; ++i)
      kernel.add_class(i, std::string(1, static_cast<char>('a' + i)), kernel.key_of(i));
    kernel.set(kernel.class_at(0), "lock_class.usage_mask", 0b0110'0101);
    kernel.add_dependency(0, 0, 1, true);
    kernel.add_dependency(1, 1, 0, false);
    kernel.add_dependency(2, 1, 2, true);
    const uint16_t first = kernel.bitmaps() ? 0 : 1;
    kernel.add_chain(0, 0, 0, {first, static_cast<uint16_t>(first + 1)}, 0);
    kernel.add_trace(10, {0xffffffff81000010, 0xffffffff81000020});
    kernel.set(LockdepKernel::kTask, "task_struct.lockdep_depth", 1);
    kernel.set(LockdepKernel::kTask + 64, "held_lock.class_idx", 1);
    kernel.set(LockdepKernel::kTask + 64, "held_lock.instance", kernel.key_of(2));
    save(folder / "lockdep" / std::to_string(which), taken(kernel.memory, lockdep_regions(kernel)),
         std::string(1, static_cast<char>(which)));
  }
}

void logs(const fs::path& folder) {
  for (const char ringbuffer : {'\0', '\1'}) {
    LogImage image = filled_log(ringbuffer != 0);
    save(folder / "log" / (ringbuffer != 0 ? "ringbuffer" : "bytes"),
         taken(image.kernel.memory, image.regions), std::string(1, ringbuffer));
  }
}

// A whole report by two ways to a file, and the line that heads each other kind.
void splats(const fs::path& folder) {
  const std::string report(splats::testing::kCircular);
  save(folder / "splats" / "plain", {}, report);
  save(folder / "splats" / "stamped", {}, splats::testing::stamped(report, "[  T412]"));
  save(folder / "splats" / "titles", {},
       "Oct  3 06:48:30 host kernel: BUG: spinlock bad magic on CPU#0, x/20513\n"
       "<4>[    1.000001][    C1] watchdog: BUG: soft lockup - CPU#1 stuck for 22s! [x:1]\n"
       "3,1,2,-,caller=T1;INFO: task x:12 blocked for more than 120 seconds.\n"
       "> [    1.000002] rcu: INFO: rcu_sched detected stalls on CPUs/tasks: { 1}\n"
       "[ INFO: hard-safe -> hard-unsafe lock order detected ]\n");
}

bool debuginfo(const fs::path& folder, const fs::path& images) {
  fs::create_directories(folder / "vmlinux");
  fs::create_directories(folder / "profile");
  for (const char* name : {"dwarf5", "dwarf4", "compressed", "clang", "dwz"}) {
    const fs::path image = images / name;
    fs::copy_file(image, folder / "vmlinux" / name, fs::copy_options::overwrite_existing);
    auto opened =
        debuginfo::open_vmlinux(image, {.use_cache = false, .cache_dir = "", .debug_dirs = {}});
    if (!opened) return false;
    for (const bool compact : {true, false}) {
      const auto path = folder / "profile" / (name + std::string(compact ? "-compact" : ""));
      if (!debuginfo::write_profile(**opened, path, compact)) return false;
    }
  }
  return true;
}

}  // namespace
}  // namespace kmortem::test

int main(int count, char** arguments) {
  using namespace kmortem::test;
  if (count != 3) return 2;
  dumps(arguments[1]);
  lockdep(arguments[1]);
  logs(arguments[1]);
  splats(arguments[1]);
  return debuginfo(arguments[1], arguments[2]) ? 0 : 1;
}
