// SPDX-License-Identifier: Apache-2.0
// One reading, taken apart: the accepted shapes of tbgw-record(5), checked against what the
// platform stores.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/json_view.hpp"
#include "core/result.hpp"
#include "core/time.hpp"
#include "tb/json_cursor.hpp"
#include "tb/platform_value.hpp"

namespace tbgw::tb {

struct Field {
  std::string_view key;    ///< as it stands in the line, quotes included
  std::string_view value;  ///< JSON
};

/// Values of one time: fields [first, first + count) of Reading::fields.
struct Entry {
  std::string_view ts;  ///< milliseconds since 1970, as JSON
  std::size_t first = 0;
  std::size_t count = 0;
};

struct Reading {
  std::string_view device;  ///< "" = the gateway's own
  std::string_view type;    ///< "" = not told
  std::vector<Field> fields;
  std::vector<Entry> entries;  ///< in their order, none without fields
  std::vector<Field> attributes;
  std::vector<std::string> left_out;  ///< a reason for each value that cannot be sent
  std::vector<std::string> remarks;   ///< on values that the platform will change, once a key
  std::uint64_t nulls = 0;            ///< values left out because the platform ignores null

  [[nodiscard]] bool empty() const { return entries.empty() && attributes.empty(); }
};

/// Reads readings. Reuse one object for many lines; it keeps its memory.
class ReadingParser {
 public:
  /// `members` are those of the line, from JsonView. Entries without a time get the line's `_t`, or
  /// `arrived`. An error means that nothing of the record can be sent. The result lives until the
  /// next call and as long as the line.
  Result<const Reading*> parse(std::span<const JsonMember> members, EpochMs arrived);

 private:
  Result<void> take_telemetry(const JsonMember& telemetry);
  bool take_canonical(JsonCursor& entry);
  Result<void> take_entry(JsonCursor object);
  Result<std::string_view> take_stamp(JsonType type, std::string_view raw);
  EpochMs invent_stamp();
  void add_entry(std::string_view ts, std::size_t first);
  Result<void> take_attributes(const JsonMember& attributes);
  void take_fields(JsonCursor& fields, std::vector<Field>& to);
  void take_field(JsonCursor& field, std::vector<Field>& to);
  bool take_value(std::string_view key, JsonType type, std::string_view& value);
  bool take_plain(JsonCursor& object, std::vector<Field>& to);
  bool is_good_key(std::string_view quoted);
  Result<std::string_view> take_name(const JsonMember* member);
  void leave_out(std::string_view key, std::string_view why);
  void remark(std::string_view key, std::string_view text);

  Reading reading_;
  EpochMs default_ts_ = 0;
  bool accepted_ = false;  ///< default_ts_ is that of a spool
  EpochMs invented_ = 0;   ///< entries of this record that got a stamp
  std::unordered_map<std::string, StampSpreader> spread_;  ///< by device
  std::deque<std::string> printed_;  ///< numbers printed anew; never moved while views exist
  std::set<std::string, std::less<>> remarked_;  ///< keys of which remark() told
  GoodNames keys_;
  GoodNames names_;
  std::string unescaped_;
};

}  // namespace tbgw::tb
