// SPDX-License-Identifier: Apache-2.0
// Requests, and the judgement whether something is the answer to one: Modbus Application Protocol
// V1.1b3. Framing is frame.hpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/result.hpp"
#include "modbus/codec.hpp"

namespace tbgw::modbus {

// The most of one request, by the protocol.
inline constexpr std::uint16_t kMostRegistersRead = 125;
inline constexpr std::uint16_t kMostBitsRead = 2000;
inline constexpr std::uint16_t kMostRegistersWritten = 123;
inline constexpr std::uint16_t kMostBitsWritten = 1968;
inline constexpr std::size_t kMostPdu = 253;  ///< bytes

struct Request {
  std::uint8_t function = 3;
  std::uint16_t address = 0;
  std::uint16_t count = 0;           ///< cells to read (FC 1-4, 23)
  std::vector<std::uint16_t> cells;  ///< to write: registers, or 0 and 1 (FC 5, 6, 15, 16, 23)
  std::uint16_t write_address = 0;   ///< FC 23
  std::uint16_t and_mask = 0xffff;   ///< FC 22: result = (old & and_mask) | (or_mask & ~and_mask)
  std::uint16_t or_mask = 0;
  std::uint8_t read_code = 1;  ///< FC 43/14: 1 basic, 2 regular, 3 extended, 4 one object
  std::uint8_t object = 0;     ///< FC 43/14: the first wanted
  std::string raw;             ///< any other function: what follows the function code
  bool verbatim = false;       ///< `raw` also where the function is known
  bool operator==(const Request&) const = default;
};

Request read_request(Table table, std::uint16_t address, std::uint16_t count);
/// FC 5, 6, 15, 16, or 22 where `write.mask` is set. `multiple`: 15 and 16 also for one cell.
/// `function`: the tag's; 15 and 16 are kept for one cell, 5 and 6 give way where there are more.
Request write_request(const Write& write, std::uint8_t function, bool multiple);
/// Device identification (FC 43, MEI 14).
Request identify_request(std::uint8_t read_code, std::uint8_t first_object);

/// The bytes of it. Error: no such request exists (count 0 or past the limit, address past 65535,
/// more than 253 bytes).
Result<std::string> to_pdu(const Request& request);
/// PDU bytes of the answer that would be right; 0 = depends on the device.
std::size_t answer_size(const Request& request);

struct Answer {
  enum class Kind : std::uint8_t {
    good,
    exception,  ///< the unit says no: `exception`
    wrong,      ///< not the answer to this request: `text` says why
  };
  Kind kind = Kind::wrong;
  std::uint8_t exception = 0;
  std::string text;
  std::vector<std::uint16_t> cells;  ///< what was read (FC 1-4, 23)
  std::string bytes;                 ///< FC 17 and other functions: what follows the function code
  /// FC 43/14: object id and text. `more`: ask again from `next_object`.
  std::vector<std::pair<std::uint8_t, std::string>> objects;
  bool more = false;
  std::uint8_t next_object = 0;
};

/// Judges an answer PDU: function code, byte count, echoed address, value and count must all be the
/// request's. Anything else is `wrong`, never `good`.
Answer check_answer(const Request& request, std::string_view pdu);

/// "illegal data address"; "exception 77" for a code nobody defined.
std::string exception_text(std::uint8_t code);
/// The name of an object of FC 43/14: "VendorName" …, "object 128".
std::string object_name(std::uint8_t object);

}  // namespace tbgw::modbus
