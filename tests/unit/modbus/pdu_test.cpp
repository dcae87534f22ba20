// SPDX-License-Identifier: Apache-2.0
#include "modbus/pdu.hpp"

#include <gtest/gtest.h>

#include "core/number.hpp"
#include "core/text.hpp"

namespace tbgw::modbus {
namespace {

using Words = std::vector<std::uint16_t>;
using Kind = Answer::Kind;

std::string hex_of(const Request& request) {
  const auto pdu = to_pdu(request);
  return pdu ? to_hex(*pdu) : "refused: " + pdu.error().text;
}

Answer judge(const Request& request, std::string_view hex) {
  return check_answer(request, *parse_hex(hex));
}

Write registers(std::uint16_t address, Words cells) {
  return {Table::holding_registers, address, std::move(cells), std::nullopt};
}
Write coils(std::uint16_t address, Words cells) {
  return {Table::coils, address, std::move(cells), std::nullopt};
}

TEST(Pdu, RequestsAreThoseOfTheStandard) {
  // The examples of the Modbus Application Protocol V1.1b3, chapter 6.
  EXPECT_EQ(hex_of(read_request(Table::coils, 0x13, 0x13)), "0100130013");
  EXPECT_EQ(hex_of(read_request(Table::discrete_inputs, 0xc4, 0x16)), "0200c40016");
  EXPECT_EQ(hex_of(read_request(Table::holding_registers, 0x6b, 3)), "03006b0003");
  EXPECT_EQ(hex_of(read_request(Table::input_registers, 8, 1)), "0400080001");
  EXPECT_EQ(hex_of(write_request(coils(0xac, {1}), 5, false)), "0500acff00");
  EXPECT_EQ(hex_of(write_request(registers(1, {3}), 6, false)), "0600010003");
  EXPECT_EQ(hex_of(write_request(coils(0x13, {1, 0, 1, 1, 0, 0, 1, 1, 1, 0}), 15, false)),
            "0f0013000a02cd01");
  EXPECT_EQ(hex_of(write_request(registers(1, {0x0a, 0x0102}), 16, false)), "100001000204000a0102");
  Request mask;
  mask.function = 22;
  mask.address = 4;
  mask.and_mask = 0xf2;
  mask.or_mask = 0x25;
  EXPECT_EQ(hex_of(mask), "16000400f20025");
  Request both;
  both.function = 23;
  both.address = 3;
  both.count = 6;
  both.write_address = 0x0e;
  both.cells = {0xff, 0xff, 0xff};
  EXPECT_EQ(hex_of(both), "1700030006000e00030600ff00ff00ff");
  EXPECT_EQ(hex_of(identify_request(1, 0)), "2b0e0100");
  Request id;
  id.function = 17;
  EXPECT_EQ(hex_of(id), "11");
  Request raw;
  raw.function = 8;
  raw.raw = std::string("\0\0\xa5\x37", 4);
  EXPECT_EQ(hex_of(raw), "080000a537");
}

TEST(Pdu, FunctionCodesGiveWayOnlyWhereTheyMust) {
  EXPECT_EQ(write_request(registers(0, {1, 2}), 6, false).function, 16);
  EXPECT_EQ(write_request(coils(0, {1, 0}), 5, false).function, 15);
  EXPECT_EQ(write_request(registers(0, {1}), 16, false).function, 16);
  EXPECT_EQ(write_request(registers(0, {1}), 3, false).function, 6);
  EXPECT_EQ(write_request(registers(0, {1}), 3, true).function, 16);
  EXPECT_EQ(write_request(coils(0, {1}), 1, true).function, 15);
  Write bits = registers(7, {0x08});
  bits.mask = 0x18;
  const Request request = write_request(bits, 6, false);
  EXPECT_EQ(hex_of(request), "160007ffe70008");
}

TEST(Pdu, RequestsThatDoNotExistAreRefused) {
  EXPECT_EQ(hex_of(read_request(Table::holding_registers, 0, 0)),
            "refused: 0 registers are not 1 to 125");
  EXPECT_EQ(hex_of(read_request(Table::holding_registers, 0, 126)),
            "refused: 126 registers are not 1 to 125");
  EXPECT_EQ(hex_of(read_request(Table::coils, 0, 2001)), "refused: 2001 coils are not 1 to 2000");
  EXPECT_EQ(hex_of(read_request(Table::coils, 65535, 2)),
            "refused: 2 coils from address 65535 on reach past the last one (65535)");
  EXPECT_EQ(hex_of(write_request(registers(0, Words(124)), 16, false)).substr(0, 7), "refused");
  EXPECT_EQ(hex_of(write_request(coils(0, Words(1969)), 15, false)).substr(0, 7), "refused");
  Request none;
  none.function = 128;
  EXPECT_EQ(hex_of(none).substr(0, 7), "refused");
  none.function = 65;
  none.raw = std::string(253, 'x');
  EXPECT_EQ(hex_of(none).substr(0, 7), "refused");
}

TEST(Pdu, GoodAnswersGiveTheirCells) {
  const Answer words = judge(read_request(Table::holding_registers, 0x6b, 3), "0306022b00000064");
  ASSERT_EQ(words.kind, Kind::good);
  EXPECT_EQ(words.cells, (Words{0x022b, 0, 0x64}));
  const Answer bits = judge(read_request(Table::coils, 0x13, 19), "0103cd6b05");
  ASSERT_EQ(bits.kind, Kind::good);
  EXPECT_EQ(bits.cells, (Words{1, 0, 1, 1, 0, 0, 1, 1, 1, 1, 0, 1, 0, 1, 1, 0, 1, 0, 1}));
  EXPECT_EQ(judge(write_request(registers(1, {3}), 6, false), "0600010003").kind, Kind::good);
  EXPECT_EQ(judge(write_request(coils(0xac, {1}), 5, false), "0500acff00").kind, Kind::good);
  EXPECT_EQ(judge(write_request(registers(1, {1, 2}), 16, false), "1000010002").kind, Kind::good);
}

TEST(Pdu, ExceptionsHaveACodeAndAText) {
  const Answer answer = judge(read_request(Table::holding_registers, 0, 1), "8302");
  EXPECT_EQ(answer.kind, Kind::exception);
  EXPECT_EQ(answer.exception, 2);
  EXPECT_EQ(answer.text, "illegal data address");
  EXPECT_EQ(exception_text(77), "exception 77");
}

TEST(Pdu, WhatIsNotTheAnswerIsNeverTakenForIt) {
  const Request read = read_request(Table::holding_registers, 0, 2);
  for (const char* hex :
       {"", "03", "0304", "03040001", "030400010002ff", "0302000100020003", "030600010002",
        "040400010002", "84", "8402", "83", "830200", "8300", "0305000100020"}) {
    const auto bytes = parse_hex(hex);
    if (!bytes) continue;
    EXPECT_EQ(check_answer(read, *bytes).kind, Kind::wrong) << hex;
  }
  const Request coil = read_request(Table::coils, 0, 9);
  EXPECT_EQ(judge(coil, "010101").kind, Kind::wrong);
  EXPECT_EQ(judge(coil, "0103010100").kind, Kind::wrong);
}

TEST(Pdu, AnAnswerToAnotherWriteIsNotOurs) {
  const Request six = write_request(registers(5, {0x1234}), 6, false);
  EXPECT_EQ(judge(six, "0600061234").text, "is about address 6, not 5");
  EXPECT_EQ(judge(six, "0600051235").text, "does not repeat what was written");
  EXPECT_EQ(judge(six, "06000512").kind, Kind::wrong);
  EXPECT_EQ(judge(six, "060005123400").kind, Kind::wrong);
  const Request sixteen = write_request(registers(5, {1, 2}), 16, false);
  EXPECT_EQ(judge(sixteen, "1000050001").kind, Kind::wrong);
  EXPECT_EQ(judge(sixteen, "1000040002").kind, Kind::wrong);
  const Request five = write_request(coils(5, {1}), 5, false);
  EXPECT_EQ(judge(five, "0500050000").kind, Kind::wrong);
}

TEST(Pdu, DeviceIdentificationIsReadObjectByObject) {
  const Answer answer = judge(identify_request(1, 0), "2b0e01010000030003414243010156020431312e32");
  ASSERT_EQ(answer.kind, Kind::good) << answer.text;
  ASSERT_EQ(answer.objects.size(), 3U);
  EXPECT_EQ(answer.objects[0].second, "ABC");
  EXPECT_EQ(answer.objects[2].first, 2);
  EXPECT_FALSE(answer.more);
  const Answer more = judge(identify_request(1, 0), "2b0e0101ff020100024142");
  EXPECT_TRUE(more.more);
  EXPECT_EQ(more.next_object, 2);
  EXPECT_FALSE(judge(identify_request(1, 3), "2b0e0101ff020103024142").more)
      << "pointing back would never end";
  for (const char* hex : {"2b0e", "2b0d010100000100", "2b0e010100000100054142",
                          "2b0e01010000010002414243", "2b0e0301000000"}) {
    EXPECT_EQ(judge(identify_request(1, 0), hex).kind, Kind::wrong) << hex;
  }
  EXPECT_EQ(object_name(1), "ProductCode");
  EXPECT_EQ(object_name(128), "object 128");
}

TEST(Pdu, OtherFunctionsGiveTheirBytes) {
  Request id;
  id.function = 17;
  const Answer answer = judge(id, "110305ff01");
  ASSERT_EQ(answer.kind, Kind::good);
  EXPECT_EQ(to_hex(answer.bytes), "0305ff01");
}

TEST(Pdu, AnswerSizesAreKnownBeforehand) {
  EXPECT_EQ(answer_size(read_request(Table::coils, 0, 9)), 4U);
  EXPECT_EQ(answer_size(read_request(Table::holding_registers, 0, 125)), 252U);
  EXPECT_EQ(answer_size(write_request(registers(0, {1}), 6, false)), 5U);
  EXPECT_EQ(answer_size(identify_request(1, 0)), 0U);
}

}  // namespace
}  // namespace tbgw::modbus
