// SPDX-License-Identifier: Apache-2.0
// The native model of a map: what the bytes of a device mean, and what commands look like. An
// importer per file format fills it in once; the record path only reads it. Pure data.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "convert/down_rule.hpp"
#include "convert/mapping.hpp"

namespace tbgw::convert {

/// Which bytes of a record a field looks at.
struct Slice {
  enum class By : std::uint8_t { whole, delimiters, positions };
  By by = By::whole;
  std::string from_delimiter;   ///< the value starts behind it; "" = at the start of the record
  std::string until_delimiter;  ///< the value ends before it; "" = at the end of the record
  std::int64_t from_byte = 0;   ///< from 0; negative counts from the end
  std::optional<std::int64_t> to_byte;  ///< exclusive; negative counts from the end
};

/// What the bytes of a slice are taken for, and how the value is written.
enum class ValueType : std::uint8_t {
  text,     ///< UTF-8, stripped of surrounding white space
  integer,  ///< decimal text, 64 bit
  real,     ///< decimal text, a finite double
  number,   ///< decimal text: an integer where it is one, else a double
  boolean,  ///< "true", "false", or an integer (0 = false)
  json,     ///< JSON text
  hex,      ///< any bytes, written as lower-case hexadecimal text
};

/// One key of the telemetry or the attributes.
struct Field {
  std::string key;
  std::string label;  ///< `"key":`, as it stands in the output
  Slice slice;
  ValueType type = ValueType::hex;
  /// The next field of the same list with the same key: the last one that has a value counts.
  std::optional<std::size_t> next_same_key;
  report::Strategy strategy;  ///< which of its values are sent, and when
};

/// A text with places to fill in, cut into pieces.
struct Template {
  struct Piece {
    enum class What : std::uint8_t { text, value, device_name, device_type };
    What what = What::text;
    std::string text;
  };
  std::vector<Piece> pieces;
};

/// A shared attribute, and the bytes that tell the device its new value.
struct AttributeUpdate {
  std::string attribute;
  Template command;
};

/// How the parameters of an RPC become bytes.
enum class ParamsType : std::uint8_t { text, integer, real };

struct RpcMethod {
  std::string method;
  ParamsType type = ParamsType::text;
  bool with_response = false;
  std::chrono::milliseconds timeout{5000};  ///< how long the device may take to answer
  Field response;                           ///< where in the answer the result is; no key
};

/// What is known of one device.
struct DeviceRule {
  std::string name;     ///< "" = the map does not say, the record must
  std::string type;     ///< the device profile
  std::string address;  ///< the value of the address member (`port`), "" = any
  std::string head;     ///< `"deviceName":…,"deviceType":…`, as it stands in the output
  std::vector<Field> telemetry;
  std::vector<Field> attributes;
  std::vector<AttributeUpdate> updates;
  std::vector<RpcMethod> methods;
  bool little_endian = false;  ///< byte order of int and float parameters
};

struct Map {
  std::vector<DeviceRule> devices;
  /// For messages that say themselves which device they are about. If there are some, the fields of
  /// the devices are not looked at.
  std::vector<Mapping> mappings;
  std::vector<DownRule> down_rules;     ///< of such maps, the way down
  std::optional<DownStyle> down_style;  ///< calls may bring their own rule: see adhoc_rule.hpp
  /// The member of a record that `DeviceRule::address` is compared with.
  std::string address_member = "port";
  /// The reference gateway's meaning wherever ours differs (--compat).
  bool compat = false;
  /// Some device names its converter class, as the reference demands: whoever wrote the map may
  /// expect the reference's meaning, and is told where ours differs.
  bool from_reference = false;
};

/// Sets what is derived: labels, heads, next_same_key. Importers call it last.
void finish(Map& map);

}  // namespace tbgw::convert
