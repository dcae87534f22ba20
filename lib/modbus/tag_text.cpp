// SPDX-License-Identifier: Apache-2.0
#include "modbus/tag_text.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <vector>

#include "core/decimal.hpp"
#include "core/number.hpp"
#include "core/text.hpp"

namespace tbgw::modbus {
namespace {

using Json = nlohmann::ordered_json;

enum class Form { text, number, boolean, labels, list };

struct Key {
  std::string_view name;
  Form form;
};
constexpr std::array<Key, 32> kKeys{{
    {"tag", Form::text},
    {"functionCode", Form::number},
    {"address", Form::number},
    {"type", Form::text},
    {"objectsCount", Form::number},
    {"array", Form::number},
    {"value", Form::text},
    {"order", Form::text},
    {"byteOrder", Form::text},
    {"wordOrder", Form::text},
    {"divider", Form::number},
    {"multiplier", Form::number},
    {"offset", Form::number},
    {"round", Form::number},
    {"scaleFrom", Form::text},
    {"variants", Form::labels},
    {"invalid", Form::list},
    {"min", Form::number},
    {"max", Form::number},
    {"bit", Form::number},
    {"bitTargetType", Form::text},
    {"trim", Form::boolean},
    {"characters", Form::text},
    {"pad", Form::text},
    {"raw", Form::boolean},
    {"verify", Form::boolean},
    {"hidden", Form::boolean},
    {"pollPeriod", Form::number},
    {"deadband", Form::number},
    {"maxRegistersPerRequest", Form::number},
    {"reportStrategy", Form::text},
    {"unit", Form::text},
}};

struct Alias {
  std::string_view name;
  std::string_view key;
};
constexpr std::array<Alias, 19> kAliases{{
    {"name", "tag"},
    {"key", "tag"},
    {"function", "functionCode"},
    {"fc", "functionCode"},
    {"table", "functionCode"},
    {"register", "address"},
    {"datatype", "type"},
    {"count", "objectsCount"},
    {"registerscount", "objectsCount"},
    {"registercount", "objectsCount"},
    {"scale", "multiplier"},
    {"factor", "multiplier"},
    {"sf", "scaleFrom"},
    {"enum", "variants"},
    {"period", "pollPeriod"},
    {"comment", "description"},
    {"description", "description"},
    {"report", "reportStrategy"},
    {"section", "section"},
}};

/// Lower case, without blanks, '_' and '-'.
std::string plain(std::string_view name) {
  std::string out;
  for (const char c : name) {
    if (c == ' ' || c == '_' || c == '-') continue;
    out += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return out;
}

Form form_of(std::string_view key) {
  for (const Key& known : kKeys) {
    if (known.name == key) return known.form;
  }
  return Form::text;
}

/// A whole number, another number, or else the text.
Json number_or_text(std::string_view text) {
  if (const auto whole = parse_integer(text, INT64_MIN, INT64_MAX)) return *whole;
  if (const auto number = parse_real(text)) return *number;
  return std::string{text};
}

Result<Json> boolean(std::string_view key, std::string_view text) {
  const std::string word = plain(text);
  if (word == "true" || word == "yes" || word == "1") return Json(true);
  if (word == "false" || word == "no" || word == "0") return Json(false);
  return Error{std::string{key} + ": " + in_quotes(text) + " is neither yes nor no"};
}

std::vector<std::string_view> parts_of(std::string_view text) {
  std::vector<std::string_view> parts;
  for (std::size_t start = 0; start <= text.size();) {
    const std::size_t stop = std::min(text.find('|', start), text.size());
    parts.push_back(text.substr(start, stop - start));
    start = stop + 1;
  }
  return parts;
}

Result<Json> labels(std::string_view text) {
  Json out = Json::object();
  for (const std::string_view part : parts_of(text)) {
    const std::size_t equals = part.find('=');
    if (equals == std::string_view::npos) {
      return Error{in_quotes(text) + " is no list of names (like 0=off|1=on)"};
    }
    out[std::string{part.substr(0, equals)}] = std::string{part.substr(equals + 1)};
  }
  return out;
}

}  // namespace

std::optional<std::string> key_named(std::string_view name) {
  const std::string wanted = plain(name);
  for (const Key& known : kKeys) {
    if (plain(known.name) == wanted) return std::string{known.name};
  }
  for (const Alias& known : kAliases) {
    if (known.name == wanted) return std::string{known.key};
  }
  return std::nullopt;
}

std::string nearest_key(std::string_view name) {
  std::vector<std::string> candidates;
  for (const Key& known : kKeys)
    candidates.emplace_back(known.name);
  return nearest(name, candidates);
}

Result<Json> value_of_key(std::string_view key, std::string_view text) {
  switch (form_of(key)) {
    case Form::number:
      return number_or_text(text);
    case Form::boolean:
      return boolean(key, text);
    case Form::labels:
      return labels(text);
    case Form::list: {
      Json out = Json::array();
      for (const std::string_view part : parts_of(text))
        out.push_back(number_or_text(part));
      return out;
    }
    case Form::text:
      break;
  }
  return Json(std::string{text});
}

}  // namespace tbgw::modbus
