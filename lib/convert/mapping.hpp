// SPDX-License-Identifier: Apache-2.0
// The part of the model for messages that say more than one device's bytes: which messages a
// mapping takes, how they are decoded, what they say about which device. An importer fills it in;
// the record path only reads it. Pure data.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "convert/byte_layout.hpp"
#include "convert/cast.hpp"
#include "convert/exact.hpp"
#include "convert/expression.hpp"
#include "convert/message.hpp"
#include "convert/timestamp.hpp"
#include "core/regex.hpp"
#include "report/strategy.hpp"

namespace tbgw::convert {

/// Which records a mapping takes; what is empty does not matter.
struct Match {
  enum class By : std::uint8_t { any, exact, number, topic, url, glob, regex };
  By by = By::any;
  std::string pattern;  ///< as written, compared with the address (topic, port, url …)
  std::optional<Regex> regex;
  std::string source;           ///< "mqtt" …
  std::optional<Regex> device;  ///< the whole `device` of the record
  /// These bytes of the message must be this text.
  std::optional<std::pair<ByteRange, std::string>> bytes;
  std::optional<Regex> message;       ///< is found somewhere in the message
  std::optional<std::size_t> length;  ///< the message has so many bytes
};

/// What the bytes of a message are taken for.
struct Decode {
  enum class As : std::uint8_t {
    bytes,   ///< nothing: fields cut their bytes themselves
    json,    ///< fields by path; a list is a message for each of its elements
    csv,     ///< lines of columns: a message for each line
    pairs,   ///< key=value, separated
    regex,   ///< the named groups of an expression
    pieces,  ///< pieces between separators, named by `columns` or 1, 2, 3 …
  };
  As as = As::json;
  bool hex_text = false;  ///< the message is hexadecimal text (0x… or not) of the bytes meant
  std::optional<JsonPath> each;      ///< where the list of messages is
  bool whole_list = false;           ///< a list is one message: its paths begin with $[
  std::vector<std::string> columns;  ///< csv: without them the first line has the names
  bool numbered = false;             ///< csv: columns are called 0, 1, 2 …, no line has names
  std::string separator = ",";
  std::string assign = "=";  ///< pairs: between key and value
  std::optional<Regex> regex;
};

/// Where an entry's time comes from: the first that gives one, else the record's `ts`.
struct TimeFrom {
  Text text;  ///< a date or a number; empty = none
  DateOrder order;
};

/// How bytes are read as text.
enum class Charset : std::uint8_t {
  utf8,  ///< hexadecimal digits where it is not valid
  latin1,
  utf16,     ///< by its byte order mark, else little-endian
  decimals,  ///< the numbers of the bytes, one behind the other: the reference's BLE (--compat)
};

/// One key of the telemetry or the attributes of a mapping.
struct Item {
  enum class From : std::uint8_t {
    text,        ///< `value` filled and cast
    every,       ///< every member of the message, as it is ("*")
    layout,      ///< a number in the bytes
    expression,  ///< calculated
    members,     ///< an object of the members with these names
  };
  From from = From::text;
  Text key;
  std::string label;  ///< `"key":` where the key is always the same, else ""
  Text value;
  Cast cast = Cast::keep;
  bool strict = false;      ///< what the type cannot be is no value, and told
  bool keep_unfit = false;  ///< what the type cannot be keeps its JSON type instead of being text
  bool hex = false;         ///< the bytes of `value` as hexadecimal text
  Charset charset = Charset::utf8;
  std::vector<std::string> members;  ///< From::members: names, or beginnings that end in '.'
  ByteLayout layout;
  std::optional<Expression> expression;

  Scaling scaling;
  std::vector<std::string> invalid;          ///< JSON values that mean "no value"
  std::map<std::string, std::string> names;  ///< values as text → the JSON that is sent instead
  std::vector<std::pair<unsigned, std::string>> bit_names;  ///< names of the bits that are set
  TimeFrom time;
  /// Only in messages where the number in these bytes is this one.
  std::optional<std::pair<ByteLayout, std::uint64_t>> when;
  /// Only in records that have no member `characteristic`, or this one, in any case.
  std::string characteristic;
  report::Strategy strategy;  ///< which of its values are sent, and when
};

/// How the reference fills texts, where we differ: only looked at with --compat.
enum class Family : std::uint8_t { native, mqtt, bytes, request, rest };

struct Mapping {
  /// What a message that it takes becomes.
  enum class Yields : std::uint8_t { reading, connect, disconnect, attributes_request };
  Yields yields = Yields::reading;
  std::string place;  ///< "mapping[0]", for messages
  Family family = Family::native;
  Match match;
  Decode decode;
  std::optional<Expression> filter;  ///< messages for which it is not true are left out
  Text device;                       ///< empty = the record must name it
  Text profile;
  bool own_time = true;  ///< a whole number `ts` or `timestamp` of the message is its time
  TimeFrom time;
  std::vector<Item> telemetry;
  std::vector<Item> attributes;
  Text wanted_keys;           ///< attributes_request: names of attributes, with commas between
  Text wanted_scope;          ///< "shared" or "client"
  bool exclusive = false;     ///< what it takes is nobody else's
  bool distinct_keys = true;  ///< no two items can have the same key
};

/// Whether a record with this source and address is the mapping's. `address` is not "".
bool takes(const Match& match, std::string_view address);

/// Whether the bytes of such a record are the mapping's, too.
bool suits(const Match& match, std::string_view bytes);

/// MQTT's rules for + and #, which match no topic that begins with $; "$share/group/" is left out.
bool topic_matches(std::string_view filter, std::string_view topic);

}  // namespace tbgw::convert
