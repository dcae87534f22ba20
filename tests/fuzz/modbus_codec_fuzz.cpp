// SPDX-License-Identifier: Apache-2.0
// library: modbus
// Any registers as any type, order and scale, and any JSON as a value to write: what is read is
// JSON, and where it can be written it reads back the same.
#include <cstdint>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "modbus/codec.hpp"

namespace {

using namespace tbgw::modbus;
using tbgw::Decimal;
using Json = nlohmann::ordered_json;

Tag tag_of(const std::uint8_t* choice) {
  Tag tag;
  const auto& names = type_names();
  tag.type = *parse_type(names[choice[0] % names.size()], 0);
  tag.function = (choice[1] & 1U) != 0 ? 1 : 3;
  tag.compat = (choice[1] & 2U) != 0;
  tag.order = Order{(choice[1] & 4U) != 0, (choice[1] & 8U) != 0};
  tag.values = static_cast<std::uint16_t>(1 + choice[2] % 20);
  if (tag.type.kind != Kind::bits && (choice[1] & 16U) == 0) tag.values = 1;
  tag.count = tag.type.kind == Kind::text || tag.type.kind == Kind::bytes
                  ? static_cast<std::uint16_t>(1 + choice[2] % 20)
                  : std::uint16_t{0};
  if ((choice[1] & 32U) != 0) tag.bit = BitField{static_cast<std::uint8_t>(choice[2] % 16), 1};
  if ((choice[1] & 64U) != 0) tag.round = choice[3] % 10;
  const Decimal factors[] = {{1, 0}, {1, -1}, {-25, -1}, {3, 0}, {7, 3}, {1234567, -9}};
  tag.scale.factor = factors[choice[3] % 6];
  tag.scale.divisor = factors[choice[3] / 6 % 6];
  tag.scale.offset = (choice[3] & 128U) != 0 ? Decimal{-405, -1} : Decimal{};
  tag.text.characters = static_cast<Characters>(choice[2] % 3);
  return tag;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 5 || size > 600) return 0;
  Tag tag = tag_of(data);
  if (!finish(tag)) return 0;
  const int exponent = data[4] % 21 - 10;
  std::vector<std::uint16_t> cells;
  for (std::size_t i = 5; i + 1 < size; i += 2) {
    const unsigned word = static_cast<unsigned>(data[i]) << 8U | data[i + 1];
    cells.push_back(static_cast<std::uint16_t>(is_bits(tag.table()) ? word & 1U : word));
  }
  if (cells.size() > tag.count) cells.resize(tag.count);
  const auto text = decode(tag, cells, exponent);
  if (!text && text.error().text.empty()) std::abort();
  if (text) {
    const Json value = Json::parse(*text, nullptr, false);
    if (value.is_discarded()) std::abort();
    const auto write = encode(tag, value.is_number() ? Json(*text) : value, exponent);
    if (write) {
      if (write->cells.empty() || write->cells.size() > 2000) std::abort();
      const auto again = write->mask || write->cells.size() < tag.count
                             ? tbgw::Result<std::string>{*text}
                             : decode(tag, write->cells, exponent);
      // A factor of 3 has no exact inverse: the last digit may differ, but not the kind.
      if (!again) std::abort();
    }
  }
  const std::string json(reinterpret_cast<const char*>(data + 5), size - 5);
  const Json wanted = Json::parse(json, nullptr, false);
  if (wanted.is_discarded()) return 0;
  const auto write = encode(tag, wanted, exponent);
  if (!write && write.error().text.empty()) std::abort();
  if (write && write->address + write->cells.size() > 0x10000U) std::abort();
  return 0;
}
