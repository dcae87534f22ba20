// SPDX-License-Identifier: Apache-2.0
#include "route/sight.hpp"

namespace tbgw::route {
namespace {

std::string_view text_of(std::span<const JsonMember> members, std::string_view key) {
  const JsonMember* const member = find(members, key);
  return member != nullptr && member->type == JsonType::string ? member->text : std::string_view{};
}

}  // namespace

bool Sight::speaks_for_device() const {
  if (device.empty()) return false;
  return kind == LineKind::reading || kind == LineKind::raw || event == "connect";
}

Result<Sight> Eye::look(const Line& line) {
  if (line.too_long) return Error{"the line is longer than --max-record"};
  const auto members = view_.object(line.text);
  if (!members) return members.error();
  Sight sight;
  sight.kind = kind_of(*members);
  sight.device = text_of(*members, sight.kind == LineKind::reading ? "deviceName" : "device");
  if (sight.kind == LineKind::command) {
    if (const JsonMember* const rpc = find(*members, "rpc")) sight.rpc = rpc->raw;
  }
  if (sight.kind != LineKind::event) return sight;
  sight.event = text_of(*members, "event");
  if (sight.event.empty()) return Error{"`event` must be a text"};
  if (sight.event == "device-renamed") {
    sight.from = text_of(*members, "from");
    sight.to = text_of(*members, "to");
  } else if (sight.event == "rpc") {
    const JsonMember* const data = find(*members, "data");
    if (data == nullptr || data->type != JsonType::object) return Error{"an rpc without data"};
    const auto call = inner_.object(data->raw);
    if (!call) return call.error();
    const JsonMember* const id = find(*call, "id");
    if (id == nullptr) return Error{"an rpc without an id"};
    sight.id = id->raw;
    sight.method = text_of(*call, "method");
  }
  return sight;
}

}  // namespace tbgw::route
