// SPDX-License-Identifier: Apache-2.0
#include "modbus/encode_parts.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>

#include "core/number.hpp"
#include "core/text.hpp"
#include "modbus/pattern.hpp"

namespace tbgw::modbus {
namespace {

using Json = nlohmann::ordered_json;

std::string stripped(const std::string& text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string::npos) return "";
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

/// A number as the reference makes a list of it: its binary digits, the most significant first.
std::vector<bool> binary_digits(std::uint64_t number) {
  std::vector<bool> digits;
  for (; number != 0; number >>= 1U)
    digits.insert(digits.begin(), (number & 1U) != 0);
  return digits;
}

/// The bits of a list: a list of that many, or (several bits) a number whose bit i is element i.
Result<std::vector<bool>> bits_in(const Tag& tag, const Json& value, std::size_t size) {
  std::vector<bool> bits;
  if (size == 1) {
    const auto truth = truth_in(tag, value.is_array() && value.size() == 1 ? value[0] : value);
    if (!truth) return truth.error();
    bits.push_back(*truth);
    return bits;
  }
  if (value.is_number_integer() || value.is_boolean()) {
    const auto whole = nearest_whole(*number_in(value));
    const bool fits = whole && *whole >= 0 && (size >= 100 || *whole >> size == 0);
    if (!fits) return Error{quoted(value) + " does not fit " + std::to_string(size) + " bits"};
    if (tag.compat) {
      bits = binary_digits(static_cast<std::uint64_t>(*whole));
      bits.resize(size);
      return bits;
    }
    for (std::size_t i = 0; i < size; ++i)
      bits.push_back(i < 100 && ((*whole >> i) & 1) != 0);
    return bits;
  }
  if (!value.is_array() || value.size() != size) {
    return Error{"needs a list of " + std::to_string(size) + " bits"};
  }
  for (const Json& element : value) {
    const auto truth = truth_in(tag, element);
    if (!truth) return truth.error();
    bits.push_back(*truth);
  }
  return bits;
}

Result<Write> encode_bit(const Tag& tag, const Json& value, Write out) {
  const auto truth = truth_in(tag, value);
  if (!truth) return truth.error();
  const std::size_t element =
      tag.compat ? std::min<std::size_t>(tag.bit->first, list_size(tag) - 1) : tag.bit->first;
  const auto position = tag.compat ? bit_position(tag, element) : element;
  if (!position) return Error{"the reference's list has no coil there"};
  if (is_bits(out.table)) {
    out.address = static_cast<std::uint16_t>(out.address + *position);
    out.cells = {static_cast<std::uint16_t>(*truth ? 1 : 0)};
    return out;
  }
  const auto mask = static_cast<std::uint16_t>(1U << *position);
  out.mask = ordered(std::array{mask}, write_order(tag)).front();
  out.cells = {*truth ? *out.mask : std::uint16_t{0}};
  return out;
}

/// Bits of a register as the reference writes them: the first element of the list is bit 8, the
/// ninth bit 0, and a number is the list of its binary digits. Not the inverse of what it reads.
Result<Write> encode_compat_register(const Tag& tag, const Json& value, Write out) {
  std::vector<bool> bits;
  if (tag.values == 1) {
    const auto truth = truth_in(tag, value);
    if (!truth) return truth.error();
    out.cells = {static_cast<std::uint16_t>(*truth ? 1 : 0)};
    return out;
  }
  if (value.is_array()) {
    for (const Json& element : value) {
      const auto truth = truth_in(tag, element);
      if (!truth) return truth.error();
      bits.push_back(*truth);
    }
  } else if (value.is_number_unsigned() || value.is_boolean()) {
    bits = binary_digits(value.get<std::uint64_t>());
  } else {
    return Error{quoted(value) + " is no list of bits"};
  }
  if (bits.size() > 16) return Error{"more than the 16 bits of a register"};
  unsigned word = 0;
  for (std::size_t i = 0; i < bits.size(); ++i)
    word |= static_cast<unsigned>(bits[i]) << (i + 8) % 16;
  out.cells = {static_cast<std::uint16_t>(word)};
  return out;
}

}  // namespace

std::string quoted(const Json& value) {
  return value.is_string() ? in_quotes(value.get_ref<const std::string&>())
                           : value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

const Label* label_called(const Tag& tag, const Json& value) {
  if (!value.is_string()) return nullptr;
  for (const Label& label : tag.labels) {
    if (label.text == value.get_ref<const std::string&>()) return &label;
  }
  return nullptr;
}

Result<Decimal> number_in(const Json& value) {
  if (value.is_boolean()) return Decimal::of(std::int64_t{value.get<bool>()});
  if (value.is_number_unsigned()) return Decimal::of(value.get<std::uint64_t>());
  if (value.is_number_integer()) return Decimal::of(value.get<std::int64_t>());
  if (value.is_number() && std::isfinite(value.get<double>())) {
    return Decimal::of(value.get<double>());
  }
  if (value.is_string()) return parse_decimal(stripped(value.get<std::string>()));
  return Error{quoted(value) + " is not a number"};
}

Result<bool> truth_in(const Tag& tag, const Json& value) {
  if (const Label* label = label_called(tag, value)) {
    return label->truth.value_or(label->number && !label->number->is_zero());
  }
  if (value.is_string()) {
    std::string word = stripped(value.get<std::string>());
    std::transform(word.begin(), word.end(), word.begin(), [](char c) {
      return static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    });
    if (word == "true" || word == "on") return true;
    if (word == "false" || word == "off") return false;
  }
  const auto number = number_in(value);
  if (!number) return Error{quoted(value) + " is neither true nor false"};
  return !number->is_zero();
}

Result<Write> encode_bits(const Tag& tag, const Json& value, Write out) {
  if (tag.bit) return encode_bit(tag, value, std::move(out));
  const bool coils = is_bits(out.table);
  if (tag.compat && !coils) return encode_compat_register(tag, value, std::move(out));
  const std::size_t size = list_size(tag);
  const auto bits = bits_in(tag, value, size);
  if (!bits) return bits.error();
  std::vector<std::uint16_t> cells(coils ? tag.values : (size + 15) / 16);
  for (std::size_t i = 0; i < size; ++i) {
    const auto position = bit_position(tag, i);
    if (!position || (coils && size < tag.values)) {
      return Error{"the reference's list of " + std::to_string(tag.values) +
                   " coils leaves some out: it cannot be written"};
    }
    const std::uint16_t bit = (*bits)[i] ? 1 : 0;
    if (coils) {
      cells[*position] = bit;
    } else {
      cells[*position / 16] |= static_cast<std::uint16_t>(bit << *position % 16);
    }
  }
  out.cells = coils ? std::move(cells) : ordered(cells, write_order(tag));
  return out;
}

Result<Write> encode_text(const Tag& tag, const Json& value, Write out) {
  if (!value.is_string()) return Error{quoted(value) + " is not a text"};
  std::string bytes = value.get<std::string>();
  if (tag.type.kind == Kind::bytes) {
    auto parsed = parse_hex(bytes);
    if (!parsed) return parsed.error();
    bytes = *std::move(parsed);
  }
  const std::size_t each = tag.text.characters == Characters::both ? 2 : 1;
  const std::size_t count = tag.count == 0 ? (bytes.size() + each - 1) / each : tag.count;
  if (bytes.size() > count * each || count == 0) {
    return Error{quoted(value) + " has " + std::to_string(bytes.size()) + " bytes, not 1 to " +
                 std::to_string(std::max<std::size_t>(count, 1) * each)};
  }
  bytes.resize(count * each, tag.type.kind == Kind::bytes ? '\0' : tag.text.pad);
  for (std::size_t i = 0; i < count; ++i) {
    const auto byte = [&](std::size_t at) {
      return static_cast<unsigned>(static_cast<unsigned char>(bytes[at]));
    };
    const unsigned word = each == 2 ? byte(2 * i) << 8U | byte(2 * i + 1)
                          : tag.text.characters == Characters::high ? byte(i) << 8U
                                                                    : byte(i);
    out.cells.push_back(static_cast<std::uint16_t>(word));
  }
  out.cells = ordered(out.cells, write_order(tag));
  return out;
}

/// "2026-01-31T12:30:00.000"; the fraction may be missing.
Result<Write> encode_date(const Tag& tag, const Json& value, Write out) {
  constexpr std::string_view kForm = "0000-00-00T00:00:00.000";
  std::string text = value.is_string() ? value.get<std::string>() : "";
  if (text.size() == 19) text += ".000";
  bool good = text.size() == kForm.size();
  for (std::size_t i = 0; good && i < kForm.size(); ++i) {
    const bool digit = text[i] >= '0' && text[i] <= '9';
    good = kForm[i] == '0' ? digit : text[i] == kForm[i];
  }
  const auto part = [&](std::size_t at, std::size_t size) {
    return static_cast<unsigned>(parse_integer(text.substr(at, size), 0, 9999).value_or(0));
  };
  const unsigned year = good ? part(0, 4) : 0;
  const unsigned month = good ? part(5, 2) : 0;
  const unsigned day = good ? part(8, 2) : 0;
  good = good && year >= 2000 && year <= 2127 && month >= 1 && month <= 12 && day >= 1 &&
         day <= 31 && part(11, 2) <= 23 && part(14, 2) <= 59 && part(17, 2) <= 59;
  if (!good) return Error{quoted(value) + " is not a date (like 2026-01-31T12:30:00.000)"};
  for (const unsigned word : {year - 2000, month << 8U | day, part(11, 2) << 8U | part(14, 2),
                              part(17, 2) * 1000 + part(20, 3)}) {
    out.cells.push_back(static_cast<std::uint16_t>(word));
  }
  out.cells = ordered(out.cells, write_order(tag));
  return out;
}

}  // namespace tbgw::modbus
