// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/html_text.h"

#include <fmt/core.h>

#include <algorithm>
#include <cctype>
#include <ctime>

#include "report/printable.h"

namespace kmortem::report {

namespace {

// The blanks that all lines begin with are the text format's indentation.
std::string unindented(std::string_view block) {
  size_t margin = std::string_view::npos;
  for (size_t at = 0; at < block.size();) {
    const size_t end = std::min(block.find('\n', at), block.size());
    const size_t blanks = block.substr(at, end - at).find_first_not_of(' ');
    if (blanks != std::string_view::npos) margin = std::min(margin, blanks);
    at = end + 1;
  }
  std::string text;
  for (size_t at = 0; at < block.size();) {
    const size_t end = std::min(block.find('\n', at), block.size());
    const std::string_view line = block.substr(at, end - at);
    text += line.substr(std::min(margin, line.size()));
    text += '\n';
    at = end + 1;
  }
  return text;
}

std::string paragraph(std::string_view text) {
  if (text.front() != ' ') return fmt::format("<p>{}</p>\n", html_text(text, true));
  return fmt::format("<pre>{}</pre>\n", html_text(unindented(text), true));
}

std::string formatted(const std::tm& parts, const char* format) {
  char text[32];
  return std::strftime(text, sizeof(text), format, &parts) == 0 ? "" : text;
}

}  // namespace

std::string html_text(std::string_view text, bool keep_lines) {
  std::string result;
  for (const char c : printable(text, keep_lines)) {
    switch (c) {
      case '&':
        result += "&amp;";
        break;
      case '<':
        result += "&lt;";
        break;
      case '>':
        result += "&gt;";
        break;
      case '"':
        result += "&quot;";
        break;
      case '\'':
        result += "&#39;";
        break;
      default:
        result += c;
    }
  }
  return result;
}

std::string html_code(std::string_view text) {
  return text.empty() ? "" : fmt::format("<code>{}</code>", html_text(text));
}

std::string html_word(std::string_view text) {
  return text.empty() ? "" : fmt::format("<code class=\"word\">{}</code>", html_text(text));
}

std::string html_span(std::string_view kind, std::string_view text) {
  return fmt::format("<span class=\"{}\">{}</span>", kind, html_text(text));
}

std::string html_paragraphs(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    const size_t end = std::min(text.find("\n\n"), text.size());
    std::string_view block = text.substr(0, end);
    while (!block.empty() && block.front() == '\n') block.remove_prefix(1);
    while (!block.empty() && block.back() == '\n') block.remove_suffix(1);
    if (!block.empty()) result += paragraph(block);
    text.remove_prefix(std::min(end + 2, text.size()));
  }
  return result;
}

std::string html_href(std::string_view path) {
  std::string result = path.starts_with('/') ? "/" : "./";
  path.remove_prefix(std::min(path.find_first_not_of('/'), path.size()));
  for (const char c : path) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = byte < 0x80 && std::isalnum(byte) != 0;
    if (plain || std::string_view("/._-~").find(c) != std::string_view::npos) {
      result += c;
    } else {
      result += fmt::format("%{:02X}", byte);
    }
  }
  return result;
}

std::string html_time(int64_t seconds) {
  const std::time_t time = seconds;
  std::tm parts{};
  if (seconds <= 0 || gmtime_r(&time, &parts) == nullptr) return "–";
  return fmt::format("<time datetime=\"{}\">{}</time>", formatted(parts, "%Y-%m-%dT%H:%M:%SZ"),
                     formatted(parts, "%Y-%m-%d %H:%M"));
}

}  // namespace kmortem::report
