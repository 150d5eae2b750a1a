// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace kmortem::report {

/// One cell: HTML to show, and what the column is sorted by when that is not the text itself.
struct HtmlCell {
  std::string html;
  std::string sort_by;  ///< plain text; numbers are compared as numbers

  static HtmlCell text(std::string_view text);
  static HtmlCell code(std::string_view text);
  static HtmlCell word(std::string_view text);
  static HtmlCell number(uint64_t value);
  /// A number where there is one; an empty cell, sorted last, where it is 0.
  static HtmlCell count(uint64_t value);
  static HtmlCell time(int64_t seconds);
};

struct HtmlColumn {
  std::string title;
  bool numeric = false;  ///< right-aligned
};

/// A table that the page's script makes sortable by a click on a column's title; without the script
/// it is a table.
class HtmlTable {
 public:
  /// `id` is unique on the page; `caption` says what the table holds, for those who do not see it.
  HtmlTable(std::string id, std::string caption, std::vector<HtmlColumn> columns);

  /// Adds a row of as many cells as there are columns. `kind` is a CSS class, or empty.
  void add(const std::vector<HtmlCell>& cells, std::string_view kind = {});

  size_t rows() const { return rows_; }
  std::string html() const;

 private:
  std::string id_;
  std::string caption_;
  std::vector<HtmlColumn> columns_;
  std::string body_;
  size_t rows_ = 0;
};

}  // namespace kmortem::report
