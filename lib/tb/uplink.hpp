// SPDX-License-Identifier: Apache-2.0
// From lines to messages and back to done records: readings and events in, what to publish out,
// acknowledgements in. Pure: no clock, no socket, no stream.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/json_view.hpp"
#include "core/line_reader.hpp"
#include "core/result.hpp"
#include "core/time.hpp"
#include "tb/attribute_requests.hpp"
#include "tb/device_table.hpp"
#include "tb/ledger.hpp"
#include "tb/outbox.hpp"
#include "tb/packer.hpp"
#include "tb/reading.hpp"
#include "tb/receipts.hpp"
#include "tb/rpc_memory.hpp"
#include "tb/spool_hello.hpp"

namespace tbgw::tb {

struct UplinkOptions {
  std::uint64_t max_payload = kMaxPayload;  ///< MQTT remaining length
  Outbox::Limits window;
  std::chrono::milliseconds linger{20};
  bool merge = true;  ///< several records in one message
};

/// Something that went wrong with a record.
struct Problem {
  Seq record = 0;
  std::string reason;
  bool whole = true;    ///< nothing of the record can be sent; otherwise the rest is
  std::string refused;  ///< a reading with what the platform refused, where that is known
};

class Uplink {
 public:
  /// An answer or question this old is no use any more.
  static constexpr std::chrono::seconds kUrgentLife{10};

  Uplink(const UplinkOptions& options, DeviceTable& devices, AttributeRequests& requests,
         RpcMemory& rpcs);

  /// Takes one line of a LineReader. Every line is a record, numbered
  /// from 1. `arrived` is the time of entries that have none.
  void line(const Line& line, EpochMs arrived, Time now);
  /// A hello line that came since the last call. Nothing follows from it but by begin_receipts().
  std::optional<SpoolHello> take_hello();
  /// From now on lines bear the numbers of a spool, which wants to know what became of them.
  void begin_receipts() { receipts_.begin(); }
  /// What the spool is to be told, in this order.
  std::vector<Receipt> take_receipts() { return receipts_.take(ledger_.done_through()); }
  /// Nothing more is waiting behind the last line: what was collected may go.
  void release_batches();
  /// Does what is due by `now`: batches that waited for company, urgent messages without a use.
  void tick(Time now);
  /// When tick() has something to do.
  [[nodiscard]] Time next_tick() const;

  /// What to publish next, if the window allows it; then sent() or unsendable().
  const Message* next(Time now);
  void sent(int packet_id, Time now);
  void unsendable(const std::string& reason);
  void acknowledged(int packet_id);
  /// The platform said no, for good.
  void refused(int packet_id, const std::string& reason);

  /// What the platform takes, 0 = it did not say: bytes of an MQTT packet, and messages that it has
  /// not acknowledged.
  void connection_up(std::size_t max_packet, std::size_t max_messages);
  /// Everything that is not acknowledged goes out again on the next connection. `over_a_message`:
  /// the platform may have ended it because of what we sent, and that will be found out.
  void connection_lost(bool over_a_message = false, const std::string& reason = "");
  /// A message is wanted that the platform ends connections over.
  [[nodiscard]] bool has_suspects() const { return outbox_.has_suspects(); }

  /// Queues an answer from ourselves to an RPC; device "" = the gateway's own.
  void answer_rpc(std::string_view device, std::int64_t id, std::string_view data, Time now);

  struct Counts {
    std::uint64_t readings = 0;
    std::uint64_t events = 0;
    std::uint64_t ignored = 0;   ///< lines that mean nothing here
    std::uint64_t rejected = 0;  ///< records of which nothing could be sent
    std::uint64_t left_out = 0;  ///< values that could not be sent
    std::uint64_t nulls = 0;
    std::uint64_t expired = 0;  ///< answers and questions that came too late
  };
  [[nodiscard]] const Counts& counts() const { return counts_; }
  /// Records that the platform acknowledged.
  [[nodiscard]] std::uint64_t delivered() const {
    const std::uint64_t others = counts_.rejected + counts_.ignored;
    return ledger_.done() > others ? ledger_.done() - others : 0;
  }
  /// What the platform has not acknowledged: records, and answers, which no record waits for.
  [[nodiscard]] std::uint64_t left() const { return ledger_.undone() + outbox_.urgent(); }
  [[nodiscard]] const Ledger& ledger() const { return ledger_; }
  [[nodiscard]] const Outbox& outbox() const { return outbox_; }
  /// Bytes kept for records that are not done.
  [[nodiscard]] std::size_t held_bytes() const;

  /// What came up since the last call: bad records; what the platform refused besides records;
  /// `fault` and `stats` events of the stages before (which have told their own faults already).
  std::vector<Problem> take_problems();
  std::vector<std::string> take_faults();
  std::vector<std::string> take_heard();

 private:
  using Members = std::span<const JsonMember>;

  void take_members(Members members, Seq record, EpochMs arrived, Time now);
  void take_reading(Members members, Seq record, EpochMs arrived, Time now);
  void reject(Seq record, std::string reason);
  void leave_out(Seq record, std::vector<std::string>& reasons);
  void give_up(const std::vector<Seq>& records, const std::string& reason,
               const std::string& refused);
  std::string as_reading(const Message& message) const;
  void seal(DeviceId id);
  void seal_oldest();
  void move_sealed();

  bool must_be_silent(const Message& message, Time now);

  // uplink_events.cpp
  void take_event(Members members, Seq record, Time now);
  Result<void> connect(Members members, Seq record);
  Result<void> disconnect(Members members, Seq record);
  Result<void> rpc_reply(Members members, Seq record, Time now);
  Result<void> attributes_request(Members members, Seq record, Time now);
  Result<void> claim(Members members, Seq record);
  Result<Device*> device_of(Members members, DeviceId& id);
  void add_stored(Message::Kind kind, DeviceId id, std::string_view topic, std::string payload,
                  Seq record);
  void add_urgent(Message message, Seq record, Time now);
  Message rpc_answer(std::string_view device, std::int64_t id, std::string_view data) const;

  // uplink_announce.cpp
  [[nodiscard]] bool must_announce(const Message& message) const;
  void announce(DeviceId id, Time now);
  void ask_shared(DeviceId id, Time now);
  bool announce_silent(Time now);
  static std::string connect_payload(const Device& device);
  static std::string request_payload(int id, const std::string& quoted_device, bool client,
                                     const std::vector<std::string>& keys);

  UplinkOptions options_;
  DeviceTable& devices_;
  AttributeRequests& requests_;
  RpcMemory& rpcs_;
  Ledger ledger_;
  Outbox outbox_;
  Packer packer_;
  JsonView view_;
  ReadingParser parser_;
  Receipts receipts_;
  std::optional<SpoolHello> hello_;
  Counts counts_;
  std::vector<Message> sealed_;
  std::deque<DeviceId> open_;  ///< devices with a batch, oldest first
  std::size_t due_ = 0;        ///< so many of them may go
  std::size_t batch_bytes_ = 0;
  Message::Lane last_lane_ = Message::Lane::stored;
  DeviceId silent_ = 1;  ///< devices before it are announced, or gone
  bool silent_turn_ = false;
  Time trial_due_ = Time::max();  ///< when a suspect may go, see Outbox::blame()
  std::vector<Problem> problems_;
  std::vector<std::string> faults_;
  std::vector<std::string> heard_;
};

}  // namespace tbgw::tb
