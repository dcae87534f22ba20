// SPDX-License-Identifier: Apache-2.0
// RPCs to a Modbus connector: which kind one is, and the reserved get and set texts.
#pragma once

#include <chrono>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "core/result.hpp"

namespace tbgw::modbus {

struct Rpc {
  enum class Kind : std::uint8_t {
    device,    ///< `method` is a tag of the device's `rpc` list; `value` its parameters
    reserved,  ///< get or set: `tag` has the keys of a tag, `value` what to write (a text)
    raw,       ///< `method` is "raw", `value` a text: a request in hexadecimal, function code first
    connector,  ///< modbus_<method>: `tag` has the keys of a tag, `value` what to write (or null)
  };
  Kind kind = Kind::device;
  std::string method;  ///< without "modbus_"
  std::string device;  ///< "" = the gateway's own (connector RPC)
  nlohmann::ordered_json id;
  nlohmann::ordered_json tag;
  nlohmann::ordered_json value;
  std::chrono::milliseconds timeout{5000};
};

/// Reads the content of an rpc event: {device, data: {id, method, params}, timeout (seconds)}.
/// Error: for the caller of the RPC.
Result<Rpc> parse_rpc(const nlohmann::ordered_json& content);

/// The text of a reserved get or set,
/// "type=16int;functionCode=6;objectsCount=1;address=2;value=5;", as an object. Keys in any order
/// and any case; blanks and the last ';' may be missing. A value goes to the next ';' that a known
/// key follows, so it may contain ';' and '='.
Result<nlohmann::ordered_json> parse_pairs(std::string_view text);

}  // namespace tbgw::modbus
