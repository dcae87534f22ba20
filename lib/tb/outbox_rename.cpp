// SPDX-License-Identifier: Apache-2.0
// A device gets another name while messages about it wait.
#include <string_view>

#include "tb/outbox.hpp"

namespace tbgw::tb {
namespace {

using Kind = Message::Kind;

/// Where the name of the device stands in the payload.
std::size_t place_of_name(const Message& message) {
  constexpr std::string_view kMember = "\"device\":";
  switch (message.kind) {
    case Kind::telemetry:
    case Kind::attributes:
    case Kind::claim:
      return 1;  // {"NAME":…
    default:
      return message.payload.find(kMember) + kMember.size();
  }
}

}  // namespace

void Outbox::rename(DeviceId device, const std::string& from, const std::string& to) {
  if (device == kGatewayItself || from == to) return;
  for (Messages& messages : lanes_) {
    for (Message& message : messages) {
      if (message.device != device) continue;
      const std::size_t place = place_of_name(message);
      if (message.payload.compare(place, from.size(), from) != 0) continue;
      const bool counted = message.counted;
      uncount(message);
      bytes_ -= message.bytes();
      message.payload.replace(place, from.size(), to);
      for (Slice& slice : message.slices) {
        if (slice.begin == 0) continue;  // the message as a whole
        slice.begin = static_cast<std::uint32_t>(slice.begin + to.size() - from.size());
      }
      bytes_ += message.bytes();
      if (!counted) continue;
      message.counted = true;
      ++in_flight_;
      in_flight_bytes_ += message.payload.size();
    }
  }
}

}  // namespace tbgw::tb
