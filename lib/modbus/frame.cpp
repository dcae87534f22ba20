// SPDX-License-Identifier: Apache-2.0
#include "modbus/frame.hpp"

#include <algorithm>
#include <cctype>

#include "core/text.hpp"
#include "modbus/ascii.hpp"
#include "modbus/crc16.hpp"
#include "modbus/scan.hpp"
#include "modbus/wire.hpp"

namespace tbgw::modbus {
namespace {

std::string with_unit(const Frame& frame) {
  return std::string(1, static_cast<char>(frame.unit)) + frame.pdu;
}

std::string wrap_ascii(const Frame& frame) {
  std::string bytes = with_unit(frame);
  bytes += static_cast<char>(lrc(bytes));
  std::string text = to_hex(bytes);
  for (char& c : text)
    c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return ":" + text + "\r\n";
}

}  // namespace

std::string wrap(Framing framing, const Frame& frame) {
  std::string out;
  switch (framing) {
    case Framing::tcp:
      put_word(out, frame.transaction);
      put_word(out, 0);
      put_word(out, static_cast<std::uint16_t>(frame.pdu.size() + 1));
      return out + with_unit(frame);
    case Framing::rtu: {
      out = with_unit(frame);
      const std::uint16_t crc = crc16(out);
      out += static_cast<char>(crc & 0xffU);
      out += static_cast<char>(crc >> 8U);
      return out;
    }
    case Framing::ascii:
      return wrap_ascii(frame);
  }
  return out;
}

std::size_t wire_size(Framing framing, std::size_t pdu_size) {
  if (framing == Framing::tcp) return pdu_size + 7;
  if (framing == Framing::rtu) return pdu_size + 3;
  return 2 * (pdu_size + 2) + 3;
}

void AnswerReader::expect(std::optional<Expectation> expectation) {
  expectation_ = expectation;
}

void AnswerReader::expect_echo(std::string_view sent) {
  echo_ = sent;
}

void AnswerReader::feed(std::string_view bytes) {
  buffer_.append(bytes);
  skip_echo();
}

void AnswerReader::consume(std::size_t bytes) {
  start_ += bytes;
  if (start_ < buffer_.size()) return;
  buffer_.clear();
  start_ = 0;
}

void AnswerReader::skip_echo() {
  if (echo_.empty()) return;
  const std::size_t size = std::min(echo_.size(), pending());
  if (rest().substr(0, size) != std::string_view{echo_}.substr(0, size)) {
    echo_.clear();  // no echo after all, or a garbled one: that is garbage like any other
    return;
  }
  if (size < echo_.size()) return;
  counts_.echo += size;
  consume(size);
  echo_.clear();
}

std::optional<Frame> AnswerReader::next() {
  if (pending() == 0 || !echo_.empty()) return std::nullopt;
  Scan scan = framing_ == Framing::tcp   ? scan_tcp(rest(), expectation_, in_step_)
              : framing_ == Framing::rtu ? scan_rtu(rest(), expectation_)
                                         : scan_ascii(rest());
  counts_.checksum += scan.checksum_errors;
  counts_.garbage += scan.garbage;
  consume(scan.garbage + (scan.frame ? scan.size : 0));
  in_step_ = scan.frame || (in_step_ && scan.garbage == 0);
  if (scan.frame) {
    ++counts_.frames;
  } else {
    buffer_.erase(0, start_);
    start_ = 0;
  }
  return std::move(scan.frame);
}

std::size_t AnswerReader::discard() {
  const std::size_t bytes = pending();
  counts_.garbage += bytes;
  buffer_.clear();
  start_ = 0;
  in_step_ = true;
  echo_.clear();
  return bytes;
}

}  // namespace tbgw::modbus
