// SPDX-License-Identifier: Apache-2.0
// library: modbus
// Any bytes on an RTU or ASCII line: the first byte says what is waited for and how the rest is
// cut. However it is cut, the same frames come out, each with a right check, and no byte is lost
// count of.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "modbus/crc16.hpp"
#include "modbus/frame.hpp"
#include "modbus/pdu.hpp"

namespace {

using namespace tbgw::modbus;

std::vector<Frame> read(Framing framing, std::string_view bytes, std::size_t piece,
                        const std::optional<Expectation>& expected) {
  AnswerReader reader(framing);
  reader.expect(expected);
  std::vector<Frame> frames;
  std::size_t framed = 0;
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    reader.feed(bytes.substr(at, piece));
    while (auto frame = reader.next()) {
      if (frame->pdu.empty() || frame->pdu.size() > kMostPdu) std::abort();
      framed += wire_size(framing, frame->pdu.size());
      // What was read is what would be sent; ASCII may have been in lower case.
      if (framing == Framing::rtu && bytes.find(wrap(framing, *frame)) == std::string_view::npos) {
        std::abort();
      }
      frames.push_back(*std::move(frame));
    }
    if (piece == 1 && reader.pending() > 1100) std::abort();
  }
  reader.discard();
  if (framed + reader.counts().garbage != bytes.size()) std::abort();
  if (reader.counts().frames != frames.size()) std::abort();
  return frames;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2 || size > 4096) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data + 1), size - 1);
  const unsigned choice = data[0];
  std::optional<Expectation> expected;
  if ((choice & 1U) != 0) {
    const Request request =
        read_request((choice & 2U) != 0 ? Table::holding_registers : Table::coils, 0,
                     static_cast<std::uint16_t>(1 + (choice >> 4U)));
    expected = Expectation{0, 1, request.function, answer_size(request)};
  }
  for (const Framing framing : {Framing::rtu, Framing::ascii}) {
    const auto whole = read(framing, bytes, bytes.size(), expected);
    const auto single = read(framing, bytes, 1, expected);
    const auto pieces = read(framing, bytes, 1 + (choice >> 2U & 3U) * 5, expected);
    // Without anything awaited every cut gives the same; else a frame inside another could come
    // first, and only those that are no answer may differ.
    if (!expected && (whole != single || whole != pieces)) std::abort();
  }
  return 0;
}
