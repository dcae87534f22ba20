// SPDX-License-Identifier: Apache-2.0
#include "modbus/timing.hpp"

#include <algorithm>

namespace tbgw::modbus {
namespace {

using std::chrono::duration_cast;

// Modbus over Serial Line V1.02, 2.5.1.1: above 19200 baud the silence stays 1.75 ms.
constexpr Microseconds kLeastSilence{1750};
constexpr Milliseconds kThinking{1};
constexpr Milliseconds kPatience{1000};
constexpr std::size_t kReadPdu = 5;

bool is_serial(const Bus& bus) {
  return bus.transport == Transport::serial;
}

/// Bits of one character on the line, with its start bit.
std::int64_t bits_per_character(const SerialSettings& line) {
  return 1 + line.data_bits + (line.parity == 'N' ? 0 : 1) + line.stop_bits;
}

}  // namespace

Microseconds wire_time(const Bus& bus, std::size_t bytes) {
  if (!is_serial(bus)) return Microseconds{0};
  const std::int64_t bits = static_cast<std::int64_t>(bytes) * bits_per_character(bus.serial);
  const auto baud = std::int64_t{std::max<std::uint32_t>(bus.serial.baud, 1)};
  return Microseconds{(bits * 1000000 + baud - 1) / baud};
}

Microseconds silence_of(const Bus& bus) {
  if (bus.silence) return *bus.silence;
  if (!is_serial(bus) || bus.framing != Framing::rtu) return Microseconds{0};
  return std::max(kLeastSilence, wire_time(bus, 7) / 2);
}

Milliseconds response_timeout(const Bus& bus, const Unit& unit, const Request& request) {
  if (unit.response_timeout) return *unit.response_timeout;
  if (!is_serial(bus) && !bus.silence) return std::min(unit.timeout, kPatience + Milliseconds{1});
  const auto pdu = to_pdu(request);
  const std::size_t answer = answer_size(request) != 0 ? answer_size(request) : kMostPdu;
  const Microseconds frames = wire_time(bus, wire_size(bus.framing, pdu ? pdu->size() : kReadPdu)) +
                              wire_time(bus, wire_size(bus.framing, answer)) + 2 * silence_of(bus);
  return std::min(unit.timeout, kPatience + duration_cast<Milliseconds>(frames) + Milliseconds{1});
}

Cost cost_of(const Bus& bus, const Unit& unit, const Block& block) {
  const Request request = read_request(block.table, block.address, block.count);
  Cost cost;
  cost.request_bytes = wire_size(bus.framing, kReadPdu);
  cost.answer_bytes = wire_size(bus.framing, answer_size(request));
  cost.time = wire_time(bus, cost.request_bytes) + wire_time(bus, cost.answer_bytes) +
              2 * silence_of(bus) + std::max(bus.delay, unit.delay);
  if (is_serial(bus)) cost.time += kThinking;
  return cost;
}

double load_of(const Bus& bus, const Unit& unit, std::span<const Block> blocks) {
  double load = 0;
  for (const Block& block : blocks) {
    if (block.period.count() <= 0) continue;
    const Microseconds period = block.period;
    load += static_cast<double>(cost_of(bus, unit, block).time.count()) /
            static_cast<double>(period.count());
  }
  return load;
}

}  // namespace tbgw::modbus
