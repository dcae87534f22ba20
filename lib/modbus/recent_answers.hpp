// SPDX-License-Identifier: Apache-2.0
// What units answered lately. Where answers do not name their request (RTU, ASCII), the late
// repetition of one looks like the answer to the next request of the same size.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "modbus/pdu.hpp"

namespace tbgw::modbus {

/// Pure; the clock is the caller's. Bounded: a few answers of each unit.
///
/// What can be known: a repetition is, byte for byte, an answer that came before, and the unit
/// still owes the true one, which comes about as late as its answers do. So an answer is in doubt
/// if it equals a recent one to another request; it is right if no other follows it in time. What
/// cannot be known: whether an answer that differs from all recent ones (the unit was asked twice
/// by somebody between, and its values changed) is a repetition.
class RecentAnswers {
 public:
  using Time = std::chrono::steady_clock::time_point;
  using Duration = std::chrono::steady_clock::duration;

  /// Repetitions that come later than this are not looked for.
  static constexpr std::chrono::milliseconds kWindow{500};

  enum class Doubt : std::uint8_t {
    none,
    late,    ///< it may be the true answer to the request before, whose answer was a repetition
    repeat,  ///< it equals a recent answer to another request
  };
  /// What may be wrong with an answer that came to this request at `now`.
  [[nodiscard]] Doubt doubt(std::uint8_t unit, const Request& request, std::string_view answer,
                            Time now) const;
  /// How long after a request its answer may come, as far as the unit's answers of this size tell.
  [[nodiscard]] Duration patience(std::uint8_t unit, std::size_t answer_size) const;
  /// How long ago the unit gave this very answer last; nullopt: not within the window.
  [[nodiscard]] std::optional<Duration> age(std::uint8_t unit, std::string_view answer,
                                            Time now) const;

  /// The answer to a request that was sent at `sent`, which was taken for it.
  void note(std::uint8_t unit, const Request& request, std::string_view answer, Time sent,
            Time now);
  void clear() { units_.clear(); }

 private:
  struct Known {
    Request request;
    std::string answer;
    Time sent;
    Time came;
    /// It was, byte for byte, the one before it to the same request: perhaps a repetition of that,
    /// and then the true one comes during the next request.
    bool repeats = false;
  };
  static constexpr std::size_t kKept = 16;
  struct Unit {
    std::array<Known, kKept> known;
    std::size_t next = 0;
    std::size_t count = 0;
  };
  [[nodiscard]] const Unit* find(std::uint8_t unit) const;

  std::unordered_map<std::uint8_t, Unit> units_;
};

}  // namespace tbgw::modbus
