// SPDX-License-Identifier: Apache-2.0
// simdjson's on-demand parser finds the tokens; what it does not check in values that nobody reads
// (numbers, literals, escapes, text behind the end) is checked here.
#include "core/json_view.hpp"

#include <simdjson.h>

#include <charconv>
#include <string>
#include <system_error>
#include <unordered_set>
#include <utility>
#include <vector>

#include "core/line_reader.hpp"

namespace tbgw {
namespace {

namespace ondemand = simdjson::ondemand;
static_assert(kLinePadding >= simdjson::SIMDJSON_PADDING);

/// Why a text was refused; empty = it was not.
using Refusal = std::string_view;

Refusal refusal(simdjson::error_code error) {
  switch (error) {
    case simdjson::SUCCESS:
      return {};
    case simdjson::UTF8_ERROR:
      return "not valid UTF-8";
    case simdjson::UNCLOSED_STRING:
      return "not valid JSON: a string has no end";
    case simdjson::UNESCAPED_CHARS:
      return "not valid JSON: a control character in a string";
    case simdjson::STRING_ERROR:
      return "not valid JSON: a bad escape in a string";
    case simdjson::EMPTY:
      return "an empty line";
    case simdjson::INCORRECT_TYPE:
      return "not a JSON object";
    case simdjson::INCOMPLETE_ARRAY_OR_OBJECT:
      return "not valid JSON: it ends too early";
    default:
      return "not valid JSON";
  }
}

std::string_view without_space(std::string_view text) {
  const auto is_space = [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; };
  while (!text.empty() && is_space(text.back()))
    text.remove_suffix(1);
  return text;
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// Too large for a double (1e400): every reader would make something else of it.
bool is_huge(std::string_view text) {
  double value = 0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool tiny =
      text.find("e-") != std::string_view::npos || text.find("E-") != std::string_view::npos;
  return result.ec == std::errc::result_out_of_range && !tiny;
}

/// RFC 8259 section 6: -? (0 | [1-9][0-9]*) (. [0-9]+)? ([eE] [+-]? [0-9]+)?, and finite.
bool is_number(std::string_view text) {
  std::size_t i = 0;
  const auto digits = [&] {
    const std::size_t start = i;
    while (i < text.size() && is_digit(text[i]))
      ++i;
    return i - start;
  };
  if (i < text.size() && text[i] == '-') ++i;
  const bool zero = i < text.size() && text[i] == '0';
  const std::size_t whole = digits();
  if (whole == 0 || (zero && whole > 1)) return false;
  if (i < text.size() && text[i] == '.') {
    ++i;
    if (digits() == 0) return false;
  }
  const bool exponent = i < text.size() && (text[i] == 'e' || text[i] == 'E');
  if (exponent) {
    ++i;
    if (i < text.size() && (text[i] == '+' || text[i] == '-')) ++i;
    if (digits() == 0) return false;
  }
  return i == text.size() && !((exponent || whole > 300) && is_huge(text));
}

/// A string token without escapes: its text stands in the line as it is. (The index of the first
/// pass has already refused control characters and quotes without an end.)
bool is_plain_string(std::string_view token) {
  return token.size() >= 2 && token.back() == '"' &&
         std::memchr(token.data(), '\\', token.size()) == nullptr;
}

/// A key, unescaped. Keys are short and nearly never escaped: most are views into the line.
Refusal take_key(ondemand::field& field, std::string_view& key) {
  const char* start = field.key().raw();
  const char* end = start;
  while (*end != '"' && *end != '\\')
    ++end;
  if (*end == '\\') return refusal(field.unescaped_key().get(key));
  key = {start, static_cast<std::size_t>(end - start)};
  return {};
}

class Reader {
 public:
  explicit Reader(ondemand::document& document) : document_(document) {}

  /// Checks a value to its depths, and fills in what it is.
  Refusal take(ondemand::value value, JsonMember& member, int depth) {
    ondemand::json_type type{};
    if (const auto error = value.type().get(type)) return refusal(error);
    member.raw = without_space(value.raw_json_token());
    switch (type) {
      case ondemand::json_type::string:
        member.type = JsonType::string;
        if (is_plain_string(member.raw)) {
          member.text = member.raw.substr(1, member.raw.size() - 2);
          return refusal(value.get_raw_json_string().error());
        }
        return refusal(value.get_string().get(member.text));
      case ondemand::json_type::number:
        member.type = JsonType::number;
        member.text = member.raw;
        return is_number(member.raw) ? Refusal{} : "not valid JSON: a bad number";
      case ondemand::json_type::boolean:
        member.type = JsonType::boolean;
        member.text = member.raw;
        return member.raw == "true" || member.raw == "false" ? Refusal{} : "not valid JSON";
      case ondemand::json_type::null:
        member.type = JsonType::null;
        member.text = member.raw;
        return member.raw == "null" ? Refusal{} : "not valid JSON";
      case ondemand::json_type::object:
        member.type = JsonType::object;
        break;
      case ondemand::json_type::array:
        member.type = JsonType::array;
        break;
    }
    return take_nested(value, member, depth);
  }

 private:
  Refusal take_nested(ondemand::value value, JsonMember& member, int depth) {
    if (depth >= kMaxDepth) return "nested deeper than 32 levels";
    const char* start = member.raw.data();
    const Refusal bad = member.type == JsonType::object ? check_object(value, depth + 1)
                                                        : check_array(value, depth + 1);
    if (!bad.empty()) return bad;
    // The iterator stands at the token behind the value: ',' '}' or ']'.
    const char* end = nullptr;
    if (const auto error = document_.current_location().get(end)) return refusal(error);
    member.raw = without_space({start, static_cast<std::size_t>(end - start)});
    member.text = member.raw;
    return {};
  }

  Refusal check_object(ondemand::value value, int depth) {
    ondemand::object object;
    if (const auto error = value.get_object().get(object)) return refusal(error);
    JsonMember ignored;
    for (auto result : object) {
      ondemand::field field;
      if (const auto error = std::move(result).get(field)) return refusal(error);
      if (const Refusal bad = take_key(field, ignored.key); !bad.empty()) return bad;
      if (const Refusal bad = take(field.value(), ignored, depth); !bad.empty()) return bad;
    }
    return {};
  }

  Refusal check_array(ondemand::value value, int depth) {
    ondemand::array array;
    if (const auto error = value.get_array().get(array)) return refusal(error);
    JsonMember ignored;
    for (auto element : array) {
      ondemand::value inner;
      if (const auto error = element.get(inner)) return refusal(error);
      if (const Refusal bad = take(inner, ignored, depth); !bad.empty()) return bad;
    }
    return {};
  }

  ondemand::document& document_;
};

/// Keeps the last of equal keys.
void drop_duplicates(std::vector<JsonMember>& members) {
  std::unordered_set<std::string_view> later;
  const bool many = members.size() > 24;  // below that, comparing all pairs is quicker
  for (std::size_t i = members.size(); i-- > 0;) {
    const std::string_view key = members[i].key;
    bool again = false;
    if (many) {
      again = !later.insert(key).second;
    } else {
      for (std::size_t j = i + 1; j < members.size() && !again; ++j)
        again = members[j].key == key;
    }
    if (again) members.erase(members.begin() + static_cast<std::ptrdiff_t>(i));
  }
}

}  // namespace

struct JsonView::Impl {
  ondemand::parser parser;
  ondemand::document document;
  std::vector<JsonMember> members;

  Refusal open(std::string_view json) {
    members.clear();
    const simdjson::padded_string_view padded(json.data(), json.size(),
                                              json.size() + simdjson::SIMDJSON_PADDING);
    return refusal(parser.iterate(padded).get(document));
  }

  Refusal read_object() {
    ondemand::object object;
    if (const auto error = document.get_object().get(object)) return refusal(error);
    Reader reader(document);
    for (auto result : object) {
      ondemand::field field;
      if (const auto error = std::move(result).get(field)) return refusal(error);
      JsonMember& member = members.emplace_back();
      if (const Refusal bad = take_key(field, member.key); !bad.empty()) return bad;
      if (const Refusal bad = reader.take(field.value(), member, 1); !bad.empty()) return bad;
    }
    drop_duplicates(members);
    return {};
  }

  Refusal read_array() {
    ondemand::array array;
    if (const auto error = document.get_array().get(array)) return refusal(error);
    Reader reader(document);
    for (auto element : array) {
      JsonMember member;
      ondemand::value value;
      if (const auto error = element.get(value)) return refusal(error);
      if (const Refusal bad = reader.take(value, member, 1); !bad.empty()) return bad;
      members.push_back(member);
    }
    return {};
  }

  Result<std::span<const JsonMember>> finish(Refusal bad) {
    if (!bad.empty()) return Error{std::string{bad}};
    const char* behind = nullptr;
    if (document.current_location().get(behind) == simdjson::SUCCESS) {
      return Error{"not valid JSON: text behind the end"};
    }
    return std::span<const JsonMember>{members};
  }
};

JsonView::JsonView() : impl_(std::make_unique<Impl>()) {}
JsonView::~JsonView() = default;
JsonView::JsonView(JsonView&&) noexcept = default;
JsonView& JsonView::operator=(JsonView&&) noexcept = default;

Result<std::span<const JsonMember>> JsonView::object(std::string_view json) {
  Refusal bad = impl_->open(json);
  if (bad.empty()) bad = impl_->read_object();
  return impl_->finish(bad);
}

Result<std::span<const JsonMember>> JsonView::array(std::string_view json) {
  Refusal bad = impl_->open(json);
  if (bad.empty()) bad = impl_->read_array();
  return impl_->finish(bad);
}

const JsonMember* find(std::span<const JsonMember> members, std::string_view key) {
  for (const JsonMember& member : members) {
    if (member.key == key) return &member;
  }
  return nullptr;
}

}  // namespace tbgw
