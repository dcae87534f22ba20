// SPDX-License-Identifier: Apache-2.0
#include "tb/reading.hpp"

#include <algorithm>
#include <charconv>

#include "core/text.hpp"
#include "tb/json_cursor.hpp"
#include "tb/platform_value.hpp"

namespace tbgw::tb {
namespace {

/// Devices whose invented stamps are kept apart.
constexpr std::size_t kMostSpread = 10'000;
/// Attributes of one record that are worth looking for twins among.
constexpr std::size_t kMostCompared = 256;
constexpr EpochMs kLastMs = 253402300799999;  // the end of the year 9999
/// Numbers this short without exponent are stored as they are: at most 16 decimals, and integers
/// far below 64 bits.
constexpr std::size_t kHarmless = 17;

/// Keys that are remarked on; a source that invents keys must not eat the memory.
constexpr std::size_t kMostRemarks = 100;

constexpr std::string_view kTs = "\"ts\"";
constexpr std::string_view kValues = "\"values\"";

/// Milliseconds of a `ts`: a number (a fraction is cut, as the platform does) or its digits as
/// text.
Result<EpochMs> stamp(JsonType type, std::string_view raw) {
  if (type == JsonType::string) {
    raw = raw.substr(1, raw.size() - 2);
  } else if (type != JsonType::number) {
    return Error{"a ts must be milliseconds since 1970"};
  }
  double value = 0;
  EpochMs whole = 0;
  const char* const end = raw.data() + raw.size();
  const auto integer = std::from_chars(raw.data(), end, whole);
  if (integer.ec != std::errc{} || integer.ptr != end) {
    const auto real = std::from_chars(raw.data(), end, value);
    const bool is_number = type == JsonType::number && real.ec == std::errc{} && real.ptr == end;
    if (!is_number || value < 0 || value > static_cast<double>(kLastMs)) {
      return Error{"a ts must be milliseconds since 1970, not " + in_quotes(raw)};
    }
    whole = static_cast<EpochMs>(value);
  }
  if (whole < 0 || whole > kLastMs) {
    return Error{"a ts must be milliseconds since 1970, not " + in_quotes(raw)};
  }
  return whole;
}

/// So few digits surely are milliseconds before kLastMs, and need not be printed anew.
bool is_plain_stamp(JsonType type, std::string_view raw) {
  return type == JsonType::number && raw.size() <= 14 &&
         std::all_of(raw.begin(), raw.end(), [](char c) { return c >= '0' && c <= '9'; });
}

/// `_t`: the time of acceptance, bare or as {"ms":…} where the clock was in doubt.
EpochMs accepted_at(const JsonMember* accepted, EpochMs arrived) {
  if (accepted == nullptr) return arrived;
  if (accepted->type != JsonType::object) {
    return stamp(accepted->type, accepted->raw).value_or(arrived);
  }
  for (JsonCursor cursor(accepted->raw); cursor.next();) {
    if (cursor.key() == "\"ms\"") return stamp(cursor.type(), cursor.value()).value_or(arrived);
  }
  return arrived;
}

/// The members of a reading, found in one pass.
struct ReadingMembers {
  const JsonMember* device = nullptr;
  const JsonMember* type = nullptr;
  const JsonMember* attributes = nullptr;
  const JsonMember* telemetry = nullptr;
  const JsonMember* accepted = nullptr;
  bool misnamed = false;  ///< has the `device` of raw records and events
  bool others = false;    ///< but for `_n`
};

ReadingMembers sort_out(std::span<const JsonMember> members) {
  ReadingMembers out;
  for (const JsonMember& member : members) {
    if (member.key == "telemetry") {
      out.telemetry = &member;
    } else if (member.key == "attributes") {
      out.attributes = &member;
    } else if (member.key == "deviceName") {
      out.device = &member;
    } else if (member.key == "deviceType") {
      out.type = &member;
    } else if (member.key == "_t") {
      out.accepted = &member;
    } else if (member.key != "_n") {
      out.misnamed = out.misnamed || member.key == "device";
      out.others = true;
    }
  }
  return out;
}

/// An entry: {"ts":…,"values":{…}}, {"values":{…}}, or the plain values.
struct EntryParts {
  std::string_view values;  ///< "" = none that is an object
  std::string_view ts;
  JsonType ts_type = JsonType::null;
  bool only_values = false;  ///< nothing but values
};

EntryParts take_apart(JsonCursor object) {
  EntryParts parts;
  std::size_t members = 0;
  for (; object.next(); ++members) {
    if (object.key() == kValues && object.type() == JsonType::object) {
      parts.values = object.value();
    } else if (object.key() == kTs) {
      parts.ts = object.value();
      parts.ts_type = object.type();
    }
  }
  parts.only_values = members == 1 && !parts.values.empty();
  return parts;
}

/// Of equal keys the last counts, as everywhere.
void keep_last(std::vector<Field>& fields) {
  for (std::size_t i = fields.size(); i-- > 0;) {
    const auto later =
        std::any_of(fields.begin() + static_cast<std::ptrdiff_t>(i) + 1, fields.end(),
                    [&](const Field& other) { return other.key == fields[i].key; });
    if (later) fields.erase(fields.begin() + static_cast<std::ptrdiff_t>(i));
  }
}

}  // namespace

Result<const Reading*> ReadingParser::parse(std::span<const JsonMember> members, EpochMs arrived) {
  reading_.fields.clear();
  reading_.entries.clear();
  reading_.attributes.clear();
  reading_.left_out.clear();
  reading_.remarks.clear();
  reading_.nulls = 0;
  printed_.clear();
  const ReadingMembers found = sort_out(members);
  const bool has_data = found.telemetry != nullptr || found.attributes != nullptr;
  const bool says_anything =
      found.others || found.device != nullptr || found.type != nullptr || members.empty();
  if (!has_data && says_anything) return Error{"a reading must have telemetry or attributes"};
  // Without a name it would become a value of the gateway's own device.
  if (found.device != nullptr && found.device->type == JsonType::null) {
    return Error{"deviceName is null"};
  }
  if (found.device == nullptr && found.misnamed) {
    return Error{"has a device but no deviceName: a reading is named by deviceName"};
  }
  const auto device = take_name(found.device);
  if (!device) return device.error();
  const auto type = take_name(found.type);
  if (!type) return type.error();
  reading_.device = *device;
  reading_.type = *type;
  default_ts_ = accepted_at(found.accepted, arrived);
  accepted_ = found.accepted != nullptr;
  invented_ = 0;
  if (found.attributes != nullptr) {
    if (auto taken = take_attributes(*found.attributes); !taken) return taken.error();
  }
  if (found.telemetry != nullptr) {
    if (auto taken = take_telemetry(*found.telemetry); !taken) return taken.error();
  }
  return &reading_;
}

Result<std::string_view> ReadingParser::take_name(const JsonMember* member) {
  if (member == nullptr || member->type == JsonType::null) return std::string_view{};
  if (member->type == JsonType::string && names_.knows(member->text)) return member->text;
  const std::string key{member->key};
  if (member->type != JsonType::string) return Error{key + " must be a text"};
  if (member->text.empty() && key == "deviceType") return std::string_view{};
  if (const auto trouble = name_trouble(member->text); !trouble.empty()) {
    return Error{key + " " + std::string{trouble}};
  }
  names_.remember(member->text);
  return member->text;
}

Result<void> ReadingParser::take_telemetry(const JsonMember& telemetry) {
  if (telemetry.type == JsonType::null) return {};
  if (telemetry.type == JsonType::object) return take_entry(JsonCursor{telemetry.raw});
  if (telemetry.type != JsonType::array) return Error{"telemetry must be an object or a list"};
  for (JsonCursor list(telemetry.raw); list.next();) {
    if (list.type() != JsonType::object) return Error{"each telemetry entry must be an object"};
    JsonCursor entry = list.enter();
    if (take_canonical(entry)) {
      list.leave(entry);
      continue;
    }
    if (auto taken = take_entry(list.enter()); !taken) return taken;
  }
  return {};
}

/// {"ts":N,"values":{…}} as our tools write it, in one pass. False: it is another form, and nothing
/// was taken.
bool ReadingParser::take_canonical(JsonCursor& entry) {
  if (!entry.next() || entry.key() != kTs || entry.type() != JsonType::number) return false;
  const auto ts = take_stamp(JsonType::number, entry.value());
  if (!ts || !entry.next() || entry.key() != kValues || entry.type() != JsonType::object) {
    return false;
  }
  const std::size_t first = reading_.fields.size();
  const std::size_t reasons = reading_.left_out.size();
  const std::uint64_t nulls = reading_.nulls;
  JsonCursor values = entry.enter();
  take_fields(values, reading_.fields);
  entry.leave(values);
  if (entry.next()) {  // more members: the long way
    reading_.fields.resize(first);
    reading_.left_out.resize(reasons);
    reading_.nulls = nulls;
    return false;
  }
  add_entry(*ts, first);
  return true;
}

/// The stamp as the platform must get it.
Result<std::string_view> ReadingParser::take_stamp(JsonType type, std::string_view raw) {
  if (is_plain_stamp(type, raw)) return raw;
  const auto ms = stamp(type, raw);
  if (!ms) return ms.error();
  return std::string_view{printed_.emplace_back(std::to_string(*ms))};
}

/// The platform stores by (device, key, ts): of two values with one stamp it keeps one. A time of
/// acceptance must come out the same when the record is delivered again.
EpochMs ReadingParser::invent_stamp() {
  if (accepted_) return default_ts_ + invented_++;
  const auto known = spread_.find(std::string{reading_.device});
  if (known != spread_.end()) return known->second.next(default_ts_);
  if (spread_.size() >= kMostSpread) spread_.clear();
  return spread_[std::string{reading_.device}].next(default_ts_);
}

void ReadingParser::add_entry(std::string_view ts, std::size_t first) {
  const std::size_t count = reading_.fields.size() - first;
  if (count > 0) reading_.entries.push_back({ts, first, count});
}

Result<void> ReadingParser::take_entry(JsonCursor object) {
  const EntryParts parts = take_apart(object);
  std::string_view ts;
  if (!parts.ts.empty()) {
    // The platform would store a key called "ts", at a time of its own.
    if (parts.values.empty()) {
      return Error{"a telemetry entry with ts must have its values in values"};
    }
    const auto taken = take_stamp(parts.ts_type, parts.ts);
    if (!taken) return taken.error();
    ts = *taken;
  } else {
    ts = printed_.emplace_back(std::to_string(invent_stamp()));
  }
  const std::size_t first = reading_.fields.size();
  JsonCursor fields = !parts.ts.empty() || parts.only_values ? JsonCursor{parts.values} : object;
  take_fields(fields, reading_.fields);
  add_entry(ts, first);
  return {};
}

Result<void> ReadingParser::take_attributes(const JsonMember& attributes) {
  if (attributes.type == JsonType::null) return {};
  if (attributes.type == JsonType::object) {
    JsonCursor fields(attributes.raw);
    take_fields(fields, reading_.attributes);
    return {};
  }
  if (attributes.type != JsonType::array) return Error{"attributes must be an object or a list"};
  bool several = false;
  for (JsonCursor list(attributes.raw); list.next();) {
    several = several || !reading_.attributes.empty();
    if (list.type() != JsonType::object) return Error{"each attributes entry must be an object"};
    JsonCursor object = list.enter();
    if (take_plain(object, reading_.attributes)) {
      list.leave(object);
      continue;
    }
    // Attributes have no time: {"ts":…,"values":{…}} means its values.
    const EntryParts parts = take_apart(list.enter());
    const bool wrapped = !parts.ts.empty() && !parts.values.empty();
    JsonCursor fields = wrapped ? JsonCursor{parts.values} : list.enter();
    take_fields(fields, reading_.attributes);
  }
  if (several && reading_.attributes.size() <= kMostCompared) keep_last(reading_.attributes);
  return {};
}

/// The members of an object that surely holds nothing but values. False: it has a key that may mean
/// something else, and nothing was taken.
bool ReadingParser::take_plain(JsonCursor& object, std::vector<Field>& to) {
  const std::size_t fields = to.size();
  const std::size_t reasons = reading_.left_out.size();
  const std::uint64_t nulls = reading_.nulls;
  while (object.next()) {
    if (object.key() == kTs || object.key() == kValues) {
      to.resize(fields);
      reading_.left_out.resize(reasons);
      reading_.nulls = nulls;
      return false;
    }
    take_field(object, to);
  }
  return true;
}

void ReadingParser::take_fields(JsonCursor& fields, std::vector<Field>& to) {
  while (fields.next())
    take_field(fields, to);
}

void ReadingParser::take_field(JsonCursor& field, std::vector<Field>& to) {
  std::string_view value = field.value();
  if (!take_value(field.key(), field.type(), value)) return;
  if (is_good_key(field.key())) to.push_back({field.key(), value});
}

/// False: this value is left out, and counted.
bool ReadingParser::take_value(std::string_view key, JsonType type, std::string_view& value) {
  if (type == JsonType::null) {
    ++reading_.nulls;
    return false;
  }
  if (type == JsonType::string) {
    // Quotes included: what is in them begins as a number does, or not.
    const char first = value[1];
    if ((first >= '0' && first <= '9') || first == '-' || first == '.') remark(key, value);
    return true;
  }
  if (type != JsonType::number) return true;
  if (value.size() <= kHarmless && value.find_first_of("eE") == std::string_view::npos) return true;
  auto number = platform_number(value);
  if (!number) {
    leave_out(key, number.error().text);
    return false;
  }
  if (number->has_value()) value = printed_.emplace_back(std::move(**number));
  return true;
}

bool ReadingParser::is_good_key(std::string_view quoted) {
  if (keys_.knows(quoted)) return true;
  const std::string_view trouble = name_trouble(string_text(quoted, unescaped_));
  if (!trouble.empty()) {
    leave_out(quoted, std::string{"is a key that "}.append(trouble));
    return false;
  }
  keys_.remember(quoted);
  return true;
}

void ReadingParser::leave_out(std::string_view key, std::string_view why) {
  reading_.left_out.push_back(in_quotes(string_text(key, unescaped_)) + " " + std::string{why});
}

void ReadingParser::remark(std::string_view key, std::string_view text) {
  const std::string_view inside = text.substr(1, text.size() - 2);
  if (!changes_as_number(inside) || remarked_.size() >= kMostRemarks) return;
  if (!remarked_.insert(std::string{key}).second) return;
  reading_.remarks.push_back(in_quotes(string_text(key, unescaped_)) +
                             ": ThingsBoard stores the text " + in_quotes(inside) +
                             " as a number, which looks otherwise there");
}

}  // namespace tbgw::tb
