// SPDX-License-Identifier: Apache-2.0
// The messages between packing and acknowledgement: what goes out next, what is on its way, what
// must go again. Knows nothing of sockets.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
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

/// What may go beside a payload in the MQTT remaining length: topic length, packet id, properties,
/// and reserve.
inline constexpr std::size_t kPacketOverhead = 16;

/// No platform has a limit below this: it is not looked for.
inline constexpr std::size_t kSmallPacket = 1024;

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
    claim,
    limits,  ///< asks for the limits of the session
  };
  enum class State : std::uint8_t {
    waiting,
    sent,
    doubtful,  ///< acknowledged, but maybe with a refusal that says no more than that
    acknowledged
  };
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
  std::uint8_t blamed = 0;     ///< connections that ended while it was on its way, see blame()
  std::uint8_t alone = 0;      ///< since it is a suspect: those that ended while nothing else was
  std::uint8_t passed = 0;     ///< how often later ones were acknowledged and it was not
  bool counted = false;        ///< it takes a place in the window
  bool tried = false;          ///< it is on its way to find a culprit
  Time sent{};
  std::uint64_t place = 0;  ///< in the order of sending

  /// What it costs to keep.
  [[nodiscard]] std::size_t bytes() const;
};

/// Its topic and payload and what may go beside them in an MQTT packet.
[[nodiscard]] std::size_t packet_size(const Message& message);
/// Its records have bytes of their own in it; otherwise it stands or falls as a whole.
bool is_divisible(const Message& message);
/// It was on its way too often when a connection ended.
bool is_suspect(const Message& message);

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
  /// The records in message.slices must be held for it already, unless it is urgent: those hold
  /// none.
  void add(Message message);

  /// The first waiting message of a lane, or nullptr.
  const Message* next(Message::Lane lane);
  /// The platform calls the device otherwise now; both names as JSON. Also what is on its way is
  /// kept under the new name, for the next connection: the old one would make a new device.
  void rename(DeviceId device, const std::string& from, const std::string& to);
  /// Stored readings that wait and have a larger MQTT remaining length than this.
  [[nodiscard]] std::vector<const Message*> waiting_larger_than(std::size_t bytes) const;
  /// Puts these in the place of a stored message that waits. They hold their records already.
  void replace(const Message& message, std::vector<Message> parts);

  /// A message of the lanes control and stored may be sent now.
  [[nodiscard]] bool has_window() const;
  /// next(lane) was sent.
  void sent(Message::Lane lane, int packet_id, Time now = {});

  /// What a packet id belongs to; nullptr if it is not ours (any more).
  [[nodiscard]] const Message* find(int packet_id) const;
  /// The platform has it: its records are released.
  void acknowledged(int packet_id);
  /// The platform says that it has it, and that is true if the connection still lives then.
  void doubted(int packet_id, Time until);
  /// What was doubted until now is acknowledged.
  void settle(Time now);
  /// When the first doubt ends.
  [[nodiscard]] Time first_doubt() const;
  /// A stored message that is not acknowledged, long after it was sent, while later ones of its
  /// kind are; 0 = none. It is to be refused(), or sent again.
  [[nodiscard]] int passed_over(Time now) const;
  void send_again(int packet_id);
  /// What it is taken apart into was passed over, too.
  void note_passed(int packet_id);
  /// When to ask passed_over() again.
  [[nodiscard]] Time next_look() const;
  /// The largest packet the platform has taken.
  [[nodiscard]] std::size_t largest_taken() const { return largest_taken_; }
  /// The platform refused it. Records that have bytes of their own in it are sent again, each
  /// alone and in its place. Where that is no help they are given up: released, and returned.
  std::vector<Seq> refused(int packet_id);
  /// The same for next(lane), which cannot even be sent.
  std::vector<Seq> refused_unsent(Message::Lane lane);
  /// The same for a stored message that waits; but what it is taken apart into may still carry
  /// several records.
  std::vector<Seq> refused_waiting(const Message& message);

  /// Drops urgent messages that wait too long; their records are released. How many they were.
  std::size_t expire(Time now);
  /// When the first waiting urgent message expires.
  [[nodiscard]] Time first_expiry() const;

  /// Everything that is not finished waits again; control messages are forgotten.
  void connection_lost();

  // The culprit is found (outbox_suspects.cpp) where the platform ends a connection over a message
  // and does not say which. Suspects are what was published since the last acknowledgement that is
  // beyond doubt, once that happened twice. The first half of them goes, and nothing else until it
  // is acknowledged; if the connection ends, the culprit is in it, else in the other half. One that
  // is alone is halved too, or, if it carries one record only, tried again, each time after a
  // longer silence.

  /// The connection ended, maybe over a message: call this before connection_lost(). Returns the
  /// message to be given to refused_waiting() after it; nullptr: not known, or not for sure.
  const Message* blame();
  /// So long nothing must have been sent or awaited before this message.
  [[nodiscard]] std::chrono::seconds silence_before(const Message& message) const;
  [[nodiscard]] bool has_suspects() const;

  /// Answers and questions that are not acknowledged.
  [[nodiscard]] std::size_t urgent() const { return lanes_[0].size(); }
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
  void take(Place place);
  void uncount(Message& message);
  void leave_batch(Message& message);
  void start_probing();
  Message* blame_batch();
  void finish_line(DeviceId device);
  std::vector<Seq> refuse(Place place, std::size_t most_parts);
  void put_in_place(Place place, std::vector<Message> parts);
  void look_for_next_stored();
  void send_again_from(Line& line, Line::iterator from);

  Ledger& ledger_;
  Limits limits_;
  Messages lanes_[3];
  Place next_stored_ = lanes_[2].end();  ///< no stored message before it is waiting
  std::vector<Line> lines_;              ///< stored messages by device, in order
  std::unordered_map<int, Place> flying_;
  std::size_t in_flight_ = 0;  ///< control and stored messages sent and not finished
  std::size_t in_flight_bytes_ = 0;
  struct Doubt {
    Place place;
    Time until;
  };
  std::deque<Doubt> doubts_;
  std::size_t bad_ = 0;  ///< the culprit is among the first so many stored messages; 0 = no search
  std::size_t batch_ = 0;       ///< of those, so many may be on their way
  std::size_t batch_sent_ = 0;  ///< so many are
  std::uint64_t sent_ = 0;
  /// Of each kind, the place of the acknowledged message that was sent last.
  std::array<std::uint64_t, 8> newest_taken_{};
  [[nodiscard]] bool is_passed_over(const Message& message) const;
  std::size_t largest_taken_ = 0;
  /// Since the last verdict: the platform is not one that ends every connection.
  bool takes_messages_ = true;
  std::size_t bytes_ = 0;
  std::uint64_t finished_ = 0;
  std::uint64_t resent_ = 0;
};

}  // namespace tbgw::tb
