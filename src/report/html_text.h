// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace kmortem::report {

/// Text of a dump as HTML text or as an attribute's value between double quotes: control
/// characters and bytes that are not UTF-8 are spelt out, and nothing is left that HTML reads.
std::string html_text(std::string_view text, bool keep_lines = false);

/// <code>…</code> around the text; nothing when it is empty.
std::string html_code(std::string_view text);

/// The same, never broken over lines: a short name, a release, an address.
std::string html_word(std::string_view text);

/// <span class="KIND">…</span> around text that is not HTML yet.
std::string html_span(std::string_view kind, std::string_view text);

/// Paragraphs, separated by empty lines; a paragraph whose lines begin with a blank is laid out by
/// its author and becomes <pre>.
std::string html_paragraphs(std::string_view text);

/// The address of a file beside the page, for href="…": everything but plain path characters is
/// encoded, so that no name can be a scheme or a host.
std::string html_href(std::string_view path);

/// "2026-01-31 12:00" in UTC, with the ISO form for machines; a dash when `seconds` is not a time.
std::string html_time(int64_t seconds);

}  // namespace kmortem::report
