// SPDX-License-Identifier: Apache-2.0
// RPCs seen a short while ago: which of them wait for their answer, and until when; and what
// answered the others. The platform sends an RPC that has no answer yet again on every new
// connection, and its ids start at 0 for each device and with each restart of the server. It does
// not say how long it waits.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "tb/outbox.hpp"

namespace tbgw::tb {

class RpcMemory {
 public:
  /// So long an RPC that comes again is known.
  static constexpr std::chrono::seconds kSpan{60};
  /// So many may wait for their answer; and about so many are known that have it.
  static constexpr std::size_t kMost = 1024;

  /// `patience`: how long an RPC may wait for its answer.
  explicit RpcMemory(std::chrono::milliseconds patience = std::chrono::seconds{10})
      : patience_(patience) {}

  enum class Seen : std::uint8_t {
    never,     ///< act on it
    open,      ///< somebody is at it: the answer will come
    answered,  ///< send the answer again
    too_many,  ///< too many wait for their answer already; nothing was noted
  };

  /// Notes an RPC; an RPC is the same if device ("" = the gateway itself), id, method and params
  /// are. `answer` is set for Seen::answered.
  Seen note(std::string_view device, std::int64_t id, std::string_view content, Time now,
            std::string& answer);
  /// Keeps the data that answered it. False: its time was over, and this is no answer any more.
  bool answered(std::string_view device, std::int64_t id, std::string_view data);

  struct Call {
    std::string device;
    std::int64_t id = 0;
  };
  /// Takes the RPCs whose time for an answer is over by `now`; `data` answers them from then on.
  std::vector<Call> take_expired(Time now, std::string_view data);
  /// When the first of them may be. (It may have its answer by then.)
  [[nodiscard]] Time first_expiry() const {
    return waiting_.empty() ? Time::max() : waiting_.front().seen + patience_;
  }

 private:
  struct Entry {
    std::size_t content = 0;  ///< hash of method and params
    Time seen{};
    enum class State : std::uint8_t { open, answered, expired } state = State::answered;
    bool has_answer = false;
    std::string answer;
  };
  struct Waiting {
    Time seen;
    Call call;
  };
  static std::string key(std::string_view device, std::int64_t id);
  void forget_old(Time now);
  void close(Entry& entry, Entry::State state);
  [[nodiscard]] bool is_waiting(const Waiting& waiting) const;

  std::chrono::milliseconds patience_;
  std::unordered_map<std::string, Entry> entries_;
  std::size_t open_ = 0;  ///< of the entries
  std::deque<std::pair<Time, std::string>> order_;
  std::deque<Waiting> waiting_;  ///< the open ones, and some that were
};

}  // namespace tbgw::tb
