// SPDX-License-Identifier: GPL-3.0-or-later
#include "debuginfo/module_debuginfo.h"

#include <dwarf.h>
#include <elfutils/libdw.h>
#include <elfutils/libdwfl.h>
#include <fcntl.h>

#include <algorithm>
#include <filesystem>
#include <utility>

#include "debuginfo/dwarf_file.h"
#include "debuginfo/source_path.h"

namespace kmortem::debuginfo {

namespace {

constexpr Dwarf_Addr kNotLoaded = static_cast<Dwarf_Addr>(-1);

struct DwflEnd {
  void operator()(Dwfl* dwfl) const { dwfl_end(dwfl); }
};

// libdwfl's callbacks get the ModuleFile through the module's userdata. It is shown the one file
// that has the DWARF, unpacked.
int find_elf(Dwfl_Module*, void** userdata, const char*, Dwarf_Addr, char** file_name, Elf**) {
  const auto* file = static_cast<const ModuleFile*>(*userdata);
  const auto descriptor = file->files.debug->dwarf_descriptor();
  *file_name = nullptr;
  return descriptor ? ::fcntl(*descriptor, F_DUPFD_CLOEXEC, 0) : -1;
}

int no_separate_debuginfo(Dwfl_Module*, void**, const char*, Dwarf_Addr, const char*, const char*,
                          GElf_Word, char**) {
  return -1;
}

int section_address(Dwfl_Module*, void** userdata, const char*, Dwarf_Addr, const char* name,
                    GElf_Word, const GElf_Shdr*, Dwarf_Addr* address) {
  const auto* file = static_cast<const ModuleFile*>(*userdata);
  auto found = std::find_if(file->sections.begin(), file->sections.end(),
                            [&](const ModuleSection& each) { return each.name == name; });
  *address = found == file->sections.end() ? kNotLoaded : found->address;
  return 0;
}

const Dwfl_Callbacks kCallbacks = {
    .find_elf = find_elf,
    .find_debuginfo = no_separate_debuginfo,
    .section_address = section_address,
    .debuginfo_path = nullptr,
};

std::string name_of(Dwarf_Die* die) {
  Dwarf_Attribute attribute;
  const char* name = dwarf_formstring(dwarf_attr_integrate(die, DW_AT_name, &attribute));
  return name == nullptr ? std::string() : name;
}

// Relative to where the module was compiled, to its own folder, or to the tree of the kernel
// headers that it was built against, which DWARF does not name: what lies there begins with arch/
// or include/.
std::string short_path(const char* path, Dwarf_Die* unit) {
  if (path == nullptr) return {};
  std::string full = normal_path(path);
  Dwarf_Attribute attribute;
  const char* compiled_in = dwarf_formstring(dwarf_attr(unit, DW_AT_comp_dir, &attribute));
  const char* source = dwarf_diename(unit);
  const std::string folder =
      source == nullptr ? "" : std::filesystem::path(source).parent_path().string();
  std::string shorter =
      relative_to(full, folder, compiled_in == nullptr ? "" : normal_path(compiled_in));
  if (!shorter.starts_with('/')) return shorter;
  for (const char* headers : {"/arch/", "/include/"}) {
    const size_t at = full.find(headers);
    if (at != std::string::npos) return full.substr(at + 1);
  }
  return full;
}

class DwflModule final : public ModuleDebuginfo {
 public:
  explicit DwflModule(ModuleFile file) : file_(std::move(file)), dwfl_(dwfl_begin(&kCallbacks)) {}

  bool load();
  std::vector<model::Frame> locate(uint64_t pc) override;

 private:
  bool add_alternate(Dwarf* dwarf);
  void add_inlines(Dwarf_Die* unit, Dwarf_Addr pc, model::Frame innermost,
                   std::vector<model::Frame>& frames) const;

  ModuleFile file_;
  std::unique_ptr<DwarfFile> alternate_;
  std::unique_ptr<Dwfl, DwflEnd> dwfl_;
  Dwfl_Module* module_ = nullptr;
};

bool DwflModule::load() {
  if (!dwfl_ || file_.sections.empty()) return false;
  dwfl_report_begin(dwfl_.get());
  module_ = dwfl_report_module(dwfl_.get(), file_.name.c_str(), file_.base,
                               file_.base + std::max<uint64_t>(file_.size, 1));
  if (module_ == nullptr) return false;
  void** userdata = nullptr;
  dwfl_module_info(module_, &userdata, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr);
  *userdata = &file_;
  dwfl_report_end(dwfl_.get(), nullptr, nullptr);
  GElf_Addr bias = 0;
  if (dwfl_module_getelf(module_, &bias) == nullptr) return false;
  Dwarf* dwarf = dwfl_module_getdwarf(module_, &bias);
  return dwarf != nullptr && add_alternate(dwarf);
}

// What dwz moved out of several modules.
bool DwflModule::add_alternate(Dwarf* dwarf) {
  if (file_.files.alternate == nullptr) return true;
  ImageFiles files;
  files.image = files.debug = file_.files.alternate;
  auto opened = DwarfFile::open(files);
  if (!opened) return false;
  alternate_ = std::make_unique<DwarfFile>(std::move(*opened));
  dwarf_setalt(dwarf, alternate_->handle());
  return true;
}

std::vector<model::Frame> DwflModule::locate(uint64_t pc) {
  if (pc == 0) return {};
  // A return address: the call is the instruction before it.
  const Dwarf_Addr inside = pc - 1;
  Dwarf_Addr bias = 0;
  Dwarf_Die* unit = dwfl_module_addrdie(module_, inside, &bias);
  if (unit == nullptr) return {};
  model::Frame innermost;
  innermost.pc = pc;
  if (Dwarf_Line* line = dwarf_getsrc_die(unit, inside - bias)) {
    int number = 0;
    dwarf_lineno(line, &number);
    innermost.file = short_path(dwarf_linesrc(line, nullptr, nullptr), unit);
    innermost.line = static_cast<uint32_t>(number);
  }
  std::vector<model::Frame> frames;
  add_inlines(unit, inside - bias, innermost, frames);
  return frames;
}

// From the innermost scope outwards: an inlined subroutine's call site is where the next frame is.
void DwflModule::add_inlines(Dwarf_Die* unit, Dwarf_Addr pc, model::Frame innermost,
                             std::vector<model::Frame>& frames) const {
  Dwarf_Die* scopes = nullptr;
  const int count = dwarf_getscopes(unit, pc, &scopes);
  const std::unique_ptr<Dwarf_Die, decltype(&free)> owner(scopes, free);
  model::Frame frame = std::move(innermost);
  Dwarf_Files* files = nullptr;
  dwarf_getsrcfiles(unit, &files, nullptr);
  for (int i = 0; i < count; ++i) {
    Dwarf_Die* scope = scopes + i;
    const int tag = dwarf_tag(scope);
    if (tag == DW_TAG_subprogram) {
      frame.function = name_of(scope);
      break;
    }
    if (tag != DW_TAG_inlined_subroutine) continue;
    frame.function = name_of(scope);
    frame.inlined = true;
    frames.push_back(frame);

    frame.inlined = false;
    frame.file.clear();
    frame.line = 0;
    Dwarf_Attribute attribute;
    Dwarf_Word value = 0;
    if (dwarf_formudata(dwarf_attr(scope, DW_AT_call_file, &attribute), &value) == 0) {
      frame.file = short_path(dwarf_filesrc(files, value, nullptr, nullptr), unit);
    }
    if (dwarf_formudata(dwarf_attr(scope, DW_AT_call_line, &attribute), &value) == 0) {
      frame.line = static_cast<uint32_t>(value);
    }
  }
  frames.push_back(std::move(frame));
}

}  // namespace

std::unique_ptr<ModuleDebuginfo> ModuleDebuginfo::open(ModuleFile file) {
  auto module = std::make_unique<DwflModule>(std::move(file));
  if (!module->load()) return nullptr;
  return module;
}

}  // namespace kmortem::debuginfo
