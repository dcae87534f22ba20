// SPDX-License-Identifier: Apache-2.0
// One bus at work: what its schedule says goes through its channel, what comes back is decoded.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/log.hpp"
#include "core/loop.hpp"
#include "core/time.hpp"
#include "modbus/channel.hpp"
#include "modbus/model.hpp"
#include "modbus/operation.hpp"
#include "modbus/schedule.hpp"
#include "modbus/unit_plan.hpp"

namespace tbgw::modbus {

/// What the reason of a unit's loss starts with where its whole bus is gone.
inline constexpr std::string_view kNoConnection = "no connection";

/// A value read. The tag lives as long as its unit.
struct Reading {
  const Tag* tag = nullptr;
  std::string value;  ///< JSON text
};

/// Something that went wrong, for a person and for a fault event.
struct Fault {
  std::string text;
  std::optional<Block> block;  ///< what was to be read
  std::uint8_t exception = 0;
  int attempts = 0;
};

struct PollerHooks {
  /// Of one answer; without values for tags that had none.
  std::function<void(const Unit&, EpochMs, std::vector<Reading>)> readings;
  std::function<void(const Unit&, bool online, const std::string& why)> health;
  /// `unit` nullptr: of the whole bus.
  std::function<void(const Unit* unit, Fault)> fault;
  std::function<void(std::uint64_t command, const OperationResult&)> done;
  /// What the unit says of itself (FC 43): an object of names and texts.
  std::function<void(const Unit&, const std::string& json)> identified;
  std::function<void(log::Level, const std::string&)> say;
  /// Values would find room: poll.
  std::function<bool()> may_poll;
};

struct PollerCounts {
  ChannelCounts channel;
  ScheduleCounts schedule;
  std::uint64_t no_value = 0;  ///< tags of good answers that had no value
};

class Poller {
 public:
  /// `units`: those of this bus; they, the bus and the loop must outlive this object.
  Poller(Loop& loop, const Bus& bus, std::vector<const Unit*> units, std::unique_ptr<Stream> stream,
         bool once, PollerHooks hooks);
  ~Poller();

  /// The first try to connect. Error: it failed at once, and nothing more will be tried unless
  /// `keep_trying`.
  Result<void> open(bool keep_trying);
  /// Does it in its turn; `deadline`: then it is over, with an error.
  void command(std::uint64_t id, Operation operation, Loop::Time deadline);
  /// Starts what is due.
  void pump();
  /// Polls wait only for room for their values: pump() when there is some.
  [[nodiscard]] bool is_held() const { return held_; }
  void stop();

  [[nodiscard]] const Bus& bus() const { return bus_; }
  [[nodiscard]] const std::vector<const Unit*>& units() const { return units_; }
  /// Once: everything was read, or will not be.
  [[nodiscard]] bool is_finished() const;
  [[nodiscard]] PollerCounts counts() const;

 private:
  struct Command {
    Operation operation;
    std::size_t unit;
    Loop::Timer timer;
    bool in_flight = false;
  };
  struct UnitState {
    UnitState(const Unit& unit, bool once);
    UnitPlan plan;
    std::vector<bool> scales;  ///< the tags that others are scaled by
    std::map<std::string, std::optional<int>> exponents;
    std::set<std::uint64_t> failing;  ///< blocks whose last answer was no
  };

  void start(const Job& job);
  void take_end(TransactionEnd end);
  void take_poll_end(const Job& job, TransactionEnd& end, bool retry);
  void take_command_end(const Job& job, TransactionEnd& end, bool retry);
  void finish_command(std::uint64_t id);
  void take_answer(std::size_t unit, std::uint64_t id, const TransactionEnd& end);
  void take_refusal(std::size_t unit, std::uint64_t id, const TransactionEnd& end);
  void decode_block(std::size_t unit, const Block& block, const TransactionEnd& end);
  void note_exponents(std::size_t unit, const Block& block, const Answer& answer);
  void change_health(std::size_t unit, bool online, const std::string& why);
  void identify(std::size_t unit);
  void connection_failed(const std::string& why, bool last);
  void connection_lost(const std::string& why);
  void connection_opened();
  std::size_t index_of(std::uint8_t unit_id) const;
  void arm();

  Loop& loop_;
  const Bus& bus_;
  std::vector<const Unit*> units_;
  bool once_;
  PollerHooks hooks_;
  Schedule schedule_;
  std::vector<UnitState> states_;
  Channel channel_;
  std::vector<std::pair<std::uint64_t, Job>> jobs_;  ///< on their way, by transaction; few
  std::map<std::uint64_t, Command> commands_;
  std::uint64_t next_transaction_ = 1;
  std::uint64_t next_own_ = std::uint64_t{1} << 63;  ///< ids of our own commands
  StampSpreader stamps_;
  Loop::Timer timer_;
  bool held_ = false;
  bool pumping_ = false;
  bool stopped_ = false;
  bool trouble_said_ = false;
  std::string last_trouble_;
  PollerCounts counts_;
};

}  // namespace tbgw::modbus
