// SPDX-License-Identifier: Apache-2.0
// The requests of one bus on their way: its connection, the silence between frames, and which
// answer is whose.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "core/log.hpp"
#include "core/loop.hpp"
#include "core/time.hpp"
#include "modbus/frame.hpp"
#include "modbus/model.hpp"
#include "modbus/recent_answers.hpp"
#include "modbus/stream.hpp"
#include "modbus/transaction.hpp"

namespace tbgw::modbus {

struct ChannelCounts {
  std::uint64_t requests = 0;
  std::uint64_t answers = 0;
  std::uint64_t exceptions = 0;
  std::uint64_t timeouts = 0;
  std::uint64_t garbled = 0;
  std::uint64_t stale = 0;  ///< frames that answered nothing that was asked then
  std::uint64_t held = 0;   ///< answers that were in doubt, and waited for another
  std::uint64_t connects = 0;
  std::uint64_t busy_ms = 0;  ///< time with a request on its way
  FrameCounts frames;
};

struct ChannelHooks {
  /// Every transaction ends once. May start the next ones.
  std::function<void(TransactionEnd)> ended;
  std::function<void()> opened;
  /// It was open and is not any more.
  std::function<void(const std::string& why)> lost;
  /// It cannot be had; `last`: so many attempts failed that a pause follows.
  std::function<void(const std::string& why, bool last)> failed;
  /// A frame of this unit came that nobody waited for; `age`: since it came for the first time, if
  /// it did.
  std::function<void(std::uint8_t unit, std::optional<Milliseconds> age)> stale;
};

class Channel {
 public:
  /// Opens nothing yet. The loop must outlive this object.
  Channel(Loop& loop, const Bus& bus, std::unique_ptr<Stream> stream, ChannelHooks hooks);
  ~Channel();
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;

  /// The first try; later ones follow by themselves. Error: it failed at once, and nothing
  /// follows but by retry().
  Result<void> open();
  /// open() failed, for this reason: goes on trying.
  void retry(const std::string& why) { opening_failed(why); }
  /// Ends all transactions (cut_off) and closes, for good.
  void stop();

  [[nodiscard]] bool is_open() const { return open_; }
  /// When the next request may start; Time::max() = not before something ends or opens.
  [[nodiscard]] Loop::Time ready_at() const;
  /// Sends it, at the latest with flush(). Only when ready_at() has come.
  void start(Transaction transaction);
  /// To be called behind the last of several start(): they go out together.
  void flush();
  [[nodiscard]] std::size_t in_flight() const { return flights_.size(); }

  [[nodiscard]] ChannelCounts counts() const;

 private:
  struct Held {
    Answer answer;
    std::string pdu;
    RecentAnswers::Doubt doubt = RecentAnswers::Doubt::none;
    Loop::Time came;
    EpochMs at = 0;
    Loop::Time until;
  };
  struct Flight {
    Transaction transaction;
    std::uint16_t wire_id = 0;
    Loop::Time since;
    Loop::Time until;
    bool broadcast = false;
    bool heard = false;  ///< bytes came that were not its answer
    std::string wrong;   ///< why a frame was not its answer
    /// An answer in doubt: it counts if no other comes until then.
    std::optional<Held> held;
    [[nodiscard]] Loop::Time deadline() const { return held ? held->until : until; }
  };
  void try_open();
  void opening();
  void opening_failed(const std::string& why);
  void went_open();
  void on_ready(short revents);
  bool read_all();
  bool read_blocks();
  void take_frames();
  void take_frame(const Frame& frame);
  void take_answer(std::size_t index, const Frame& frame, Answer answer);
  void take_second(std::size_t index, const Frame& frame, Answer answer,
                   RecentAnswers::Doubt doubt);
  void take_held(std::size_t index, Held held);
  void end_held(std::size_t index);
  void count_stale(const Frame& frame, std::optional<Loop::Time> first = {});
  void write_some();
  void lose(const std::string& why);
  void close_stream();
  void end(std::size_t index, TransactionEnd::Kind kind, std::string text, Answer answer = {},
           EpochMs at = now_ms());
  void end_all(TransactionEnd::Kind kind, const std::string& why);
  void expect();
  void arm();
  void on_timer();
  void end_overdue(Loop::Time now);
  void end_one(std::size_t index, Loop::Time now, bool garbled);

  Loop& loop_;
  Bus bus_;
  std::unique_ptr<Stream> stream_;
  ChannelHooks hooks_;
  AnswerReader reader_;
  RecentAnswers recent_;  ///< not used where answers name their request
  FrameCounts earlier_;
  std::deque<Flight> flights_;
  std::string unsent_;
  std::uint16_t last_wire_id_ = 0;
  bool open_ = false;
  bool stopped_ = false;
  bool reading_ = false;  ///< what is started now goes out behind it
  bool waits_to_write_ = false;
  int watched_ = -1;
  Loop::Timer timer_;
  Loop::Timer open_timer_;
  Loop::Time quiet_until_;
  Loop::Time last_byte_;
  std::uint64_t checksums_seen_ = 0;
  std::uint64_t answers_before_ = 0;  ///< this connection
  int failures_ = 0;
  int silent_in_a_row_ = 0;
  ChannelCounts counts_;
};

}  // namespace tbgw::modbus
