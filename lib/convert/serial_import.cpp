// SPDX-License-Identifier: Apache-2.0
#include "convert/serial_import.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>

#include "convert/mapping_import.hpp"
#include "convert/serial_field.hpp"
#include "convert/template.hpp"
#include "core/status.hpp"
#include "core/text.hpp"

namespace tbgw::convert {
namespace {

using Names = std::array<std::string_view, 2>;
constexpr Names kConnectorClasses{"CustomSerialConnector", "SerialConnector"};
constexpr Names kUplinkClasses{"CustomSerialUplinkConverter", "SerialUplinkConverter"};
constexpr Names kDownlinkClasses{"CustomSerialDownlinkConverter", "SerialDownlinkConverter"};

/// Keys of the port: the connector reads them, from the device or from the top of the file.
void ignore_port_keys(ConfigTable& table) {
  table.ignore({"baudrate", "timeout", "bytesize", "stopbits", "parity", "dsrdtr", "rtscts",
                "xonxoff", "writeTimeout", "write_timeout", "interByteTimeout",
                "inter_byte_timeout", "exclusive", "delimiter"});
  // Ours, which the reference does not have.
  table.ignore({"baud",
                "dataBits",
                "stopBits",
                "dtr",
                "rts",
                "rs485",
                "rs485Rts",
                "rs485DelayBefore",
                "rs485DelayAfter",
                "lock",
                "frameLength",
                "gap",
                "lengthPrefix",
                "start",
                "stop",
                "slip",
                "cobs",
                "strip",
                "maxFrame",
                "first",
                "encoding",
                "poll",
                "every",
                "answerTimeout",
                "retries"});
}

/// Keys of the connector as a whole, which have nothing to do with converting.
void ignore_connector_keys(ConfigTable& table) {
  table.ignore(
      {"id", "logLevel", "enableRemoteLogging", "uplinkQueueSize", "enabled", "configVersion"});
}

class SerialImport {
 public:
  SerialImport(ConfigTable& root, bool compat) : root_(root) { imported_.map.compat = compat; }

  Imported run() {
    refuse_class(root_, {"class"}, kConnectorClasses, "connector");
    ignore_connector_keys(root_);
    if (root_.has({"devices"})) {
      read_defaults();
      for (ConfigTable& device : root_.tables({"devices"}))
        add_device(device);
      root_.ignore({"name", "type"});  // the connector's own
      treat_unknown(root_, notices_);
      if (imported_.map.devices.empty()) root_.fail("devices", "must name at least one device");
    } else {
      if (!root_.has({"telemetry"}) && !root_.has({"timeseries"}) && !root_.has({"attributes"}) &&
          !root_.has({"attributeUpdates", "attributesUpdates"}) && !root_.has({"serverSideRpc"})) {
        root_.fail(
            "this is no map: it has neither devices nor telemetry, attributes, attributeUpdates or "
            "serverSideRpc");
      }
      add_device(root_);
    }
    if (!mistakes_.empty()) throw Fatal(Status::config, mistakes_);
    finish(imported_.map);
    imported_.notices = notices_.take();
    return std::move(imported_);
  }

 private:
  void read_defaults() {
    ignore_port_keys(root_);
    default_port_ = root_.text({"port"}).value_or("");
    little_endian_ = read_byte_order(root_, false);
    check_converters(root_);
    strategy_ = read_strategy(root_, {}, imported_.map.compat, notices_);
  }

  void add_device(ConfigTable& table) {
    DeviceRule rule;
    // Where the reference knows two spellings, it has this order, and both may be there.
    rule.name = first_text(table, "deviceName", "name");
    rule.type = first_text(table, "deviceType", "type");
    if (rule.type.empty()) rule.type = "default";
    if (rule.name.empty() && imported_.map.compat) rule.name = "SerialDevice";
    rule.address = table.text({"port"}).value_or(default_port_);
    rule.little_endian = read_byte_order(table, little_endian_);
    check_converters(table);
    const FieldContext context{imported_.map.compat, names_converter(table), &notices_,
                               read_strategy(table, strategy_, imported_.map.compat, notices_)};
    imported_.map.from_reference = imported_.map.from_reference || context.from_reference;
    const bool both = table.has({"timeseries"}) && table.has({"telemetry"});
    if (both) unused(table, "telemetry", "timeseries");
    for (ConfigTable& field :
         table.tables({table.has({"timeseries"}) ? "timeseries" : "telemetry"})) {
      rule.telemetry.push_back(import_field(field, context));
    }
    for (ConfigTable& field : table.tables({"attributes"})) {
      rule.attributes.push_back(import_field(field, context));
    }
    for (ConfigTable& update : table.tables({"attributeUpdates", "attributesUpdates"})) {
      rule.updates.push_back(read_update(update));
    }
    for (ConfigTable& method : table.tables({"serverSideRpc"}))
      add_method(rule, method, context);
    ignore_port_keys(table);
    treat_unknown(table, notices_);
    check_device(table, rule);
    imported_.map.devices.push_back(std::move(rule));
  }

  AttributeUpdate read_update(ConfigTable& table) {
    AttributeUpdate update;
    update.attribute = table.text({"attributeOnPlatform", "attributeOnThingsBoard"}).value_or("");
    if (update.attribute.empty()) table.fail("attributeOnPlatform: must name the attribute");
    const auto text = table.text({"stringToDevice"});
    if (!text || text->empty()) {
      table.fail("stringToDevice: must say what to write to the device");
    }
    std::vector<std::string> unknown;
    update.command = parse_template(*text, update.attribute, unknown);
    for (const std::string& name : unknown) {
      notices_.add(table.place("stringToDevice") + ": ${" + name + "} stays as it is: only ${" +
                   update.attribute + "}, ${deviceName} and ${deviceType} are filled in");
    }
    treat_rest(table);
    return update;
  }

  /// A misspelled key would quietly give other bytes: it is a mistake in JSON too.
  void treat_rest(const ConfigTable& table) {
    bool misspelled = false;
    for (const std::string& text : table.unknown()) {
      if (text.find("(did you mean") == std::string::npos) continue;
      mistake(text);
      misspelled = true;
    }
    if (!misspelled) treat_unknown(table, notices_);
  }

  /// All of them are told at once.
  void mistake(const std::string& text) { mistakes_ += (mistakes_.empty() ? "" : "\n") + text; }

  /// What the platform could not take, or nobody could tell apart.
  void check_device(const ConfigTable& table, const DeviceRule& rule) {
    constexpr std::size_t kLongestName = 255;
    const bool control = std::any_of(rule.name.begin(), rule.name.end(), [](char c) {
      return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
    });
    if (control || rule.name.size() > kLongestName) {
      mistake(table.place() + ": the name " + in_quotes(rule.name) +
              " cannot be a device's: it has " +
              (control ? "control characters" : "more than 255 bytes"));
    }
    for (const DeviceRule& other : imported_.map.devices) {
      if (rule.name.empty() || rule.name != other.name || rule.address != other.address) continue;
      mistake(table.place() + ": the device " + in_quotes(rule.name) +
              (rule.address.empty() ? "" : " on port " + in_quotes(rule.address)) +
              " stands here a second time");
    }
  }

  void add_method(DeviceRule& rule, ConfigTable& table, const FieldContext& context) {
    RpcMethod method;
    method.method = table.text({"method"}).value_or("");
    if (method.method.empty()) table.fail("method: must name the method");
    const std::string type = table.text({"type"}).value_or("string");
    if (type == "int") method.type = ParamsType::integer;
    if (type == "float" || type == "double") method.type = ParamsType::real;
    if (method.type == ParamsType::text && type != "string" && type != "str") {
      notices_.add(table.place("type") + ": unknown type " + in_quotes(type) +
                   ", the parameter goes as text (there are string, int, float and double)");
    }
    method.with_response = table.boolean({"withResponse"}).value_or(false);
    method.timeout = table.duration({"responseTimeoutSec"}, std::chrono::seconds{1})
                         .value_or(std::chrono::seconds{5});
    if (method.timeout <= std::chrono::milliseconds{0}) {
      table.fail("responseTimeoutSec", "must be more than 0");
    }
    method.response = import_response(table, context);
    treat_rest(table);
    const bool again =
        std::any_of(rule.methods.begin(), rule.methods.end(),
                    [&](const RpcMethod& earlier) { return earlier.method == method.method; });
    if (again) {
      notices_.add(table.place("method") + ": method " + in_quotes(method.method) +
                   " stands here a second time, ignored");
      return;
    }
    rule.methods.push_back(std::move(method));
  }

  std::string first_text(ConfigTable& table, std::string_view first, std::string_view second) {
    const bool both = table.has({first}) && table.has({second});
    if (both) unused(table, second, first);
    return table.text({table.has({first}) ? first : second}).value_or("");
  }

  void unused(const ConfigTable& table, std::string_view key, std::string_view because) {
    notices_.add(table.place(key) + ": " + std::string{key} + " is not used, " +
                 std::string{because} + " stands beside it");
  }

  static bool read_byte_order(ConfigTable& table, bool fallback) {
    const auto order = table.text({"byteorder"});
    if (!order) return fallback;
    if (*order == "big" || *order == "BIG") return false;
    if (*order == "little" || *order == "LITTLE") return true;
    table.fail("byteorder", R"(must be "big" or "little")");
  }

  static void refuse_class(ConfigTable& table, ConfigTable::Keys keys, const Names& ours,
                           const std::string& what) {
    const auto name = table.text(keys);
    if (!name || name->empty() || std::find(ours.begin(), ours.end(), *name) != ours.end()) return;
    for (const std::string_view key : keys) {
      if (!table.has({key})) continue;
      table.fail(key, "cannot run the Python class " + in_quotes(*name) +
                          ". Leave the key out to use " + "the built-in " + what +
                          "; for what the class did on top, put a filter " +
                          "of yours into the pipe (tbgw-connector(7))");
    }
  }

  static void check_converters(ConfigTable& table) {
    const bool first = table.has({"converter"});
    refuse_class(table, {first ? "converter" : "uplink_converter"}, kUplinkClasses, "converter");
    refuse_class(table, {"downlink_converter"}, kDownlinkClasses, "converter");
    table.ignore({"uplink_converter"});
  }

  static bool names_converter(ConfigTable& table) {
    return table.has({"converter"}) || table.has({"uplink_converter"});
  }

  ConfigTable& root_;
  Imported imported_;
  Notices notices_;
  std::string mistakes_;
  report::Said strategy_;  ///< of the file
  std::string default_port_;
  bool little_endian_ = false;
};

}  // namespace

Imported import_serial(ConfigTable& root, bool compat) {
  return SerialImport(root, compat).run();
}

}  // namespace tbgw::convert
