// SPDX-License-Identifier: Apache-2.0
#include "serial/records.hpp"

#include <nlohmann/json.hpp>

#include "core/record.hpp"
#include "core/text.hpp"

namespace tbgw::serial {
namespace {

/// A frame's bytes as a record spells them.
struct Spelled {
  std::string data;
  std::string_view encoding;  ///< "" = text
};

Spelled spell(std::string_view bytes, Encoding encoding) {
  switch (encoding) {
    case Encoding::hex:
      return {to_hex(bytes), "hex"};
    case Encoding::base64:
      return {to_base64(bytes), "base64"};
    case Encoding::latin1:
      return {latin1_to_utf8(bytes), ""};
    case Encoding::text:
      break;
  }
  if (!is_utf8(bytes)) return {to_hex(bytes), "hex"};
  return {std::string{bytes}, ""};
}

}  // namespace

RecordWriter::RecordWriter(const PortSetup& setup, ClockTrust& trust, std::size_t max_record)
    : name_(setup.is_stdin() ? "" : setup.name),
      device_(setup.device),
      device_type_(setup.device_type),
      shared_keys_(setup.shared_keys),
      encoding_(setup.encoding),
      trust_(trust),
      max_record_(max_record) {}

std::string RecordWriter::frame(const Frame& frame, Time now, EpochMs wall_now) {
  return raw(frame, device_, "", now, wall_now);
}

std::string RecordWriter::answer(const Answer& answer, Time now, EpochMs wall_now) {
  const std::string& device = answer.command.device.empty() ? device_ : answer.command.device;
  return raw(answer.frame, device, answer.command.rpc, now, wall_now);
}

std::string RecordWriter::raw(const Frame& frame, std::string_view device, std::string_view rpc,
                              Time now, EpochMs wall_now) {
  const auto age = std::chrono::duration_cast<Milliseconds>(now - frame.first).count();
  RawRecord record;
  record.ts = spreader_.next(wall_now - age);
  const auto clock = trust_.doubt(record.ts);
  record.clock = clock ? std::string_view{*clock} : std::string_view{};
  record.source = "serial";
  record.address = name_;
  record.device = device;
  record.rpc = rpc;
  Spelled spelled = spell(frame.data, encoding_);
  record.data = spelled.data;
  record.encoding = spelled.encoding;
  std::string line;
  append_raw(line, record);
  if (line.size() > max_record_ + 1 && record.encoding.empty()) {  // its escapes made it so long
    spelled = spell(frame.data, Encoding::hex);
    record.data = spelled.data;
    record.encoding = spelled.encoding;
    line.clear();
    append_raw(line, record);
  }
  line.pop_back();  // the newline
  return line;
}

std::string RecordWriter::outcome(const Command& command, const std::string& what) const {
  return outcome_line(command.device.empty() ? device_ : command.device, name_, command.rpc, what);
}

std::string RecordWriter::sent(const Command& command) const {
  return outcome(command, "\"sent\":true");
}

std::string RecordWriter::failed(const Command& command, const std::string& why) const {
  return outcome(command, "\"error\":" + json_string(why));
}

std::string RecordWriter::connect() const {
  nlohmann::ordered_json members = nlohmann::ordered_json::object();
  if (device_.empty()) {
    members["port"] = name_;
  } else {
    members["deviceType"] = device_type_;
    if (!shared_keys_.empty()) members["sharedKeys"] = shared_keys_;
  }
  return event_line("connect", device_, members);
}

std::string RecordWriter::disconnect(const std::string& reason) const {
  nlohmann::ordered_json members = nlohmann::ordered_json::object();
  if (device_.empty()) members["port"] = name_;
  members["reason"] = reason;
  return event_line("disconnect", device_, members);
}

std::string RecordWriter::fault(const std::string& text) const {
  nlohmann::ordered_json members = nlohmann::ordered_json::object();
  if (!name_.empty()) members["port"] = name_;
  return fault_line("tbgw-serial", text, device_, members);
}

}  // namespace tbgw::serial
