// SPDX-License-Identifier: Apache-2.0
#include "core/regex.hpp"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <array>

#include "core/text.hpp"

namespace tbgw {
namespace {

// A match that needs more than this is no match anybody meant: some milliseconds of work.
constexpr std::uint32_t kMatchLimit = 100'000;
constexpr std::uint32_t kDepthLimit = 10'000;
constexpr std::uint32_t kHeapLimitKiB = 4096;

struct CodeFree {
  void operator()(pcre2_code* code) const { pcre2_code_free(code); }
};
struct DataFree {
  void operator()(pcre2_match_data* data) const { pcre2_match_data_free(data); }
};
struct ContextFree {
  void operator()(pcre2_match_context* context) const { pcre2_match_context_free(context); }
};

std::string message_of(int error) {
  std::array<PCRE2_UCHAR, 160> text{};
  pcre2_get_error_message(error, text.data(), text.size());
  std::string out;
  for (const PCRE2_UCHAR c : text) {
    if (c == 0) break;
    out += static_cast<char>(c);
  }
  return out;
}

PCRE2_SPTR code_units(std::string_view text) {
  // A null pointer is refused even for a length of 0.
  return reinterpret_cast<PCRE2_SPTR>(text.data() == nullptr ? "" : text.data());
}

std::vector<std::string> names_of(const pcre2_code* code) {
  std::uint32_t groups = 0;
  std::uint32_t count = 0;
  std::uint32_t size = 0;
  PCRE2_SPTR table = nullptr;
  pcre2_pattern_info(code, PCRE2_INFO_CAPTURECOUNT, &groups);
  pcre2_pattern_info(code, PCRE2_INFO_NAMECOUNT, &count);
  pcre2_pattern_info(code, PCRE2_INFO_NAMEENTRYSIZE, &size);
  pcre2_pattern_info(code, PCRE2_INFO_NAMETABLE, &table);
  std::vector<std::string> names(groups + 1);
  // Each entry: two bytes with the number of the group, then the name and a NUL.
  for (std::uint32_t i = 0; i < count; ++i, table += size) {
    const auto number = static_cast<std::size_t>(table[0] << 8U | table[1]);
    names[number] = reinterpret_cast<const char*>(table + 2);
  }
  return names;
}

}  // namespace

struct Regex::Code {
  std::unique_ptr<pcre2_code, CodeFree> code;
  std::unique_ptr<pcre2_match_data, DataFree> data;
  std::unique_ptr<pcre2_match_context, ContextFree> context;

  /// Groups found, 0 or less: PCRE2's error.
  [[nodiscard]] int run(std::string_view text, std::uint32_t options) const {
    if (!is_utf8(text)) return PCRE2_ERROR_NOMATCH;
    return pcre2_match(code.get(), code_units(text), text.size(), 0, options | PCRE2_NO_UTF_CHECK,
                       data.get(), context.get());
  }
};

Result<Regex> Regex::compile(const std::string& pattern) {
  int error = 0;
  PCRE2_SIZE at = 0;
  auto code = std::make_shared<Code>();
  code->code.reset(
      pcre2_compile(code_units(pattern), pattern.size(), PCRE2_UTF, &error, &at, nullptr));
  if (!code->code) {
    return Error{in_quotes(pattern) + " is no regular expression: " + message_of(error) +
                 ", at character " + std::to_string(at + 1)};
  }
  // Without the compiler (as under some hardened kernels) it is only slower.
  pcre2_jit_compile(code->code.get(), PCRE2_JIT_COMPLETE);
  code->data.reset(pcre2_match_data_create_from_pattern(code->code.get(), nullptr));
  code->context.reset(pcre2_match_context_create(nullptr));
  pcre2_set_match_limit(code->context.get(), kMatchLimit);
  pcre2_set_depth_limit(code->context.get(), kDepthLimit);
  pcre2_set_heap_limit(code->context.get(), kHeapLimitKiB);
  Regex out;
  out.pattern_ = pattern;
  out.names_ = names_of(code->code.get());
  out.code_ = std::move(code);
  return out;
}

Result<std::optional<Regex::Found>> Regex::search(std::string_view text) const {
  const int count = code_->run(text, 0);
  if (count == PCRE2_ERROR_NOMATCH) return std::optional<Found>{};
  if (count <= 0) return Error{"the expression " + in_quotes(pattern_) + ": " + message_of(count)};
  const PCRE2_SIZE* ends = pcre2_get_ovector_pointer(code_->data.get());
  Found found;
  for (std::size_t i = 0; i < names_.size(); ++i) {
    const bool took_part = i < static_cast<std::size_t>(count) && ends[2 * i] != PCRE2_UNSET;
    // \K in a look-around can put the start behind the end.
    const bool whole = took_part && ends[2 * i] <= ends[2 * i + 1];
    found.groups.push_back(whole ? text.substr(ends[2 * i], ends[2 * i + 1] - ends[2 * i])
                                 : std::string_view{});
    if (whole && found.groups.back().data() == nullptr) found.groups.back() = "";
  }
  if (!found.groups.empty()) found.whole = found.groups[0];
  return std::optional<Found>{std::move(found)};
}

bool Regex::matches(std::string_view text) const {
  return code_->run(text, PCRE2_ANCHORED | PCRE2_ENDANCHORED) > 0;
}

}  // namespace tbgw
