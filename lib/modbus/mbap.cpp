// SPDX-License-Identifier: Apache-2.0
// Modbus/TCP: answers behind their MBAP header.
#include "modbus/scan.hpp"
#include "modbus/wire.hpp"

namespace tbgw::modbus {
namespace {

//     transaction(2) protocol(2) = 0 length(2) unit(1) function(1) …
// `length` counts from the unit on.
constexpr std::size_t kPrefix = 6;
constexpr std::size_t kLeastLength = 2;
constexpr std::size_t kMostLength = 254;

enum class Fit { no, so_far, whole };

/// Whether bytes are, as far as they go, a frame.
Fit looks_like_frame(std::string_view bytes) {
  if (bytes.size() > 2 && bytes[2] != 0) return Fit::no;
  if (bytes.size() > 3 && bytes[3] != 0) return Fit::no;
  if (bytes.size() < kPrefix) return bytes.size() > 4 && bytes[4] != 0 ? Fit::no : Fit::so_far;
  const std::size_t length = word_at(bytes, 4);
  if (length < kLeastLength || length > kMostLength) return Fit::no;
  return bytes.size() < kPrefix + length ? Fit::so_far : Fit::whole;
}

/// Whether they are the one that is waited for.
Fit looks_expected(std::string_view bytes, const Expectation& expected) {
  const Fit fit = looks_like_frame(bytes);
  if (fit == Fit::no) return fit;
  std::string wanted;
  put_word(wanted, expected.transaction);
  if (bytes.substr(0, 2) != std::string_view{wanted}.substr(0, bytes.size())) return Fit::no;
  if (bytes.size() > 6 && byte_at(bytes, 6) != expected.unit) return Fit::no;
  if (bytes.size() > 7 && (byte_at(bytes, 7) & 0x7fU) != expected.function) return Fit::no;
  return fit;
}

void take(Scan& scan, std::string_view bytes) {
  scan.size = kPrefix + word_at(bytes, 4);
  scan.frame = Frame{word_at(bytes, 0), byte_at(bytes, 6),
                     std::string{bytes.substr(kPrefix + 1, scan.size - kPrefix - 1)}};
}

}  // namespace

Scan scan_tcp(std::string_view bytes, const Expected& expected, bool in_step) {
  Scan scan;
  if (bytes.empty()) return scan;
  if (in_step) {
    const Fit fit = looks_like_frame(bytes);
    if (fit == Fit::whole) take(scan, bytes);
    if (fit != Fit::no) return scan;
  }
  // The stream is out of step, and nothing in it says where a frame starts but the frame we know.
  for (std::size_t at = in_step ? 1 : 0; expected && at < bytes.size(); ++at) {
    const std::string_view rest = bytes.substr(at);
    const Fit there = looks_expected(rest, *expected);
    if (there == Fit::no) continue;
    scan.garbage = at;
    if (there == Fit::whole) take(scan, rest);
    return scan;
  }
  scan.garbage = bytes.size();
  return scan;
}

}  // namespace tbgw::modbus
