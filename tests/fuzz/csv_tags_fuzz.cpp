// SPDX-License-Identifier: Apache-2.0
// library: modbus
// Any bytes as a CSV list and as a connector file: tags, or an error with its place.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "core/status.hpp"
#include "modbus/csv_tags.hpp"
#include "modbus/reference_file.hpp"
#include "modbus/tag_reader.hpp"

namespace {

using namespace tbgw;
using namespace tbgw::modbus;

void read_csv(std::string_view text) {
  ConfigTable top(parse_csv("t.csv", text));
  std::vector<std::string> notices;
  for (ConfigTable& table : top.tables({"tags"})) {
    for (const Tag& tag : read_tags(table, TagUse::read, {}, notices)) {
      if (tag.count == 0 || tag.address + std::uint32_t{tag.count} > 0x10000U) std::abort();
    }
  }
}

void read_file(std::string_view text) {
  const OpenFile none = [](const std::string& path) -> std::shared_ptr<const ConfigFile> {
    throw Fatal(Status::no_input, path + ": no such file");
  };
  const Imported in = import_file(parse_config("m.json", text, false), false, none);
  for (const Unit& unit : in.model.units) {
    if (unit.bus >= in.model.buses.size() || unit.device_name.empty()) std::abort();
    for (const Block& block : plan(unit.tags, unit.period, unit.limits, unit.holes)) {
      if (block.count == 0 || block.end() > 0x10000U || block.tags.empty()) std::abort();
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 8192) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (void (*read)(std::string_view) : {read_csv, read_file}) {
    try {
      read(text);
    } catch (const Fatal& fatal) {
      if (std::string_view{fatal.what()}.empty()) std::abort();
    }
  }
  return 0;
}
