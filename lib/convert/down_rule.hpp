// SPDX-License-Identifier: Apache-2.0
// The part of the model for the way down of every connector but the serial one: what an attribute
// or a method becomes. Pure data.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "convert/expression.hpp"
#include "convert/mapping.hpp"
#include "core/regex.hpp"

namespace tbgw::convert {

/// Whose files say how.
enum class DownStyle : std::uint8_t { mqtt, request, rest, ftp, socket, can, ble, xmpp };

/// Names in its texts: deviceName, deviceType, attributeKey, attributeValue, methodName, requestId,
/// params, params.x.
struct DownRule {
  enum class On : std::uint8_t { attribute, rpc, attributes_response };
  On on = On::attribute;
  std::string device;  ///< exactly this one; "" = see device_filter
  std::optional<Regex> device_filter;
  std::string name;  ///< the attribute or method, exactly; "" = see name_filter
  std::optional<Regex> name_filter;
  bool search = false;  ///< the filter need only match a part of the name

  std::string address_member;  ///< "topic", "url" …; "" = the command has none
  Text address;
  Text value;           ///< what is sent; empty = the value or the parameters themselves
  std::string members;  ///< more members of the command: `,"retain":true`
  Charset charset = Charset::utf8;

  /// A number in so many bytes, with other bytes around it (CAN).
  struct Frame {
    std::size_t length = 1;
    bool little_endian = false;
    bool is_signed = false;
    std::optional<Expression> expression;
    std::string before;
    std::string after;
    std::optional<std::string> fixed;  ///< these bytes, whatever the value
  };
  std::optional<Frame> frame;

  // Of native maps: the value as bytes, with others around it.
  std::optional<Item> encode;  ///< its layout, scaling and names
  Text encode_value;           ///< which value; empty = the value or the parameters themselves
  std::string before;
  std::string after;

  bool brought = false;  ///< by the call itself
  bool with_response = false;
  std::chrono::milliseconds timeout{5000};
  Text answer_topic;           ///< where the answer comes
  Decode answer_decode;        ///< of native maps
  std::optional<Item> answer;  ///< likewise: the value in the answer
  Text response;               ///< what of the answer is the result; empty = all of it
};

}  // namespace tbgw::convert
