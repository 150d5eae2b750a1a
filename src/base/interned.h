// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <string_view>

namespace kmortem {

/// A string that exists once, however many hold it: one pointer wide, copied for free. For names
/// that thousands of objects share, such as those of locks. The strings live as long as the
/// process. May be made in any thread.
class Interned {
 public:
  Interned() : text_(&kEmpty) {}
  Interned(std::string_view text);  // NOLINT: stands wherever a string does
  Interned(const std::string& text) : Interned(std::string_view(text)) {}
  Interned(const char* text) : Interned(std::string_view(text)) {}

  const std::string& str() const { return *text_; }
  operator const std::string&() const { return *text_; }
  operator std::string_view() const { return *text_; }
  bool empty() const { return text_->empty(); }

  friend bool operator==(Interned a, Interned b) { return a.text_ == b.text_; }
  friend bool operator==(Interned a, const std::string& b) { return *a.text_ == b; }
  friend bool operator==(Interned a, const char* b) { return *a.text_ == b; }

 private:
  static const std::string kEmpty;
  const std::string* text_;
};

}  // namespace kmortem
