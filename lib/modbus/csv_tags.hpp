// SPDX-License-Identifier: Apache-2.0
// Tag lists as tables (CSV): what engineers keep in spreadsheets.
//
//     tag,function,address,type,order,divider,unit,period
//     voltage,4,0,32float,ABCD,,V,
//     current,,30007,16int,,10,A,5s
//
// The first line names the columns: the keys of a tag, in any case, also by their usual names
// (name, register, fc, scale …). The separator is what the first line uses: comma, semicolon or
// TAB. Fields may be quoted as in RFC 4180. Empty fields are not there; empty lines and lines that
// start with # are skipped.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "core/config.hpp"

namespace tbgw::modbus {

/// The rows as tables of a file {"tags": [{…}, …]}, with the line of each row as its place, ready
/// for read_tags(). Fatal 78 with file:line (unknown column, a row with too many fields, an open
/// quote).
std::shared_ptr<const ConfigFile> parse_csv(const std::string& name, std::string_view text);

}  // namespace tbgw::modbus
