// SPDX-License-Identifier: Apache-2.0
// How a serial line is set up, as plain data, and the words for it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/result.hpp"
#include "serial/framing.hpp"

namespace tbgw::serial {

enum class Parity { none, even, odd, mark, space };
enum class StopBits { one, one_and_half, two };
enum class ModemLine { on, off, keep };

struct Flow {
  bool rtscts = false;
  bool xonxoff = false;
  bool dsrdtr = false;
  bool operator==(const Flow&) const = default;
};

/// The kernel drives RTS around each transmission (linux/serial.h).
struct Rs485 {
  bool rts_high_while_sending = true;
  Milliseconds delay_before{0};
  Milliseconds delay_after{0};
  bool operator==(const Rs485&) const = default;
};

struct LineSettings {
  std::uint32_t baud = 9600;
  int data_bits = 8;  ///< 5 to 8
  Parity parity = Parity::none;
  StopBits stop_bits = StopBits::one;
  Flow flow;
  std::optional<Rs485> rs485;
  ModemLine dtr = ModemLine::on;
  ModemLine rts = ModemLine::on;
  bool lock = true;
  bool operator==(const LineSettings&) const = default;
};

/// What does not go together, in words for a person.
Result<void> check(const LineSettings& settings);

/// "N" or "none" …, in any case.
Result<Parity> parse_parity(std::string_view text);
/// "1", "1.5", "2".
Result<StopBits> parse_stop_bits(std::string_view text);
/// "none", "rtscts", "xonxoff", "dsrdtr".
Result<Flow> parse_flow(std::string_view text);
/// "on", "off", "keep".
Result<ModemLine> parse_modem_line(std::string_view text);

/// How long this many bytes take on the line.
std::chrono::nanoseconds time_on_line(const LineSettings& settings, std::size_t bytes);
/// "9600 8N1".
std::string describe(const LineSettings& settings);

}  // namespace tbgw::serial
