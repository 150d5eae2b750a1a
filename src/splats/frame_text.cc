// SPDX-License-Identifier: GPL-3.0-or-later
#include "splats/frame_text.h"

#include <algorithm>
#include <array>

#include "splats/words.h"

namespace kmortem::splats {

namespace {

constexpr size_t kLongestName = 512;

bool is_symbol(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '.' ||
         c == '$';
}

// "[mod]", with its build-id behind the name where the kernel prints that (5.14 on).
std::string module_behind(std::string_view text) {
  text = trimmed(text);
  if (!take(text, "[") || text.starts_with("<")) return {};
  const size_t end = text.find_first_of(" ]");
  const std::string_view name = text.substr(0, end);
  const bool fine =
      end != std::string_view::npos && !name.empty() &&
      std::all_of(name.begin(), name.end(), [](char c) { return is_symbol(c) || c == '-'; });
  return fine ? std::string(name) : std::string();
}

struct Found {
  model::Frame frame;
  size_t begin = 0;  ///< of the name
  size_t end = 0;    ///< behind the size
};

std::optional<Found> symbol_at(std::string_view text, size_t plus) {
  Found found;
  found.begin = plus;
  while (found.begin > 0 && is_symbol(text[found.begin - 1])) --found.begin;
  if (found.begin == plus || plus - found.begin > kLongestName) return std::nullopt;
  std::string_view rest = text.substr(plus + 3);
  const auto offset = take_hex(rest);
  if (!offset || !take(rest, "/0x")) return std::nullopt;
  const auto size = take_hex(rest);
  if (!size) return std::nullopt;
  found.frame.function = std::string(text.substr(found.begin, plus - found.begin));
  found.frame.offset = *offset;
  found.frame.function_size = *size;
  found.frame.module = module_behind(rest);
  found.end = text.size() - rest.size();
  return found;
}

std::optional<Found> find_symbol(std::string_view text, size_t from) {
  for (size_t plus = text.find("+0x", from); plus != std::string_view::npos;
       plus = text.find("+0x", plus + 3)) {
    if (auto found = symbol_at(text, plus)) return found;
  }
  return std::nullopt;
}

// The last "[<c00471b4>]" or "[c000…]" in `before`.
uint64_t address_in(std::string_view before) {
  const size_t open = before.rfind('[');
  if (open == std::string_view::npos) return 0;
  std::string_view rest = before.substr(open + 1);
  take(rest, "<");
  const auto address = take_hex(rest);
  return address && (rest.starts_with(">]") || rest.starts_with("]")) ? *address : 0;
}

// What may stand before a frame's name in a stack: addresses, marks, and little else.
bool fits_before_name(std::string_view before) {
  before = trimmed(before);
  take(before, "Call Trace:");
  take(before, "Call trace:");
  return std::all_of(before.begin(), before.end(), [](char c) {
    return is_hex(c) || c == '[' || c == ']' || c == '<' || c == '>' || c == '(' || c == ')' ||
           c == '?' || c == '.' || c == ' ' || c == 'x' || c == '\t' || c == '!';
  });
}

model::Frame at_address(uint64_t pc) {
  model::Frame frame;
  frame.pc = pc;
  return frame;
}

// "[<00007fd6d37761ea>] 0x7fd6d37761ea": an address that no symbol covers.
std::optional<model::Frame> bare_address(std::string_view text) {
  std::string_view rest = trimmed(text);
  if (std::string_view plain = rest; take(plain, "? 0x") || take(plain, "0x")) {
    const auto address = take_hex(plain);
    if (address && plain.empty() && *address != 0) return at_address(*address);
    return std::nullopt;
  }
  if (!take(rest, "[<")) return std::nullopt;
  const auto pc = take_hex(rest);
  if (!pc || !take(rest, ">]")) return std::nullopt;
  rest = trimmed(rest);
  take(rest, "? ");
  if (!take(rest, "0x") || !take_hex(rest) || !trimmed(rest).empty()) return std::nullopt;
  return at_address(*pc);
}

// Where the CPU stood, on x86, ARM, arm64, RISC-V and PowerPC; a user's RIP has no symbol.
std::optional<model::Frame> interrupted_frame(std::string_view text) {
  constexpr std::array<std::string_view, 8> kHeads = {
      "RIP: ", "EIP is at ", "PC is at ", "pc : ", "epc : ", "RIP  ", "NIP [", "PC: "};
  const bool known = std::any_of(kHeads.begin(), kHeads.end(),
                                 [&](std::string_view head) { return text.starts_with(head); });
  if (!known) return std::nullopt;
  auto found = find_symbol(text, 0);
  if (!found) return std::nullopt;
  found->frame.interrupted = true;
  found->frame.found_by = model::FoundBy::registers;
  found->frame.pc = address_in(text.substr(0, found->begin));
  return found->frame;
}

// "f from g+0x1/0x2", as ARM prints since 5.18: the caller is the frame.
void take_caller_of(std::string_view text, model::Stack& stack) {
  const size_t from = text.find(" from ");
  if (from == std::string_view::npos) return;
  const std::string_view callee = text.substr(0, from);
  if (callee.empty() || !std::all_of(callee.begin(), callee.end(), is_symbol)) return;
  if (const auto found = find_symbol(text, from)) {
    model::Frame first;
    first.function = std::string(callee);
    stack = {first, found->frame};
  }
}

bool is_stack_words(std::string_view text) {
  size_t words = 0;
  while (!text.empty()) {
    const size_t end = text.find(' ');
    std::string_view word = text.substr(0, end);
    if (word.ends_with(":")) word.remove_suffix(1);
    take(word, "<");
    if (word.ends_with(">")) word.remove_suffix(1);
    if (!word.empty()) {
      if (word.size() < 2 || !std::all_of(word.begin(), word.end(), is_hex)) return false;
      ++words;
    }
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return words >= 2;
}

}  // namespace

std::optional<model::Frame> first_frame(std::string_view text) {
  if (auto found = find_symbol(text, 0)) {
    found->frame.pc = address_in(text.substr(0, found->begin));
    return found->frame;
  }
  return bare_address(text);
}

model::Stack stack_line(std::string_view text) {
  model::Stack stack;
  text = trimmed(text);
  if (const auto stood = interrupted_frame(text)) return {*stood};
  const auto found = find_symbol(text, 0);
  if (!found) {
    if (const auto bare = bare_address(text)) stack.push_back(*bare);
    if (!stack.empty() && text.find('?') != std::string_view::npos) {
      stack[0].found_by = model::FoundBy::scan;
    }
    return stack;
  }
  const std::string_view before = text.substr(0, found->begin);
  if (!fits_before_name(before)) {
    take_caller_of(text, stack);
    return stack;
  }
  model::Frame frame = found->frame;
  frame.pc = address_in(before);
  if (before.find('?') != std::string_view::npos) frame.found_by = model::FoundBy::scan;
  stack.push_back(frame);
  // ARM: "[<c0014990>] (f+0x0/0xf4) from [<c005ccb8>] (g+0x14f8/0x1b98)".
  if (text.find(" from ", found->end) == std::string_view::npos) return stack;
  if (auto caller = find_symbol(text, found->end)) {
    caller->frame.pc = address_in(text.substr(0, caller->begin));
    stack.push_back(caller->frame);
  }
  return stack;
}

bool is_stack_company(std::string_view text) {
  constexpr std::array<std::string_view, 42> kHeads = {"Call Trace:",
                                                       "Call trace:",
                                                       "Backtrace:",
                                                       "Stack:",
                                                       "Stack :",
                                                       "Stack from",
                                                       "Code:",
                                                       "RIP:",
                                                       "RIP ",
                                                       "RSP:",
                                                       "RAX:",
                                                       "RDX:",
                                                       "RBP:",
                                                       "R10:",
                                                       "R13:",
                                                       "FS:",
                                                       "CS:",
                                                       "CR0:",
                                                       "CR2:",
                                                       "DR0:",
                                                       "DR3:",
                                                       "PKRU:",
                                                       "EIP:",
                                                       "EIP is at",
                                                       "EAX:",
                                                       "ESI:",
                                                       "DS:",
                                                       "DR6:",
                                                       "Hardware name:",
                                                       "Modules linked",
                                                       "Workqueue:",
                                                       "task:",
                                                       "pc :",
                                                       "lr :",
                                                       "sp :",
                                                       "pstate:",
                                                       "Exception stack(",
                                                       "Tainted: [",
                                                       "PC is at",
                                                       "LR is at",
                                                       "Krnl ",
                                                       "Process "};
  constexpr std::array<std::string_view, 8> kMarks = {"<TASK>", "</TASK>", "<IRQ>",  "</IRQ>",
                                                      "<EOI>",  "<NMI>",   "</NMI>", "<SOFTIRQ>"};
  text = trimmed(text);
  if (text.empty() || text == "...") return true;
  for (const std::string_view head : kHeads) {
    if (text.starts_with(head)) return true;
  }
  for (const std::string_view mark : kMarks) {
    if (text.starts_with(mark)) return true;
  }
  // "x29: ffff…", "r7:0000 r6:…", "r8 = 00000001".
  const bool lower_register = (text[0] == 'x' || text[0] == 'r') && text.size() > 4 &&
                              is_digit(text[1]) && text.find_first_of(":=") < 6;
  return lower_register || is_stack_words(text);
}

bool is_broken_frame(std::string_view text) {
  text = trimmed(text);
  if (!take(text, "? ")) return false;
  return text.find("+0x") == std::string_view::npos && !text.starts_with("0x");
}

}  // namespace kmortem::splats
