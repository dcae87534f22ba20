// SPDX-License-Identifier: Apache-2.0
// What the platform says to what it was sent: that it has it, that it does not want it, nothing at
// all, or the end of the connection.
#include <algorithm>
#include <utility>

#include "core/text.hpp"
#include "tb/uplink.hpp"

namespace tbgw::tb {
namespace {

/// How long a connection must live on for an acknowledgement to be one, where the platform
/// acknowledges what it refuses too and then hangs up. The end comes with the same packet or the
/// next; if that one is lost, it is sent again after 200 ms at the earliest (the least
/// retransmission time of Linux).
constexpr std::chrono::milliseconds kDoubt{500};
/// A rate limit makes the platform hang up; a device that it may not create does not.
constexpr std::chrono::milliseconds kQuotaDoubt{1000};
/// So often it is sent again, then by itself, when later messages are acknowledged and it is not.
constexpr std::uint8_t kPassed = 2;

/// A ThingsBoard that acknowledged the question for limits answers it right after: the transport
/// knows them itself. An older one, or a plain broker, never does.
Time hold_after(const Message& question, Time acknowledged) {
  constexpr std::chrono::milliseconds kLeast{100};
  constexpr int kRoundTrips = 4;
  const auto round_trip = acknowledged - question.sent;
  return acknowledged + std::max<Time::duration>(kLeast, kRoundTrips * round_trip);
}

}  // namespace

void Uplink::acknowledged(int packet_id, int reason, Time now) {
  constexpr int kNobodyListens = 0x10;
  const Message* const message = outbox_.find(packet_id);
  if (message != nullptr && message->kind == Message::Kind::limits) {
    const bool is_plain_broker = reason == kNobodyListens;
    hold_until_ = is_plain_broker ? Time{} : std::min(hold_until_, hold_after(*message, now));
  }
  if (doubts_acknowledgements_) return outbox_.doubted(packet_id, now + kDoubt);
  outbox_.acknowledged(packet_id);
}

void Uplink::refused(int packet_id, const std::string& reason, bool hangs_up) {
  explained_ = explained_ || hangs_up;
  const Message* const message = outbox_.find(packet_id);
  if (message == nullptr) return;
  const bool is_announcement =
      message->lane == Message::Lane::control && message->kind == Message::Kind::connect;
  if (is_announcement) {
    faults_.push_back("the platform refused the device " +
                      in_quotes(devices_[message->device].name) + ": " + reason);
  }
  const std::string reading = as_reading(*message);
  give_up(outbox_.refused(packet_id), "the platform refused it: " + reason, reading);
}

void Uplink::over_quota(int packet_id, const std::string& reason, Time now) {
  quota_.push_back({packet_id, now + kQuotaDoubt, reason});
}

/// What no answer came to, and what an answer has become true of.
void Uplink::settle_answers(Time now) {
  outbox_.settle(now);
  while (!quota_.empty() && quota_.front().due <= now) {
    const Quota quota = std::move(quota_.front());
    quota_.pop_front();
    refused(quota.packet_id, quota.reason, false);
  }
  while (const int id = outbox_.passed_over(now)) {
    const Message& message = *outbox_.find(id);
    if (!is_divisible(message) && message.passed < kPassed) {
      outbox_.send_again(id);
      continue;
    }
    outbox_.note_passed(id);
    const std::string reading = as_reading(message);
    give_up(outbox_.refused(id), "the platform never acknowledges it", reading);
  }
}

Time Uplink::next_answer() const {
  Time next = outbox_.first_doubt();
  if (!quota_.empty()) next = std::min(next, quota_.front().due);
  return std::min(next, outbox_.next_look());
}

void Uplink::connection_lost(bool over_a_message, const std::string& reason) {
  const bool explained = explained_ || !quota_.empty();
  const Message* culprit = over_a_message && !explained ? outbox_.blame() : nullptr;
  outbox_.connection_lost();
  if (culprit != nullptr && !repack_smaller(*culprit)) {
    const std::string reading = as_reading(*culprit);
    learn_size(*culprit);
    give_up(outbox_.refused_waiting(*culprit),
            "the platform ends the connection whenever it gets this: " + reason, reading);
  }
  quota_.clear();
  explained_ = false;
  trial_due_ = pace_due_ = idle_due_ = Time::max();
  devices_.connection_lost();
  silent_ = 1;
  own_asked_ = false;
}

/// A message larger than any that was taken may simply be too large. What is packed from now on is
/// half as large; if the culprit then is a small one, it was not the size.
void Uplink::learn_size(const Message& culprit) {
  const std::size_t size = packet_size(culprit);
  if (size <= std::max(kSmallPacket, outbox_.largest_taken())) {
    learned_max_ = 0;
  } else if (is_divisible(culprit)) {
    learned_max_ = std::max({kSmallPacket, outbox_.largest_taken(), size / 2});
  }
  packer_.set_wanted_payload(learned_max_);
}

}  // namespace tbgw::tb
