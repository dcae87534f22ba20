// SPDX-License-Identifier: Apache-2.0
// What a person says about a port, on a command line or in a file, and the settings it comes to.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "serial/line_settings.hpp"
#include "serial/session.hpp"

namespace tbgw::serial {

/// How `data` of a record spells a frame's bytes.
enum class Encoding {
  text,  ///< UTF-8; hex for a frame that is not
  hex,
  base64,
  latin1,  ///< text, each byte the character of ISO 8859-1
};
Result<Encoding> parse_encoding(std::string_view text);
Result<First> parse_first(std::string_view text);
/// "OFFSET,WIDTH[,be|le[,ADJUST]]".
Result<LengthPrefix> parse_length_prefix(std::string_view text);
/// Bytes with C escapes, or "hex:0d0a".
Result<std::string> parse_bytes(std::string_view text);

/// Everything about one port. `name` is the port as it was given: a path, usb:VID:PID[:SERIAL], or
/// "-" for standard input.
struct PortSetup {
  std::string name;
  std::string device;  ///< "" = not told
  std::string device_type;
  std::vector<std::string> shared_keys;  ///< attributes its file sends to the device
  LineSettings line;
  SessionSettings session;
  Encoding encoding = Encoding::text;

  [[nodiscard]] bool is_stdin() const { return name == "-"; }
};

/// What was said; what was not stays as it is.
struct PortOptions {
  std::optional<std::uint32_t> baud;
  std::optional<int> data_bits;
  std::optional<Parity> parity;
  std::optional<StopBits> stop_bits;
  std::optional<Flow> flow;
  std::optional<bool> rs485;
  std::optional<bool> rs485_rts_high;
  std::optional<Milliseconds> rs485_delay_before;
  std::optional<Milliseconds> rs485_delay_after;
  std::optional<ModemLine> dtr;
  std::optional<ModemLine> rts;
  std::optional<bool> lock;
  std::optional<Milliseconds> write_timeout;

  // Framing: those that were said choose its kind.
  std::vector<std::string> delimiters;
  std::optional<std::uint64_t> frame_length;
  std::optional<Milliseconds> gap;
  std::optional<LengthPrefix> length_prefix;
  std::optional<std::string> start;
  std::optional<std::string> stop;
  bool slip = false;
  bool cobs = false;
  std::optional<bool> strip;
  std::optional<std::uint64_t> max_frame;
  std::optional<First> first;
  std::optional<Encoding> encoding;

  std::optional<std::string> poll;
  std::optional<Milliseconds> every;
  std::optional<Milliseconds> answer_timeout;
  std::optional<std::uint32_t> retries;
};

/// Changes the setup by what was said. Error: two kinds of framing at once.
Result<void> apply(const PortOptions& options, PortSetup& setup);
/// What does not go together, once everything was applied. `max_record` bounds the frame.
Result<void> check(const PortSetup& setup, std::uint64_t max_record);

}  // namespace tbgw::serial
