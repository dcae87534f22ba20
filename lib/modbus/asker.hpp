// SPDX-License-Identifier: Apache-2.0
// One question after the other to a bus, waiting for each answer: for tools that look around.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "core/loop.hpp"
#include "modbus/channel.hpp"
#include "modbus/model.hpp"
#include "modbus/operation.hpp"

namespace tbgw::modbus {

class Asker {
 public:
  /// The bus must outlive this object.
  Asker(const Bus& bus, std::unique_ptr<Stream> stream);

  /// Waits for the connection; its connect_timeout bounds it. Error: why there is none.
  Result<void> open();
  /// ask() gives up (cut_off) as soon as this descriptor is readable, such as that of Signals.
  void give_up_at(int fd);
  /// Up to `retries` more attempts where nothing came.
  TransactionEnd ask(std::uint8_t unit, const Request& request, Milliseconds timeout, int retries);
  /// All requests of a command, with the unit's own timeouts and retries.
  OperationResult run(Operation operation);

 private:
  void wait_until_ready();

  const Bus& bus_;
  Loop loop_;
  Channel channel_;
  std::optional<TransactionEnd> end_;
  std::optional<std::string> failed_;
  bool given_up_ = false;
};

}  // namespace tbgw::modbus
