// SPDX-License-Identifier: Apache-2.0
#include "serial/command.hpp"

#include "core/number.hpp"
#include "core/text.hpp"

namespace tbgw::serial {
namespace {

/// An answer is awaited so long if the command does not say (the reference's responseTimeoutSec).
constexpr Milliseconds kAnswerTimeout{5000};
constexpr std::int64_t kLongestAnswer = 3'600'000;

std::string text_member(std::span<const JsonMember> members, std::string_view key) {
  const JsonMember* member = find(members, key);
  return member != nullptr && member->type == JsonType::string ? std::string{member->text} : "";
}

Result<std::string> decode(std::string_view send, std::string_view encoding) {
  if (encoding.empty() || encoding == "text") return std::string{send};
  if (encoding == "hex") return parse_hex(send);
  if (encoding == "base64") return from_base64(send);
  return Error{"the encoding must be hex, base64 or left out, not " + in_quotes(encoding)};
}

Result<Milliseconds> answer_timeout(std::string_view answer) {
  JsonView view;
  const auto members = view.object(answer);
  if (!members) return Error{"`answer` must be an object like {\"timeout\":5000}"};
  const JsonMember* timeout = find(*members, "timeout");
  if (timeout == nullptr) return kAnswerTimeout;
  const auto ms = parse_integer(timeout->raw, 1, kLongestAnswer);
  if (!ms) return Error{"`answer.timeout` must be milliseconds from 1 to 3600000"};
  return Milliseconds{*ms};
}

}  // namespace

Command addressed(std::span<const JsonMember> members) {
  Command command;
  command.device = text_member(members, "device");
  command.port = text_member(members, "port");
  const JsonMember* rpc = find(members, "rpc");
  if (rpc != nullptr && rpc->type != JsonType::null) command.rpc = rpc->raw;
  return command;
}

Result<Command> parse_command(std::span<const JsonMember> members) {
  Command command = addressed(members);
  for (const std::string_view key : {"device", "port", "send", "encoding"}) {
    const JsonMember* member = find(members, key);
    if (member != nullptr && member->type != JsonType::string) {
      return Error{"`" + std::string{key} + "` must be a text"};
    }
  }
  auto bytes = decode(text_member(members, "send"), text_member(members, "encoding"));
  if (!bytes) return Error{"`send`: " + bytes.error().text};
  if (bytes->empty()) return Error{"`send` is empty"};
  command.bytes = *std::move(bytes);
  const JsonMember* answer = find(members, "answer");
  if (answer != nullptr && answer->type != JsonType::null) {
    const auto timeout = answer_timeout(answer->raw);
    if (!timeout) return timeout.error();
    command.answer = *timeout;
  }
  return command;
}

std::string outcome_line(const std::string& device, const std::string& port, const std::string& rpc,
                         const std::string& outcome) {
  std::string line = "{";
  if (!device.empty() || !port.empty()) {
    line += device.empty() ? "\"port\":" : "\"device\":";
    append_json_string(line, device.empty() ? port : device);
    line += ",";
  }
  return line.append("\"rpc\":").append(rpc).append(",").append(outcome).append("}");
}

}  // namespace tbgw::serial
