// SPDX-License-Identifier: Apache-2.0
// Modbus ASCII: ':' hexadecimal of (unit PDU lrc) CR LF.
#include "modbus/ascii.hpp"

#include "core/number.hpp"
#include "modbus/pdu.hpp"
#include "modbus/scan.hpp"
#include "modbus/wire.hpp"

namespace tbgw::modbus {
namespace {

// unit, PDU and LRC in two characters each.
constexpr std::size_t kMostDigits = 2 * (kMostPdu + 2);

std::optional<Frame> parse(std::string_view digits) {
  if (digits.find_first_of(" :") != std::string_view::npos) return std::nullopt;
  const auto bytes = parse_hex(digits);
  if (!bytes || bytes->size() < 3 || lrc(*bytes) != 0) return std::nullopt;
  return Frame{0, byte_at(*bytes, 0), bytes->substr(1, bytes->size() - 2)};
}

}  // namespace

std::uint8_t lrc(std::string_view bytes) {
  unsigned sum = 0;
  for (const char c : bytes)
    sum += static_cast<unsigned char>(c);
  return static_cast<std::uint8_t>(0U - sum);
}

Scan scan_ascii(std::string_view bytes) {
  Scan scan;
  for (std::size_t start = bytes.find(':'); start != std::string_view::npos;
       start = bytes.find(':', start + 1)) {
    const std::size_t stop = bytes.find_first_of(":\r", start + 1);
    const std::size_t end = stop == std::string_view::npos ? bytes.size() : stop;
    const bool too_long = end - start - 1 > kMostDigits;
    if (stop == std::string_view::npos && !too_long) {
      scan.garbage = start;
      return scan;
    }
    if (too_long || bytes[stop] == ':') continue;
    scan.garbage = start;
    if (stop + 1 == bytes.size()) return scan;
    if (bytes[stop + 1] == '\n') {
      scan.frame = parse(bytes.substr(start + 1, stop - start - 1));
      scan.size = stop + 2 - start;
      if (scan.frame) return scan;
      ++scan.checksum_errors;
    }
  }
  scan.garbage = bytes.size();
  scan.size = 0;
  return scan;
}

}  // namespace tbgw::modbus
