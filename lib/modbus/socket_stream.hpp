// SPDX-License-Identifier: Apache-2.0
// Modbus over TCP and UDP: a connection to the device, or one from it.
#pragma once

#include <vector>

#include "core/fd.hpp"
#include "core/resolver.hpp"
#include "modbus/model.hpp"
#include "modbus/stream.hpp"

namespace tbgw::modbus {

class SocketStream final : public Stream {
 public:
  /// Of a bus whose transport is tcp or udp.
  explicit SocketStream(const Bus& bus) : bus_(bus) {}

  Result<State> open() override;
  Result<State> go_on() override;
  void close() override;
  [[nodiscard]] int fd() const override;
  [[nodiscard]] short opening_events() const override;
  Result<std::size_t> read(std::span<char> into) override;
  Result<std::size_t> write(std::string_view bytes) override;

 private:
  Result<State> use(std::vector<Address> addresses);
  Result<State> connect_next();
  Result<State> listen();

  Bus bus_;
  Resolver resolver_;
  std::vector<Address> addresses_;
  std::size_t next_ = 0;  ///< of addresses_, to be tried
  Fd fd_;
  Fd listener_;
  std::string why_;  ///< why the last address did not do
};

}  // namespace tbgw::modbus
