// SPDX-License-Identifier: Apache-2.0
// Modbus over TCP and UDP: a connection to the device, or one from it.
#pragma once

#include <netdb.h>

#include <memory>

#include "core/fd.hpp"
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
  [[nodiscard]] int fd() const override { return fd_ ? fd_.get() : listener_.get(); }
  [[nodiscard]] short opening_events() const override;
  Result<std::size_t> read(std::span<char> into) override;
  Result<std::size_t> write(std::string_view bytes) override;

 private:
  struct FreeAddresses {
    void operator()(addrinfo* list) const noexcept { ::freeaddrinfo(list); }
  };
  Result<void> resolve();
  Result<State> connect_next();
  Result<State> listen();

  Bus bus_;
  std::unique_ptr<addrinfo, FreeAddresses> addresses_;
  const addrinfo* next_ = nullptr;
  Fd fd_;
  Fd listener_;
  std::string why_;  ///< why the last address did not do
};

}  // namespace tbgw::modbus
