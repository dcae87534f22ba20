// SPDX-License-Identifier: Apache-2.0
// The way down of maps for messages: by rules instead of by devices.
#include "convert/answer.hpp"
#include "convert/downlink.hpp"
#include "core/number.hpp"
#include "core/text.hpp"

namespace tbgw::convert {

Result<void> Downlink::convert_mapped(std::string_view event, std::string_view line,
                                      const Members& members, std::string_view device,
                                      std::string& out) {
  const bool ours = event == "attributes" || event == "rpc" || event == "attributes-response";
  // A connector without rules of this kind (SNMP, ODBC) takes the events as they are.
  const bool nobody =
      event == "attributes-response" && !writer_.has_rules(DownRule::On::attributes_response);
  if (!ours || nobody || !writer_.has_rules()) {
    ++counts_.passed;
    out.append(line).push_back('\n');
    return {};
  }
  if (event == "attributes") {
    if (const JsonMember* deleted = find(members.all, "deleted")) count_deleted(*deleted);
    if (members.data == nullptr) return {};
  }
  if (members.data == nullptr || members.data->type != JsonType::object) {
    return Error{"data: must be an object"};
  }
  const auto data = data_view_.object(members.data->raw);
  if (!data) return Error{"data: " + data.error().text};
  if (event == "attributes") return mapped_attributes(*data, device, out);
  if (event == "rpc") return mapped_rpc(*data, device, out);
  return mapped_response(members, *data, device, out);
}

void Downlink::remember_last_line(std::size_t start, const std::string& out) {
  if (out.size() <= start) return;
  const std::size_t end = out.rfind('\n', out.size() - 2);
  last_line_ = end == std::string::npos || end < start ? start : end + 1;
}

Result<void> Downlink::mapped_attributes(std::span<const JsonMember> data, std::string_view device,
                                         std::string& out) {
  const std::size_t start = out.size();
  for (const JsonMember& member : data) {
    const std::size_t undo = out.size();
    const auto count =
        writer_.append(DownRule::On::attribute, {device, member.key, &member, ""}, out);
    if (count && *count > 0) {
      counts_.commands += static_cast<std::uint64_t>(*count);
      continue;
    }
    out.resize(undo);
    ++counts_.ignored;
    note(in_quotes(member.key) + " of " + in_quotes(device) + ": " +
         (count ? "no attributeUpdates for it" : count.error().text));
  }
  remember_last_line(start, out);
  return {};
}

Result<void> Downlink::mapped_rpc(std::span<const JsonMember> data, std::string_view device,
                                  std::string& out) {
  const JsonMember* id = find(data, "id");
  if (id == nullptr) return Error{"data: an rpc must have an id"};
  const auto name = text_of(find(data, "method"), "method");
  if (!name || name->empty()) return Error{"data: an rpc must have a method, a text"};
  const std::size_t start = out.size();
  const DownEvent event{device, *name, find(data, "params"), id->raw};
  auto count = writer_.append_adhoc(event, out);
  if (count && *count == 0) count = writer_.append(DownRule::On::rpc, event, out);
  if (count && *count > 0) {
    ++counts_.commands;
  } else {
    out.resize(start);
    ++counts_.rpc_errors;
    const std::string why = !count                   ? count.error().text
                            : !writer_.knows(device) ? "no rule for the device " + in_quotes(device)
                            : map_.compat            ? "Method not found"
                                                     : "Method not found: " + in_quotes(*name);
    note("rpc " + in_quotes(*name) + " for " + in_quotes(device) + ": " + why);
    append_reply(out, {}, device, id->raw, error_data(why, map_.compat));
  }
  remember_last_line(start, out);
  return {};
}

/// The answer to an attributes-request, whose id says which of the map's requests it was.
Result<void> Downlink::mapped_response(const Members& members, std::span<const JsonMember> data,
                                       std::string_view device, std::string& out) {
  const JsonMember* id = find(members.all, "id");
  const auto number =
      id == nullptr ? Result<std::int64_t>{Error{"no id"}} : parse_integer(id->raw, 0, INT64_MAX);
  if (!number) return Error{"id: must be a whole number"};
  const std::size_t start = out.size();
  for (const JsonMember& member : data) {
    const auto count = writer_.append_response(static_cast<std::size_t>(*number % 100),
                                               {device, member.key, &member, ""}, out);
    if (!count) return count.error();
    counts_.commands += static_cast<std::uint64_t>(*count);
    if (*count == 0) ++counts_.ignored;
  }
  remember_last_line(start, out);
  return {};
}

}  // namespace tbgw::convert
