// SPDX-License-Identifier: Apache-2.0
#include "convert/answer.hpp"

#include <algorithm>

#include "convert/adhoc_rule.hpp"
#include "convert/slice.hpp"
#include "core/text.hpp"

namespace tbgw::convert {
namespace {

const RpcMethod* find_method(const DeviceRule& rule, std::string_view name) {
  const auto found = std::find_if(rule.methods.begin(), rule.methods.end(),
                                  [&](const RpcMethod& method) { return method.method == name; });
  return found == rule.methods.end() ? nullptr : &*found;
}

}  // namespace

void append_reply(std::string& out, const Envelope& envelope, std::string_view device,
                  std::string_view id, std::string_view data) {
  open_line(out, envelope);
  out.append(R"("event":"rpc-reply",)");
  if (!device.empty()) out.append("\"device\":" + json_string(device) + ",");
  out.append("\"id\":").append(id).append(",\"data\":").append(data).append("}\n");
}

std::string error_data(std::string_view text, bool compat) {
  return "{\"error\":" + json_string(text) + (compat ? ",\"success\":false}" : "}");
}

AnswerReader::AnswerReader(const Map& map, const Selector& selector)
    : compat_(map.compat),
      mapped_(!map.mappings.empty()),
      selector_(selector),
      values_(map.compat),
      rules_(map),
      items_(map.compat),
      style_(map.down_style) {}

Result<void> AnswerReader::append_reply(const Members& members, std::string& out) {
  const auto choice = selector_.pick(members);
  const auto named = text_of(members.device, "device");
  if (!named) return named.error();
  const std::string_view device = choice ? choice->device : *named;
  const JsonMember& rpc = *members.rpc;
  if (rpc.type != JsonType::object) return Error{"rpc: must be an object with id and method"};
  const auto call = rpc_view_.object(rpc.raw);
  if (!call) return Error{"rpc: " + call.error().text};
  const JsonMember* id = find(*call, "id");
  if (id == nullptr) return Error{"rpc: has no id"};
  const auto method = text_of(find(*call, "method"), "rpc.method");
  if (!method) return method.error();
  const auto response = text_of(find(*call, "response"), "rpc.response");
  if (!response) return response.error();
  response_ = *response;
  const bool connectors = style_ && is_connector_call(*style_, *method);
  if (device.empty() && !connectors) return choice.error();

  const JsonMember* error = find(members.all, "error");
  const JsonMember* sent = find(members.all, "sent");
  Result<void> problem;
  if (error != nullptr) {
    data_ = error_data(error->text, compat_);
  } else if (members.data != nullptr) {
    problem = mapped_ ? append_mapped(members, device, *method, data_)
                      : append_result(members, choice, *method, data_);
    if (!problem) data_ = error_data(problem.error().text, compat_);
  } else if (sent != nullptr && sent->raw == "true") {
    data_ = "{\"success\":true}";
  } else {
    return Error{"an answer must have data, \"sent\":true or error"};
  }
  convert::append_reply(out, envelope_of(members), device, id->raw, data_);
  return problem;
}

/// The part the map asks for; else JSON as it is, and anything else as a text.
Result<void> AnswerReader::append_mapped(const Members& members, std::string_view device,
                                         std::string_view method, std::string& data) {
  const auto bytes = frame_.read(members);
  if (!bytes) return bytes.error();
  const DownRule* rule = rules_.find_method(device, method);
  if (rule != nullptr && rule->answer) return append_native(*rule, *bytes, method, data);
  const bool json = static_cast<bool>(document_.read(*bytes));
  std::string value;
  if (json) value = document_.root().raw;
  if (!json) value = json_string(is_utf8(*bytes) ? std::string{*bytes} : to_hex(*bytes));
  Text wanted;
  if (rule != nullptr) wanted = rule->response;
  // A call that brought its own rule along.
  if (!response_.empty()) {
    auto brought = parse_text(response_);
    if (!brought) return brought.error();
    wanted = *std::move(brought);
  }
  if (!wanted.empty()) {
    Message message;
    message.bytes = *bytes;
    message.json = json ? &document_ : nullptr;
    if (wanted.single_path()) {
      const std::string& path = wanted.pieces.front().text;
      const auto found = message.find(wanted.pieces.front().path);
      if (!found) return Error{"answer to " + std::string{method} + ": no ${" + path + "} in it"};
      value = found->raw;
    } else {
      std::string text;
      const auto filled = fill(wanted, message, TextStyle::json, text);
      if (!filled) return filled.error();
      if (!*filled) return Error{"answer to " + std::string{method} + ": a part is missing"};
      value = json_string(text);
    }
  }
  // A JSON answer may be written over several lines; a record is one.
  std::replace(value.begin(), value.end(), '\n', ' ');
  std::replace(value.begin(), value.end(), '\r', ' ');
  const bool topic =
      style_ == DownStyle::mqtt || (rule != nullptr && rule->address_member == "topic");
  const bool bare = value.front() == '{' || topic;
  data = bare ? value : "{\"result\":" + value + "}";
  return {};
}

/// The value that the `answer` of a native map is about.
Result<void> AnswerReader::append_native(const DownRule& rule, std::string_view bytes,
                                         std::string_view method, std::string& data) {
  static const Mapping kNone;
  Message message;
  message.bytes = bytes;
  std::string value;
  Result<bool> found = false;
  const auto decoded = decoder_.each(rule.answer_decode, message, [&](const Message& part) {
    if (value.empty() && found) found = items_.append(value, *rule.answer, kNone, part);
  });
  const std::string answer = "answer to " + std::string{method} + ": ";
  if (!decoded) return Error{answer + decoded.error().text};
  if (!found) return Error{answer + found.error().text};
  if (value.empty()) return Error{answer + "the value is not in it"};
  data = "{\"result\":" + value + "}";
  return {};
}

Result<void> AnswerReader::append_result(const Members& members, const Result<Choice>& choice,
                                         std::string_view method, std::string& data) {
  if (!choice) return choice.error();
  const RpcMethod* rule = find_method(*choice->rule, method);
  if (rule == nullptr) return Error{"the map has no method " + in_quotes(method)};
  const auto bytes = frame_.read(members);
  if (!bytes) return bytes.error();
  const auto slice = cut(rule->response.slice, *bytes, compat_);
  if (!slice) return Error{"answer to " + std::string{method} + ": " + slice.error().text};
  data = "{\"result\":";
  const auto done = values_.append(data, rule->response.type, *slice);
  if (!done) return Error{"answer to " + std::string{method} + ": " + done.error().text};
  data += '}';
  return {};
}

}  // namespace tbgw::convert
