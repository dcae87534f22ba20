// SPDX-License-Identifier: Apache-2.0
#include "serial/packet.hpp"

#include <cstddef>

namespace tbgw::serial {

// END = c0; in data: c0 → db dc, db → db dd.
Result<std::string> slip_decode(std::string_view frame) {
  constexpr char kEscape = '\xdb';
  constexpr char kEscapedEnd = '\xdc';
  constexpr char kEscapedEscape = '\xdd';
  std::string out;
  out.reserve(frame.size());
  for (std::size_t i = 0; i < frame.size(); ++i) {
    if (frame[i] != kEscape) {
      out += frame[i];
      continue;
    }
    const char code = ++i < frame.size() ? frame[i] : '\0';
    if (code != kEscapedEnd && code != kEscapedEscape) {
      return Error{"SLIP: the escape db is followed by neither dc nor dd"};
    }
    out += code == kEscapedEnd ? kSlipEnd : kEscape;
  }
  return out;
}

// | code | code - 1 bytes of data | code | … |  A code below 255 also stands for a zero behind its
// bytes, except at the end of the frame.
Result<std::string> cobs_decode(std::string_view frame) {
  std::string out;
  out.reserve(frame.size());
  std::size_t at = 0;
  while (at < frame.size()) {
    const auto code = static_cast<std::size_t>(static_cast<unsigned char>(frame[at]));
    if (code == 0 || at + code > frame.size()) {
      return Error{"COBS: a code points past the end of the frame"};
    }
    out.append(frame.substr(at + 1, code - 1));
    at += code;
    if (code < 255 && at < frame.size()) out += '\0';
  }
  return out;
}

}  // namespace tbgw::serial
