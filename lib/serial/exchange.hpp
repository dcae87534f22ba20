// SPDX-License-Identifier: Apache-2.0
// What is written to one port, and what comes back for it: commands in their order, polls between
// them, one of them on its way at a time. Pure: times are passed in, bytes are handed out.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "serial/command.hpp"
#include "serial/framing.hpp"

namespace tbgw::serial {

/// Questions that this program asks an instrument by itself.
struct Poll {
  std::string bytes;  ///< "" = none
  Milliseconds every{1000};
  Milliseconds answer_timeout{500};
  std::uint32_t retries = 0;
  bool operator==(const Poll&) const = default;
};

/// A frame nobody asked for, or the answer to a poll.
struct Reading {
  Frame frame;
};
/// The answer to a command.
struct Answer {
  Command command;
  Frame frame;
};
/// A command without an answer was written out.
struct Sent {
  Command command;
};
struct Failed {
  Command command;
  std::string why;
};
/// The instrument stopped answering polls, or does so again.
struct PollFault {
  bool answers = false;
  std::string text;
};
/// The line was watched for its first 50 ms: the port is up.
struct Up {
  bool was_busy = false;
};
using Outcome = std::variant<Reading, Answer, Sent, Failed, PollFault, Up>;
using Outcomes = std::vector<Outcome>;

struct ExchangeCounts {
  std::uint64_t commands = 0;  ///< accepted
  std::uint64_t answers = 0;
  std::uint64_t timeouts = 0;      ///< commands without an answer in time
  std::uint64_t rejected = 0;      ///< commands that were not written
  std::uint64_t late_answers = 0;  ///< thrown away: nobody can tell whose value they hold
  std::uint64_t polls = 0;
  std::uint64_t poll_misses = 0;
  std::uint64_t polls_skipped = 0;  ///< because stdout takes nothing
};

/// Commands that may wait for their turn at one port.
inline constexpr std::size_t kMostCommands = 32;
/// After a missing answer nothing that expects one is sent for as long again, at most this long: a
/// late answer must not pass for the next one.
inline constexpr Milliseconds kMostGrace{1000};

class Exchange {
 public:
  Exchange(Poll poll, Milliseconds write_timeout)
      : poll_(std::move(poll)), write_timeout_(write_timeout) {}

  /// The port is open: commands are accepted from now on, but not written before start().
  void open() { state_ = State::held; }
  /// The port is up; the first poll is due.
  void start(Time now);
  /// The port is gone, or the program ends: every command fails with this reason.
  void stop(const std::string& why, Outcomes& out);

  void submit(Command command, Outcomes& out);
  /// A frame came while the port was up.
  void frame(Frame frame, Time now, Outcomes& out);

  /// What to write next; "" = nothing.
  [[nodiscard]] std::string_view to_write() const;
  /// `size` bytes of it were taken; the last of them leaves the line at `out_at`.
  void wrote(std::size_t size, Time now, Time out_at, Outcomes& out);

  /// What is due by now: timeouts, then the next command or, with `may_poll`, poll.
  void advance(Time now, bool may_poll, Outcomes& out);
  [[nodiscard]] std::optional<Time> deadline() const;
  /// Bytes were given up that the port may still hold: throw those away. True once for each time.
  bool take_discard() { return std::exchange(discard_, false); }

  [[nodiscard]] const ExchangeCounts& counts() const { return counts_; }

 private:
  enum class State { closed, held, idle, writing, awaiting };
  /// The time in which the answer to something given up may still begin to come.
  struct Late {
    Time from;
    Time to;
    bool polled = false;
  };
  [[nodiscard]] bool in_grace(Time now) const { return late_ && now < late_->to; }
  [[nodiscard]] bool poll_wanted() const { return !poll_.bytes.empty(); }
  bool take_late(Frame& frame, Outcomes& out);
  void begin_next(Time now, bool may_poll);
  void begin(Time now, bool polling);
  void give_up_writing(Time now, Outcomes& out);
  void give_up_waiting(Time now, Outcomes& out);
  void poll_failed(Time now, Outcomes& out);
  void poll_answered(Time now, Outcomes& out);
  void end_poll(Time now);

  Poll poll_;
  Milliseconds write_timeout_;
  State state_ = State::closed;
  std::deque<Command> queue_;
  Command current_;       ///< when not polling_
  bool polling_ = false;  ///< what is being written or awaited is a poll
  std::size_t written_ = 0;
  Time due_;          ///< of the write, or of the answer
  Time written_out_;  ///< when the last byte left
  Time poll_due_;
  std::uint32_t tries_ = 0;  ///< of this poll
  bool silent_ = false;
  bool discard_ = false;
  std::optional<Late> late_;
  ExchangeCounts counts_;
};

}  // namespace tbgw::serial
