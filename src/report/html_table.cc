// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/html_table.h"

#include <fmt/core.h>

#include <utility>

#include "report/html_text.h"

namespace kmortem::report {

HtmlCell HtmlCell::text(std::string_view text) {
  return {html_text(text), ""};
}

HtmlCell HtmlCell::code(std::string_view text) {
  return {html_code(text), ""};
}

HtmlCell HtmlCell::word(std::string_view text) {
  return {html_word(text), ""};
}

HtmlCell HtmlCell::number(uint64_t value) {
  return {std::to_string(value), ""};
}

HtmlCell HtmlCell::count(uint64_t value) {
  return value == 0 ? HtmlCell{"", "-1"} : number(value);
}

HtmlCell HtmlCell::time(int64_t seconds) {
  return {html_time(seconds), std::to_string(seconds)};
}

HtmlTable::HtmlTable(std::string id, std::string caption, std::vector<HtmlColumn> columns)
    : id_(std::move(id)), caption_(std::move(caption)), columns_(std::move(columns)) {}

void HtmlTable::add(const std::vector<HtmlCell>& cells, std::string_view kind) {
  ++rows_;
  body_ += kind.empty() ? "<tr>" : fmt::format("<tr class=\"{}\">", kind);
  for (size_t i = 0; i < cells.size() && i < columns_.size(); ++i) {
    body_ += columns_[i].numeric ? "<td class=\"number\"" : "<td";
    if (!cells[i].sort_by.empty()) {
      body_ += fmt::format(" data-sort=\"{}\"", html_text(cells[i].sort_by));
    }
    body_ += fmt::format(">{}</td>", cells[i].html);
  }
  body_ += "</tr>\n";
}

std::string HtmlTable::html() const {
  std::string text = fmt::format(
      "<div class=\"scroll\"><table class=\"sortable\" id=\"{}\">\n"
      "<caption>{}</caption>\n<thead><tr>",
      html_text(id_), html_text(caption_));
  for (const HtmlColumn& column : columns_) {
    text += fmt::format("<th scope=\"col\"{}>{}</th>", column.numeric ? " class=\"number\"" : "",
                        html_text(column.title));
  }
  return text + "</tr></thead>\n<tbody>\n" + body_ + "</tbody></table></div>\n";
}

}  // namespace kmortem::report
