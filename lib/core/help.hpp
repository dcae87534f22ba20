// SPDX-License-Identifier: Apache-2.0
// What --help looks like: the user's words only, none of the option parser's.
#pragma once

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tbgw {

/// Lays out --help. An option shows its type, or the words it takes as a|b|c, and its default.
class HelpFormatter : public CLI::Formatter {
 public:
  /// `usage`: the forms of the command line, where the parser cannot tell them; none = its own.
  explicit HelpFormatter(std::vector<std::string> usage = {}) : usage_(std::move(usage)) {}

  std::string make_usage(const CLI::App* app, std::string name) const override;
  std::string make_option(const CLI::Option* option, bool is_positional) const override;

 private:
  std::vector<std::string> usage_;
};

/// The end of --help: these command lines, and where the full manual is.
void show_examples(CLI::App& app, std::initializer_list<std::string_view> examples);
/// Forms of the command line for "Usage:", after declare_common().
void show_usage(CLI::App& app, std::vector<std::string> forms);

}  // namespace tbgw
