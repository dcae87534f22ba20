// SPDX-License-Identifier: Apache-2.0
#include "serial/line_settings.hpp"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "core/text.hpp"

namespace tbgw::serial {
namespace {

template <class T>
using Word = std::pair<std::string_view, T>;

std::string lower(std::string_view text) {
  std::string out{text};
  std::transform(out.begin(), out.end(), out.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return out;
}

/// The value of a word, in any case, or which words there are.
template <class T, std::size_t N>
Result<T> look_up(const std::array<Word<T>, N>& words, std::string_view text,
                  std::string_view expected) {
  for (const auto& [word, value] : words) {
    if (word == lower(text)) return value;
  }
  return Error{in_quotes(text) + " is not one of " + std::string{expected}};
}

}  // namespace

Result<Parity> parse_parity(std::string_view text) {
  static constexpr std::array<Word<Parity>, 10> kWords{{{"n", Parity::none},
                                                        {"none", Parity::none},
                                                        {"e", Parity::even},
                                                        {"even", Parity::even},
                                                        {"o", Parity::odd},
                                                        {"odd", Parity::odd},
                                                        {"m", Parity::mark},
                                                        {"mark", Parity::mark},
                                                        {"s", Parity::space},
                                                        {"space", Parity::space}}};
  return look_up(kWords, text, "N, E, O, M, S");
}

Result<StopBits> parse_stop_bits(std::string_view text) {
  static constexpr std::array<Word<StopBits>, 3> kWords{
      {{"1", StopBits::one}, {"1.5", StopBits::one_and_half}, {"2", StopBits::two}}};
  return look_up(kWords, text, "1, 1.5, 2");
}

Result<Flow> parse_flow(std::string_view text) {
  static constexpr std::array<Word<Flow>, 4> kWords{{{"none", {}},
                                                     {"rtscts", {true, false, false}},
                                                     {"xonxoff", {false, true, false}},
                                                     {"dsrdtr", {false, false, true}}}};
  return look_up(kWords, text, "none, rtscts, xonxoff, dsrdtr");
}

Result<ModemLine> parse_modem_line(std::string_view text) {
  static constexpr std::array<Word<ModemLine>, 3> kWords{
      {{"on", ModemLine::on}, {"off", ModemLine::off}, {"keep", ModemLine::keep}}};
  return look_up(kWords, text, "on, off, keep");
}

Result<void> check(const LineSettings& settings) {
  if (settings.baud == 0) return Error{"a baud rate must be at least 1"};
  if (settings.data_bits < 5 || settings.data_bits > 8) {
    return Error{"a character has 5, 6, 7 or 8 data bits"};
  }
  // The same bit of the line's hardware means 1.5 stop bits with 5 data bits and 2 with more.
  if (settings.stop_bits == StopBits::one_and_half && settings.data_bits != 5) {
    return Error{"1.5 stop bits go only with 5 data bits"};
  }
  if (settings.stop_bits == StopBits::two && settings.data_bits == 5) {
    return Error{"5 data bits go with 1 or 1.5 stop bits"};
  }
  if (settings.flow.rtscts && (settings.rs485 || settings.rts == ModemLine::off)) {
    return Error{"flow control rtscts needs the RTS line for itself"};
  }
  if (settings.rs485 && settings.rts == ModemLine::off) {
    return Error{"in RS-485 mode the kernel drives the RTS line"};
  }
  if (settings.flow.dsrdtr && settings.dtr == ModemLine::off) {
    return Error{"flow control dsrdtr needs the DTR line for itself"};
  }
  return {};
}

std::chrono::nanoseconds time_on_line(const LineSettings& settings, std::size_t bytes) {
  // Start bit, data bits, parity bit, stop bits; in half bits because of 1.5.
  std::uint64_t half_bits = 2 + 2 * static_cast<std::uint64_t>(settings.data_bits);
  if (settings.parity != Parity::none) half_bits += 2;
  half_bits += settings.stop_bits == StopBits::one   ? 2
               : settings.stop_bits == StopBits::two ? 4
                                                     : 3;
  const double seconds = static_cast<double>(half_bits) * static_cast<double>(bytes) /
                         (2.0 * static_cast<double>(settings.baud));
  return std::chrono::nanoseconds{static_cast<std::int64_t>(seconds * 1e9)};
}

std::string describe(const LineSettings& settings) {
  constexpr std::string_view kParities = "NEOMS";
  std::string out = std::to_string(settings.baud) + " " + std::to_string(settings.data_bits);
  out += kParities[static_cast<std::size_t>(settings.parity)];
  out += settings.stop_bits == StopBits::one   ? "1"
         : settings.stop_bits == StopBits::two ? "2"
                                               : "1.5";
  return out;
}

}  // namespace tbgw::serial
