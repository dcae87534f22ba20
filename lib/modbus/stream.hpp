// SPDX-License-Identifier: Apache-2.0
// What carries the bytes of a bus: a socket here, a serial port in the tool that has one.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "core/result.hpp"

namespace tbgw::modbus {

/// A byte stream to be had again and again. Never blocks.
class Stream {
 public:
  enum class State { opening, open };
  virtual ~Stream() = default;

  /// Starts a new life. `opening`: watch fd() for opening_events() and then ask go_on().
  virtual Result<State> open() = 0;
  virtual Result<State> go_on() = 0;
  /// Harmless if it is closed. The descriptor must be forgotten by loops before.
  virtual void close() = 0;
  /// -1 while closed. It may change in go_on().
  [[nodiscard]] virtual int fd() const = 0;
  [[nodiscard]] virtual short opening_events() const = 0;

  /// How many bytes came, 0 = none now. Error: it is lost ("closed by the other side").
  virtual Result<std::size_t> read(std::span<char> into) = 0;
  /// How many were taken. Error: it is lost.
  virtual Result<std::size_t> write(std::string_view bytes) = 0;
};

}  // namespace tbgw::modbus
