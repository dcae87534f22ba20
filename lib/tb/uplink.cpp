// SPDX-License-Identifier: Apache-2.0
#include "tb/uplink.hpp"

#include <algorithm>
#include <utility>

#include "core/record.hpp"
#include "core/text.hpp"
#include "tb/topics.hpp"

namespace tbgw::tb {

using Lane = Message::Lane;

Uplink::Uplink(const UplinkOptions& options, DeviceTable& devices, AttributeRequests& requests,
               RpcMemory& rpcs)
    : options_(options),
      devices_(devices),
      requests_(requests),
      rpcs_(rpcs),
      outbox_(ledger_, options.window),
      packer_(ledger_, options.max_payload) {}

void Uplink::line(const Line& line, EpochMs arrived, Time now) {
  const Seq record = ledger_.open();
  const auto members = line.too_long ? Result<Members>{Error{"is longer than --max-record"}}
                                     : view_.object(line.text);
  if (receipts_.wanted()) {
    receipts_.note(record,
                   members ? delivery_number(*members) : delivery_number_of_broken(line.text));
  }
  if (members) {
    const bool is_reading = kind_of(*members) == LineKind::reading;
    if (!is_reading || !take_doubtful(line, record, arrived, now)) {
      take_members(*members, record, arrived, now);
    }
  } else {
    reject(record, members.error().text);
  }
  move_sealed();
  ledger_.release(record);
}

void Uplink::take_members(Members members, Seq record, EpochMs arrived, Time now) {
  switch (kind_of(members)) {
    case LineKind::reading:
      return take_reading(members, record, arrived, now);
    case LineKind::event:
      return take_event(members, record, now);
    case LineKind::hello:
      ++counts_.ignored;
      if (delivery_number(members) == 0) hello_ = read_hello(members);
      return;
    case LineKind::raw:
      return reject(record, "is a raw record, not a reading: put tbgw-convert before tbgw-push");
    case LineKind::command:
    case LineKind::answer:
      return reject(record, "is a command or the answer to one: those are for tbgw-convert");
  }
}

std::optional<SpoolHello> Uplink::take_hello() {
  return std::exchange(hello_, std::nullopt);
}

void Uplink::reject(Seq record, std::string reason) {
  ++counts_.rejected;
  receipts_.refuse(record, reason);
  problems_.push_back({record, std::move(reason), true, {}});
}

void Uplink::leave_out(Seq record, std::vector<std::string>& reasons) {
  counts_.left_out += reasons.size();
  for (std::string& reason : reasons)
    problems_.push_back({record, std::move(reason), false, {}});
}

void Uplink::give_up(const std::vector<Seq>& records, const std::string& reason,
                     const std::string& refused) {
  for (const Seq record : records) {
    if (record == 0) continue;
    reject(record, reason);
    problems_.back().refused = refused;
  }
}

/// The data of a message as a reading again; "" for other messages.
std::string Uplink::as_reading(const Message& message) const {
  const bool is_telemetry = message.kind == Message::Kind::telemetry;
  if (!is_telemetry && message.kind != Message::Kind::attributes) return "";
  const Device& device = devices_[message.device];
  std::string out = "{";
  std::string_view body = message.payload;
  if (message.device != kGatewayItself) {
    out += "\"deviceName\":" + json_string(device.name) + ",";
    body.remove_prefix(device.quoted.size() + 2);  // {"NAME":…}
    body.remove_suffix(1);
  }
  return out.append(is_telemetry ? "\"telemetry\":" : "\"attributes\":").append(body).append("}");
}

Result<Device*> Uplink::device_named(std::string_view name, DeviceId& id) {
  if (options_.device_api && !name.empty()) {
    if (own_name_.empty()) own_name_ = name;
    if (name != own_name_) {
      return Error{"names the device " + in_quotes(name) +
                   ": with --device-api there is one, and " + in_quotes(own_name_) + " came first"};
    }
    name = {};
  }
  Device* const device = devices_.find_or_add(name, id);
  if (device == nullptr) {
    return Error{"names a new device: " + std::to_string(DeviceTable::kMost) +
                 " are known, and no more are taken"};
  }
  return device;
}

void Uplink::take_reading(Members members, Seq record, EpochMs arrived, Time now) {
  ++counts_.readings;
  const auto parsed = parser_.parse(members, arrived);
  if (!parsed) return reject(record, parsed.error().text);
  const Reading& reading = **parsed;
  counts_.nulls += reading.nulls;
  faults_.insert(faults_.end(), reading.remarks.begin(), reading.remarks.end());
  std::vector<std::string> left_out = reading.left_out;
  if (!reading.empty()) {
    DeviceId id = kGatewayItself;
    const auto found = device_named(reading.device, id);
    if (!found) return reject(record, found.error().text);
    Device* const device = *found;
    if (device->gone || (!reading.type.empty() && device->type != reading.type)) {
      devices_.note_change(id);
    }
    if (!reading.type.empty()) device->type = reading.type;
    device->gone = false;
    batch_bytes_ -= device->batch.bytes();
    packer_.add(id, *device, reading, record, now, sealed_, left_out);
    if (!options_.merge) packer_.seal(id, *device, sealed_);
    batch_bytes_ += device->batch.bytes();
    if (!device->batch.listed && !device->batch.empty()) {
      device->batch.listed = true;
      open_.push_back(id);
    }
  }
  if (left_out.empty()) return;
  std::size_t sent = reading.attributes.size();
  for (const Entry& entry : reading.entries)
    sent += entry.count;
  if (left_out.size() - reading.left_out.size() >= sent) {  // nothing of it is left
    ++counts_.rejected;
    receipts_.refuse(record, left_out.front());
  }
  leave_out(record, left_out);
}

void Uplink::move_sealed() {
  for (Message& message : sealed_)
    outbox_.add(std::move(message));
  sealed_.clear();
}

void Uplink::seal(DeviceId id) {
  Device& device = devices_[id];
  batch_bytes_ -= device.batch.bytes();
  packer_.seal(id, device, sealed_);
  batch_bytes_ += device.batch.bytes();
  move_sealed();
}

void Uplink::seal_oldest() {
  const DeviceId id = open_.front();
  open_.pop_front();
  --due_;
  devices_[id].batch.listed = false;
  seal(id);
}

void Uplink::release_batches() {
  due_ = open_.size();
}

void Uplink::tick(Time now) {
  while (due_ < open_.size() && devices_[open_[due_]].batch.opened + options_.linger <= now) {
    ++due_;
  }
  if (idle_due_ <= now) {
    idle_turn_ = true;
    idle_due_ = now + options_.keep_devices / 10;
  }
  release_held(now);
  settle_answers(now);
  counts_.expired += outbox_.expire(now);
}

Time Uplink::next_tick() const {
  Time next = std::min({outbox_.first_expiry(), trial_due_, pace_due_, idle_due_, next_answer()});
  if (!held_.empty()) next = std::min(next, clock_due_);
  if (due_ < open_.size()) {
    next = std::min(next, devices_[open_[due_]].batch.opened + options_.linger);
  }
  return next;
}

const Message* Uplink::next(Time now) {
  pace_due_ = Time::max();
  last_lane_ = Lane::urgent;
  if (const Message* message = outbox_.next(last_lane_)) {
    if (must_wait(*message, last_lane_, now)) return nullptr;
    if (devices_[message->device].announced) return message;
    announce(message->device, now);  // or the question would make it a device of default type
    last_lane_ = Lane::control;
    return outbox_.next(last_lane_);
  }
  while (outbox_.has_window()) {
    last_lane_ = Lane::control;
    if (const Message* message = outbox_.next(last_lane_)) {
      return must_wait(*message, last_lane_, now) ? nullptr : message;
    }
    last_lane_ = Lane::stored;
    const Message* const message = outbox_.next(last_lane_);
    if (message == nullptr && due_ > 0) {
      seal_oldest();
    } else if (message != nullptr && must_announce(*message)) {
      announce(message->device, now);
    } else if (message != nullptr && must_be_silent(*message, now)) {
      return nullptr;
    } else if (message != nullptr && must_wait(*message, last_lane_, now)) {
      return nullptr;
    } else if (message == nullptr || silent_turn_) {
      silent_turn_ = false;  // silent devices wait for no backlog, and no backlog for them
      if (!announce_silent(now) && !ask_idle(now) && message == nullptr) return nullptr;
    } else {
      silent_turn_ = true;
      return message;
    }
  }
  return nullptr;
}

/// Before a suspect is tried again nothing else is to disturb the platform.
bool Uplink::must_be_silent(const Message& message, Time now) {
  const auto silence = outbox_.silence_before(message);
  if (silence.count() == 0) return false;
  if (trial_due_ == Time::max()) trial_due_ = now + silence;
  return now < trial_due_;
}

void Uplink::sent(int packet_id, Time now) {
  if (last_lane_ == Lane::stored) trial_due_ = Time::max();
  const Message* const message = outbox_.next(last_lane_);
  const Message::Kind kind = message->kind;
  const DeviceId id = message->device;
  spend(*message, now);
  outbox_.sent(last_lane_, packet_id, now);
  devices_[id].spoke = now;
  if (kind == Message::Kind::disconnect) devices_[id].announced = false;
  if (kind == Message::Kind::connect && last_lane_ == Lane::stored) {
    devices_[id].announced = true;
    if (!devices_[id].shared_keys.empty()) ask_shared(id, now);
  }
}

void Uplink::unsendable(const std::string& reason) {
  if (last_lane_ == Lane::stored) trial_due_ = Time::max();
  const std::string reading = as_reading(*outbox_.next(last_lane_));
  give_up(outbox_.refused_unsent(last_lane_), "cannot be sent: " + reason, reading);
}

void Uplink::connection_up(std::size_t max_packet, std::size_t max_messages, Time now) {
  max_packet_ = max_packet;
  max_messages_ = max_messages;
  silent_ = 1;
  idle_due_ = now + options_.keep_devices / 10;
  apply_limits();
  if (options_.ask_limits) ask_limits(now);
}

void Uplink::renamed(DeviceId id) {
  const std::string old = devices_.take_new_name(id);
  outbox_.rename(id, old, devices_[id].quoted);
}

std::size_t Uplink::held_bytes() const {
  return outbox_.bytes() + batch_bytes_ + held_bytes_ + ledger_.bytes();
}

std::vector<Problem> Uplink::take_problems() {
  return std::exchange(problems_, {});
}
std::vector<std::string> Uplink::take_faults() {
  return std::exchange(faults_, {});
}
std::vector<std::string> Uplink::take_heard() {
  return std::exchange(heard_, {});
}

}  // namespace tbgw::tb
