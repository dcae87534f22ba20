// SPDX-License-Identifier: Apache-2.0
// RTU: answers without a length, found by what their function code says of it and by their CRC.
#include "modbus/crc16.hpp"
#include "modbus/scan.hpp"
#include "modbus/wire.hpp"

namespace tbgw::modbus {
namespace {

constexpr std::size_t kUnknown = 0;     // no telling how long
constexpr std::size_t kImpossible = 1;  // no frame is so short
constexpr std::size_t kMore = 2;        // more bytes are needed to tell
constexpr std::size_t kMostFrame = 256;

/// unit(1) 43 14 code(1) conformity(1) more(1) next(1) count(1) { id(1) length(1) text } crc(2)
std::size_t identification_size(std::string_view bytes) {
  if (bytes.size() < 3) return kMore;
  if (byte_at(bytes, 2) != 14) return kUnknown;
  if (bytes.size() < 8) return kMore;
  std::size_t size = 8;
  for (unsigned objects = byte_at(bytes, 7); objects > 0; --objects) {
    if (bytes.size() < size + 2) return kMore;
    size += 2U + byte_at(bytes, size + 1);
    if (size + 2 > kMostFrame) return kImpossible;
  }
  return size + 2;
}

/// unit(1) function(1) bytes(1) data crc(2)
std::size_t counted_size(std::string_view bytes, bool words) {
  if (bytes.size() < 3) return kMore;
  const std::size_t count = byte_at(bytes, 2);
  if (count == 0 || count > 251 || (words && count % 2 != 0)) return kImpossible;
  return 3 + count + 2;
}

/// Bytes of the answer frame that starts here, or one of the constants above.
std::size_t answer_frame_size(std::string_view bytes) {
  if (bytes.size() < 2) return kMore;
  const std::uint8_t function = byte_at(bytes, 1);
  if (function == 0 || function == 0x80) return kImpossible;
  if (function > 0x80) return 5;
  switch (function) {
    case 1:
    case 2:
    case 12:
    case 17:
    case 20:
    case 21:
      return counted_size(bytes, false);
    case 3:
    case 4:
    case 23:
      return counted_size(bytes, true);
    case 5:
    case 6:
    case 8:
    case 11:
    case 15:
    case 16:
      return 8;
    case 7:
      return 5;
    case 22:
      return 10;
    case 43:
      return identification_size(bytes);
    default:
      return kUnknown;
  }
}

bool has_crc(std::string_view frame) {
  const std::size_t end = frame.size() - 2;
  return crc16(frame.substr(0, end)) ==
         static_cast<std::uint16_t>(byte_at(frame, end) | byte_at(frame, end + 1) << 8U);
}

/// Whether a frame could be the answer, as far as its first bytes are there.
bool fits(std::string_view bytes, const Expectation& expected) {
  if (!bytes.empty() && byte_at(bytes, 0) != expected.unit) return false;
  if (bytes.size() < 2) return true;
  if (byte_at(bytes, 1) == (expected.function | 0x80U)) return true;
  if (byte_at(bytes, 1) != expected.function) return false;
  const std::size_t size = answer_frame_size(bytes);
  return expected.pdu_size == 0 || size <= kMore || size == expected.pdu_size + 3;
}

struct Candidate {
  enum class State { none, incomplete, whole } state = State::none;
  std::size_t size = 0;
  bool checksum_error = false;
};

Candidate look(std::string_view bytes, const Expected& expected) {
  Candidate out;
  out.size = answer_frame_size(bytes);
  const bool ours = expected && fits(bytes, *expected);
  if (out.size == kMore) {
    out.state = Candidate::State::incomplete;
  } else if (out.size == kUnknown) {
    // A function code of the vendor's, which is looked at only if it was asked: all that is there,
    // once its check is right.
    if (!ours || bytes.size() > kMostFrame) return out;
    out.size = bytes.size();
    out.state =
        out.size >= 4 && has_crc(bytes) ? Candidate::State::whole : Candidate::State::incomplete;
  } else if (out.size != kImpossible && bytes.size() < out.size) {
    out.state = Candidate::State::incomplete;
  } else if (out.size != kImpossible) {
    if (has_crc(bytes.substr(0, out.size))) {
      out.state = Candidate::State::whole;
    } else {
      out.checksum_error = ours;
    }
  }
  return out;
}

}  // namespace

Scan scan_rtu(std::string_view bytes, const Expected& expected) {
  Scan scan;
  bool blocked = false;  // a frame may have started that is not the one waited for
  std::size_t start = bytes.size();
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    const std::string_view rest = bytes.substr(at);
    const Candidate candidate = look(rest, expected);
    const bool ours = expected && fits(rest, *expected);
    if (!blocked) scan.checksum_errors += candidate.checksum_error ? 1 : 0;
    if (candidate.state == Candidate::State::none || (blocked && !ours)) continue;
    if (candidate.state == Candidate::State::whole) {
      scan.garbage = at;
      scan.size = candidate.size;
      scan.frame = Frame{0, byte_at(rest, 0), std::string{rest.substr(1, candidate.size - 3)}};
      return scan;
    }
    if (!blocked) start = at;
    blocked = true;
    if (ours || !expected) break;
  }
  scan.garbage = start;
  return scan;
}

}  // namespace tbgw::modbus
