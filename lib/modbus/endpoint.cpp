// SPDX-License-Identifier: Apache-2.0
#include "modbus/endpoint.hpp"

#include <algorithm>
#include <array>
#include <cctype>

#include "core/number.hpp"
#include "core/text.hpp"

namespace tbgw::modbus {
namespace {

constexpr std::uint16_t kPort = 502;

struct Scheme {
  std::string_view name;
  Transport transport;
  Framing framing;
};
constexpr std::array<Scheme, 7> kSchemes{{
    {"tcp", Transport::tcp, Framing::tcp},
    {"udp", Transport::udp, Framing::tcp},
    {"rtu", Transport::serial, Framing::rtu},
    {"ascii", Transport::serial, Framing::ascii},
    {"rtu+tcp", Transport::tcp, Framing::rtu},
    {"ascii+tcp", Transport::tcp, Framing::ascii},
    {"rtu+udp", Transport::udp, Framing::rtu},
}};

std::string_view scheme_of(const Bus& bus) {
  for (const Scheme& known : kSchemes) {
    if (known.transport == bus.transport && known.framing == bus.framing) return known.name;
  }
  return "ascii+udp";
}

Error not_an_endpoint(std::string_view text) {
  return Error{in_quotes(text) +
               " is no bus (like tcp:10.0.0.5/1, rtu:/dev/ttyUSB0,9600,8E1/1 or "
               "rtu+tcp:10.0.0.5:4001/1)"};
}

Result<void> parse_host(std::string_view text, Bus& bus) {
  std::string_view port;
  if (text.substr(0, 2) == "//") text.remove_prefix(2);  // as of an URL
  if (!text.empty() && text.front() == '[') {
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos) return Error{in_quotes(text) + " has no closing bracket"};
    bus.host = text.substr(1, end - 1);
    port = text.substr(end + 1);
  } else {
    const std::size_t colon = text.find(':');
    bus.host = text.substr(0, colon);
    if (colon != std::string_view::npos) port = text.substr(colon);
    if (port.find(':', 1) != std::string_view::npos) {
      return Error{in_quotes(text) + ": an IPv6 address goes into brackets"};
    }
  }
  if (bus.host.empty()) return Error{"no host in " + in_quotes(text)};
  bus.port = kPort;
  if (port.empty()) return {};
  const auto number = parse_integer(port.substr(1), 1, 65535);
  if (!number || port.front() != ':') {
    return Error{in_quotes(port.substr(1)) + " is no port (1 to 65535)"};
  }
  bus.port = static_cast<std::uint16_t>(*number);
  return {};
}

/// "8E1": data bits, parity, stop bits.
bool parse_format(std::string_view text, SerialSettings& line) {
  if (text.size() != 3) return false;
  const char parity = static_cast<char>(std::toupper(static_cast<unsigned char>(text[1])));
  const bool good = (text[0] == '7' || text[0] == '8') && (text[2] == '1' || text[2] == '2') &&
                    (parity == 'N' || parity == 'E' || parity == 'O');
  if (!good) return false;
  line.data_bits = text[0] - '0';
  line.parity = parity;
  line.stop_bits = text[2] - '0';
  return true;
}

/// The last "/UNITS", where it cannot be a part of a path: what is behind it are unit ids.
std::size_t units_at(std::string_view text) {
  const std::size_t slash = text.rfind('/');
  if (slash == std::string_view::npos) return slash;
  const std::string_view behind = text.substr(slash + 1);
  const bool digits =
      !behind.empty() && behind.find_first_not_of("0123456789,-") == std::string_view::npos;
  return digits ? slash : std::string_view::npos;
}

/// The settings of its line, and which of them are said.
Result<void> parse_settings(std::string_view text, Endpoint& endpoint) {
  SerialSettings said;
  said.baud = 0;
  said.data_bits = 0;
  if (auto good = parse_line(text, said); !good) return good;
  SerialSettings& line = endpoint.bus.serial;
  endpoint.baud_said = said.baud != 0;
  endpoint.format_said = said.data_bits != 0;
  if (endpoint.baud_said) line.baud = said.baud;
  if (!endpoint.format_said) return {};
  line.data_bits = said.data_bits;
  line.parity = said.parity;
  line.stop_bits = said.stop_bits;
  return {};
}

}  // namespace

Result<std::vector<std::uint8_t>> parse_unit_ids(std::string_view text) {
  std::vector<std::uint8_t> out;
  for (std::size_t start = 0; start <= text.size();) {
    const std::size_t stop = std::min(text.find(',', start), text.size());
    const std::string_view part = text.substr(start, stop - start);
    start = stop + 1;
    const std::size_t dash = part.find('-');
    const auto first = parse_integer(part.substr(0, dash), 0, 255);
    const auto last =
        dash == std::string_view::npos ? first : parse_integer(part.substr(dash + 1), 0, 255);
    if (!first || !last || *last < *first) {
      return Error{in_quotes(part) + " is no unit id (0 to 255, or a range like 1-5)"};
    }
    for (std::int64_t id = *first; id <= *last; ++id) {
      const auto unit = static_cast<std::uint8_t>(id);
      if (std::find(out.begin(), out.end(), unit) == out.end()) out.push_back(unit);
    }
  }
  return out;
}

Result<void> parse_line(std::string_view text, SerialSettings& line) {
  while (!text.empty()) {
    const std::size_t comma = std::min(text.find(','), text.size());
    const std::string_view part = text.substr(0, comma);
    text.remove_prefix(std::min(comma + 1, text.size()));
    if (parse_format(part, line)) continue;
    const auto baud = parse_integer(part, 1, INT32_MAX);
    if (!baud) return Error{in_quotes(part) + " is neither a baud rate nor a format like 8E1"};
    line.baud = static_cast<std::uint32_t>(*baud);
  }
  return {};
}

Result<Endpoint> parse_endpoint(std::string_view text) {
  const std::size_t colon = text.find(':');
  Endpoint out;
  bool found = false;
  for (const Scheme& known : kSchemes) {
    if (colon == std::string_view::npos || known.name != text.substr(0, colon)) continue;
    out.bus.transport = known.transport;
    out.bus.framing = known.framing;
    found = true;
  }
  if (!found) return not_an_endpoint(text);
  std::string_view rest = text.substr(colon + 1);
  if (const std::size_t at = units_at(rest); at != std::string_view::npos) {
    const auto units = parse_unit_ids(rest.substr(at + 1));
    if (!units) return units.error();
    out.units = *units;
    rest = rest.substr(0, at);
  }
  if (out.bus.transport == Transport::serial) {
    const std::size_t comma = std::min(rest.find(','), rest.size());
    out.bus.path = rest.substr(0, comma);
    if (out.bus.path.empty()) return not_an_endpoint(text);
    if (out.bus.framing == Framing::ascii) out.bus.serial.data_bits = 7;
    if (const auto good = parse_settings(rest.substr(std::min(comma + 1, rest.size())), out); !good)
      return good.error();
  } else if (const auto good = parse_host(rest, out.bus); !good) {
    return good.error();
  }
  out.bus.name = name_of(out.bus);
  return out;
}

std::string name_of(const Bus& bus) {
  std::string name{scheme_of(bus)};
  name += bus.listen ? "-listen:" : ":";
  if (bus.transport == Transport::serial) return name + bus.path;
  const bool brackets = bus.host.find(':') != std::string::npos;
  name += brackets ? "[" + bus.host + "]" : bus.host;
  return name + ":" + std::to_string(bus.port);
}

std::string device_name_of(const Bus& bus, std::uint8_t unit_id) {
  std::string name = bus.host;
  if (bus.transport == Transport::serial) {
    name = bus.path.substr(bus.path.rfind('/') + 1);
  } else if (bus.port != kPort) {
    name += "-" + std::to_string(bus.port);
  }
  return name + "-" + std::to_string(unit_id);
}

}  // namespace tbgw::modbus
