// SPDX-License-Identifier: Apache-2.0
// One field of the serial format: which bytes, which type.
#pragma once

#include <string_view>

#include "convert/map.hpp"
#include "convert/notices.hpp"
#include "core/config.hpp"
#include "report/strategy_config.hpp"

namespace tbgw::convert {

/// What the reader of a field has to know of the map around it.
struct FieldContext {
  bool compat = false;
  bool from_reference = false;  ///< as in Map
  Notices* notices = nullptr;   ///< never nullptr
  report::Said strategy;        ///< of the levels above
};

/// Reads a datapoint {key, type, fromByte, toByte, fromDelimiter, untilDelimiter}.
Field import_field(ConfigTable& table, const FieldContext& context);

/// Reads the response{Type,FromByte,ToByte,FromDelimiter,UntilDelimiter} of an RPC method.
Field import_response(ConfigTable& table, const FieldContext& context);

}  // namespace tbgw::convert
