// SPDX-License-Identifier: Apache-2.0
// The keys of a slave that are about its connection.
#include <algorithm>
#include <cctype>

#include "core/text.hpp"
#include "modbus/endpoint.hpp"
#include "modbus/unit_reader.hpp"

namespace tbgw::modbus {
namespace {

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](char c) {
    return static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  });
  return text;
}

[[noreturn]] void refuse_tls(Layers& layers, std::string_view key) {
  layers.fail(key, "TLS is not spoken here: put stunnel in front and connect to it");
}

void read_kind(Layers& layers, Bus& bus) {
  const std::string type = lower(layers.text({"type"}).value_or("tcp"));
  if (type == "tls") refuse_tls(layers, "type");
  if (type != "tcp" && type != "udp" && type != "serial") {
    layers.fail("type", in_quotes(type) + " is not tcp, udp or serial");
  }
  bus.transport = type == "udp"      ? Transport::udp
                  : type == "serial" ? Transport::serial
                                     : Transport::tcp;
  const bool serial = bus.transport == Transport::serial;
  const std::string method = lower(layers.text({"method"}).value_or(serial ? "rtu" : "socket"));
  if (method == "tls") refuse_tls(layers, "method");
  if (method == "socket" || method == "tcp") {
    if (serial) layers.fail("method", "socket is not for serial ports: rtu or ascii");
    bus.framing = Framing::tcp;
  } else if (method == "rtu") {
    bus.framing = Framing::rtu;
  } else if (method == "ascii") {
    bus.framing = Framing::ascii;
  } else {
    layers.fail("method", in_quotes(method) + " is not socket, rtu or ascii");
  }
  for (const std::string_view key : {"tls", "security"}) {
    const auto* value = layers.value({key});
    if (value != nullptr && value->is_object() && !value->empty()) refuse_tls(layers, key);
  }
}

char parity_of(Layers& layers) {
  const auto word = layers.text({"parity"});
  if (!word || word->empty()) return 'N';
  const char letter = static_cast<char>(std::toupper(static_cast<unsigned char>((*word)[0])));
  const std::string text = lower(*word);
  const bool known = word->size() == 1 || text == "none" || text == "even" || text == "odd";
  if (!known || (letter != 'N' && letter != 'E' && letter != 'O')) {
    layers.fail("parity", "must be N, E or O");
  }
  return letter;
}

void read_serial(Layers& layers, Bus& bus) {
  const auto* port = layers.value({"port", "path"});
  if (port == nullptr || !port->is_string() || port->get<std::string>().empty()) {
    layers.own().fail("needs a port: the path of the serial port");
  }
  bus.path = port->get<std::string>();
  SerialSettings& line = bus.serial;
  if (const auto baud = layers.integer({"baudrate", "baud"}, 1, INT32_MAX)) {
    line.baud = static_cast<std::uint32_t>(*baud);
  }
  line.data_bits = static_cast<int>(layers.integer({"bytesize", "dataBits"}, 5, 8).value_or(8));
  line.parity = parity_of(layers);
  line.stop_bits = static_cast<int>(layers.integer({"stopbits", "stopBits"}, 1, 2).value_or(1));
  if (bus.framing == Framing::rtu && line.data_bits != 8) {
    layers.fail("bytesize", "RTU needs 8 data bits");
  }
  line.local_echo = layers.boolean({"handleLocalEcho"}).value_or(false);
  line.rs485 = layers.boolean({"rs485"}).value_or(false);
}

void read_network(Layers& layers, Bus& bus) {
  bus.listen = layers.boolean({"listen"}).value_or(false);
  const auto host = layers.text({"host"});
  if (!bus.listen && (!host || host->empty())) layers.own().fail("needs a host");
  bus.host = host.value_or("0.0.0.0");
  const auto* port = layers.value({"port"});
  if (port != nullptr && port->is_string()) {
    layers.fail("port", "must be a number from 1 to 65535");
  }
  bus.port = static_cast<std::uint16_t>(layers.integer({"port"}, 1, 65535).value_or(502));
}

void read_times(Layers& layers, Bus& bus) {
  const auto set = [&](Layers::Keys keys, Milliseconds& to) {
    if (const auto value = layers.duration(keys)) to = *value;
  };
  // The reference counts it in seconds.
  if (const auto timeout =
          layers.with({"timeout"}).duration({"timeout"}, std::chrono::seconds{1})) {
    if (timeout->count() <= 0) layers.fail("timeout", "must be more than 0");
    bus.connect_timeout = *timeout;
  }
  set({"connectAttemptTimeMs"}, bus.attempt_time);
  set({"waitAfterFailedAttemptsMs"}, bus.pause);
  set({"settle", "settleMs"}, bus.settle);
  set({"turnaround", "turnaroundMs"}, bus.turnaround);
  bus.attempt_time = std::max(bus.attempt_time, Milliseconds{100});
  if (const auto count = layers.integer({"connectAttemptCount"}, 0, INT32_MAX)) {
    bus.attempts = static_cast<int>(std::max<std::int64_t>(*count, 1));
  }
  bus.silence = layers.duration({"silence", "silenceMs"});
  if (const auto count = layers.integer({"pipeline"}, 1, 64)) {
    bus.pipeline = static_cast<unsigned>(*count);
    if (bus.pipeline > 1 && bus.framing != Framing::tcp) {
      layers.fail("pipeline", "only Modbus/TCP tells answers apart");
    }
  }
}

}  // namespace

Bus read_bus(Layers& layers, std::vector<std::string>& notices) {
  Bus bus;
  bus.place = layers.own().place();
  read_kind(layers, bus);
  // Keys of the other kind of bus are known, and mean nothing here.
  for (const std::string_view key :
       {"baudrate", "baud", "bytesize", "dataBits", "parity", "stopbits", "stopBits", "rs485",
        "handleLocalEcho", "host", "listen", "strict", "rts_level_for_tx", "rts_level_for_rx"}) {
    for (ConfigTable& table : layers.all())
      table.ignore({key});
  }
  if (bus.transport == Transport::serial) {
    read_serial(layers, bus);
    if (const auto host = layers.text({"host"}); host && !host->empty()) {
      notices.push_back(layers.with({"host"}).place("host") +
                        ": host has no effect on a serial port");
    }
  } else {
    read_network(layers, bus);
  }
  read_times(layers, bus);
  bus.name = name_of(bus);
  return bus;
}

}  // namespace tbgw::modbus
