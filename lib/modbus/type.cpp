// SPDX-License-Identifier: Apache-2.0
#include "modbus/type.hpp"

#include <algorithm>
#include <array>
#include <cctype>

#include "core/text.hpp"

namespace tbgw::modbus {
namespace {

struct Named {
  std::string_view name;
  Type type;
};

constexpr std::array<Named, 29> kTypes{{
    {"bits", {Kind::bits, 0, Half::whole}},       {"string", {Kind::text, 0, Half::whole}},
    {"bytes", {Kind::bytes, 0, Half::whole}},     {"8int", {Kind::integer, 8, Half::whole}},
    {"8uint", {Kind::natural, 8, Half::whole}},   {"8inthi", {Kind::integer, 8, Half::high}},
    {"8uinthi", {Kind::natural, 8, Half::high}},  {"8intlo", {Kind::integer, 8, Half::low}},
    {"8uintlo", {Kind::natural, 8, Half::low}},   {"16int", {Kind::integer, 16, Half::whole}},
    {"16uint", {Kind::natural, 16, Half::whole}}, {"16float", {Kind::real, 16, Half::whole}},
    {"24int", {Kind::integer, 24, Half::whole}},  {"24uint", {Kind::natural, 24, Half::whole}},
    {"32int", {Kind::integer, 32, Half::whole}},  {"32uint", {Kind::natural, 32, Half::whole}},
    {"32float", {Kind::real, 32, Half::whole}},   {"48int", {Kind::integer, 48, Half::whole}},
    {"48uint", {Kind::natural, 48, Half::whole}}, {"64int", {Kind::integer, 64, Half::whole}},
    {"64uint", {Kind::natural, 64, Half::whole}}, {"64float", {Kind::real, 64, Half::whole}},
    {"16bcd", {Kind::bcd, 16, Half::whole}},      {"32bcd", {Kind::bcd, 32, Half::whole}},
    {"48bcd", {Kind::bcd, 48, Half::whole}},      {"64bcd", {Kind::bcd, 64, Half::whole}},
    {"32mod10", {Kind::mod10, 32, Half::whole}},  {"64mod10", {Kind::mod10, 64, Half::whole}},
    {"date", {Kind::date, 64, Half::whole}},
}};

struct Family {
  std::string_view name;
  Kind kind;
  unsigned usual;  ///< registers, where nothing says how many
};

// The reference's names whose width is the number of registers; on writing it takes more of them
// than on reading, ours are the same both ways.
constexpr std::array<Family, 14> kFamilies{{
    {"int", Kind::integer, 1},
    {"integer", Kind::integer, 1},
    {"long", Kind::integer, 2},
    {"uint", Kind::natural, 1},
    {"unsigned", Kind::natural, 1},
    {"unsigned int", Kind::natural, 1},
    {"unsigned integer", Kind::natural, 1},
    {"word", Kind::natural, 1},
    {"dword", Kind::natural, 2},
    {"dword/integer", Kind::integer, 2},
    {"float", Kind::real, 2},
    {"double", Kind::real, 4},
    {"bcd", Kind::bcd, 1},
    {"mod10", Kind::mod10, 2},
}};

constexpr std::array<std::string_view, 6> kBitNames{"bit",  "bool",  "boolean",
                                                    "coil", "coils", "bits"};

std::string lower(std::string_view text) {
  std::string out;
  for (const char c : text)
    out += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

std::string registers_text(unsigned registers) {
  return std::to_string(registers) + (registers == 1 ? " register" : " registers");
}

Result<Type> of_family(const Family& family, unsigned registers) {
  const unsigned count = registers == 0 ? family.usual : registers;
  // Three registers of these are more likely a mistake; 48int and 48uint say so.
  if (count == 3) return Error{"no " + in_quotes(family.name) + " has 3 registers"};
  const Type type{family.kind, static_cast<std::uint8_t>(count <= 4 ? count * 16 : 0), Half::whole};
  for (const Named& known : kTypes) {
    if (known.type == type) return type;
  }
  return Error{"no " + in_quotes(family.name) + " has " + registers_text(count)};
}

}  // namespace

unsigned registers_of(Type type) {
  return (type.width + 15U) / 16U;
}

Result<Type> parse_type(std::string_view name, unsigned registers) {
  const std::string wanted = lower(name);
  if (std::find(kBitNames.begin(), kBitNames.end(), wanted) != kBitNames.end()) {
    return Type{Kind::bits, 0, Half::whole};
  }
  for (const Named& known : kTypes) {
    if (known.name == wanted) return known.type;
  }
  for (const Family& family : kFamilies) {
    if (family.name == wanted) return of_family(family, registers);
  }
  std::vector<std::string> candidates = type_names();
  for (const Family& family : kFamilies)
    candidates.emplace_back(family.name);
  const std::string near = nearest(wanted, candidates);
  return Error{"unknown type " + in_quotes(name) +
               (near.empty() ? " (16int, 16uint, 32float, string, bits …)"
                             : " (did you mean " + in_quotes(near) + "?)")};
}

std::string name_of(Type type) {
  for (const Named& known : kTypes) {
    if (known.type == type) return std::string{known.name};
  }
  return "bits";
}

const std::vector<std::string>& type_names() {
  static const std::vector<std::string> kNames = [] {
    std::vector<std::string> names;
    for (const Named& known : kTypes)
      names.emplace_back(known.name);
    return names;
  }();
  return kNames;
}

}  // namespace tbgw::modbus
