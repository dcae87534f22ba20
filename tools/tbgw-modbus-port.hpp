// SPDX-License-Identifier: Apache-2.0
// A serial port as the stream of a Modbus bus: where lib/serial and lib/modbus meet.
#pragma once

#include <optional>
#include <string>

#include "core/fd.hpp"
#include "modbus/model.hpp"
#include "modbus/stream.hpp"
#include "serial/marked_input.hpp"
#include "serial/port.hpp"

namespace tbgw {

class PortStream final : public modbus::Stream {
 public:
  explicit PortStream(const modbus::Bus& bus) : bus_(bus) {}

  Result<State> open() override;
  Result<State> go_on() override { return State::open; }
  void close() override { port_.reset(); }
  [[nodiscard]] int fd() const override { return port_ ? port_->fd() : -1; }
  [[nodiscard]] short opening_events() const override { return 0; }
  Result<std::size_t> read(std::span<char> into) override;
  Result<std::size_t> write(std::string_view bytes) override { return port_->write(bytes); }

  /// Why the last open() failed.
  [[nodiscard]] const std::optional<serial::PortError>& error() const { return error_; }

 private:
  modbus::Bus bus_;
  std::optional<serial::Port> port_;
  std::optional<serial::PortError> error_;
  serial::MarkedInput marked_;
};

/// The port of the bus, held open: its DTR stays as it is while it is opened with one set of
/// settings after the other (a fall resets some devices). Empty if it cannot be opened.
Fd hold_port(const modbus::Bus& bus);

/// The line's settings in lib/serial's words.
serial::LineSettings line_settings(const modbus::SerialSettings& settings);

}  // namespace tbgw
