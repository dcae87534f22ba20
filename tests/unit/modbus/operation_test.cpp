// SPDX-License-Identifier: Apache-2.0
#include "modbus/operation.hpp"

#include <gtest/gtest.h>

#include "modbus/tag_notation.hpp"

namespace tbgw::modbus {
namespace {

using Json = nlohmann::ordered_json;

Tag tag_of(const std::string& text) {
  auto tags = parse_tag(text, notation_defaults());
  EXPECT_TRUE(tags) << text;
  return tags->front();
}

Answer good(std::vector<std::uint16_t> cells = {}) {
  Answer answer;
  answer.kind = Answer::Kind::good;
  answer.cells = std::move(cells);
  return answer;
}

Answer exception(std::uint8_t code) {
  Answer answer;
  answer.kind = Answer::Kind::exception;
  answer.exception = code;
  answer.text = exception_text(code);
  return answer;
}

TEST(Operation, ARefusalIsTheUnitsOwnWord) {
  const Unit unit;
  Operation operation = Operation::read(unit, tag_of("a=hr:5"));
  ASSERT_TRUE(operation.next());
  operation.take(exception(2));
  EXPECT_FALSE(operation.next());
  EXPECT_FALSE(operation.result().good);
  EXPECT_EQ(operation.result().exception, 2);
  EXPECT_EQ(operation.result().error, "illegal data address");
}

TEST(Operation, ReadingAsksForTheScaleFirst) {
  Unit unit;
  unit.tags.push_back(tag_of("sf=hr:9:16int"));
  Operation operation = Operation::read(unit, tag_of("a=hr:5:16int,sf=sf"));
  EXPECT_EQ(operation.next()->address, 9);
  operation.take(good({0xfffe}));
  EXPECT_EQ(operation.next()->address, 5);
  operation.take(good({1234}));
  EXPECT_EQ(operation.result().value, "12.34");
}

TEST(Operation, AScaleThatIsNotThereIsSaidAndNothingIsWritten) {
  const Unit unit;
  Operation operation = Operation::write(unit, tag_of("a=hr:5:16int,sf=sf"), 3);
  EXPECT_FALSE(operation.next());
  EXPECT_NE(operation.result().error.find("'sf'"), std::string::npos);
}

TEST(Operation, WritingSomeBitsKeepsTheOthers) {
  const Unit unit;
  Operation operation = Operation::write(unit, tag_of("a=hr:5:bit,bit=3"), true);
  EXPECT_EQ(operation.next()->function, 3);
  operation.take(good({0x8001}));
  const auto request = operation.next();
  EXPECT_EQ(request->function, 6);
  EXPECT_EQ(request->cells, std::vector<std::uint16_t>{0x8009});
  operation.take(good());
  EXPECT_TRUE(operation.result().good);
}

TEST(Operation, AUnitThatKnowsMasksIsNotReadFirst) {
  Unit unit;
  unit.mask_write = true;
  Operation operation = Operation::write(unit, tag_of("a=hr:5:bit,bit=3"), false);
  const auto request = operation.next();
  EXPECT_EQ(request->function, 22);
  EXPECT_EQ(request->and_mask, 0xfff7);
  EXPECT_EQ(request->or_mask, 0);
}

TEST(Operation, AWriteThatDidNotStickIsAnError) {
  const Unit unit;
  Operation operation = Operation::write(unit, tag_of("a=hr:5:16uint,verify=yes"), 7);
  operation.take(good());
  EXPECT_EQ(operation.next()->function, 3);
  operation.take(good({8}));
  EXPECT_FALSE(operation.result().good);
  EXPECT_EQ(operation.result().error, "was written, but reads back as 8, not 7");
}

TEST(Operation, WhatDoesNotFitIsNotWritten) {
  Unit unit;
  unit.most_written = 2;
  EXPECT_FALSE(Operation::write(unit, tag_of("a=hr:5:16uint"), 70000).next());
  EXPECT_FALSE(Operation::write(unit, tag_of("a=hr:5:64uint"), 7).next());
  EXPECT_FALSE(Operation::write(unit, tag_of("a=ir:5:16uint"), 7).next());
}

TEST(Operation, ABroadcastCanOnlyWrite) {
  const Unit unit;
  Operation write = Operation::write(unit, tag_of("a=hr:5"), 7);
  write.take_sent();
  EXPECT_TRUE(write.result().good);
  Operation read = Operation::read(unit, tag_of("a=hr:5"));
  read.take_sent();
  EXPECT_FALSE(read.result().good);
}

TEST(Operation, AnIdentificationInPartsIsOne) {
  const Unit unit;
  Operation operation = Operation::identify(unit);
  Answer first = good();
  first.objects = {{0, "Acme"}};
  first.more = true;
  first.next_object = 1;
  operation.take(first);
  EXPECT_EQ(operation.next()->object, 1);
  Answer second = good();
  second.objects = {{1, "M-1"}, {2, "\xff"}};
  operation.take(second);
  EXPECT_EQ(operation.result().value,
            R"({"VendorName":"Acme","ProductCode":"M-1","MajorMinorRevision":"ff"})");
}

}  // namespace
}  // namespace tbgw::modbus
