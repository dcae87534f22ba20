// SPDX-License-Identifier: Apache-2.0
// Is this the answer? Every byte of it that the request determines is compared.
#include <cstdio>

#include "modbus/pdu.hpp"
#include "modbus/wire.hpp"

namespace tbgw::modbus {
namespace {

Answer wrong(std::string text) {
  Answer answer;
  answer.text = std::move(text);
  return answer;
}

Answer good() {
  Answer answer;
  answer.kind = Answer::Kind::good;
  return answer;
}

/// byte count(1) data
Answer check_read(const Request& request, std::string_view body) {
  const bool bits = request.function <= 2;
  const std::size_t bytes = answer_size(request) - 2;
  if (body.empty() || byte_at(body, 0) != bytes || body.size() != bytes + 1) {
    return wrong("has " + std::to_string(body.empty() ? 0 : body.size() - 1) +
                 " bytes of data and says " + std::to_string(body.empty() ? 0 : byte_at(body, 0)) +
                 ", not " + std::to_string(bytes));
  }
  Answer answer = good();
  answer.cells.reserve(request.count);
  for (std::size_t i = 0; i < request.count; ++i) {
    const unsigned cell =
        bits ? (unsigned{byte_at(body, 1 + i / 8)} >> i % 8U) & 1U : word_at(body, 1 + 2 * i);
    answer.cells.push_back(static_cast<std::uint16_t>(cell));
  }
  return answer;
}

/// The answer to a write repeats the start of the request.
Answer check_echo(const Request& request, std::string_view body) {
  std::string sent;
  if (const auto pdu = to_pdu(request)) sent = pdu->substr(1);
  if (request.function == 15 || request.function == 16) sent.resize(4);
  if (body == sent) return good();
  if (body.size() >= 2 && word_at(body, 0) != request.address) {
    return wrong("is about address " + std::to_string(word_at(body, 0)) + ", not " +
                 std::to_string(request.address));
  }
  return wrong("does not repeat what was written");
}

///     14 code(1) conformity(1) more(1) next(1) count(1) { id(1) length(1) text }
Answer check_identification(const Request& request, std::string_view body) {
  if (body.size() < 6 || byte_at(body, 0) != 14 || byte_at(body, 1) != request.read_code) {
    return wrong("is no device identification");
  }
  Answer answer = good();
  answer.more = byte_at(body, 3) == 0xff;
  answer.next_object = byte_at(body, 4);
  const unsigned count = byte_at(body, 5);
  std::string_view rest = body.substr(6);
  for (unsigned i = 0; i < count; ++i) {
    if (rest.size() < 2 || rest.size() - 2 < byte_at(rest, 1)) {
      return wrong("ends inside an object of the device identification");
    }
    const std::size_t length = byte_at(rest, 1);
    answer.objects.emplace_back(byte_at(rest, 0), std::string{rest.substr(2, length)});
    rest.remove_prefix(2 + length);
  }
  if (!rest.empty()) return wrong("goes on behind the device identification");
  // A unit that points back would be asked for ever.
  if (answer.more && answer.next_object <= request.object) answer.more = false;
  return answer;
}

}  // namespace

Answer check_answer(const Request& request, std::string_view pdu) {
  if (pdu.empty()) return wrong("is empty");
  const std::uint8_t function = byte_at(pdu, 0);
  const std::string_view body = pdu.substr(1);
  if (function == (request.function | 0x80U)) {
    if (body.size() != 1 || body[0] == 0) return wrong("is an exception without a code");
    Answer answer;
    answer.kind = Answer::Kind::exception;
    answer.exception = byte_at(body, 0);
    answer.text = exception_text(answer.exception);
    return answer;
  }
  if (function != request.function) {
    return wrong("has function code " + std::to_string(function) + ", not " +
                 std::to_string(request.function));
  }
  switch (request.verbatim ? 0 : function) {
    case 1:
    case 2:
    case 3:
    case 4:
    case 23:
      return check_read(request, body);
    case 5:
    case 6:
    case 15:
    case 16:
    case 22:
      return check_echo(request, body);
    case 43:
      if (request.raw.empty()) return check_identification(request, body);
      break;
    default:
      break;
  }
  Answer answer = good();
  answer.bytes = body;
  return answer;
}

}  // namespace tbgw::modbus
