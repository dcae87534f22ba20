// SPDX-License-Identifier: Apache-2.0
#include "modbus/probe.hpp"

#include <array>
#include <nlohmann/json.hpp>

namespace tbgw::modbus {
namespace {

using Json = nlohmann::ordered_json;

struct Format {
  int data_bits;
  char parity;
  int stop_bits;
};

constexpr std::array<std::uint32_t, 8> kBauds{9600, 19200, 38400, 57600, 115200, 4800, 2400, 1200};
constexpr std::array<Format, 4> kRtuFormats{{{8, 'N', 1}, {8, 'E', 1}, {8, 'O', 1}, {8, 'N', 2}}};
// Modbus over Serial Line V1.02, 2.5.2: seven bits; some units send eight all the same.
constexpr std::array<Format, 4> kAsciiFormats{{{7, 'E', 1}, {7, 'O', 1}, {7, 'N', 2}, {8, 'N', 1}}};

}  // namespace

std::vector<SerialSettings> settings_to_try(const Endpoint& endpoint) {
  const SerialSettings& line = endpoint.bus.serial;
  std::vector<Format> formats{{line.data_bits, line.parity, line.stop_bits}};
  if (!endpoint.format_said) {
    const auto& usual = endpoint.bus.framing == Framing::ascii ? kAsciiFormats : kRtuFormats;
    formats.assign(usual.begin(), usual.end());
  }
  std::vector<std::uint32_t> bauds{line.baud};
  if (!endpoint.baud_said) bauds.assign(kBauds.begin(), kBauds.end());
  std::vector<SerialSettings> out;
  for (const Format& format : formats) {
    for (const std::uint32_t baud : bauds) {
      SerialSettings& one = out.emplace_back(line);
      one.baud = baud;
      one.data_bits = format.data_bits;
      one.parity = format.parity;
      one.stop_bits = format.stop_bits;
    }
  }
  return out;
}

std::string line_text(const SerialSettings& line) {
  return std::to_string(line.baud) + "," + std::to_string(line.data_bits) + line.parity +
         std::to_string(line.stop_bits);
}

Milliseconds probe_time(std::size_t units, Milliseconds patience) {
  return kProbeSettle + patience * static_cast<std::int64_t>(units);
}

std::size_t probe_units(Asker& asker, const Bus& bus, const std::vector<std::uint8_t>& ids,
                        Milliseconds patience, const PrintLine& print,
                        const std::function<bool(std::uint8_t)>& go_on) {
  std::size_t found = 0;
  const std::string settings = line_text(bus.serial);
  for (const std::uint8_t id : ids) {
    if (!go_on(id)) break;
    const auto sighting = look_for(asker, id, patience);
    if (!sighting) continue;
    ++found;
    print(Json{{"bus", bus.name},
               {"settings", settings},
               {"unit", id},
               {"answer", sighting->answer},
               {"ms", sighting->spent.count()},
               {"use", bus.name + "," + settings + "/" + std::to_string(id)}}
              .dump());
  }
  return found;
}

}  // namespace tbgw::modbus
