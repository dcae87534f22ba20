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
#include "tb/doubtful.hpp"
#include "tb/ledger.hpp"
#include "tb/outbox.hpp"
#include "tb/pace.hpp"
#include "tb/packer.hpp"
#include "tb/reading.hpp"
#include "tb/receipts.hpp"
#include "tb/rpc_memory.hpp"
#include "tb/session_limits.hpp"
#include "tb/spool_hello.hpp"

namespace tbgw::tb {

struct UplinkOptions {
  std::uint64_t max_payload = kMaxPayload;  ///< MQTT remaining length
  Outbox::Limits window;
  std::chrono::milliseconds linger{20};
  bool merge = true;  ///< several records in one message
  /// A device that said nothing for so long is asked for: ThingsBoard forgets it after 10 minutes.
  std::chrono::milliseconds keep_devices{std::chrono::minutes{5}};
  /// An RPC that nobody answered by then is answered with an error.
  std::chrono::milliseconds rpc_timeout{std::chrono::seconds{10}};
  Doubtful doubtful = Doubtful::hold;
  AskClock clock;  ///< none: every stamp is taken as it is
  /// What ThingsBoard announces is asked for on each connection, and kept.
  bool ask_limits = false;
  /// The credentials are those of a device that is no gateway: all data are its own. The first name
  /// that a record gives it stands for it, and records with another one are rejected.
  bool device_api = false;
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
  /// A question this old is no use any more; nor is an answer after rpc_timeout.
  static constexpr std::chrono::milliseconds kUrgentLife{10'000};

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
  /// `reason` as MQTT 5 has it.
  void acknowledged(int packet_id, int reason = 0, Time now = {});
  /// The platform said no, for good. `hangs_up`: it will end the connection for that.
  void refused(int packet_id, const std::string& reason, bool hangs_up = false);
  /// It said that there is too much of something: for now, if it hangs up, or for good.
  void over_quota(int packet_id, const std::string& reason, Time now);
  /// The platform acknowledges what it refuses too (MQTT 3.1.1): then an acknowledgement counts if
  /// the connection lives on for half a second.
  void doubt_acknowledgements(bool doubt) { doubts_acknowledgements_ = doubt; }

  /// What the platform takes, 0 = it did not say: bytes of an MQTT packet, and messages that it has
  /// not acknowledged.
  void connection_up(std::size_t max_packet, std::size_t max_messages, Time now = {});
  /// The answer to a question of ours on the gateway's own RPC topic; `number` as it stands there.
  void client_rpc_answered(std::string_view number, std::string_view payload);
  /// Whether an RPC that came is our own question: a broker that is no ThingsBoard sends it back.
  /// Then its acknowledgements are not doubted in this session.
  bool is_own_question(std::int64_t number, std::string_view method);
  /// What the platform said of this session, last time it was asked.
  [[nodiscard]] const std::optional<SessionLimits>& limits() const { return limits_; }
  /// With device_api: what the stages before us call the device; "" = nothing yet.
  [[nodiscard]] const std::string& own_name() const { return own_name_; }
  /// Everything that is not acknowledged goes out again on the next connection. `over_a_message`:
  /// the platform may have ended it because of what we sent, and that will be found out.
  void connection_lost(bool over_a_message = false, const std::string& reason = "");
  /// A message is wanted that the platform ends connections over.
  [[nodiscard]] bool has_suspects() const { return outbox_.has_suspects(); }

  /// The platform calls the device otherwise now.
  void renamed(DeviceId id);
  /// Queues an answer from ourselves to an RPC; device "" = the gateway's own.
  void answer_rpc(std::string_view device, std::int64_t id, std::string_view data, Time now);
  /// Queues a message about ourselves that no record waits for, ahead of what does.
  void say(std::string topic, std::string payload, Time now);

  struct Counts {
    std::uint64_t readings = 0;
    std::uint64_t events = 0;
    std::uint64_t ignored = 0;   ///< lines that mean nothing here
    std::uint64_t rejected = 0;  ///< records of which nothing could be sent
    std::uint64_t left_out = 0;  ///< values that could not be sent
    std::uint64_t nulls = 0;
    std::uint64_t doubtful_corrected = 0;  ///< stamped before the clock was set, and put right
    std::uint64_t doubtful_sent = 0;       ///< likewise, and sent as they were
    std::uint64_t doubtful_dropped = 0;
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

  /// Finds the device of this name; nullptr: there is none, and why is in the error.
  Result<Device*> device_named(std::string_view name, DeviceId& id);
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

  // uplink_doubtful.cpp
  bool take_doubtful(const Line& line, Seq record, EpochMs arrived, Time now);
  void take_corrected(std::string_view text, Seq record, EpochMs arrived, Time now,
                      const ClockFacts& clock);
  void release_held(Time now);

  // uplink_answers.cpp
  void settle_answers(Time now);
  [[nodiscard]] Time next_answer() const;
  void learn_size(const Message& culprit);

  // uplink_limits.cpp
  void ask_limits(Time now);
  void apply_limits();
  void repack(const Message& large);
  bool repack_smaller(const Message& culprit);
  [[nodiscard]] bool must_wait(const Message& message, Message::Lane lane, Time now);
  void spend(const Message& message, Time now);

  // uplink_announce.cpp
  bool ask_idle(Time now);
  [[nodiscard]] bool must_announce(const Message& message) const;
  void announce(DeviceId id, Time now);
  void ask_shared(DeviceId id, Time now);
  bool announce_silent(Time now);
  static std::string connect_payload(const Device& device);
  void fill_request(Message& message, int id, bool client,
                    const std::vector<std::string>& keys) const;

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
  std::string own_name_;
  bool own_asked_ = false;  ///< with device_api: for its shared keys, on this connection
  Counts counts_;
  std::vector<Message> sealed_;
  std::deque<DeviceId> open_;  ///< devices with a batch, oldest first
  std::size_t due_ = 0;        ///< so many of them may go
  std::size_t batch_bytes_ = 0;
  Message::Lane last_lane_ = Message::Lane::stored;
  DeviceId silent_ = 1;  ///< devices before it are announced, or gone
  bool silent_turn_ = false;
  struct Held {
    Seq record;
    std::string text;
    EpochMs arrived;
    Time since;
  };
  std::deque<Held> held_;  ///< stamped before the clock was set
  std::size_t held_bytes_ = 0;
  Time clock_due_{};  ///< when to look at the clock again
  struct Quota {
    int packet_id;
    Time due;
    std::string reason;
  };
  std::deque<Quota> quota_;  ///< maybe refused for good
  bool doubts_acknowledgements_ = false;
  bool explained_ = false;       ///< the end of the connection that is to come
  std::size_t learned_max_ = 0;  ///< packets larger than this may be too large; 0 = not known
  /// What the rates of a session count.
  struct Paces {
    Pace messages;
    Pace telemetry_messages;
    Pace data_points;
  };
  Paces own_pace_;
  Paces gateway_pace_;
  std::optional<SessionLimits> limits_;
  std::size_t max_packet_ = 0;    ///< as the server said when it let us in
  std::size_t max_messages_ = 0;  ///< likewise
  int limits_question_ = 0;       ///< the number of the last one
  Time hold_until_{};             ///< no data before the limits are known, or not told
  Time pace_due_ = Time::max();   ///< when the pace lets the next message go
  bool idle_turn_ = false;
  DeviceId idle_ = 1;             ///< devices before it were looked at
  Time idle_due_ = Time::max();   ///< when to look at all again
  Time trial_due_ = Time::max();  ///< when a suspect may go, see Outbox::blame()
  std::vector<Problem> problems_;
  std::vector<std::string> faults_;
  std::vector<std::string> heard_;
};

}  // namespace tbgw::tb
