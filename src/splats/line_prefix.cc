// SPDX-License-Identifier: GPL-3.0-or-later
#include "splats/line_prefix.h"

#include <array>

#include "splats/words.h"

namespace kmortem::splats {

namespace {

constexpr uint64_t kMicrosecond = 1000;

// "\x1b[32m" and the like; other control characters but tabs go too.
std::string without_escapes(std::string_view line) {
  std::string text;
  text.reserve(line.size());
  for (size_t i = 0; i < line.size(); ++i) {
    const auto c = static_cast<unsigned char>(line[i]);
    if (c == 0x1b) {
      if (i + 1 < line.size() && line[i + 1] == '[') {
        i += 2;
        while (i < line.size() && (line[i] < '@' || line[i] > '~')) ++i;
      } else {
        ++i;
      }
      continue;
    }
    if (c >= 0x20 || c == '\t') text += line[i];
  }
  return text;
}

// Extended netconsole and /dev/kmsg write what is not printable as "\x09".
std::string unescaped(std::string_view text) {
  std::string plain;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 3 < text.size() && text[i + 1] == 'x' && is_hex(text[i + 2]) &&
        is_hex(text[i + 3])) {
      std::string_view digits = text.substr(i + 2, 2);
      plain += static_cast<char>(take_hex(digits).value_or(' '));
      i += 3;
    } else {
      plain += text[i];
    }
  }
  return plain;
}

void skip_blanks(std::string_view& text) {
  const size_t begin = text.find_first_not_of(" \t");
  text.remove_prefix(begin == std::string_view::npos ? text.size() : begin);
}

// "[   12.345678]", with "@1" or ",1" for the CPU in some vendors' kernels. `text` stands on '['.
bool take_printk_time(std::string_view& text, PrefixedLine& line) {
  std::string_view rest = text;
  if (!take(rest, "[")) return false;
  skip_blanks(rest);
  const auto seconds = take_number(rest);
  if (!seconds || !take(rest, ".")) return false;
  const size_t digits = rest.size();
  const auto fraction = take_number(rest);
  if (!fraction || digits - rest.size() != 6) return false;
  if (take(rest, "@") || take(rest, ",")) {
    take(rest, "c");
    take_number(rest);
  }
  if (!take(rest, "]")) return false;
  constexpr uint64_t kMost = UINT64_MAX / 1'000'000'000 - 1;
  if (*seconds <= kMost) {
    line.time_ns = *seconds * 1'000'000'000 + *fraction * kMicrosecond;
  }
  text = rest;
  return true;
}

// "[  T943]", "[    C1]".
bool take_caller(std::string_view& text, PrefixedLine& line) {
  std::string_view rest = text;
  skip_blanks(rest);
  if (!take(rest, "[")) return false;
  skip_blanks(rest);
  if (rest.empty() || (rest[0] != 'T' && rest[0] != 'C')) return false;
  const char kind = rest[0];
  rest.remove_prefix(1);
  const auto number = take_number(rest);
  if (!number || !take(rest, "]")) return false;
  line.caller = kind + std::to_string(*number);
  text = rest;
  return true;
}

// "[0:        swapper:    0]" and "-(0)[1:swapper]" of Android vendors.
void take_vendor_caller(std::string_view& text) {
  std::string_view rest = text;
  if (take(rest, "-(")) {
    if (!take_number(rest) || !take(rest, ")")) return;
  } else {
    skip_blanks(rest);
  }
  if (!take(rest, "[") || !take_number(rest) || !take(rest, ":")) return;
  const size_t end = rest.find(']');
  constexpr size_t kLongest = 40;
  if (end == std::string_view::npos || end > kLongest) return;
  text = rest.substr(end + 1);
}

// "<4>", "<12>".
bool take_level(std::string_view& text) {
  std::string_view rest = text;
  if (!take(rest, "<") || !take_number(rest) || !take(rest, ">")) return false;
  text = rest;
  return true;
}

bool take_clock(std::string_view& text) {
  std::string_view rest = text;
  for (int part = 0; part < 3; ++part) {
    if (part != 0 && !take(rest, ":")) return false;
    const size_t before = rest.size();
    if (!take_number(rest) || before - rest.size() != 2) return false;
  }
  if (take(rest, ".") || take(rest, ",")) take_number(rest);
  if (take(rest, "Z")) {
  } else if (take(rest, "+") || take(rest, "-")) {
    take_number(rest);
    if (take(rest, ":")) take_number(rest);
  }
  text = rest;
  return true;
}

bool is_month(std::string_view word) {
  constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  for (const std::string_view month : kMonths) {
    if (word == month) return true;
  }
  return false;
}

// "Apr  9 16:20:26 ", "Apr  9 2024 16:20:26 ", with a day of the week before or a year behind.
bool take_date(std::string_view& text) {
  std::string_view rest = text;
  if (!is_month(rest.substr(0, 3)) && rest.size() > 4 && rest[3] == ' ') rest.remove_prefix(4);
  if (!is_month(rest.substr(0, 3))) return false;
  rest.remove_prefix(3);
  skip_blanks(rest);
  if (!take_number(rest)) return false;
  skip_blanks(rest);
  std::string_view clock = rest;
  if (!take_clock(clock)) {
    if (!take_number(rest)) return false;
    skip_blanks(rest);
    clock = rest;
    if (!take_clock(clock)) return false;
  }
  text = clock;
  return true;
}

// "2025-05-12T22:29:47.022594+02:00 ".
bool take_iso_time(std::string_view& text) {
  std::string_view rest = text;
  const size_t before = rest.size();
  if (!take_number(rest) || before - rest.size() != 4 || !take(rest, "-")) return false;
  if (!take_number(rest) || !take(rest, "-") || !take_number(rest)) return false;
  if (!take(rest, "T") && !take(rest, " ")) return false;
  if (!take_clock(rest)) return false;
  text = rest;
  return true;
}

// dmesg -T: "[Tue Jan  2 03:04:05 2024]"; dmesg -d: "[  +0.000003]".
bool take_bracketed_date(std::string_view& text) {
  std::string_view rest = text;
  if (!take(rest, "[")) return false;
  skip_blanks(rest);
  if (take(rest, "+") || take(rest, "<")) {
    skip_blanks(rest);
    if (!take_number(rest) || !take(rest, ".") || !take_number(rest)) return false;
    take(rest, ">");
  } else {
    if (!take_date(rest) && !take_iso_time(rest)) return false;
    skip_blanks(rest);
    take_number(rest);
  }
  if (!take(rest, "]")) return false;
  text = rest;
  return true;
}

// "host kernel: ", "kern.warn kernel: ", "kernel[0]: ": the tag is at most three words on.
bool take_kernel_tag(std::string_view& text, size_t words) {
  std::string_view rest = text;
  skip_blanks(rest);
  for (size_t word = 0; word <= words; ++word) {
    std::string_view tag = rest;
    if (take(tag, "kernel:")) {
      text = tag;
      return true;
    }
    if (take(tag, "kernel[") && take_number(tag) && take(tag, "]:")) {
      text = tag;
      return true;
    }
    const size_t blank = rest.find(' ');
    if (blank == std::string_view::npos) return false;
    rest.remove_prefix(blank);
    skip_blanks(rest);
  }
  return false;
}

// "6,1203,68061094,-,caller=T3118;": level, sequence, microseconds, flag, then fields.
bool take_extended(std::string_view& text, PrefixedLine& line) {
  std::string_view rest = text;
  skip_blanks(rest);
  if (!take_number(rest) || !take(rest, ",") || !take_number(rest) || !take(rest, ","))
    return false;
  const auto microseconds = take_number(rest);
  if (!microseconds || !take(rest, ",") || rest.empty()) return false;
  const char flag = rest[0];
  if (flag != '-' && flag != 'c' && flag != '+') return false;
  const size_t end = rest.find(';');
  constexpr size_t kLongest = 80;
  if (end == std::string_view::npos || end > kLongest) return false;
  if (const auto caller = behind(rest.substr(0, end), "caller=")) {
    line.caller = std::string(caller->substr(0, caller->find(',')));
  }
  if (*microseconds < UINT64_MAX / kMicrosecond) line.time_ns = *microseconds * kMicrosecond;
  line.fragment = flag != '-';
  text = rest.substr(end + 1);
  return true;
}

// Behind a date stands "host kernel:" or "host " and netconsole's fields; or nothing at all.
bool take_host(std::string_view& text, PrefixedLine& line) {
  constexpr size_t kWordsBefore = 3;
  if (take_kernel_tag(text, kWordsBefore)) return false;
  if (take_extended(text, line)) return true;
  std::string_view rest = text;
  skip_blanks(rest);
  const size_t blank = rest.find(' ');
  if (blank == std::string_view::npos) return false;
  rest.remove_prefix(blank);
  if (!take_extended(rest, line)) return false;
  text = rest;
  return true;
}

// Where another program wrote on the console before the kernel did.
void skip_to_time(std::string_view& text, PrefixedLine& line) {
  for (size_t at = text.find('['); at != std::string_view::npos; at = text.find('[', at + 1)) {
    std::string_view rest = text.substr(at);
    if (!take_printk_time(rest, line)) continue;
    text = rest;
    return;
  }
}

bool take_one(std::string_view& text, PrefixedLine& line, bool& extended) {
  if (take_level(text)) return true;
  if (take_printk_time(text, line)) {
    take_kernel_tag(text, 1);  // journalctl -o short-monotonic: "[   12.345678] host kernel: "
    return true;
  }
  if (take_caller(text, line) || take_bracketed_date(text)) return true;
  if (take_date(text) || take_iso_time(text)) {
    extended = take_host(text, line);
    return true;
  }
  if (!line.time_ns && take_extended(text, line)) {
    extended = true;
    return true;
  }
  return take_kernel_tag(text, 0);
}

}  // namespace

PrefixedLine read_prefix(std::string_view raw) {
  PrefixedLine line;
  const std::string clean = without_escapes(raw);
  std::string_view text = clean;
  while (text.starts_with("> ") || text == ">") text.remove_prefix(text.size() > 1 ? 2 : 1);
  std::string_view rest = text;
  bool extended = false;
  constexpr int kMostParts = 6;
  for (int part = 0; part < kMostParts && !extended; ++part) {
    std::string_view next = rest;
    skip_blanks(next);
    if (!take_one(next, line, extended)) break;
    line.prefixed = true;
    rest = next;
  }
  if (!line.time_ns && !extended) {
    std::string_view later = rest;
    skip_to_time(later, line);
    if (line.time_ns) {
      line.prefixed = true;
      rest = later;
      take_caller(rest, line);
    }
  }
  if (!line.prefixed) rest = text;
  if (line.prefixed && !extended) {
    take_vendor_caller(rest);
    take(rest, " ");
  }
  line.text = extended ? unescaped(rest) : std::string(rest);
  return line;
}

}  // namespace kmortem::splats
