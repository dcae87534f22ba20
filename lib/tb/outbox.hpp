// SPDX-License-Identifier: Apache-2.0
// The messages between packing and acknowledgement: what goes out next, what is on its way, what
// must go again. Knows nothing of sockets.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <string>
#include <unordered_map>
#include <vector>

#include "tb/ledger.hpp"

namespace tbgw::tb {

using Time = std::chrono::steady_clock::time_point;

/// A device of the device table; 0 is the gateway itself.
using DeviceId = std::uint32_t;
inline constexpr DeviceId kGatewayItself = 0;

/// Bytes of a payload that carry the data of one record.
struct Slice {
  Seq record = 0;
  std::uint32_t begin = 0;
  std::uint32_t size = 0;
};

struct Message {
  enum class Kind : std::uint8_t {
    telemetry,
    attributes,
    connect,
    disconnect,
    request,
    reply,
    claim
  };
  enum class State : std::uint8_t { waiting, sent, acknowledged };
  enum class Lane : std::uint8_t {
    urgent,   ///< answers and questions: before everything, outside the window
    control,  ///< made for this connection, forgotten with it
    stored,   ///< carries records: kept and sent again until acknowledged
  };

  Kind kind = Kind::telemetry;
  Lane lane = Lane::stored;
  State state = State::waiting;
  DeviceId device = kGatewayItself;
  std::string topic;
  std::string payload;
  std::vector<Slice> slices;
  Time expires = Time::max();  ///< urgent: no use after that

  /// What it costs to keep.
  [[nodiscard]] std::size_t bytes() const;
};

/// Messages of one device are published, and after a loss published again, in the order they were
/// added. A stored message is kept until it and every earlier one of its device are acknowledged:
/// sending only the unacknowledged one again could put an old attribute over a newer one.
class Outbox {
 public:
  struct Limits {
    std::size_t messages = 80;  ///< sent and not finished
    std::size_t bytes = std::size_t{1} << 20;
  };

  Outbox(Ledger& ledger, Limits limits) : ledger_(ledger), limits_(limits) {}

  /// For messages sent from now on.
  void set_most_messages(std::size_t messages) { limits_.messages = messages; }
  /// The records in message.slices must be held for it already.
  void add(Message message);

  /// The first waiting message of a lane, or nullptr.
  const Message* next(Message::Lane lane);
  /// A message of the lanes control and stored may be sent now.
  [[nodiscard]] bool has_window() const;
  /// next(lane) was sent.
  void sent(Message::Lane lane, int packet_id);

  /// What a packet id belongs to; nullptr if it is not ours (any more).
  [[nodiscard]] const Message* find(int packet_id) const;
  /// The platform has it: its records are released.
  void acknowledged(int packet_id);
  /// The platform refused it. Records that have bytes of their own in it are sent again, each
  /// alone and in its place. Where that is no help they are given up: released, and returned.
  std::vector<Seq> refused(int packet_id);
  /// The same for next(lane), which cannot even be sent.
  std::vector<Seq> refused_unsent(Message::Lane lane);

  /// Drops urgent messages that wait too long; their records are released. How many they were.
  std::size_t expire(Time now);
  /// When the first waiting urgent message expires.
  [[nodiscard]] Time first_expiry() const;

  /// Everything that is not finished waits again; control messages are forgotten.
  void connection_lost();

  [[nodiscard]] std::size_t bytes() const { return bytes_; }
  [[nodiscard]] std::size_t in_flight() const { return in_flight_; }
  [[nodiscard]] std::uint64_t finished() const { return finished_; }
  [[nodiscard]] std::uint64_t resent() const { return resent_; }

 private:
  using Messages = std::list<Message>;
  using Place = Messages::iterator;

  Messages& lane(Message::Lane lane) { return lanes_[static_cast<std::size_t>(lane)]; }
  using Line = std::list<Place>;

  Line& line_of(DeviceId device);
  Place first_waiting(Message::Lane lane);
  void finish(Place place);
  void finish_line(DeviceId device);
  std::vector<Seq> refuse(Place place);
  void send_again_from(Line& line, Line::iterator from);

  Ledger& ledger_;
  Limits limits_;
  Messages lanes_[3];
  Place next_stored_ = lanes_[2].end();  ///< no stored message before it is waiting
  std::vector<Line> lines_;              ///< stored messages by device, in order
  std::unordered_map<int, Place> flying_;
  std::size_t in_flight_ = 0;  ///< control and stored messages sent and not finished
  std::size_t in_flight_bytes_ = 0;
  std::size_t bytes_ = 0;
  std::uint64_t finished_ = 0;
  std::uint64_t resent_ = 0;
};

}  // namespace tbgw::tb
