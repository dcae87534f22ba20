// SPDX-License-Identifier: Apache-2.0
#include "modbus/address.hpp"

#include <gtest/gtest.h>

#include "modbus/order.hpp"
#include "modbus/type.hpp"

namespace tbgw::modbus {
namespace {

Place place(std::optional<Table> table, std::uint16_t first, std::uint16_t last,
            bool range = true) {
  return {table, first, last, range};
}
Place place(std::optional<Table> table, std::uint16_t at) {
  return place(table, at, at, false);
}

TEST(Address, EveryUsualNotationIsThePlaceItMeans) {
  const auto hr = Table::holding_registers;
  EXPECT_EQ(*parse_place("12", 0, true), place(std::nullopt, 12));
  EXPECT_EQ(*parse_place("0x0C", 0, true), place(std::nullopt, 12));
  EXPECT_EQ(*parse_place("12", 1, true), place(std::nullopt, 11));
  EXPECT_EQ(*parse_place("40001", 0, false), place(hr, 0));
  EXPECT_EQ(*parse_place("400001", 0, false), place(hr, 0));
  EXPECT_EQ(*parse_place("465536", 0, false), place(hr, 65535));
  EXPECT_EQ(*parse_place("30012", 0, false), place(Table::input_registers, 11));
  EXPECT_EQ(*parse_place("10005", 0, false), place(Table::discrete_inputs, 4));
  EXPECT_EQ(*parse_place("00001", 0, false), place(Table::coils, 0));
  EXPECT_EQ(*parse_place("hr:0x20", 0, false), place(hr, 32));
  EXPECT_EQ(*parse_place("hr@1", 0, false), place(hr, 0));
  EXPECT_EQ(*parse_place("hr@1", 1, false), place(hr, 0));
  EXPECT_EQ(*parse_place("ir:40001", 0, false), place(Table::input_registers, 40001));
}

TEST(Address, AKnownTableMakesLongNumbersProtocolAddresses) {
  EXPECT_EQ(*parse_place("40001", 0, true), place(std::nullopt, 40001));
}

TEST(Address, RangesCountTheirEndAsTheirStart) {
  EXPECT_EQ(*parse_place("10-14", 0, true), place(std::nullopt, 10, 14));
  EXPECT_EQ(*parse_place("4-4", 0, true), place(std::nullopt, 4, 4));
  EXPECT_EQ(*parse_place("hr@1-3", 0, false), place(Table::holding_registers, 0, 2));
  EXPECT_EQ(*parse_place("40001-40003", 0, false), place(Table::holding_registers, 0, 2));
  EXPECT_EQ(*parse_place("hr:5-hr:7", 0, false), place(Table::holding_registers, 5, 7));
}

TEST(Address, NonsenseIsRefused) {
  for (const char* text : {"", "x", "hr:", "hr:x", "xx:1", "65536", "400000", "hr@0", "5-", "-5",
                           "7-5", "hr:1-ir:2", "40001-30002", "1-2-3", "465537", "0x", "1.5"}) {
    EXPECT_FALSE(parse_place(text, 0, false)) << text;
  }
  EXPECT_FALSE(parse_place("0", 1, true));
}

TEST(Address, BothFormsArePrinted) {
  EXPECT_EQ(describe(Table::holding_registers, 12), "hr:12 (40013)");
  EXPECT_EQ(describe(Table::coils, 0), "co:0 (00001)");
  EXPECT_EQ(describe(Table::input_registers, 65535), "ir:65535 (365536)");
  EXPECT_EQ(describe(Table::holding_registers, 9999), "hr:9999 (410000)");
}

TEST(Address, WhatIsPrintedIsReadBack) {
  for (const Table table :
       {Table::coils, Table::discrete_inputs, Table::holding_registers, Table::input_registers}) {
    for (const std::uint16_t address : std::vector<std::uint16_t>{0, 1, 9998, 9999, 10000, 65535}) {
      const std::string text = describe(table, address);
      const std::string modicon = text.substr(text.find('(') + 1, text.size() - text.find('(') - 2);
      EXPECT_EQ(*parse_place(text.substr(0, text.find(' ')), 0, false), place(table, address));
      EXPECT_EQ(*parse_place(modicon, 0, false), place(table, address)) << modicon;
    }
  }
}

TEST(Address, TablesAreFoundByTheirNames) {
  EXPECT_EQ(parse_table("HR"), Table::holding_registers);
  EXPECT_EQ(parse_table("input_registers"), Table::input_registers);
  EXPECT_EQ(parse_table("discrete-input"), Table::discrete_inputs);
  EXPECT_EQ(parse_table("coils_initializer"), Table::coils);
  EXPECT_FALSE(parse_table("registers"));
}

TEST(Type, NamesWithoutAWidthTakeItFromTheRegisters) {
  EXPECT_EQ(name_of(*parse_type("int", 1)), "16int");
  EXPECT_EQ(name_of(*parse_type("long", 4)), "64int");
  EXPECT_EQ(name_of(*parse_type("double", 2)), "32float");
  EXPECT_EQ(name_of(*parse_type("float", 0)), "32float");
  EXPECT_EQ(name_of(*parse_type("unsigned integer", 2)), "32uint");
  EXPECT_EQ(name_of(*parse_type("32FLOAT", 7)), "32float");
  EXPECT_FALSE(parse_type("int", 3));
  EXPECT_FALSE(parse_type("float", 5));
  EXPECT_NE(parse_type("32flot", 2).error().text.find("32float"), std::string::npos);
}

TEST(Type, EveryNameIsItsOwnTypesName) {
  for (const std::string& name : type_names())
    EXPECT_EQ(name_of(*parse_type(name, 0)), name);
}

TEST(Order, NamesAreTheVendors) {
  EXPECT_EQ(*parse_order("cdab"), (Order{false, true}));
  EXPECT_EQ(*parse_order("BADC"), (Order{true, false}));
  EXPECT_EQ(name_of(Order{true, true}), "DCBA");
  EXPECT_FALSE(parse_order("ABDC"));
}

}  // namespace
}  // namespace tbgw::modbus
