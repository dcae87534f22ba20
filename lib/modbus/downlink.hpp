// SPDX-License-Identifier: Apache-2.0
// Attribute updates and RPCs to commands for units, and what came of these to answers.
#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "core/loop.hpp"
#include "core/result.hpp"
#include "modbus/model.hpp"
#include "modbus/operation.hpp"
#include "modbus/reference_file.hpp"
#include "modbus/rpc_syntax.hpp"

namespace tbgw::modbus {

class Poller;

struct DownlinkHooks {
  /// Does it on the unit's bus, and calls done() with the id.
  std::function<void(std::uint64_t id, Operation, Loop::Time deadline)> command;
  /// A poller for a unit that only one RPC knows; `model` has one bus and outlives it.
  std::function<std::unique_ptr<Poller>(const Model& model)> guest;
  std::function<void(std::string line)> print;
  /// A write for which nobody waits failed.
  std::function<void(const Unit&, const std::string& text, std::uint8_t exception)> failed;
};

struct DownlinkCounts {
  std::uint64_t rpcs = 0;
  std::uint64_t updates = 0;  ///< attributes to be written
  std::uint64_t failed = 0;
};

class Downlink {
 public:
  /// The model must outlive this object.
  Downlink(const Model& model, DownlinkHooks hooks);
  ~Downlink();

  /// An attributes or rpc event. Error: it is no such thing, or nobody is meant.
  Result<void> event(std::string_view event, const nlohmann::ordered_json& content);
  void done(std::uint64_t id, const OperationResult& result);
  /// Pollers whose RPC is answered go.
  void tidy();
  [[nodiscard]] const DownlinkCounts& counts() const { return counts_; }

 private:
  /// An RPC under way; a connector's may be one to every unit.
  struct Call {
    std::string device;  ///< "" = the connector's own
    nlohmann::ordered_json id;
    bool list = false;
    nlohmann::ordered_json results = nlohmann::ordered_json::array();
    int waiting = 0;
  };
  struct Pending {
    std::uint64_t call = 0;  ///< 0 = an attribute update
    const Unit* unit = nullptr;
    std::string key;
  };
  struct Guest {
    Imported imported;
    std::unique_ptr<Poller> poller;
    std::uint64_t call = 0;
  };

  Result<void> take_update(const nlohmann::ordered_json& content);
  Result<void> take_rpc(const nlohmann::ordered_json& content);
  Result<void> start_call(const Rpc& rpc, std::uint64_t call);
  Result<void> call_device(const Rpc& rpc, std::uint64_t call);
  Result<void> call_guest(const Rpc& rpc, std::uint64_t call);
  Result<void> call_all(const Rpc& rpc, std::uint64_t call);
  Result<Operation> operation_of(const Rpc& rpc, const Unit& unit);
  void submit(const Unit& unit, const std::string& key, Operation operation, std::uint64_t call,
              std::chrono::milliseconds patience);
  [[nodiscard]] const Unit* unit_called(std::string_view device) const;
  void reply(const Call& call, const nlohmann::ordered_json& data);

  const Model& model_;
  DownlinkHooks hooks_;
  std::map<std::uint64_t, Call> calls_;
  std::map<std::uint64_t, Pending> pending_;
  std::list<Guest> guests_;
  std::uint64_t next_call_ = 1;
  std::uint64_t next_id_ = 1;
  DownlinkCounts counts_;
};

}  // namespace tbgw::modbus
