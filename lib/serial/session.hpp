// SPDX-License-Identifier: Apache-2.0
// One port from opening to loss, without the port: frames, the rule for the first of them, and the
// exchange of commands and polls. Pure: bytes and times go in, outcomes come out.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "serial/exchange.hpp"
#include "serial/framing.hpp"

namespace tbgw::serial {

/// What becomes of the first frame after opening, which may have begun before.
enum class First {
  automatic,  ///< kept if the line was silent for kSettle
  keep,
  drop,
};

/// The line is watched so long after opening.
inline constexpr Milliseconds kSettle{50};

struct SessionSettings {
  FrameSettings frames;
  First first = First::automatic;
  Poll poll;
  Milliseconds write_timeout{5000};
  bool operator==(const SessionSettings&) const = default;
};

class Session {
 public:
  /// The settings' frames must have passed check().
  explicit Session(const SessionSettings& settings);

  /// The port was opened. The outcome Up follows, at once or after kSettle.
  void opened(Time now, Outcomes& out);
  /// Bytes came; `bad` are the places in them where a byte with a parity or framing error stood
  /// (MarkedInput): its frame is thrown away.
  void received(std::string_view bytes, std::span<const std::size_t> bad, Time now, Outcomes& out);
  /// The port is lost, or closed: torn frames are thrown away, commands fail with `why`.
  void closed(const std::string& why, Outcomes& out);
  /// The bytes ended in order (standard input).
  void ended(Time now, Outcomes& out);

  void submit(Command command, Outcomes& out) { exchange_.submit(std::move(command), out); }
  [[nodiscard]] std::string_view to_write() const { return exchange_.to_write(); }
  void wrote(std::size_t size, Time now, Time out_at, Outcomes& out) {
    exchange_.wrote(size, now, out_at, out);
  }
  bool take_discard() { return exchange_.take_discard(); }

  /// Does what is due. `silent`: the caller made sure that no bytes are waiting to be read.
  void advance(Time now, bool silent, bool may_poll, Outcomes& out);
  /// When advance() has something to do, if nothing comes before.
  [[nodiscard]] std::optional<Time> deadline() const;
  /// A frame is over if nothing comes until now: look before calling advance().
  [[nodiscard]] bool silence_due(Time now) const;

  [[nodiscard]] const FrameCounts& frame_counts() const { return framer_.counts(); }
  [[nodiscard]] const ExchangeCounts& exchange_counts() const { return exchange_.counts(); }
  /// Bytes with a parity or framing error.
  [[nodiscard]] std::uint64_t bad_bytes() const { return bad_bytes_; }

 private:
  void go_up(Time now, Outcomes& out);
  void pass_on(Time now, Outcomes& out);

  SessionSettings settings_;
  Framer framer_;
  Exchange exchange_;
  bool settling_ = false;
  bool busy_ = false;  ///< bytes came while settling
  Time settled_at_;
  std::vector<Frame> frames_;  ///< complete, not passed on; while settling they wait here
  std::uint64_t bad_bytes_ = 0;
};

}  // namespace tbgw::serial
