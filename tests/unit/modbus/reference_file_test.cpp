// SPDX-License-Identifier: Apache-2.0
#include "modbus/reference_file.hpp"

#include <gtest/gtest.h>

#include "core/status.hpp"
#include "modbus/codec.hpp"
#include "modbus/csv_tags.hpp"
#include "modbus/endpoint.hpp"
#include "modbus/rpc_syntax.hpp"
#include "modbus/tag_notation.hpp"

namespace tbgw::modbus {
namespace {

using Json = nlohmann::ordered_json;

Imported from_json(std::string_view text, bool compat = false) {
  return import_file(parse_config("etc/m.json", text, false), compat,
                     [](const std::string& path) -> std::shared_ptr<const ConfigFile> {
                       throw Fatal(Status::no_input, path);
                     });
}

std::string failure(std::string_view text) {
  try {
    from_json(text);
  } catch (const Fatal& fatal) {
    EXPECT_EQ(fatal.status, Status::config);
    return fatal.what();
  }
  return "no failure";
}

/// One TCP slave with these further keys.
std::string slave(const std::string& more) {
  return R"({"master":{"slaves":[{"type":"tcp","method":"socket","host":"h","port":502,)"
         R"("unitId":1,"deviceName":"D","pollPeriod":1000)" +
         (more.empty() ? "" : "," + more) + "}]}}";
}

TEST(ReferenceFile, ASlaveIsRead) {
  const Imported in = from_json(slave(R"("byteOrder":"BIG","wordOrder":"LITTLE","timeout":35,
    "retries":true,"retryOnEmpty":true,"connectAttemptTimeMs":5000,"connectAttemptCount":5,
    "waitAfterFailedAttemptsMs":300000,"delayBetweenRequestsMs":20,"deviceType":"meter",
    "timeseries":[{"tag":"a","type":"32int","functionCode":3,"objectsCount":2,"address":0}],
    "attributes":[{"tag":"b","type":"string","functionCode":4,"objectsCount":4,"address":9}],
    "attributeUpdates":[{"tag":"c","type":"bits","functionCode":5,"objectsCount":1,"address":1}],
    "rpc":{"go":{"type":"16int","functionCode":6,"objectsCount":1,"address":2}})"));
  EXPECT_TRUE(in.notices.empty()) << in.notices[0];
  ASSERT_EQ(in.model.units.size(), 1U);
  const Unit& unit = in.model.units[0];
  const Bus& bus = in.model.buses[unit.bus];
  EXPECT_EQ(bus.name, "tcp:h:502");
  EXPECT_EQ(bus.connect_timeout, Milliseconds{35000});
  EXPECT_EQ(bus.attempts, 5);
  EXPECT_EQ(unit.retries, 3);
  EXPECT_EQ(unit.delay, Milliseconds{20});
  EXPECT_EQ(unit.device_type, "meter");
  ASSERT_EQ(unit.tags.size(), 2U);
  EXPECT_EQ(name_of(unit.tags[0].order), "CDAB");
  EXPECT_FALSE(unit.tags[0].attribute);
  EXPECT_TRUE(unit.tags[1].attribute);
  EXPECT_EQ(unit.updates[0].key, "c");
  EXPECT_EQ(unit.methods[0].key, "go");
}

TEST(ReferenceFile, TheOldLayoutGivesItsServersKeysToEachDevice) {
  const Imported in = from_json(R"({"server":{"name":"s","type":"tcp","host":"h","port":5020,
    "timeout":5,"method":"socket","byteOrder":"BIG","wordOrder":"BIG",
    "devices":[{"unitId":1,"deviceName":"A","timeseriesPollPeriod":5000,"attributesPollPeriod":1,
                "sendDataOnlyOnChange":true,
                "timeseries":[{"tag":"t","type":"int","functionCode":3,"registerCount":2,"address":0}]},
               {"unitId":2,"deviceName":"B","host":"other","timeseriesPollPeriod":1000}]}})");
  ASSERT_EQ(in.model.units.size(), 2U);
  ASSERT_EQ(in.model.buses.size(), 2U);
  EXPECT_EQ(in.model.buses[0].name, "tcp:h:5020");
  EXPECT_EQ(in.model.buses[1].name, "tcp:other:5020");
  EXPECT_EQ(in.model.units[0].period, Milliseconds{5000});
  EXPECT_EQ(name_of(in.model.units[0].tags[0].type), "32int");
  EXPECT_EQ(name_of(in.model.units[0].tags[0].order), "ABCD");
  EXPECT_EQ(in.model.units[0].tags[0].strategy.kind, report::Kind::on_change);
  EXPECT_EQ(
      in.notices,
      (std::vector<std::string>{"etc/m.json:1: the old layout with `server`; it works as it is"}));
}

TEST(ReferenceFile, SlavesOfOneConnectionShareABusWithTheFirstOnesSettings) {
  const Imported in = from_json(R"({"master":{"slaves":[
{"type":"serial","method":"rtu","port":"/dev/ttyS0","baudrate":9600,"unitId":1,"deviceName":"A"},
{"type":"serial","method":"rtu","port":"/dev/ttyS0","baudrate":19200,"unitId":2,"deviceName":"B"}]}})");
  ASSERT_EQ(in.model.buses.size(), 1U);
  EXPECT_EQ(in.model.buses[0].serial.baud, 9600U);
  EXPECT_EQ(in.model.units[1].bus, 0U);
  EXPECT_EQ(in.notices, (std::vector<std::string>{
                            "etc/m.json:3: shares rtu:/dev/ttyS0 with etc/m.json:2, whose settings "
                            "of the connection hold"}));
  EXPECT_NE(failure(R"({"master":{"slaves":[
{"type":"tcp","method":"rtu","host":"h","port":1,"unitId":1,"deviceName":"A"},
{"type":"tcp","method":"socket","host":"h","port":1,"unitId":2,"deviceName":"B"}]}})")
                .find("another method"),
            std::string::npos);
}

TEST(ReferenceFile, TheMostSpecificReportStrategyCounts) {
  const std::string text =
      slave(R"("reportStrategy":{"type":"ON_REPORT_PERIOD","reportPeriod":5000},
    "timeseries":[{"tag":"a","functionCode":3,"address":0},
    {"tag":"b","functionCode":3,"address":1,"reportStrategy":{"type":"ON_CHANGE"}}])");
  const Imported in = from_json(R"({"reportStrategy":{"type":"ON_CHANGE"},)" + text.substr(1));
  EXPECT_EQ(in.model.units[0].tags[0].strategy.kind, report::Kind::on_report_period);
  EXPECT_EQ(in.model.units[0].tags[1].strategy.kind, report::Kind::on_change);
  const Imported bare =
      from_json(R"({"reportStrategy":{"type":"ON_CHANGE"},)" +
                slave(R"("timeseries":[{"tag":"a","functionCode":3,"address":0}])").substr(1));
  EXPECT_EQ(bare.model.units[0].tags[0].strategy.kind, report::Kind::on_change);
}

TEST(ReferenceFile, SeveralUnitsOfOneKindAreOneEntry) {
  const Imported in =
      from_json(R"({"master":{"slaves":[{"host":"h","unitId":"1-3,9","deviceName":"M ${unitId}",)"
                R"("timeseries":[{"tag":"r","functionCode":3,"address":"0-1"}]}]}})");
  ASSERT_EQ(in.model.units.size(), 4U);
  EXPECT_EQ(in.model.units[3].device_name, "M 9");
  EXPECT_EQ(in.model.units[3].unit_id, 9);
  EXPECT_EQ(in.model.buses.size(), 1U);
  EXPECT_EQ(failure(R"({"master":{"slaves":[{"host":"h","unitId":[1,2],"deviceName":"M"}]}})"),
            "etc/m.json:1: master.slaves[0].deviceName: must contain ${unitId} where there are "
            "several units");
}

TEST(ReferenceFile, ADeviceTypeFileServesManyUnitsAndEachMaySayMore) {
  const auto open = [](const std::string& path) -> std::shared_ptr<const ConfigFile> {
    if (path == "etc/tags.csv")
      return parse_csv(path, "tag,address,type,section\ns,hr:9,16int,attributes\n");
    EXPECT_EQ(path, "etc/meter.toml");
    return parse_config(path, R"(
deviceType = "meter"
order = "CDAB"
maxRegisters = 20
holes = ["hr:5-7"]
[[timeseries]]
tag = "a"
address = "hr:0"
type = "32float"
[[timeseries]]
tag = "b"
address = "hr:2"
)",
                        true);
  };
  const Imported in = import_file(parse_config("etc/m.json", R"({"master":{"slaves":[
    {"host":"h","unitId":1,"deviceName":"A","template":"meter.toml"},
    {"host":"h","unitId":2,"deviceName":"B","template":"meter.toml","order":"ABCD",
     "tagsFile":"tags.csv",
     "timeseries":[{"tag":"b","address":"hr:4","functionCode":3}]}]}})",
                                               false),
                                  false, open);
  EXPECT_TRUE(in.notices.empty()) << in.notices[0];
  const Unit& a = in.model.units.at(0);
  const Unit& b = in.model.units.at(1);
  EXPECT_EQ(a.device_type, "meter");
  EXPECT_EQ(a.limits.registers, 20);
  EXPECT_EQ(a.holes, (std::vector<Cut>{{Table::holding_registers, 5}}));
  EXPECT_EQ(notation_of(a.tags[0]), "a=hr:0:32float,CDAB,round=6");
  EXPECT_EQ(notation_of(a.tags[1]), "b=hr:2:16uint");
  ASSERT_EQ(b.tags.size(), 3U);
  EXPECT_EQ(notation_of(b.tags[0]), "a=hr:0:32float,round=6");
  EXPECT_EQ(notation_of(b.tags[1]), "b=hr:4:16uint") << "the unit's own takes its place";
  EXPECT_EQ(b.tags[2].key, "s");
  EXPECT_TRUE(b.tags[2].attribute);
  EXPECT_EQ(b.tags[2].place, "etc/tags.csv:2");
}

TEST(ReferenceFile, TheShippedServerPartIsRead) {
  const Imported in = from_json(R"({"slave":{"type":"tcp","host":"127.0.0.1","port":5026,
    "method":"socket","unitId":0,"deviceName":"S","deviceType":"default","pollPeriod":5000,
    "sendDataToThingsBoard":false,"byteOrder":"LITTLE","wordOrder":"LITTLE",
    "identity":{"vendorName":"V","ModelName":"M"},
    "values":{"holding_registers":[{"attributes":[{"address":1,"type":"string","tag":"sm",
      "objectsCount":1,"value":"ON"}],"rpc":[{"tag":"set","type":"32int","functionCode":6,
      "objectsCount":2,"address":29,"value":1243}]}],
      "coils_initializer":{"attributes":[{"address":5,"type":"8int","tag":"coil","objectsCount":1,
      "value":0}]},
      "input_registers":{"timeseries":[{"address":5,"type":"16int","tag":"i","objectsCount":1,
      "value":7}]},"discrete_inputs":{}}}})");
  EXPECT_TRUE(in.notices.empty()) << in.notices[0];
  ASSERT_TRUE(in.model.server);
  const Server& server = *in.model.server;
  EXPECT_EQ(server.endpoint.name, "tcp:127.0.0.1:5026");
  EXPECT_FALSE(server.report);
  ASSERT_EQ(server.tags.size(), 4U);
  EXPECT_EQ(server.tags[0].tag.address, 1);
  EXPECT_EQ(encode(server.tags[0].tag, server.tags[0].value)->cells,
            (std::vector<std::uint16_t>{0x4f4e}));
  for (const ServedTag& served : server.tags) {
    EXPECT_TRUE(encode(served.tag, served.value)) << served.tag.key;
    if (served.tag.key == "i") {
      EXPECT_EQ(served.table, Table::input_registers);
    }
    if (served.tag.key == "coil") {
      EXPECT_EQ(served.table, Table::coils);
    }
  }
  EXPECT_EQ(server.identity.size(), 2U);
}

TEST(ReferenceFile, ABrokenServerPartDoesNotKeepTheMasterFromRunning) {
  const std::string text = slave("");
  const Imported in = from_json(R"({"slave":{"type":"tcp","port":5},)" + text.substr(1));
  EXPECT_FALSE(in.model.server);
  EXPECT_EQ(in.notices, (std::vector<std::string>{"etc/m.json:1: slave: needs a host; the slave "
                                                  "part is left out"}));
}

TEST(ReferenceFile, MistakesAreNamedWithTheirPlace) {
  EXPECT_EQ(failure("{}"), "etc/m.json:1: has neither master.slaves nor a slave");
  EXPECT_EQ(failure(R"({"master":{"slaves":[{"host":"h","deviceName":"D","unitId":300}]}})"),
            "etc/m.json:1: master.slaves[0].unitId: '300' is no unit id (0 to 255, or a range like "
            "1-5)");
  EXPECT_EQ(failure(R"({"master":{"slaves":[{"host":"h","deviceName":"D"}]}})"),
            "etc/m.json:1: master.slaves[0]: needs a unitId");
  EXPECT_EQ(failure(R"({"master":{"slaves":[{"host":"h","unitId":1}]}})"),
            "etc/m.json:1: master.slaves[0]: needs a deviceName");
  EXPECT_EQ(failure(R"({"master":{"slaves":[{"unitId":1,"deviceName":"D"}]}})"),
            "etc/m.json:1: master.slaves[0]: needs a host");
  EXPECT_EQ(failure(slave(R"("tls":{"certfile":"x"})")),
            "etc/m.json:1: master.slaves[0].tls: TLS is not spoken here: put stunnel in front and "
            "connect to it");
  EXPECT_NE(failure(slave(R"("uplink_converter":"MyConverter")")).find("is a Python class"),
            std::string::npos);
  EXPECT_EQ(failure(R"({"master":{"slaves":[{"type":"serial","method":"rtu","port":"/dev/x",
"bytesize":7,"unitId":1,"deviceName":"D"}]}})"),
            "etc/m.json:2: master.slaves[0].bytesize: RTU needs 8 data bits");
  for (const char* more : {R"("pollPeriod":0)", R"("retries":-1)", R"("maxRegisters":126)",
                           R"("method":"binary")", R"("type":"quic")", R"("order":"ACBD")",
                           R"("holes":["zz"])", R"("port":"x")", R"("pipeline":0)"}) {
    // The key must not be there twice.
    std::string text = R"({"master":{"slaves":[{"host":"h","unitId":1,"deviceName":"D",)";
    EXPECT_NE(failure(text + more + "}]}}"), "no failure") << more;
  }
}

TEST(ReferenceFile, UnknownKeysAreToldAndBadTagsLeftOut) {
  const Imported in = from_json(slave(R"("colour":"red",
"timeseries":[{"tag":"a","type":"32int","functionCode":3,"objectsCount":1,"address":0},
{"tag":"b","type":"16int","functionCode":3,"objectsCount":1,"address":0},
{"tag":"b","type":"16int","functionCode":3,"objectsCount":1,"address":7},
{"tag":"c","type":"16int","functionCode":3,"objectsCount":1,"address":1,"scaleFrom":"nobody"}])"));
  ASSERT_EQ(in.model.units[0].tags.size(), 2U);
  EXPECT_EQ(in.model.units[0].tags[0].address, 7);
  ASSERT_EQ(in.notices.size(), 4U);
  EXPECT_NE(in.notices[0].find("the tag is left out"), std::string::npos);
  EXPECT_NE(in.notices[1].find("'b' is there twice"), std::string::npos);
  EXPECT_NE(in.notices[2].find("the unit has no tag 'nobody'"), std::string::npos);
  EXPECT_NE(in.notices[3].find("unknown key 'colour'"), std::string::npos);
}

TEST(ReferenceFile, AScaleSourceThatOnlyAMethodNeedsIsReadToo) {
  const Imported in = from_json(slave(
      R"("rpc":[{"tag":"set","type":"16int","functionCode":6,"address":1,"scaleFrom":"hr:9"}])"));
  ASSERT_EQ(in.model.units[0].tags.size(), 1U);
  EXPECT_TRUE(in.model.units[0].tags[0].hidden);
  EXPECT_EQ(in.model.units[0].methods.size(), 1U);
}

TEST(ReferenceFile, AThrowAwaySlaveOfAnRpcIsRead) {
  const auto in =
      import_slave({{"host", "h"},
                    {"port", 502},
                    {"unitId", 4},
                    {"deviceName", "x"},
                    {"rpc", Json::array({{{"tag", "t"}, {"functionCode", 3}, {"address", 1}}})}},
                   false);
  ASSERT_TRUE(in);
  EXPECT_EQ(in->model.units[0].methods[0].key, "t");
  const auto bad = import_slave({{"port", 502}, {"unitId", 4}, {"deviceName", "x"}}, false);
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().text, "needs a host");
}

TEST(Endpoint, TheExamplesAreRead) {
  EXPECT_EQ(parse_endpoint("tcp:10.0.0.5/1")->bus.name, "tcp:10.0.0.5:502");
  const auto list = parse_endpoint("tcp:plc.local:1502/1-3,7");
  EXPECT_EQ(list->bus.port, 1502);
  EXPECT_EQ(list->units, (std::vector<std::uint8_t>{1, 2, 3, 7}));
  EXPECT_EQ(parse_endpoint("tcp:[fe80::1]:503")->bus.name, "tcp:[fe80::1]:503");
  const auto rtu = parse_endpoint("rtu:/dev/ttyUSB0,9600,8E1/17");
  EXPECT_EQ(rtu->bus.path, "/dev/ttyUSB0");
  EXPECT_EQ(rtu->bus.serial.baud, 9600U);
  EXPECT_EQ(rtu->bus.serial.parity, 'E');
  EXPECT_EQ(rtu->units, (std::vector<std::uint8_t>{17}));
  const auto bare = parse_endpoint("rtu:/dev/serial/by-id/usb-FTDI_x-if00-port0");
  EXPECT_EQ(bare->bus.path, "/dev/serial/by-id/usb-FTDI_x-if00-port0");
  EXPECT_EQ(bare->units, (std::vector<std::uint8_t>{1}));
  EXPECT_EQ(parse_endpoint("rtu+tcp:10.0.0.9:4001")->bus.framing, Framing::rtu);
  EXPECT_EQ(parse_endpoint("ascii:/dev/ttyS0,9600,7E1/1")->bus.serial.data_bits, 7);
  EXPECT_EQ(parse_endpoint("udp:h/0")->bus.transport, Transport::udp);
  EXPECT_EQ(device_name_of(rtu->bus, 17), "ttyUSB0-17");
  EXPECT_EQ(device_name_of(list->bus, 3), "plc.local-1502-3");
}

TEST(Endpoint, NonsenseIsRefused) {
  for (const char* text :
       {"", "tcp", "tcp:", "http://x", "tcp:h:0", "tcp:h:99999", "tcp:h/256", "tcp:h/3-1",
        "rtu:", "rtu:/dev/x,fast", "rtu:/dev/x,9600,9E1", "tcp:[::1", "tcp:::1", "tcp:h/1,,2"}) {
    EXPECT_FALSE(parse_endpoint(text)) << text;
  }
}

Result<Rpc> rpc(const char* method, const Json& params, const char* device = "D") {
  Json content{{"data", {{"id", 5}, {"method", method}, {"params", params}}}};
  if (*device != '\0') content["device"] = device;
  return parse_rpc(content);
}

TEST(RpcSyntax, PairsComeInAnyOrderAndValuesKeepTheirMarks) {
  const auto set =
      rpc("set", "value=a;b=c;type=string; address = 4;functionCode=16;objectsCount=2");
  ASSERT_TRUE(set) << set.error().text;
  EXPECT_EQ(set->kind, Rpc::Kind::reserved);
  EXPECT_EQ(set->value, "a;b=c");
  EXPECT_EQ(set->tag["address"], 4);
  EXPECT_EQ(set->tag["type"], "string");
  EXPECT_EQ(rpc("SET", "type=bits;functionCode=5;objectsCount=1;address=2;value=true;")->value,
            "true");
  EXPECT_EQ(rpc("get", "address=hr:7;type=32float;order=CDAB")->tag["order"], "CDAB");
  EXPECT_EQ(rpc("set", "address=40003;functionCode=6;value=1;value;")->value, "1;value");
}

TEST(RpcSyntax, MistakesAreAnsweredInWords) {
  for (const auto& [method, params] : std::initializer_list<std::pair<const char*, Json>>{
           {"set", "type=16int;functionCode=6;address=1;"},
           {"get", "type=16int;address=1;"},
           {"get", "type=16int;functionCode=3;"},
           {"get", "nonsense"},
           {"get", "typ=16int;functionCode=3;address=1;"},
           {"get", "type=16int;type=32int;functionCode=3;address=1;"},
           {"get", Json::object()},
           {"modbus_read", "text"}}) {
    const auto parsed = rpc(method, params);
    ASSERT_FALSE(parsed) << method << params;
    EXPECT_GT(parsed.error().text.size(), 10U);
  }
  EXPECT_FALSE(rpc("ping", Json::object(), ""));
  EXPECT_FALSE(parse_rpc(Json::array()));
  EXPECT_FALSE(parse_rpc({{"device", "D"}}));
}

TEST(RpcSyntax, ConnectorMethodsHaveExactlyOneUnderscore) {
  EXPECT_EQ(rpc("modbus_write", Json::object(), "")->kind, Rpc::Kind::connector);
  EXPECT_EQ(rpc("modbus_write_it", Json::object())->kind, Rpc::Kind::device);
  EXPECT_EQ(rpc("modbus_", Json::object())->kind, Rpc::Kind::device);
}

}  // namespace
}  // namespace tbgw::modbus
