// SPDX-License-Identifier: Apache-2.0
// One slave of a file: its bus, its unit, its tags. Internal to the importer.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "modbus/layers.hpp"
#include "modbus/model.hpp"
#include "modbus/reference_file.hpp"
#include "modbus/tag_reader.hpp"

namespace tbgw::modbus {

/// Where it is and how to talk to it. Fatal 78 for anything wrong.
Bus read_bus(Layers& layers, std::vector<std::string>& notices);
/// The unit, once for each of its unit ids. `outer`: the connector's report strategy. Bus is left
/// 0.
std::vector<Unit> read_units(Layers& layers, const report::Said& outer, bool compat,
                             const OpenFile& open, std::vector<std::string>& notices);
/// Its tags, of all lists and files; what is wrong with one of them goes to `notices`.
void read_unit_tags(Layers& layers, const TagDefaults& defaults, const OpenFile& open, Unit& unit,
                    std::vector<std::string>& notices);
/// byteOrder and wordOrder, or order.
Order read_unit_order(Layers& layers);
/// Python classes that a file may name, which cannot run here.
void refuse_foreign_classes(Layers& layers);
/// Keys of all layers that nobody asked for.
void treat_unknown(Layers& layers, std::vector<std::string>& notices);
/// A file named by another, relative to that one.
std::string beside(const std::string& file, const std::string& path);

/// The `slave` part.
Server read_server(ConfigTable table, bool compat, std::vector<std::string>& notices);

}  // namespace tbgw::modbus
