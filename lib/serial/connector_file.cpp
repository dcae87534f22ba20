// SPDX-License-Identifier: Apache-2.0
#include "serial/connector_file.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "core/status.hpp"
#include "core/text.hpp"

namespace tbgw::serial {
namespace {

using Keys = ConfigTable::Keys;

/// A text that has to be one of some words.
template <class T>
void read_word(ConfigTable& table, std::string_view key, Result<T> (*parse)(std::string_view),
               std::optional<T>& to) {
  const auto text = table.text({key});
  if (!text) return;
  auto value = parse(*text);
  if (!value) table.fail(key, value.error().text);
  to = *std::move(value);
}

/// Bytes: a text as it is (JSON and TOML have escapes of their own), or "hex:…".
std::string bytes_of(const ConfigTable& table, std::string_view key, const std::string& text) {
  if (text.rfind("hex:", 0) != 0) return text;
  auto bytes = parse_bytes(text);
  if (!bytes) table.fail(key, bytes.error().text);
  return *std::move(bytes);
}

void read_bytes(ConfigTable& table, std::string_view key, std::optional<std::string>& to) {
  if (const auto text = table.text({key})) to = bytes_of(table, key, *text);
}

/// 1, 1.5 or 2, as a number (the reference) or a text.
void read_stop_bits(ConfigTable& table, PortOptions& options) {
  const auto* value = table.value({"stopbits", "stopBits"});
  if (value == nullptr) return;
  const std::string text = value->is_string() ? value->get<std::string>() : value->dump();
  const auto bits = parse_stop_bits(text == "1.0" ? "1" : text == "2.0" ? "2" : text);
  if (!bits) table.fail(table.has({"stopbits"}) ? "stopbits" : "stopBits", "must be 1, 1.5 or 2");
  options.stop_bits = *bits;
}

void read_line(ConfigTable& table, PortOptions& options) {
  if (const auto baud = table.integer({"baudrate", "baud"}, 1, UINT32_MAX)) {
    options.baud = static_cast<std::uint32_t>(*baud);
  }
  if (const auto bits = table.integer({"bytesize", "dataBits"}, 5, 8)) {
    options.data_bits = static_cast<int>(*bits);
  }
  read_word(table, "parity", parse_parity, options.parity);
  read_stop_bits(table, options);
  read_word(table, "dtr", parse_modem_line, options.dtr);
  read_word(table, "rts", parse_modem_line, options.rts);
  options.rs485 = table.boolean({"rs485"});
  if (const auto level = table.text({"rs485Rts"})) {
    if (*level != "high" && *level != "low") table.fail("rs485Rts", R"(must be "high" or "low")");
    options.rs485_rts_high = *level == "high";
  }
  options.rs485_delay_before = table.duration({"rs485DelayBefore"}, Milliseconds{1});
  options.rs485_delay_after = table.duration({"rs485DelayAfter"}, Milliseconds{1});
}

/// Three switches in the reference, which may be on together.
void read_flow(ConfigTable& table, PortOptions& options) {
  const auto rtscts = table.boolean({"rtscts"});
  const auto xonxoff = table.boolean({"xonxoff"});
  const auto dsrdtr = table.boolean({"dsrdtr"});
  if (rtscts || xonxoff || dsrdtr) {
    options.flow = Flow{rtscts.value_or(false), xonxoff.value_or(false), dsrdtr.value_or(false)};
  }
}

/// `null` is Python's None there: the default.
bool is_null(ConfigTable& table, Keys keys) {
  const auto* value = table.value(keys);
  return value != nullptr && value->is_null();
}

void read_access(ConfigTable& table, PortOptions& options) {
  if (!is_null(table, {"exclusive", "lock"})) options.lock = table.boolean({"exclusive", "lock"});
  if (!is_null(table, {"writeTimeout", "write_timeout"})) {
    options.write_timeout =
        table.duration({"writeTimeout", "write_timeout"}, std::chrono::seconds{1});
  }
}

void read_frames(ConfigTable& table, PortOptions& options) {
  if (const auto texts = table.texts({"delimiter"})) {
    for (const std::string& text : *texts) {
      options.delimiters.push_back(bytes_of(table, "delimiter", text));
    }
    if (options.delimiters.empty()) table.fail("delimiter", "must not be empty");
  }
  if (const auto length = table.size({"frameLength"})) options.frame_length = *length;
  options.gap = table.duration({"gap"}, Milliseconds{1});
  read_word(table, "lengthPrefix", parse_length_prefix, options.length_prefix);
  read_bytes(table, "start", options.start);
  read_bytes(table, "stop", options.stop);
  options.slip = table.boolean({"slip"}).value_or(false);
  options.cobs = table.boolean({"cobs"}).value_or(false);
  options.strip = table.boolean({"strip"});
  options.max_frame = table.size({"maxFrame"});
  read_word(table, "first", parse_first, options.first);
  read_word(table, "encoding", parse_encoding, options.encoding);
}

void read_poll(ConfigTable& table, PortOptions& options) {
  read_bytes(table, "poll", options.poll);
  options.every = table.duration({"every"}, Milliseconds{1});
  options.answer_timeout = table.duration({"answerTimeout"}, Milliseconds{1});
  if (const auto retries = table.integer({"retries"}, 0, 1000)) {
    options.retries = static_cast<std::uint32_t>(*retries);
  }
}

void note_without_effect(ConfigTable& table, Keys keys, const char* why,
                         std::vector<std::string>& notices) {
  if (!table.has(keys)) return;
  for (const std::string_view key : keys) {
    if (!table.json().contains(key)) continue;
    notices.push_back(table.place(key) + ": " + std::string{key} + " has no effect: " + why);
  }
}

PortOptions read_options(ConfigTable& table, std::vector<std::string>& notices) {
  PortOptions options;
  read_line(table, options);
  read_flow(table, options);
  read_access(table, options);
  read_frames(table, options);
  read_poll(table, options);
  note_without_effect(table, {"timeout"}, "a slow record is never cut", notices);
  note_without_effect(table, {"interByteTimeout", "inter_byte_timeout"},
                      "for silence that ends a frame use gap", notices);
  return options;
}

void refuse_foreign_class(ConfigTable& table, std::string_view key) {
  static constexpr std::array<std::string_view, 6> kOurs{
      "CustomSerialConnector",         "SerialConnector",
      "CustomSerialUplinkConverter",   "SerialUplinkConverter",
      "CustomSerialDownlinkConverter", "SerialDownlinkConverter"};
  const auto name = table.text({key});
  if (!name || std::find(kOurs.begin(), kOurs.end(), *name) != kOurs.end()) return;
  table.fail(key, in_quotes(*name) +
                      " is a Python class, which cannot run here: write it as a "
                      "filter of JSON lines and put it into the pipe behind "
                      "tbgw-serial (see tbgw-connector(7))");
}

/// The attributes that the device takes: what the platform is asked for after each connect.
std::vector<std::string> read_shared_keys(ConfigTable& table) {
  std::vector<std::string> keys;
  for (ConfigTable& update : table.tables({"attributeUpdates", "attributesUpdates"})) {
    const auto key = update.text({"attributeOnPlatform", "attributeOnThingsBoard"});
    if (key && std::find(keys.begin(), keys.end(), *key) == keys.end()) keys.push_back(*key);
  }
  return keys;
}

void read_converter_keys(ConfigTable& table) {
  // Two names of one thing each; both at once is an error as everywhere.
  static_cast<void>(table.value({"converter", "uplink_converter"}));
  for (const std::string_view key : {"converter", "uplink_converter", "downlink_converter"}) {
    refuse_foreign_class(table, key);
  }
  table.ignore(
      {"telemetry", "timeseries", "attributes", "serverSideRpc", "reportStrategy", "byteorder"});
}

FilePort read_device(ConfigTable& table, const PortOptions& defaults,
                     const std::optional<std::string>& default_port,
                     std::vector<std::string>& notices) {
  FilePort port;
  port.place = table.place();
  const auto name = table.text({"name", "deviceName"});
  if (!name || name->empty()) table.fail("needs a name");
  port.setup.device = *name;
  port.setup.device_type = table.text({"type", "deviceType"}).value_or("default");
  const auto path = table.text({"port"});
  if ((!path && !default_port) || (path && path->empty())) table.fail("needs a port");
  port.setup.name = path ? *path : *default_port;
  port.setup.shared_keys = read_shared_keys(table);
  read_converter_keys(table);
  const PortOptions own = read_options(table, notices);
  table.refuse_unknown();
  for (const PortOptions* options : {&defaults, &own}) {
    if (const auto done = apply(*options, port.setup); !done) table.fail(done.error().text);
  }
  return port;
}

void refuse_same_port(const ConfigTable& table, const std::vector<FilePort>& ports) {
  for (std::size_t i = 0; i + 1 < ports.size(); ++i) {
    if (ports[i].setup.name != ports.back().setup.name) continue;
    table.fail("port", in_quotes(ports[i].setup.name) + " is also the port of " +
                           in_quotes(ports[i].setup.device) + " (" + ports[i].place + ")");
  }
}

}  // namespace

ConnectorFile read_connector_file(std::shared_ptr<const ConfigFile> file) {
  ConfigTable top(std::move(file));
  ConnectorFile out;
  refuse_foreign_class(top, "class");
  top.ignore({"name", "id", "type", "logLevel", "uplinkQueueSize", "enableRemoteLogging",
              "reportStrategy", "configVersion"});
  const PortOptions defaults = read_options(top, out.notices);
  const auto default_port = top.text({"port"});
  auto devices = top.tables({"devices"});
  top.refuse_unknown();
  if (devices.empty()) top.fail("needs a list `devices` with at least one device");
  for (ConfigTable& device : devices) {
    out.ports.push_back(read_device(device, defaults, default_port, out.notices));
    refuse_same_port(device, out.ports);
  }
  return out;
}

}  // namespace tbgw::serial
