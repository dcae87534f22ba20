// SPDX-License-Identifier: Apache-2.0
// library: tb
// The way down: whatever the platform sends, every event is one line of JSON, every RPC is answered
// or waits, and what we say back is JSON. Each line of the input is a message: a letter for its
// topic (a capital: the reader of the events is slow), then its payload; or a digit: time passes.
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "core/line_reader.hpp"
#include "tb/gateway.hpp"
#include "tb/provision.hpp"
#include "tb/session_limits.hpp"

namespace {

using namespace tbgw;
using namespace tbgw::tb;

constexpr std::array<std::string_view, 10> kTopics{"v1/gateway/attributes",
                                                   "v1/gateway/attributes/response",
                                                   "v1/gateway/rpc",
                                                   "v1/devices/me/attributes",
                                                   "v1/devices/me/attributes/response/1",
                                                   "v1/devices/me/rpc/request/0",
                                                   "v1/devices/me/rpc/response/1",
                                                   "v1/devices/me/rpc/response/x",
                                                   "v1/devices/me/rpc/request/-7",
                                                   "v1/gateway/disconnect"};

void require(bool good) {
  if (!good) std::abort();
}

void line(Gateway& gateway, const std::string& text, Time now) {
  const std::string padded = text + std::string(kLinePadding, '\0');
  gateway.uplink.line({std::string_view{padded}.substr(0, text.size())}, 1'790'000'000'000, now);
}

void look(Gateway& gateway, Time now, int& id) {
  for (const std::string& event : gateway.downlink.take_events()) {
    require(event.find('\n') == std::string::npos);
    require(event.size() <= kMaxRecord);
    const auto json = nlohmann::json::parse(event, nullptr, false);
    require(json.is_object() && json.contains("event"));
  }
  for (const std::string& beginning : gateway.downlink.take_withdrawn())
    require(beginning.rfind("{\"event\":\"rpc\",", 0) == 0);
  while (const Message* const message = gateway.uplink.next(now)) {
    require(nlohmann::json::accept(message->payload));
    gateway.uplink.sent(++id, now);
    gateway.uplink.acknowledged(id, 0, now);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view rest{reinterpret_cast<const char*>(data), size};
  UplinkOptions options;
  options.ask_limits = true;
  Gateway gateway(options);
  Time now{std::chrono::hours{1}};
  int id = 0;
  gateway.uplink.connection_up(0, 0, now);
  line(gateway, R"({"event":"connect","device":"A","sharedKeys":["k","l"]})", now);
  line(gateway, R"({"event":"attributes-request","id":1,"scope":"shared","keys":["k"]})", now);
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    const std::string_view message = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (message.empty()) continue;
    const auto choice = static_cast<unsigned char>(message[0]);
    const std::string_view payload = message.substr(1);
    if (choice <= '9') now += std::chrono::seconds{choice % 16};
    static_cast<void>(parse_session_limits(payload));
    static_cast<void>(parse_provision_answer(std::string{payload}));
    const bool room = choice >= 'a';
    const std::size_t topic = ((choice | 0x20U) - 'a') % kTopics.size();
    static_cast<void>(gateway.downlink.message(kTopics[topic], payload, room, now));
    if (room) gateway.downlink.release();
    gateway.downlink.tick(now);
    gateway.uplink.tick(now);
    look(gateway, now, id);
  }
  // What nobody answers expires.
  now += std::chrono::minutes{2};
  gateway.downlink.tick(now);
  require(gateway.rpcs.first_expiry() == Time::max());
  return 0;
}
