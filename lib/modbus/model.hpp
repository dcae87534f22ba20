// SPDX-License-Identifier: Apache-2.0
// What a Modbus connector does, whatever file or command line said it: buses, the units on them,
// and their tags. Pure data.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "modbus/frame.hpp"
#include "modbus/plan.hpp"
#include "modbus/tag_reader.hpp"

namespace tbgw::modbus {

enum class Transport : std::uint8_t { tcp, udp, serial };

struct SerialSettings {
  std::uint32_t baud = 19200;
  int data_bits = 8;
  char parity = 'N';  ///< N, E, O
  int stop_bits = 1;
  bool local_echo = false;  ///< what was sent comes back before the answer
  bool rs485 = false;       ///< the kernel drives RTS (TIOCSRS485)
  bool operator==(const SerialSettings&) const = default;
};

/// One connection: a serial port, or host and port.
struct Bus {
  std::string name;  ///< "tcp:10.0.0.5:502", "rtu:/dev/ttyUSB0": unique, for messages
  Transport transport = Transport::tcp;
  Framing framing = Framing::tcp;
  std::string host;
  std::uint16_t port = 502;
  bool listen = false;  ///< the device connects to us, at host:port
  std::string path;     ///< of the serial port
  SerialSettings serial;

  Milliseconds connect_timeout{30000};
  Milliseconds attempt_time{500};  ///< between attempts to connect
  int attempts = 2;                ///< then the pause
  Milliseconds pause{30000};
  Milliseconds settle{0};               ///< after connecting, before the first request
  Milliseconds delay{0};                ///< between the end of an answer and the next request
  std::optional<Milliseconds> silence;  ///< instead of 3.5 characters (RTU)
  Milliseconds turnaround{100};         ///< after a broadcast
  unsigned pipeline = 1;                ///< requests in flight (TCP)
  std::string place;
};

struct Unit {
  std::string device_name;
  std::string device_type = "default";
  std::size_t bus = 0;       ///< index into Model::buses
  std::uint8_t unit_id = 1;  ///< 0 to 255
  Milliseconds period{1000};
  Milliseconds phase{0};        ///< of wall-clock aligned polling
  bool aligned = false;         ///< polls at whole multiples of the period since 1970, plus phase
  Milliseconds timeout{30000};  ///< the reference's, which bounds connecting
  /// unset: the smaller of `timeout` and 1 s, plus the time the frames take on the wire.
  std::optional<Milliseconds> response_timeout;
  int retries = 3;
  Milliseconds delay{0};  ///< between requests to this unit, on top of the bus's
  ReadLimits limits;
  std::uint16_t most_written = 123;  ///< registers in one write request
  std::vector<Cut> holes;
  bool always_multiple = false;  ///< function codes 15 and 16 also for one value
  bool mask_write = false;       ///< the unit knows function code 22
  bool identify = false;         ///< FC 43 after each connect, reported as attributes
  std::vector<Tag> tags;         ///< timeseries and attributes
  std::vector<Tag> updates;      ///< key = shared attribute
  std::vector<Tag> methods;      ///< key = RPC method
  TagDefaults defaults;          ///< for tags that come later: read_tags() of an RPC
  std::string place;
};

/// One place of our own server, with the value it starts with: encode(tag, value) gives the cells.
struct ServedTag {
  Table table = Table::holding_registers;  ///< tag.function is that of a table that can be written
  Tag tag;
  nlohmann::ordered_json value;
};

/// The reference's `slave` part: a server (tbgw-modbus serve).
struct Server {
  Bus endpoint;
  std::uint8_t unit_id = 1;
  std::vector<ServedTag> tags;
  /// VendorName, ProductCode …, by object id of FC 43.
  std::vector<std::pair<std::uint8_t, std::string>> identity;
  std::string device_name;
  std::string device_type = "default";
  Milliseconds period{5000};
  bool report = false;  ///< sendDataToThingsBoard
};

struct Model {
  std::vector<Bus> buses;
  std::vector<Unit> units;
  std::optional<Server> server;
  bool compat = false;
};

}  // namespace tbgw::modbus
