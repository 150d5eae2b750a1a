// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/html_page.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>

#include "report/html_assets.h"
#include "report/html_text.h"

namespace kmortem::report {

namespace {

constexpr size_t kDigestBytes = 32;
constexpr std::string_view kBase64 =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

// Three bytes as four characters; `used` of them count, the rest is padding.
std::string base64_group(std::array<uint8_t, 3> bytes, size_t used) {
  const unsigned bits = bytes[0] << 16U | bytes[1] << 8U | bytes[2];
  std::string text;
  for (size_t i = 0; i < 4; ++i) {
    text += i <= used ? kBase64[bits >> (18U - 6U * i) & 0x3fU] : '=';
  }
  return text;
}

std::string policy() {
  return fmt::format(
      "default-src 'none'; style-src '{}'; script-src '{}'; base-uri 'none'; form-action 'none'",
      policy_digest(page_style_digest()), policy_digest(page_script_digest()));
}

}  // namespace

std::string policy_digest(std::string_view sha256_hex) {
  if (sha256_hex.size() != 2 * kDigestBytes) return {};
  std::array<uint8_t, kDigestBytes + 1> bytes{};  // one more: the last group is not full
  for (size_t i = 0; i < kDigestBytes; ++i) {
    const char* start = sha256_hex.data() + 2 * i;
    const auto [end, error] = std::from_chars(start, start + 2, bytes[i], 16);
    if (error != std::errc() || end != start + 2) return {};
  }
  std::string text = "sha256-";
  for (size_t i = 0; i < kDigestBytes; i += 3) {
    text +=
        base64_group({bytes[i], bytes[i + 1], bytes[i + 2]}, std::min<size_t>(kDigestBytes - i, 3));
  }
  return text;
}

std::string html_page(std::string_view title, std::string_view body) {
  return fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"{}\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<meta name=\"color-scheme\" content=\"light dark\">\n"
      "<meta name=\"generator\" content=\"kmortem {}\">\n"
      "<title>{}</title>\n<style>{}</style>\n</head>\n<body>\n{}"
      "<script>{}</script>\n</body>\n</html>\n",
      policy(), KMORTEM_VERSION, html_text(title), page_style(), body, page_script());
}

}  // namespace kmortem::report
