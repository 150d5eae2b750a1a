// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>

namespace kmortem::report {

/// Names and what stands for them: "bash" is "task-3" wherever it appears.
class Pseudonyms {
 public:
  explicit Pseudonyms(std::string prefix) : prefix_(std::move(prefix)) {}

  /// The pseudonym of `name`, a new one the first time. Empty for an empty name.
  std::string of(std::string_view name);
  /// `name` is never replaced.
  void keep(std::string_view name) { kept_.emplace(name); }
  bool keeps(std::string_view name) const { return kept_.contains(name); }

  /// `text` with every known name that stands there as a word of its own replaced. With
  /// `distinctive_only` the names that could be a word of a sentence ("sleep") stay.
  std::string replace_words(std::string_view text, bool distinctive_only = false) const;

 private:
  using Names = std::map<std::string, std::string, std::less<>>;
  Names::const_iterator longest_at(std::string_view text, size_t at, bool distinctive_only) const;

  std::string prefix_;
  Names names_;
  std::set<std::string, std::less<>> kept_;
  std::set<char> starts_;  // what a name can begin with
  size_t longest_ = 0;
};

/// `text` with each absolute path ("/usr/bin/x") replaced by its pseudonym.
std::string replace_paths(std::string_view text, Pseudonyms& files);

/// `text` with each word that has an @ within ("user@host") replaced.
std::string replace_addresses(std::string_view text);

}  // namespace kmortem::report
