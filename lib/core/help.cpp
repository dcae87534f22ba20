// SPDX-License-Identifier: Apache-2.0
#include "core/help.hpp"

#include <algorithm>
#include <memory>
#include <sstream>
#include <utility>

namespace tbgw {
namespace {

constexpr std::size_t kColumn = 34;  // where the explanations start

/// CLI11 appends what a validator calls itself: "N:POSITIVE", "HOW:{keep,drop}". The words to
/// choose from are worth showing, and then instead of the type.
std::string shown_type(const CLI::Option& option) {
  const std::string name = option.get_type_name();
  const std::size_t colon = name.find(':');
  if (colon == std::string::npos) return name;
  if (name.compare(colon + 1, 1, "{") != 0 || name.back() != '}') return name.substr(0, colon);
  std::string words = name.substr(colon + 2, name.size() - colon - 3);
  std::replace(words.begin(), words.end(), ',', '|');
  return words;
}

}  // namespace

std::string HelpFormatter::make_usage(const CLI::App* app, std::string name) const {
  if (usage_.empty()) return CLI::Formatter::make_usage(app, std::move(name));
  std::string out;
  for (const std::string& form : usage_)
    out.append(out.empty() ? "Usage: " : "       ").append(form).append("\n");
  return out;
}

std::string HelpFormatter::make_option(const CLI::Option* option, bool is_positional) const {
  std::string name = make_option_name(option, is_positional);
  if (option->get_type_size() != 0) {
    const std::string type = is_positional ? "" : shown_type(*option);
    if (!type.empty()) name += " " + type;
    if (!option->get_default_str().empty()) name += "=" + option->get_default_str();
    if (option->get_expected_max() == CLI::detail::expected_max_vector_size) name += " ...";
  }
  std::string text = make_option_desc(option);
  if (!option->get_envname().empty()) text += " (or $" + option->get_envname() + ")";
  std::ostringstream out;
  CLI::detail::format_help(out, name, text, get_column_width());
  return out.str();
}

void show_examples(CLI::App& app, std::initializer_list<std::string_view> examples) {
  std::string footer = "Examples:\n";
  for (const std::string_view example : examples)
    footer.append("  ").append(example).append("\n");
  app.footer(footer + "\nFull manual: man " + app.get_name());
}

void show_usage(CLI::App& app, std::vector<std::string> forms) {
  auto formatter = std::make_shared<HelpFormatter>(std::move(forms));
  formatter->column_width(kColumn);
  app.formatter(std::move(formatter));
}

}  // namespace tbgw
