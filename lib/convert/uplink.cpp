// SPDX-License-Identifier: Apache-2.0
#include "convert/uplink.hpp"

#include "convert/announce.hpp"
#include "convert/slice.hpp"
#include "core/record.hpp"
#include "core/text.hpp"

namespace tbgw::convert {
Uplink::Uplink(const Map& map)
    : map_(map),
      selector_(map),
      values_(map.compat),
      answers_(map, selector_),
      mapper_(map, reporter_),
      told_falsy_(map.compat || !map.from_reference) {}

Uplink::~Uplink() = default;

Outcome Uplink::convert(const Line& line, std::string& out) {
  ++counts_.lines;
  note_.clear();
  notice_.clear();
  reason_ = unreadable(line);
  if (!reason_.empty()) {
    if (line.too_long) ++counts_.too_long;
    return reject(envelope_of_broken(line.text), out);
  }
  const auto members = view_.object(line.text);
  if (!members) {
    reason_ = members.error().text;
    return reject(envelope_of_broken(line.text), out);
  }
  return convert_members(line.text, look_at(*members), out);
}

Outcome Uplink::convert_members(std::string_view line, const Members& members, std::string& out) {
  switch (members.kind()) {
    case LineKind::raw:
      return convert_raw(members, out);
    case LineKind::answer:
      return convert_answer(members, out);
    case LineKind::event:
      return pass_event(line, members, out);
    case LineKind::hello:
    case LineKind::command:
    case LineKind::reading:
      break;
  }
  ++counts_.passed;
  out.append(line).push_back('\n');
  return {};
}

Outcome Uplink::reject(const Envelope& envelope, std::string& out) {
  ++counts_.rejected;
  append_nothing(out, envelope);
  return {reason_, note_, {}};
}

Outcome Uplink::convert_raw(const Members& members, std::string& out) {
  const auto fail = [&](const Error& error) {
    reason_ = error.text;
    return reject(envelope_of(members), out);
  };
  const auto bytes = frame_.read(members);
  if (!bytes) return fail(bytes.error());
  if (!map_.mappings.empty()) return convert_mapped(members, *bytes, out);
  const auto choice = selector_.pick(members);
  if (!choice) return fail(choice.error());
  const std::size_t start = out.size();
  if (append_reading(members, *choice, *bytes, out)) {
    ++counts_.converted;
  } else {
    out.resize(start);
    append_nothing(out, envelope_of(members));
  }
  if (!reason_.empty()) ++counts_.rejected;
  return {reason_, note_, notice_};
}

Outcome Uplink::convert_mapped(const Members& members, std::string_view bytes, std::string& out) {
  const Mapper::Done& done = mapper_.convert(members, bytes, out);
  counts_.rejected_fields += done.rejected_fields;
  reason_ = done.reason;
  if (done.readings == 0) {
    append_nothing(out, envelope_of(members));
  } else {
    ++counts_.converted;
    // Of several lines the last one says that the record is done.
    if (members.number != nullptr) {
      out.insert(done.last_line + 1, "\"_n\":" + std::string{members.number->raw} + ",");
    }
  }
  if (!reason_.empty()) ++counts_.rejected;
  return {reason_, note_, notice_};
}

bool Uplink::append_reading(const Members& members, const Choice& choice, std::string_view bytes,
                            std::string& out) {
  const auto stamp = stamp_of(members);
  const auto clock = clock_of(members);
  if (!stamp || !clock) {
    reason_ = !stamp ? stamp.error().text : clock.error().text;
    return false;
  }
  choice_ = &choice;
  stamp_ = *stamp;
  append_head(members, choice, out);
  const std::size_t undo = out.size();
  out.append(",\"attributes\":[{");
  const bool attributes = append_fields(choice.rule->attributes, bytes, out);
  if (attributes) {
    out.append("}]");
  } else {
    out.resize(undo);
  }
  const bool telemetry = append_telemetry(choice.rule->telemetry, *stamp, *clock, bytes, out);
  out.append("}\n");
  return attributes || telemetry;
}

void Uplink::append_head(const Members& members, const Choice& choice, std::string& out) {
  open_line(out, envelope_of(members));
  if (!choice.rule->name.empty()) {
    out.append(choice.rule->head);
    return;
  }
  out.append("\"deviceName\":");
  append_json_string(out, choice.device);
  out.append(",\"deviceType\":");
  append_json_string(out, choice.rule->type);
}

bool Uplink::append_telemetry(const std::vector<Field>& fields, std::string_view stamp,
                              std::string_view clock, std::string_view bytes, std::string& out) {
  const std::size_t undo = out.size();
  out.append(",\"telemetry\":[{");
  // An entry with only one of ts and values would be taken for plain keys: without a stamp the
  // values stand in the entry itself.
  if (!stamp.empty()) {
    out.append("\"ts\":").append(stamp).push_back(',');
    if (!clock.empty()) out.append("\"clock\":").append(clock).push_back(',');
    out.append("\"values\":{");
  }
  const bool any = append_fields(fields, bytes, out);
  if (any) {
    out.append(stamp.empty() ? "}]" : "}}]");
  } else {
    out.resize(undo);
  }
  return any;
}

/// Appends `"key":value,…`; true if there was any.
bool Uplink::append_fields(const std::vector<Field>& fields, std::string_view bytes,
                           std::string& out) {
  bool any = false;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    any = append_field(fields, i, bytes, any, out) || any;
  }
  return any;
}

bool Uplink::append_field(const std::vector<Field>& fields, std::size_t index,
                          std::string_view bytes, bool any, std::string& out) {
  const Field& field = fields[index];
  const std::size_t start = out.size();
  if (any) out.push_back(',');
  out.append(field.label);
  const std::size_t value = out.size();
  const auto slice = cut(field.slice, bytes, map_.compat);
  const auto done = slice ? values_.append(out, field.type, *slice) : Result<void>{slice.error()};
  if (!done) {
    out.resize(start);
    ++counts_.rejected_fields;
    if (!reason_.empty()) reason_ += "; ";
    reason_.append(field.key).append(": ").append(done.error().text);
    return false;
  }
  if (map_.compat && is_falsy(std::string_view{out}.substr(value))) {
    out.resize(start);
    return false;
  }
  if (!told_falsy_) tell_falsy(field, std::string_view{out}.substr(value));
  const bool last = !field.next_same_key || !has_later_value(fields, index, bytes);
  if (last && reported(field, fields, std::string_view{out}.substr(value))) return true;
  out.resize(start);
  return false;
}

bool Uplink::reported(const Field& field, const std::vector<Field>& fields,
                      std::string_view value) {
  if (field.strategy.kind == report::Kind::on_received) return true;
  const DeviceRule& rule = *choice_->rule;
  return reporter_.pass(field.strategy, {choice_->device, rule.type, field.key, value, stamp_,
                                         &fields == &rule.telemetry});
}

/// Once: the first value that would not have come from the reference.
void Uplink::tell_falsy(const Field& field, std::string_view value) {
  if (!is_falsy(value)) return;
  told_falsy_ = true;
  notice_.append(field.key).append(": ").append(value);
  notice_ += " is sent (the reference drops 0, false and empty values: --compat)";
}

/// The later fields of this key come again in their turn, with their messages; here they are only
/// tried.
bool Uplink::has_later_value(const std::vector<Field>& fields, std::size_t index,
                             std::string_view bytes) {
  for (auto next = fields[index].next_same_key; next; next = fields[*next].next_same_key) {
    const Field& later = fields[*next];
    tried_.clear();
    const auto slice = cut(later.slice, bytes, map_.compat);
    if (!slice || !values_.append(tried_, later.type, *slice)) continue;
    if (!map_.compat || !is_falsy(tried_)) return true;
  }
  return false;
}

Outcome Uplink::convert_answer(const Members& members, std::string& out) {
  const std::size_t start = out.size();
  const auto problem = answers_.append_reply(members, out);
  if (out.size() > start) {
    ++counts_.answers;
  } else {
    append_nothing(out, envelope_of(members));
  }
  if (!problem) {
    ++counts_.rejected;
    reason_ = problem.error().text;
  }
  return {reason_, note_, {}};
}

Outcome Uplink::pass_event(std::string_view line, const Members& members, std::string& out) {
  ++counts_.passed;
  const auto announced = append_announced(selector_, members, out);
  if (announced && *announced) return {};
  if (!announced) note_ = announced.error().text + "; passed on as it is";
  out.append(line).push_back('\n');
  return {reason_, note_, {}};
}

}  // namespace tbgw::convert
