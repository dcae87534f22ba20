// SPDX-License-Identifier: Apache-2.0
// Tags as they are typed on a command line. Nothing in them needs quoting in sh, zsh or fish.
//
//     NAME=PLACE[:TYPE[:COUNT]][/DIVISOR][,OPTION…]
//
//     voltage=ir:0:32float              input register 0 (31), two registers as a float
//     current=ir:6:16int/10             divided by 10
//     energy=40013:32uint,CDAB,x0.01    Modicon number, low word first, times 0.01
//     serial=hr:0x20:string:8           eight registers of text
//     alarm=hr@5:bit,bit=3              bit 3 of the register with number 5 (counted from 1)
//     relays=co:0:bits:4                four coils as a list
//     power=ir:12:16int,sf=power_sf     times ten to the power of another tag
//
// PLACE is what parse_place() takes, without a range. The type is 16uint for registers and bit for
// coils if it is left out. COUNT is registers (text, bytes), bits, or values of an array.
// An option is an order (ABCD, CDAB, BADC, DCBA), xFACTOR, +OFFSET, -OFFSET, /DIVISOR, or KEY=VALUE
// with a key of a tag in a file, such as round, bit, invalid, period, deadband, scaleFrom (sf).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "modbus/tag_reader.hpp"

namespace tbgw::modbus {

/// What a command line starts from: the order is ABCD, and floats are not rounded.
TagDefaults notation_defaults();

/// The tag; and a hidden one behind it if `sf` names a place. Error: what is wrong, naming the tag.
Result<std::vector<Tag>> parse_tag(std::string_view text, const TagDefaults& defaults);

/// The tag as it would be typed (what places, types and scales say; not labels and the like).
std::string notation_of(const Tag& tag);

}  // namespace tbgw::modbus
