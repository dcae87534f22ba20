// SPDX-License-Identifier: Apache-2.0
// RPCs seen a short while ago. The platform sends an RPC that has no answer yet again on every new
// connection, and its ids start at 0 for each device and with each restart of the server.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>

#include "tb/outbox.hpp"

namespace tbgw::tb {

class RpcMemory {
 public:
  static constexpr std::chrono::seconds kSpan{60};
  static constexpr std::size_t kMost = 1024;

  enum class Seen : std::uint8_t {
    never,     ///< act on it
    open,      ///< somebody is at it: the answer will come
    answered,  ///< send the answer again
  };

  /// Notes an RPC; an RPC is the same if device ("" = the gateway itself), id, method and params
  /// are. `answer` is set for Seen::answered.
  Seen note(std::string_view device, std::int64_t id, std::string_view content, Time now,
            std::string& answer);
  /// Keeps the data that answered it, if the RPC is still known.
  void answered(std::string_view device, std::int64_t id, std::string_view data);

 private:
  struct Entry {
    std::size_t content = 0;  ///< hash of method and params
    Time seen{};
    bool has_answer = false;
    std::string answer;
  };
  static std::string key(std::string_view device, std::int64_t id);
  void forget_old(Time now);

  std::unordered_map<std::string, Entry> entries_;
  std::deque<std::pair<Time, std::string>> order_;
};

}  // namespace tbgw::tb
