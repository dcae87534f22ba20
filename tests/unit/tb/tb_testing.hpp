// SPDX-License-Identifier: Apache-2.0
// A gateway without a network: lines in, messages out, acknowledgements by hand, a clock that is
// moved by hand.
#pragma once

#include <chrono>
#include <deque>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/line_reader.hpp"
#include "tb/gateway.hpp"

namespace tbgw::tb {

struct Published {
  int id;
  std::string topic;
  std::string payload;
};

class Bench {
 public:
  explicit Bench(const UplinkOptions& options = {}) : gateway(options) {}

  static constexpr EpochMs kArrived = 1'700'000'000'000;

  void line(const std::string& text) {
    const std::string padded = text + std::string(kLinePadding, '\0');
    uplink.line({std::string_view{padded}.substr(0, text.size())}, kArrived, now);
  }
  /// Lines, with nothing waiting behind them.
  void lines(const std::vector<std::string>& texts) {
    for (const std::string& text : texts)
      line(text);
    uplink.release_batches();
  }
  /// A device that somebody left of us named.
  void know(const std::string& device) {
    DeviceId id = kGatewayItself;
    gateway.devices.find_or_add(device, id)->announced = true;
  }
  /// Publishes what may go now.
  std::vector<Published> publish() {
    std::vector<Published> out;
    while (const Message* const message = uplink.next(now)) {
      out.push_back({++last_id, message->topic, message->payload});
      uplink.sent(last_id, now);
    }
    return out;
  }
  /// The same without what only announces devices.
  std::vector<Published> published_data() {
    std::vector<Published> out;
    for (Published& message : publish()) {
      if (message.topic != "v1/gateway/connect") out.push_back(std::move(message));
    }
    return out;
  }
  void acknowledge(const std::vector<Published>& messages) {
    for (const Published& message : messages)
      uplink.acknowledged(message.id);
  }
  /// "topic payload" of each.
  static std::vector<std::string> texts(const std::vector<Published>& messages) {
    std::vector<std::string> out;
    for (const Published& message : messages)
      out.push_back(message.topic + " " + message.payload);
    return out;
  }
  std::vector<std::string> published() { return texts(publish()); }
  void lose_connection() {
    uplink.connection_lost();
    downlink.connection_lost();
  }
  /// The reasons of what went wrong since the last call.
  std::vector<std::string> problems() {
    std::vector<std::string> out;
    for (Problem& problem : uplink.take_problems()) {
      out.push_back(std::to_string(problem.record) + ": " + problem.reason);
    }
    return out;
  }
  /// A message from the platform; the events that follow from it.
  std::vector<std::string> receive(std::string_view topic, std::string_view payload,
                                   bool room = true) {
    const auto taken = downlink.message(topic, payload, room, now);
    if (!taken) return {"error: " + taken.error().text};
    return downlink.take_events();
  }

  Time now{std::chrono::hours{1}};
  int last_id = 0;
  Gateway gateway;
  Uplink& uplink = gateway.uplink;
  Downlink& downlink = gateway.downlink;
};

inline std::string reading(const std::string& device, int value) {
  return R"({"deviceName":")" + device + R"(","telemetry":[{"ts":)" + std::to_string(1000 + value) +
         R"(,"values":{"n":)" + std::to_string(value) + "}}]}";
}

}  // namespace tbgw::tb
