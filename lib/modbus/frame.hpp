// SPDX-License-Identifier: Apache-2.0
// PDUs on the wire: Modbus/TCP (MBAP), RTU (also over TCP), ASCII. Pure code, fed with bytes
// however they came.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/result.hpp"

namespace tbgw::modbus {

enum class Framing : std::uint8_t { tcp, rtu, ascii };

/// A PDU with what the frame says of it.
///
///     tcp    transaction(2) 0(2) length(2) unit(1) PDU          numbers big-endian
///     rtu    unit(1) PDU crc16(2, low byte first)
///     ascii  ':' hexadecimal of (unit PDU lrc) CR LF
struct Frame {
  std::uint16_t transaction = 0;  ///< tcp only
  std::uint8_t unit = 0;
  std::string pdu;
  bool operator==(const Frame&) const = default;
};

std::string wrap(Framing framing, const Frame& frame);
/// Bytes on the wire for a PDU of this size.
std::size_t wire_size(Framing framing, std::size_t pdu_size);

/// The answer that is waited for. It decides only where bytes are garbled: a whole answer that fits
/// is then found behind the garbage at once, instead of after the silence that ends it.
struct Expectation {
  std::uint16_t transaction = 0;
  std::uint8_t unit = 0;
  std::uint8_t function = 0;
  std::size_t pdu_size = 0;  ///< of the right answer; 0 = unknown
};

struct FrameCounts {
  std::uint64_t frames = 0;
  std::uint64_t garbage = 0;   ///< bytes that belong to no frame
  std::uint64_t checksum = 0;  ///< frames with a wrong CRC or LRC (their bytes are garbage too)
  std::uint64_t echo = 0;      ///< bytes of our own requests that came back
};

/// Finds answers in a stream of bytes. Hands out every well-formed frame, whoever it is from and
/// whatever it answers: whether it is *the* answer is for check_answer() and its caller to say.
class AnswerReader {
 public:
  explicit AnswerReader(Framing framing) : framing_(framing) {}

  /// What is waited for from now on; nullopt = nothing.
  void expect(std::optional<Expectation> expectation);
  /// These bytes, just sent, come back before anything else (local echo); they are left out.
  void expect_echo(std::string_view sent);
  void feed(std::string_view bytes);
  /// The next frame, or nullopt: more bytes are needed.
  std::optional<Frame> next();
  /// The bytes pending cannot become a frame any more (silence, timeout, connection closed): they
  /// are garbage. Gives their number.
  std::size_t discard();

  [[nodiscard]] std::size_t pending() const { return buffer_.size() - start_; }
  [[nodiscard]] const FrameCounts& counts() const { return counts_; }

 private:
  void skip_echo();
  void consume(std::size_t bytes);
  [[nodiscard]] std::string_view rest() const { return std::string_view{buffer_}.substr(start_); }

  Framing framing_;
  std::optional<Expectation> expectation_;
  std::string echo_;       ///< what is still to come back
  std::string buffer_;     ///< at most one frame's worth and the last feed
  std::size_t start_ = 0;  ///< of what is pending in it
  bool in_step_ = true;    ///< a frame starts there (TCP)
  FrameCounts counts_;
};

}  // namespace tbgw::modbus
