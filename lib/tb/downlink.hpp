// SPDX-License-Identifier: Apache-2.0
// What the platform sends, as the events of tbgw-record(5). Pure: what to print and what to answer
// is returned.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/json_view.hpp"
#include "core/line_reader.hpp"
#include "core/result.hpp"
#include "tb/attribute_requests.hpp"
#include "tb/device_table.hpp"
#include "tb/rpc_memory.hpp"
#include "tb/uplink.hpp"

namespace tbgw::tb {

/// The events platform-up and platform-down, without newline.
std::string platform_up_line();
std::string platform_down_line(std::string_view reason);

/// An event line may be as long as a record; what we put around the platform's data is short.
inline constexpr std::size_t kLongestEventData = kMaxRecord - 2048;
/// The id of an RPC or an answer: an integer and nothing else.
Result<std::int64_t> event_id(std::string_view digits);

class Downlink {
 public:
  Downlink(Uplink& uplink, DeviceTable& devices, AttributeRequests& requests, RpcMemory& rpcs,
           State& state);

  /// Takes one message. With `room` false the reader of the events is slow: an RPC is answered
  /// "busy", of attributes the last value of each is kept for release(). An error: the message
  /// means nothing to us, and why.
  Result<void> message(std::string_view topic, std::string_view payload, bool room, Time now);
  /// The events to print since the last call, each a line without newline.
  std::vector<std::string> take_events();
  /// How events begin that nobody is to see any more, if they were not read yet: RPCs that were
  /// answered with an error because their time was over.
  std::vector<std::string> take_withdrawn();

  /// There is room again: events for what was kept back.
  void release();
  [[nodiscard]] bool has_kept() const { return !kept_.empty(); }

  /// Questions and RPCs without an answer are answered with an error.
  void tick(Time now);
  void connection_lost();

  /// A message of ours went out on a topic that we subscribed to as well. A broker that is no
  /// ThingsBoard sends it back to an MQTT 3.1.1 client; message() then ignores that echo.
  void note_own(std::string_view topic, std::string_view payload, Time now);

  struct Counts {
    std::uint64_t rpcs = 0;
    std::uint64_t repeats = 0;   ///< RPCs that came again
    std::uint64_t busy = 0;      ///< RPCs answered "busy"
    std::uint64_t timeouts = 0;  ///< RPCs answered "timeout"
    std::uint64_t attributes = 0;
    std::uint64_t merged = 0;  ///< attribute updates that were overtaken by a newer one
    std::uint64_t echoes = 0;
    std::uint64_t dropped = 0;  ///< messages nobody could take
  };
  [[nodiscard]] const Counts& counts() const { return counts_; }

 private:
  using Members = std::span<const JsonMember>;
  /// What is kept of one device: the key as JSON, its value as JSON or "" for deleted.
  using KeptValues = std::map<std::string, std::string>;

  Result<void> gateway_attributes(Members members, bool room);
  Result<void> gateway_rpc(Members members, bool room, Time now);
  Result<void> gateway_response(Members members, bool room);
  Result<void> my_attributes(std::string_view payload, bool room, Time now);
  Result<void> my_rpc(std::string_view number, Members members, bool room, Time now);
  Result<void> my_response(std::string_view number, Members members, bool room);
  bool notice(std::string_view method, const JsonMember& params);
  void renamed(const std::string& from, const std::string& to);
  void deleted(const std::string& name);
  [[nodiscard]] std::string local_name(std::string_view name) const;
  // downlink_gateway.cpp
  [[nodiscard]] std::optional<std::string> own_answer(std::string_view method) const;

  void attributes(std::string_view device, std::string_view data, bool room);
  void rpc(std::string_view device, std::int64_t id, std::string_view method,
           std::string_view params, bool room, Time now);
  void answered(const AttributeRequest& request, const std::string& values);
  void shared_answered(Device& device, std::string_view values, bool room);
  void remember_shared(std::string_view device, std::string_view data);
  void keep(std::string_view device, std::string_view data);
  bool is_echo(std::string_view payload, Time now);
  void event(std::string_view name, std::string_view device, std::string_view members);
  [[nodiscard]] std::string beginning(std::string_view name, std::string_view device) const;

  Uplink& uplink_;
  DeviceTable& devices_;
  AttributeRequests& requests_;
  RpcMemory& rpcs_;
  State& state_;
  /// What a device was called when it was renamed: the running session goes on under that name.
  std::map<std::string, std::string, std::less<>> former_;
  JsonView view_;
  JsonView inner_view_;
  std::string padded_;
  Counts counts_;
  std::vector<std::string> events_;
  std::vector<std::string> withdrawn_;
  std::map<std::string, KeptValues, std::less<>> kept_;
  std::size_t kept_bytes_ = 0;
  struct Own {
    std::size_t hash;
    Time sent;
  };
  std::deque<Own> own_;
};

}  // namespace tbgw::tb
