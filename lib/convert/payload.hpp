// SPDX-License-Identifier: Apache-2.0
// Values of the platform as bytes for a device. Pure.
#pragma once

#include <string>
#include <string_view>

#include "convert/map.hpp"
#include "core/json_view.hpp"
#include "core/result.hpp"

namespace tbgw::convert {

struct Payload {
  std::string bytes;
  bool binary = false;  ///< goes as hex whatever the bytes are
};

/// The parameters of an RPC as bytes:
///   integer  as few bytes as hold it, at least one; a negative one in two's complement
///   real     IEEE 754, 4 bytes if that is exact, else 8
///   text     UTF-8; what is not a string goes as its JSON text
/// With `compat` the reference's limits: zero is no byte, a negative integer and a text parameter
/// that is not a string are errors. The errors are what the caller of the RPC reads.
Result<Payload> encode_params(ParamsType type, const JsonMember& params, bool little_endian,
                              bool compat);

/// A value as text for a template: strings bare, anything else as its JSON text. With `compat` as
/// Python's str(): True, None, 25.0, {'a': 1}.
std::string value_as_text(const JsonMember& value, bool compat);

}  // namespace tbgw::convert
