// SPDX-License-Identifier: Apache-2.0
// One look at the bytes pending: the next frame in them, and what is certainly none. Internal to
// AnswerReader.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "modbus/frame.hpp"

namespace tbgw::modbus {

struct Scan {
  std::size_t garbage = 0;  ///< bytes at the start that belong to no frame
  std::size_t size = 0;     ///< bytes of the frame behind them
  std::optional<Frame> frame;
  std::size_t checksum_errors = 0;
};

using Expected = std::optional<Expectation>;
/// `in_step`: a frame starts where the bytes do. Otherwise only the expected one is looked for.
Scan scan_tcp(std::string_view bytes, const Expected& expected, bool in_step);
Scan scan_rtu(std::string_view bytes, const Expected& expected);
Scan scan_ascii(std::string_view bytes);

}  // namespace tbgw::modbus
