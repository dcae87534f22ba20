// SPDX-License-Identifier: Apache-2.0
// Our own Modbus server: the reference's `slave` part. libmodbus reads the requests and answers
// them; which places there are, and what is in them, is ours.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/fd.hpp"
#include "core/loop.hpp"
#include "core/result.hpp"
#include "modbus/model.hpp"

namespace tbgw::modbus {

struct ServerCounts {
  std::uint64_t requests = 0;
  std::uint64_t exceptions = 0;
  std::uint64_t writes = 0;
  std::uint64_t connections = 0;
};

struct ServerHooks {
  /// A client wrote something.
  std::function<void()> written;
  /// For a person.
  std::function<void(const std::string&)> say;
};

/// Serves the places of its tags; any other is exception 2. Unit 0 answers every unit id, another
/// only its own (over TCP also 255).
class ModbusServer {
 public:
  /// Loop and server must outlive this object.
  ModbusServer(Loop& loop, const Server& server, ServerHooks hooks);
  ~ModbusServer();
  ModbusServer(const ModbusServer&) = delete;
  ModbusServer& operator=(const ModbusServer&) = delete;

  /// Over TCP. Error: why it cannot listen.
  Result<void> listen();
  /// On an open serial port, which stays the caller's.
  Result<void> serve(int fd);

  /// A tag's value as JSON text.
  [[nodiscard]] Result<std::string> value(const ServedTag& tag) const;
  Result<void> set(const ServedTag& tag, const nlohmann::ordered_json& value);
  [[nodiscard]] const ServerCounts& counts() const { return counts_; }
  /// The port it listens on.
  [[nodiscard]] std::uint16_t port() const { return port_; }

 private:
  struct Engine;
  void accept();
  void answer(int fd);
  bool answer_identification(int fd);
  void drop(int fd);
  [[nodiscard]] bool is_served(std::string_view pdu) const;
  [[nodiscard]] std::string identification(std::string_view pdu) const;
  void reply_raw(int fd, const std::string& query, const std::string& pdu);

  Loop& loop_;
  const Server& server_;
  ServerHooks hooks_;
  std::unique_ptr<Engine> engine_;
  Fd listener_;
  std::vector<Fd> clients_;
  std::uint16_t port_ = 0;
  ServerCounts counts_;
};

}  // namespace tbgw::modbus
