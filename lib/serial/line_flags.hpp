// SPDX-License-Identifier: Apache-2.0
// A line's settings as the kernel's termios2 spells them. (Never beside the C library's
// <termios.h>: it has structures of the same names.)
#pragma once

#include <asm/termbits.h>

#include <cstdint>

#include "serial/line_settings.hpp"

namespace tbgw::serial {

/// Data bits, stop bits, parity and hardware flow control.
tcflag_t character_flags(const LineSettings& settings);

/// Raw bytes both ways, bad ones marked (see MarkedInput), at any baud rate. `old`: what the line
/// has now, for what is to stay.
termios2 line_for(const LineSettings& settings, const termios2& old);

/// A rate that differs by so little that a receiver does not notice: half a bit over the ten bits
/// of a character is about 4 %, shared by both ends.
bool close_enough(std::uint32_t wanted, std::uint32_t got);

}  // namespace tbgw::serial
