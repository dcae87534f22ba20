// SPDX-License-Identifier: Apache-2.0
// library: modbus
// Any bytes on a Modbus/TCP connection, and any PDU as an answer: the frames do not depend on how
// the bytes are cut, and check_answer() calls good only what answers the request.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "modbus/frame.hpp"
#include "modbus/pdu.hpp"

namespace {

using namespace tbgw::modbus;

std::vector<Frame> read(std::string_view bytes, std::size_t piece,
                        const std::optional<Expectation>& expected) {
  AnswerReader reader(Framing::tcp);
  reader.expect(expected);
  std::vector<Frame> frames;
  std::size_t framed = 0;
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    reader.feed(bytes.substr(at, piece));
    while (auto frame = reader.next()) {
      if (frame->pdu.empty() || frame->pdu.size() > kMostPdu) std::abort();
      if (bytes.find(wrap(Framing::tcp, *frame)) == std::string_view::npos) std::abort();
      framed += wire_size(Framing::tcp, frame->pdu.size());
      frames.push_back(*std::move(frame));
    }
  }
  reader.discard();
  if (framed + reader.counts().garbage != bytes.size()) std::abort();
  return frames;
}

/// Some request for each value of `choice`.
Request request_of(unsigned choice) {
  const auto address = static_cast<std::uint16_t>(choice >> 3U);
  const std::vector<std::uint16_t> words{static_cast<std::uint16_t>(choice), 7};
  switch (choice & 7U) {
    case 0:
      return read_request(Table::coils, address, 9);
    case 1:
      return read_request(Table::holding_registers, address, 2);
    case 2:
      return write_request({Table::holding_registers, address, {words[0]}, {}}, 6, false);
    case 3:
      return write_request({Table::holding_registers, address, words, {}}, 16, false);
    case 4:
      return write_request({Table::coils, address, {1}, {}}, 5, false);
    case 5:
      return write_request({Table::holding_registers, address, {words[0]}, 0x00ff}, 6, false);
    case 6:
      return identify_request(1, 0);
    default: {
      Request other;
      other.function = 17;
      return other;
    }
  }
}

void judge(const Request& request, std::string_view pdu) {
  const Answer answer = check_answer(request, pdu);
  const bool same_function = !pdu.empty() && static_cast<std::uint8_t>(pdu[0]) == request.function;
  if (answer.kind == Answer::Kind::good) {
    if (!same_function) std::abort();
    const std::size_t size = answer_size(request);
    if (size != 0 && pdu.size() != size) std::abort();
    if (request.count != 0 && answer.cells.size() != request.count) std::abort();
  } else if (answer.text.empty()) {
    std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2 || size > 4096) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data + 1), size - 1);
  const Request request = request_of(data[0]);
  judge(request, bytes.substr(0, kMostPdu));
  std::optional<Expectation> expected;
  if ((data[0] & 8U) != 0) {
    expected = Expectation{0x0102, 1, request.function, answer_size(request)};
  }
  const auto whole = read(bytes, bytes.size(), expected);
  for (const std::size_t piece : {std::size_t{1}, std::size_t{3}, std::size_t{8}}) {
    // Out of step without anything awaited, all that is there is thrown away: then the cut matters.
    if (expected && read(bytes, piece, expected) != whole) std::abort();
    if (!expected) read(bytes, piece, expected);
  }
  for (const Frame& frame : whole)
    judge(request, frame.pdu);
  return 0;
}
