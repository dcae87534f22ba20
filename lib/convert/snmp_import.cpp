// SPDX-License-Identifier: Apache-2.0
// snmp.json: answers of an agent, each a JSON object of its OIDs.
#include <string>

#include "convert/family_frame.hpp"
#include "convert/family_import.hpp"
#include "core/text.hpp"

namespace tbgw::convert {
namespace {

void add_oids(ConfigTable& table, std::string_view key, std::vector<std::string>& to) {
  const auto oids = table.texts({key});
  if (oids) to.insert(to.end(), oids->begin(), oids->end());
}

Item read_oid(ConfigTable& table, const ItemStyle& style) {
  Item item;
  const std::string key = table.text({"key"}).value_or("");
  if (key.empty()) table.fail("key: must name the key");
  item.key = text_at(table, "key", key);
  add_oids(table, "oid", item.members);
  add_oids(table, "scalarOid", item.members);
  add_oids(table, "repeatingOid", item.members);
  if (item.members.empty()) table.fail("oid: must say what to ask for");
  const std::string method = table.text({"method"}).value_or("get");
  if (method == "get" && item.members.size() == 1) {
    Text::Piece piece;
    piece.what = Text::Piece::What::path;
    piece.text = piece.path.text = item.members.front();
    item.value.pieces.push_back(std::move(piece));
    item.members.clear();
  } else {
    item.from = Item::From::members;
    // Whatever goes on from an OID answers with those below it.
    const bool exact = method == "multiget";
    for (std::string& oid : item.members) {
      if (!exact && !oid.empty() && oid.back() != '.') oid += '.';
    }
  }
  item.strategy = item_strategy(table, style);
  finish_table(table, {"timeout", "community", "maxListSize", "bulkSize"}, *style.notices);
  return item;
}

}  // namespace

Imported import_snmp(ConfigTable& root, bool compat) {
  FamilyFrame frame(root, compat, "address");
  return frame.run("devices", {}, [&](ConfigTable& table, std::size_t index) {
    const ItemStyle style = frame.style(table);
    Mapping mapping;
    mapping.place = "devices[" + std::to_string(index) + "]";
    mapping.match.pattern = table.text({"ip"}).value_or("");
    if (mapping.match.pattern.empty()) table.fail("ip: must say which agent");
    mapping.match.by = Match::By::exact;
    mapping.device = constant_text(table.text({"deviceName"}).value_or(""));
    mapping.profile = constant_text(table.text({"deviceType"}).value_or("default"));
    check_class(table, "converter", {"SNMPUplinkConverter", "CustomSNMPConverter"});
    for (ConfigTable& item : table.tables({"telemetry", "timeseries"}))
      mapping.telemetry.push_back(read_oid(item, style));
    for (ConfigTable& item : table.tables({"attributes"}))
      mapping.attributes.push_back(read_oid(item, style));
    finish_table(table,
                 {"port", "pollPeriod", "timeout", "community", "attributeUpdateRequests",
                  "serverSideRpcRequests"},
                 frame.notices());
    frame.add(std::move(mapping));
  });
}

}  // namespace tbgw::convert
