// SPDX-License-Identifier: Apache-2.0
#include "convert/serial_field.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "convert/mapping_import.hpp"
#include "core/text.hpp"

namespace tbgw::convert {
namespace {

constexpr std::int64_t kFarthest = 1 << 20;  // no record is longer

constexpr std::array<std::pair<std::string_view, ValueType>, 8> kTypes{{
    {"string", ValueType::text},
    {"int", ValueType::integer},
    {"float", ValueType::real},
    {"double", ValueType::real},
    {"bool", ValueType::boolean},
    {"json", ValueType::json},
    {"hex", ValueType::hex},
    {"byte", ValueType::number},
}};

/// How the five keys are spelled here.
struct Keys {
  std::string_view type;
  std::string_view from_byte;
  std::string_view to_byte;
  std::string_view from_delimiter;
  std::string_view until_delimiter;
};
constexpr Keys kFieldKeys{"type", "fromByte", "toByte", "fromDelimiter", "untilDelimiter"};
constexpr Keys kResponseKeys{"responseType", "responseFromByte", "responseToByte",
                             "responseFromDelimiter", "responseUntilDelimiter"};

/// null is as good as absent, as in Python.
bool present(ConfigTable& table, std::string_view key) {
  const nlohmann::ordered_json* value = table.value({key});
  return value != nullptr && !value->is_null();
}

std::string text_or_empty(ConfigTable& table, std::string_view key) {
  return present(table, key) ? table.text({key}).value_or("") : "";
}

std::int64_t position(ConfigTable& table, std::string_view key) {
  return present(table, key) ? table.integer({key}, -kFarthest, kFarthest).value_or(0) : 0;
}

class FieldImport {
 public:
  FieldImport(ConfigTable& table, const Keys& keys, const FieldContext& context)
      : table_(table),
        keys_(keys),
        compat_(context.compat),
        tell_(context.from_reference && !context.compat),
        notices_(*context.notices) {}

  ValueType type() {
    const std::string name = text_or_empty(table_, keys_.type);
    if (compat_ && name == "byte") return ValueType::hex;
    for (const auto& [known, type] : kTypes) {
      if (name == known) return type;
    }
    if (!name.empty()) notices_.add(unknown_type(name));
    return ValueType::hex;
  }

  Slice slice() {
    Slice slice;
    slice.from_delimiter = text_or_empty(table_, keys_.from_delimiter);
    slice.until_delimiter = text_or_empty(table_, keys_.until_delimiter);
    slice.from_byte = position(table_, keys_.from_byte);
    // 0 would leave nothing: as in the reference it means "to the end".
    const std::int64_t to = position(table_, keys_.to_byte);
    if (to != 0) slice.to_byte = to;
    if (!slice.from_delimiter.empty() || !slice.until_delimiter.empty()) {
      slice.by = Slice::By::delimiters;
    } else if (slice.from_byte != 0 || slice.to_byte) {
      slice.by = Slice::By::positions;
    }
    check(slice);
    return slice;
  }

 private:
  std::string unknown_type(const std::string& name) {
    std::vector<std::string> names;
    names.reserve(kTypes.size());
    for (const auto& [known, type] : kTypes)
      names.emplace_back(known);
    const std::string near = nearest(name, names);
    return table_.place(keys_.type) + ": unknown type " + in_quotes(name) +
           (near.empty() ? "" : " (did you mean " + in_quotes(near) + "?)") +
           ": the bytes become hexadecimal text, as in the reference";
  }

  void check(const Slice& slice) {
    const std::string from{keys_.from_byte};
    const std::string to{keys_.to_byte};
    if (slice.by == Slice::By::delimiters && (slice.from_byte != 0 || slice.to_byte)) {
      notices_.add(table_.place(slice.to_byte ? keys_.to_byte : keys_.from_byte) + ": " + from +
                   " and " + to + " have no effect beside a delimiter");
      return;
    }
    if (compat_ || slice.by == Slice::By::whole) return;
    if (slice.by == Slice::By::delimiters) {
      if (tell_ && !slice.from_delimiter.empty()) {
        notices_.once("fromDelimiter", table_, keys_.from_delimiter,
                      std::string{keys_.from_delimiter} + " is left out of the value, " +
                          std::string{keys_.until_delimiter} +
                          " is searched behind it (the reference keeps it, and searches from the "
                          "start: --compat)");
      }
      return;
    }
    const std::int64_t until = slice.to_byte.value_or(0);
    const bool comparable = until != 0 && (until < 0) == (slice.from_byte < 0);
    if (comparable && until <= slice.from_byte) {
      table_.fail(keys_.to_byte, "must be greater than " + from +
                                     ": both are positions in the record, and " + to +
                                     " is the first byte not taken");
    }
    if (tell_ && slice.from_byte > 0 && until > 0) {
      notices_.once("positions", table_, keys_.to_byte,
                    from + " with " + to +
                        " takes the bytes between them (the reference sends "
                        "nothing: --compat)");
    }
  }

  ConfigTable& table_;
  const Keys& keys_;
  bool compat_;
  bool tell_;  ///< where our meaning differs
  Notices& notices_;
};

/// A misspelled key would silently give other bytes: it is refused in JSON too.
void refuse_misspelled(ConfigTable& table) {
  const std::vector<std::string> known{"key",
                                       "type",
                                       "fromByte",
                                       "toByte",
                                       "fromDelimiter",
                                       "untilDelimiter",
                                       "reportStrategy",
                                       "deadband",
                                       "sendDataOnlyOnChange"};
  for (const auto& [key, value] : table.json().items()) {
    if (key.empty() || key[0] == '_') continue;
    if (std::find(known.begin(), known.end(), key) != known.end()) continue;
    const std::string near = nearest(key, known);
    if (!near.empty()) table.fail(key, "unknown key (did you mean " + in_quotes(near) + "?)");
  }
}

}  // namespace

Field import_field(ConfigTable& table, const FieldContext& context) {
  refuse_misspelled(table);
  Field field;
  field.key = table.text({"key"}).value_or("");
  if (field.key.empty()) table.fail("key: must name the field");
  FieldImport import(table, kFieldKeys, context);
  field.type = import.type();
  field.slice = import.slice();
  field.strategy =
      report::resolve(read_strategy(table, context.strategy, context.compat, *context.notices));
  treat_unknown(table, *context.notices);
  return field;
}

Field import_response(ConfigTable& table, const FieldContext& context) {
  Field field;
  FieldImport import(table, kResponseKeys, context);
  field.type = import.type();
  field.slice = import.slice();
  if (context.compat && field.slice.by == Slice::By::delimiters) {
    // The reference keeps them under a key that its converter never reads.
    const bool positions = field.slice.from_byte != 0 || field.slice.to_byte.has_value();
    field.slice.by = positions ? Slice::By::positions : Slice::By::whole;
  }
  return field;
}

}  // namespace tbgw::convert
