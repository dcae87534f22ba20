// SPDX-License-Identifier: Apache-2.0
#include "tbgw-modbus-port.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <variant>
#include <vector>

#include "serial/port_list.hpp"

namespace tbgw {

serial::LineSettings line_settings(const modbus::SerialSettings& settings) {
  serial::LineSettings line;
  line.baud = settings.baud;
  line.data_bits = settings.data_bits;
  line.parity = settings.parity == 'E'   ? serial::Parity::even
                : settings.parity == 'O' ? serial::Parity::odd
                                         : serial::Parity::none;
  line.stop_bits = settings.stop_bits == 2 ? serial::StopBits::two : serial::StopBits::one;
  if (settings.rs485) line.rs485.emplace();
  return line;
}

Fd hold_port(const modbus::Bus& bus) {
  const auto path = serial::locate(bus.path);
  const auto* name = std::get_if<std::string>(&path);
  struct stat info {};
  if (name == nullptr || ::stat(name->c_str(), &info) != 0 || !S_ISCHR(info.st_mode)) return {};
  return Fd{::open(name->c_str(), O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC)};
}

Result<modbus::Stream::State> PortStream::open() {
  close();
  error_.reset();
  marked_.reset();
  auto path = serial::locate(bus_.path);
  if (const auto* error = std::get_if<serial::PortError>(&path)) {
    error_ = *error;
    return Error{error->text};
  }
  auto opened = serial::Port::open(std::get<std::string>(path), line_settings(bus_.serial));
  if (const auto* error = std::get_if<serial::PortError>(&opened)) {
    error_ = *error;
    return Error{error->text};
  }
  port_.emplace(std::get<serial::Port>(std::move(opened)));
  return State::open;
}

/// Bytes with a parity or framing error are left out: the check of their frame will not fit.
Result<std::size_t> PortStream::read(std::span<char> into) {
  std::array<char, 1024> block;  // NOLINT: filled by read
  const auto got = port_->read({block.data(), std::min(block.size(), into.size())});
  if (!got || *got == 0) return got;
  std::string clean;
  std::vector<std::size_t> bad;
  marked_.feed({block.data(), *got}, clean, bad);
  std::copy(clean.begin(), clean.end(), into.begin());
  return clean.size();
}

}  // namespace tbgw
