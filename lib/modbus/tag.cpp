// SPDX-License-Identifier: Apache-2.0
#include "modbus/tag.hpp"

#include <algorithm>
#include <cctype>

#include "core/text.hpp"

namespace tbgw::modbus {
namespace {

constexpr unsigned kRegisterBits = 16;
// The most registers of one request: what a tag covers is always read at once.
constexpr unsigned kMostRegisters = 125;
constexpr unsigned kMostBits = 2000;

std::string counted(unsigned count, std::string_view thing) {
  return std::to_string(count) + " " + std::string{thing} + (count == 1 ? "" : "s");
}

/// What the tag takes of its table at least; 0 = what `count` says.
unsigned needed(const Tag& tag, bool coils) {
  const unsigned values = tag.values;
  if (tag.type.kind == Kind::bits) {
    return coils ? values : (values + kRegisterBits - 1) / kRegisterBits;
  }
  return coils ? tag.type.width : registers_of(tag.type) * values;
}

Result<void> check_coils(Tag& tag) {
  const Kind kind = tag.type.kind;
  if (kind != Kind::bits && kind != Kind::integer && kind != Kind::natural) {
    return Error{"a " + std::string{long_name(tag.table())} + " cannot be a " + name_of(tag.type)};
  }
  if (kind != Kind::bits && tag.values > 1) return Error{"coils cannot hold an array"};
  if (kind != Kind::bits && tag.bit) return Error{"coils have no bits but themselves"};
  if (tag.count == 0) tag.count = static_cast<std::uint16_t>(needed(tag, true));
  if (tag.count > kMostBits) return Error{"more than 2000 coils"};
  if (tag.bit && tag.bit->first + tag.bit->width > tag.count) {
    return Error{"bit " + std::to_string(tag.bit->first) + " is past its " +
                 counted(tag.count, "coil")};
  }
  return {};
}

/// The bit lists of the reference are those of the first register.
void limit_compat_bits(Tag& tag) {
  if (!tag.compat || tag.type.kind != Kind::bits) return;
  tag.values = std::min<std::uint16_t>(tag.values, kRegisterBits);
  tag.count = 1;
}

Result<void> check_registers(Tag& tag) {
  limit_compat_bits(tag);
  if (tag.type.kind == Kind::bits && tag.bit) tag.count = 1;
  const unsigned least = needed(tag, false);
  if (least == 0 && tag.count == 0 && tag.reads()) {
    return Error{"a " + name_of(tag.type) + " needs to know how many registers (objectsCount)"};
  }
  if (least > kMostRegisters) return Error{"more than 125 registers"};
  if (tag.count == 0) tag.count = static_cast<std::uint16_t>(least);
  if (tag.count < least) {
    return Error{(tag.values > 1 ? counted(tag.values, "value") + " of " : "a ") +
                 name_of(tag.type) + " takes " + counted(least, "register") + ", not " +
                 std::to_string(tag.count)};
  }
  if (tag.count > kMostRegisters) return Error{"more than 125 registers"};
  if (tag.bit && tag.bit->first + tag.bit->width > kRegisterBits && !tag.compat) {
    return Error{"a register has no bit " + std::to_string(tag.bit->first + tag.bit->width - 1) +
                 " (0 to 15)"};
  }
  return {};
}

}  // namespace

Result<Label> parse_label(std::string_view value, std::string text) {
  std::string word;
  for (const char c : value)
    word += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  Label label;
  label.text = std::move(text);
  if (word == "true" || word == "false") {
    label.truth = word == "true";
    return label;
  }
  const auto number = parse_decimal(value);
  if (!number) return Error{in_quotes(value) + " is neither a number nor true or false"};
  label.number = *number;
  return label;
}

Result<void> finish(Tag& tag) {
  const auto table = table_of(tag.function);
  if (!table || tag.function > 16) {
    return Error{"function code " + std::to_string(tag.function) +
                 " neither reads nor writes values (1 to 6, 15, 16)"};
  }
  if (tag.values == 0) return Error{"needs at least one value"};
  const Kind kind = tag.type.kind;
  if (tag.bit && kind != Kind::bits &&
      !((kind == Kind::integer || kind == Kind::natural) && tag.type.width <= 16)) {
    return Error{"a " + name_of(tag.type) + " has no bits (bits, 16int and 16uint have)"};
  }
  if (tag.values > 1 && kind != Kind::bits && (tag.bit || tag.type.half != Half::whole)) {
    return Error{"parts of registers cannot be an array"};
  }
  auto checked = is_bits(*table) ? check_coils(tag) : check_registers(tag);
  if (!checked) return checked;
  if (tag.address + std::max<std::uint32_t>(tag.count, 1) > 0x10000U) {
    return Error{counted(tag.count, is_bits(*table) ? "coil" : "register") + " from address " +
                 std::to_string(tag.address) + " on reach past the last one (65535)"};
  }
  return {};
}

}  // namespace tbgw::modbus
