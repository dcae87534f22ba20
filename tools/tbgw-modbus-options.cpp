// SPDX-License-Identifier: Apache-2.0
// The options of tbgw-modbus. (A file of its own: with more in it, g++ 12 warns inside CLI11.)
#include <modbus/modbus-version.h>

#include "core/filter.hpp"
#include "core/help.hpp"
#include "core/number.hpp"
#include "tbgw-modbus-setup.hpp"

namespace tbgw {
namespace {

constexpr auto kWithoutFile = "Without a file";
constexpr auto kLooking = "Looking around";

void declare_without_file(CLI::App& app, ModbusOptions& o) {
  app.add_option("--device", o.device,
                 "The device's name in ThingsBoard (with a FILE: only this device)")
      ->type_name("NAME")
      ->group(kWithoutFile);
  app.add_option("--device-type", o.device_type, "Its device profile")
      ->type_name("NAME")
      ->group(kWithoutFile)
      ->capture_default_str();
  add_duration(app, "--every", o.every, "Time between polls")->group(kWithoutFile);
  app.add_option("--order", o.order, "Order of bytes and registers: ABCD, CDAB, BADC, DCBA")
      ->type_name("ORDER")
      ->default_str("ABCD")
      ->group(kWithoutFile);
  add_integer(app, "--base", o.base, 0, 1, "Plain addresses count from 0 or 1")
      ->type_name("N")
      ->group(kWithoutFile);
  add_duration(app, "--timeout", o.timeout, "Wait so long for an answer (1s and the frames)")
      ->default_str("")
      ->group(kWithoutFile);
  add_integer(app, "--retries", o.retries, 0, 100, "More attempts at a request without an answer")
      ->default_str("3")
      ->group(kWithoutFile);
  add_integer(app, "--max-registers", o.max_registers, 1, 125, "The most one request reads")
      ->default_str("125")
      ->group(kWithoutFile);
  add_integer(app, "--max-gap", o.max_gap, 0, 124, "Registers nobody asked for within a request")
      ->default_str("8")
      ->group(kWithoutFile);
}

void declare_looking(CLI::App& app, ModbusOptions& o) {
  app.add_flag("--once", o.once, "Read everything once and exit")->group(kLooking);
  app.add_flag("--plan", o.plan, "Print the requests and what they cost, and exit")
      ->group(kLooking);
  app.add_option("--guess", o.guess, "Read one place as every type in every order")
      ->type_name("PLACE")
      ->group(kLooking);
  app.add_option("--scan", o.scan, "Find the units that answer, such as 1-247")
      ->type_name("UNITS")
      ->group(kLooking);
  app.add_flag("--probe", o.probe, "Find the settings of a serial line (rtu: of every port)")
      ->group(kLooking);
  app.add_flag("--identify", o.identify, "Print what the units say of themselves")->group(kLooking);
  app.add_option("--write", o.write, "Write a tag (or PLACE:TYPE) and exit; may be repeated")
      ->type_name("TAG=VALUE")
      ->allow_extra_args(false)
      ->group(kLooking);
}

}  // namespace

void declare_modbus(CLI::App& app, ModbusOptions& o) {
  declare_common(app, o.common, ConfigUse::options,
                 {"tbgw-modbus modbus.json | tbgw-push",
                  "tbgw-modbus tcp:10.0.0.5/1 voltage=ir:0:32float --every 1s"},
                 "libmodbus " LIBMODBUS_VERSION_STRING);
  show_usage(app, {"tbgw-modbus [OPTIONS] FILE", "tbgw-modbus [OPTIONS] BUS[/UNIT] [TAG...]",
                   "tbgw-modbus [OPTIONS] serve FILE"});
  app.add_option("FILE", o.operands, "A connector file, or a bus such as tcp:10.0.0.5/1 and tags")
      ->type_name("")
      ->default_str("");
  declare_without_file(app, o);
  declare_looking(app, o);
  app.add_flag("--compat", o.compat, "Lists of bits and texts as the reference gateway has them");
  app.add_flag("--wait", o.wait, "Wait for ports that are absent or busy");
  add_size(app, "--buffer", o.buffer, "Readings wait here while stdout is blocked", 1);
  add_size(app, "--max-record", o.max_record, "Longest line to read", 1);
  add_duration(app, "--drain-timeout", o.drain_timeout, "Give up writing at the end")
      ->default_str(format_duration(kDrainTimeout));
}

}  // namespace tbgw
