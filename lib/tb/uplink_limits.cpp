// SPDX-License-Identifier: Apache-2.0
// What the platform allows a session: asked for, and kept to, so that it never has to hang up.
#include <algorithm>
#include <utility>

#include "core/line_reader.hpp"
#include "core/number.hpp"
#include "tb/json_cursor.hpp"
#include "tb/topics.hpp"
#include "tb/uplink.hpp"

namespace tbgw::tb {
namespace {

using Kind = Message::Kind;
using Lane = Message::Lane;

/// Data wait at most so long for the first answer: what goes before it might already be too much.
/// Less once the question is acknowledged, see acknowledged().
constexpr std::chrono::seconds kHold{1};
/// Of the server's number of unacknowledged messages: our answers go beside the window.
constexpr std::size_t kInFlightPercent = 80;
/// At the limit the server hangs up; and a packet's fixed header is not in the remaining length.
constexpr std::size_t kFixedHeader = 5;

bool is_data(Kind kind) {
  return kind == Kind::telemetry || kind == Kind::attributes;
}

/// Values in the payload of a telemetry or attributes message.
std::uint64_t count_values(const Message& message) {
  std::uint64_t values = 0;
  std::string_view body = message.payload;
  if (message.device != kGatewayItself) {
    JsonCursor device(body);
    device.next();
    body = device.value();
  }
  for (JsonCursor cursor(body); cursor.next();) {
    if (message.kind == Kind::attributes) {
      ++values;
      continue;
    }
    for (JsonCursor entry(cursor.value()); entry.next();) {
      if (entry.key() != "\"values\"") continue;
      for (JsonCursor fields(entry.value()); fields.next();)
        ++values;
    }
  }
  return values;
}

std::uint64_t cost_of(const Message& message) {
  // The first sight of a device costs one more.
  return message.kind == Kind::connect ? 2 : 1;
}

}  // namespace

void Uplink::ask_limits(Time now) {
  Message message;
  message.kind = Kind::limits;
  message.lane = Lane::control;
  message.topic = std::string{topics::kMyRpcRequest} + std::to_string(++limits_question_);
  message.payload = kAskForLimits;
  outbox_.add(std::move(message));
  hold_until_ = limits_ ? Time{} : now + kHold;
}

bool Uplink::is_own_question(std::int64_t number, std::string_view method) {
  if (number != limits_question_ || method != kLimitsMethod) return false;
  hold_until_ = {};
  doubts_acknowledgements_ = false;  // a plain broker: what it acknowledges it has
  return true;
}

void Uplink::client_rpc_answered(std::string_view number, std::string_view payload) {
  if (number != std::to_string(limits_question_)) return;
  hold_until_ = {};
  auto limits = parse_session_limits(payload);
  if (!limits) return;
  limits_ = *std::move(limits);
  apply_limits();
}

/// Of all that limits us the tightest.
void Uplink::apply_limits() {
  std::size_t most = options_.max_payload;
  if (max_packet_ > kFixedHeader) most = std::min(most, max_packet_ - kFixedHeader);
  if (limits_ && limits_->max_payload > 0) most = std::min(most, limits_->max_payload);
  packer_.set_max_payload(most);
  std::size_t window = options_.window.messages;
  if (max_messages_ > 0) window = std::min(window, max_messages_);
  if (limits_ && limits_->max_inflight > 0) {
    window =
        std::min(window, std::max<std::size_t>(1, limits_->max_inflight * kInFlightPercent / 100));
  }
  outbox_.set_most_messages(window);
  if (limits_) {
    const auto set = [](Paces& paces, const RateLimits& rates) {
      paces.messages.set(parse_rates(rates.messages));
      paces.telemetry_messages.set(parse_rates(rates.telemetry_messages));
      paces.data_points.set(parse_rates(rates.telemetry_points));
    };
    set(own_pace_, limits_->own);
    set(gateway_pace_, limits_->gateway.value_or(RateLimits{}));
    std::uint64_t values = 0;
    for (const Paces* const paces : {&own_pace_, &gateway_pace_}) {
      const std::uint64_t least = paces->data_points.smallest();
      if (least > 0 && (values == 0 || least < values)) values = least;
    }
    // Half of what may come at once: fewer messages, and still an even flow.
    packer_.set_most_values(values == 0 ? 0 : std::max<std::size_t>(1, values / 2));
  }
  for (const DeviceId id : open_) {
    const Batch& batch = devices_[id].batch;
    if (std::max(batch.telemetry.size(), batch.attributes.size()) > most / 2) seal(id);
  }
  for (const Message* const large : outbox_.waiting_larger_than(most))
    repack(*large);
}

/// Packs the readings of a message anew, with the limits of now.
void Uplink::repack(const Message& large) {
  const DeviceId id = large.device;
  Device& device = devices_[id];
  Batch batch = std::exchange(device.batch, Batch{});
  std::vector<Message> parts;
  JsonView view;
  for (const Slice& slice : large.slices) {
    Message one = large;
    one.payload = large.payload.substr(0, large.slices.front().begin);
    one.payload.append(large.payload, slice.begin, slice.size);
    one.payload.append(large.payload,
                       std::size_t{large.slices.back().begin} + large.slices.back().size);
    std::string line = as_reading(one);
    const std::size_t size = line.size();
    line.append(kLinePadding, '\0');
    const auto members = view.object(std::string_view{line}.substr(0, size));
    const auto reading = members ? parser_.parse(*members, 0) : Error{members.error().text};
    if (!reading) continue;  // cannot be: it was read before
    std::vector<std::string> left_out;
    packer_.add(id, device, **reading, slice.record, {}, parts, left_out);
    leave_out(slice.record, left_out);
  }
  packer_.seal(id, device, parts);
  for (Message& part : parts)
    part.blamed = large.blamed;
  std::swap(device.batch, batch);
  outbox_.replace(large, std::move(parts));
}

/// One record that is larger than all that was taken before: its values go in several messages.
bool Uplink::repack_smaller(const Message& culprit) {
  const std::size_t size = packet_size(culprit);
  const std::size_t taken = std::max(kSmallPacket, outbox_.largest_taken());
  const bool may_help = is_data(culprit.kind) && !is_divisible(culprit) && size > taken;
  if (!may_help || count_values(culprit) < 2) return false;
  learned_max_ = std::max(taken, size / 2);
  packer_.set_wanted_payload(learned_max_);
  repack(culprit);
  return true;
}

/// Also notes until when.
bool Uplink::must_wait(const Message& message, Lane lane, Time now) {
  const bool urgent = lane == Lane::urgent;
  if (!urgent && now < hold_until_ && message.kind != Kind::limits) {
    pace_due_ = hold_until_;
    return true;
  }
  if (!limits_) return false;
  const Paces& paces = topics::is_own(message.topic) ? own_pace_ : gateway_pace_;
  Time due = now;
  if (is_data(message.kind)) {
    due = paces.telemetry_messages.when(1, urgent, now);
    if (!paces.data_points.is_free()) {
      due = std::max(due, paces.data_points.when(count_values(message), urgent, now));
    }
  } else {
    due = paces.messages.when(cost_of(message), urgent, now);
  }
  if (due <= now) return false;
  pace_due_ = due;
  return true;
}

void Uplink::spend(const Message& message, Time now) {
  if (!limits_) return;
  Paces& paces = topics::is_own(message.topic) ? own_pace_ : gateway_pace_;
  if (!is_data(message.kind)) return paces.messages.take(cost_of(message), now);
  paces.telemetry_messages.take(1, now);
  if (!paces.data_points.is_free()) paces.data_points.take(count_values(message), now);
}

}  // namespace tbgw::tb
