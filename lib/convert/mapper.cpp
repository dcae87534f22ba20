// SPDX-License-Identifier: Apache-2.0
#include "convert/mapper.hpp"

#include <algorithm>
#include <array>

#include "core/line_reader.hpp"
#include "core/text.hpp"

namespace tbgw::convert {
namespace {

// Of the problems of one record so much is told.
constexpr std::size_t kMostReasons = 600;

JsonPath path_to(std::string_view text) {
  return parse_json_path(text).value_or({});
}

/// A whole number that can be a time: the reference asks no more of it.
bool is_stamp(const JsonMember& member) {
  return member.type == JsonType::number && member.raw.size() <= 16 &&
         std::all_of(member.raw.begin(), member.raw.end(),
                     [](char c) { return c == '-' || (c >= '0' && c <= '9'); });
}

/// The key of an item that always has the same.
std::string_view name_of(const Item& item) {
  return item.key.pieces.empty() ? std::string_view{} : item.key.pieces.front().text;
}

}  // namespace

Mapper::Mapper(const Map& map, Reporter& reporter)
    : map_(map), reporter_(reporter), items_(map.compat) {}

std::vector<const Mapping*> Mapper::takers(std::string_view source, std::string_view address,
                                           std::string_view device) const {
  std::vector<const Mapping*> out;
  for (const Mapping& mapping : map_.mappings) {
    const Match& match = mapping.match;
    if (!match.source.empty() && !source.empty() && match.source != source) continue;
    if (match.device && !match.device->matches(device)) continue;
    // A record that does not say where it came from goes to the only one there is.
    const bool here = address.empty() ? match.by == Match::By::any || map_.mappings.size() == 1
                                      : takes(match, address);
    if (here) out.push_back(&mapping);
  }
  return out;
}

Error Mapper::nobody(std::string_view address) const {
  std::string out = address.empty() ? "no rule for a record that does not say where it came from"
                                    : "no rule for " + in_quotes(address);
  out += "; the map has ";
  std::size_t told = 0;
  for (const Mapping& mapping : map_.mappings) {
    if (told == 5) {
      out += " and more";
      break;
    }
    out += (told++ > 0 ? ", " : "") + in_quotes(mapping.match.pattern);
  }
  return Error{std::move(out)};
}

/// The member `characteristic` of a record that has one.
std::string_view characteristic_of(const Members& members) {
  const JsonMember* member = find(members.all, "characteristic");
  return member == nullptr ? std::string_view{} : member->text;
}

const Mapper::Done& Mapper::convert(const Members& members, std::string_view bytes,
                                    std::string& out) {
  done_ = {};
  envelope_ = envelope_of(members);
  envelope_.number = {};  // the caller sets it, on the last line
  const auto stamp = stamp_of(members);
  const auto clock = clock_of(members);
  const auto source = text_of(members.source, "source");
  const auto device = text_of(members.device, "device");
  const auto address = address_of(members, map_.address_member);
  for (const Error* error :
       {!stamp ? &stamp.error() : nullptr, !clock ? &clock.error() : nullptr,
        !source ? &source.error() : nullptr, !device ? &device.error() : nullptr,
        !address ? &address.error() : nullptr}) {
    if (error == nullptr) continue;
    done_.reason = error->text;
    return done_;
  }
  record_stamp_ = *stamp;
  clock_ = *clock;
  const auto takers = this->takers(*source, *address, *device);
  if (takers.empty()) done_.reason = nobody(*address).text;
  some_missing_ = false;
  bool suited = takers.empty();
  for (const Mapping* mapping : takers) {
    message_.bytes = bytes;
    message_.address = *address;
    message_.device = *device;
    message_.source = *source;
    message_.characteristic = characteristic_of(members);
    if (!suits(mapping->match, bytes)) continue;
    suited = true;
    const auto decoded = decoder_.each(
        mapping->decode, message_, [&](const Message& message) { take(*mapping, message, out); });
    if (!decoded) problem(*mapping, "", decoded.error().text);
    if (mapping->exclusive && done_.readings > 0) break;
  }
  if (!suited) done_.reason = "no rule for a message such as " + in_quotes(bytes);
  if (done_.readings == 0 && done_.reason.empty() && some_missing_) {
    done_.reason = "nothing that the map asks for is in the record";
  }
  return done_;
}

void Mapper::problem(const Mapping& mapping, std::string_view what, std::string_view why) {
  if (done_.reason.size() > kMostReasons) return;
  if (!done_.reason.empty()) done_.reason += "; ";
  if (map_.mappings.size() > 1 && what.empty()) done_.reason += mapping.place + ": ";
  if (!what.empty()) done_.reason.append(what).append(": ");
  done_.reason += why;
}

void Mapper::take(const Mapping& mapping, const Message& message, std::string& out) {
  const auto wanted = this->wanted(mapping, message);
  if (!wanted) problem(mapping, "filter", wanted.error().text);
  if (!wanted || !*wanted) return;
  if (const auto done = identify(mapping, message); !done) {
    problem(mapping, "", done.error().text);
    return;
  }
  if (mapping.yields != Mapping::Yields::reading) {
    append_event(mapping, message, out);
    return;
  }
  find_time(mapping, message);
  attributes_.clear();
  used_entries_ = 0;
  bad_ = false;
  held_back_ = false;
  append_items(mapping, mapping.attributes, false, message);
  append_items(mapping, mapping.telemetry, true, message);
  // One bad slice costs the reference the whole message.
  if (map_.compat && mapping.family == Family::bytes && bad_) return;
  if (!mapping.distinct_keys) {
    keep_last(attributes_);
    for (std::size_t i = 0; i < used_entries_; ++i)
      keep_last(entries_[i].values);
  }
  if (attributes_.empty() && used_entries_ == 0) {
    some_missing_ = some_missing_ || !held_back_;
    return;
  }
  done_.last_line = out.size();
  append_reading(out);
  ++done_.readings;
}

Result<bool> Mapper::wanted(const Mapping& mapping, const Message& message) {
  if (!mapping.filter) return true;
  const auto value =
      mapping.filter->evaluate([&](const JsonPath& path) { return message.find(path); });
  if (!value) return value.error();
  return is_true(*value);
}

Result<void> Mapper::identify(const Mapping& mapping, const Message& message) {
  const TextStyle style = map_.compat ? TextStyle::python : TextStyle::json;
  device_.clear();
  profile_.clear();
  if (!message.device.empty() && (mapping.device.empty() || mapping.device.constant())) {
    const bool same =
        mapping.device.empty() || mapping.device.pieces.front().text == message.device;
    if (!same && mapping.match.by == Match::By::any) {
      return Error{"the record is about " + in_quotes(message.device) + ", the map about " +
                   in_quotes(mapping.device.pieces.front().text)};
    }
    device_ = message.device;
  } else if (const auto done = fill(mapping.device, message, style, device_); !done) {
    return Error{"the device name: " + done.error().text};
  }
  if (device_.empty()) {
    if (mapping.device.empty()) {
      return Error{"neither the map nor the record (device) names the device"};
    }
    return Error{"no device name: what it is made of is not in the record"};
  }
  if (const auto done = fill(mapping.profile, message, style, profile_); !done) {
    return Error{"the device profile: " + done.error().text};
  }
  if (profile_.empty()) profile_ = "default";
  return {};
}

bool Mapper::read_time(const Mapping& mapping, const TimeFrom& from, const Message& message,
                       std::string& stamp) {
  if (from.text.empty()) return false;
  key_.clear();
  const auto filled = fill(from.text, message, TextStyle::json, key_);
  if (!filled || !*filled || key_.empty()) return false;
  DateOrder order = from.order;
  order.numbers = !map_.compat;
  const auto time = parse_timestamp(key_, order);
  if (!time) {
    if (map_.compat) return false;
    problem(mapping, "time", time.error().text + ", the record's own is used");
    return false;
  }
  stamp = std::to_string(*time);
  return true;
}

void Mapper::find_time(const Mapping& mapping, const Message& message) {
  static const std::array<JsonPath, 3> kOwn{path_to("ts"), path_to("timestamp"), path_to("[0].ts")};
  stamp_ = record_stamp_;
  own_stamp_ = read_time(mapping, mapping.time, message, stamp_);
  if (own_stamp_ || !mapping.own_time || message.json == nullptr) return;
  for (const JsonPath& path : kOwn) {
    const auto member = message.json->find(path);
    if (!member || !is_stamp(*member)) continue;
    stamp_ = member->raw;
    own_stamp_ = true;
    return;
  }
}

Mapper::Entry& Mapper::entry_for(const Mapping& mapping, const Item& item, const Message& message) {
  std::string stamp = stamp_;
  const bool own = read_time(mapping, item.time, message, stamp) || own_stamp_;
  for (std::size_t i = 0; i < used_entries_; ++i) {
    if (entries_[i].stamp == stamp) return entries_[i];
  }
  if (used_entries_ == entries_.size()) entries_.emplace_back();
  Entry& entry = entries_[used_entries_++];
  entry.stamp = std::move(stamp);
  entry.own = own;
  entry.values.clear();
  return entry;
}

void Mapper::append_items(const Mapping& mapping, const std::vector<Item>& items, bool telemetry,
                          const Message& message) {
  for (const Item& item : items)
    append_item(mapping, item, telemetry, message);
}

void Mapper::append_item(const Mapping& mapping, const Item& item, bool telemetry,
                         const Message& message) {
  const std::size_t entries = used_entries_;
  Entry* entry = telemetry ? &entry_for(mapping, item, message) : nullptr;
  std::string& to = telemetry ? entry->values : attributes_;
  const std::string_view stamp = telemetry ? std::string_view{entry->stamp} : std::string_view{};
  const std::size_t start = to.size();
  if (item.from == Item::From::every) {
    append_every(item, telemetry, message, stamp, to);
  } else {
    if (start > 0) to += ',';
    const auto key = append_key(item, message, to);
    const std::size_t behind_key = to.size();
    const auto value = key && *key ? items_.append(to, item, mapping, message) : key;
    const std::string_view written = std::string_view{to}.substr(behind_key);
    const bool sent =
        value && *value &&
        reported(item, telemetry, item.label.empty() ? key_ : name_of(item), written, stamp);
    if (!sent) to.resize(start);
    if (!value) {
      problem(mapping, item.label.empty() ? "key" : name_of(item), value.error().text);
      ++done_.rejected_fields;
      bad_ = true;
    }
  }
  if (to.empty()) used_entries_ = entries;
}

Result<bool> Mapper::append_key(const Item& item, const Message& message, std::string& to) {
  if (!item.label.empty()) {
    to += item.label;
    return true;
  }
  key_.clear();
  Result<bool> filled = true;
  if (item.hex && !item.key.from_address) {
    append_hex_text(key_, item.key, message);
  } else {
    filled = fill(item.key, message, map_.compat ? TextStyle::python : TextStyle::json, key_);
  }
  if (!filled) return filled;
  // The reference writes the key None, or leaves the value out, as it happens.
  const bool nameless = !*filled || key_.empty() || key_ == "None";
  if (nameless && !(map_.compat && item.key.from_address)) return false;
  append_json_string(to, *filled ? key_ : "None");
  to += ':';
  return true;
}

bool Mapper::reported(const Item& item, bool telemetry, std::string_view key,
                      std::string_view value, std::string_view stamp) {
  if (item.strategy.kind == report::Kind::on_received) return true;
  if (reporter_.pass(item.strategy, {device_, profile_, key, value, stamp, telemetry})) return true;
  held_back_ = true;
  return false;
}

void Mapper::append_every(const Item& item, bool telemetry, const Message& message,
                          std::string_view stamp, std::string& to) {
  const auto members = message.json != nullptr ? message.json->members()
                                               : std::span<const JsonMember>{message.fields};
  for (const JsonMember& member : members) {
    if (member.key.empty() || member.type == JsonType::null) continue;
    const std::size_t start = to.size();
    if (!to.empty()) to += ',';
    append_json_string(to, member.key);
    to += ':';
    const std::size_t behind_key = to.size();
    if (member.type == JsonType::string) {
      append_json_string(to, member.text);
    } else {
      to += member.raw;
    }
    const std::string_view written = std::string_view{to}.substr(behind_key);
    if (!reported(item, telemetry, member.key, written, stamp)) to.resize(start);
  }
}

/// Of equal keys the last one counts, as everywhere in JSON.
void Mapper::keep_last(std::string& values) {
  if (values.empty()) return;
  std::string text = "{" + values + "}";
  const std::size_t size = text.size();
  text.append(kLinePadding, '\0');
  const auto members = view_.object({text.data(), size});
  if (!members) return;
  values.clear();
  for (const JsonMember& member : *members) {
    if (!values.empty()) values += ',';
    append_json_string(values, member.key);
    values += ':';
    values += member.raw;
  }
}

void Mapper::append_reading(std::string& out) {
  open_line(out, envelope_);
  out += "\"deviceName\":";
  append_json_string(out, device_);
  out += ",\"deviceType\":";
  append_json_string(out, profile_);
  if (!attributes_.empty()) out.append(",\"attributes\":[{").append(attributes_).append("}]");
  if (used_entries_ > 0) out += ",\"telemetry\":[";
  for (std::size_t i = 0; i < used_entries_; ++i) {
    const Entry& entry = entries_[i];
    out += i > 0 ? ",{" : "{";
    // Without a stamp the values stand in the entry itself.
    if (!entry.stamp.empty()) {
      out.append("\"ts\":").append(entry.stamp).push_back(',');
      if (!entry.own && !clock_.empty()) out.append("\"clock\":").append(clock_).push_back(',');
      out += "\"values\":{";
    }
    out.append(entry.values).append(entry.stamp.empty() ? "}" : "}}");
  }
  if (used_entries_ > 0) out += ']';
  out += "}\n";
}

}  // namespace tbgw::convert
