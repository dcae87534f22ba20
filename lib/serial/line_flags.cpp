// SPDX-License-Identifier: Apache-2.0
#include "serial/line_flags.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace tbgw::serial {
namespace {

/// Rates with a name of their own use it, so that stty and other programs can tell them.
tcflag_t speed_flag(std::uint32_t baud) {
  static constexpr std::array<std::pair<std::uint32_t, tcflag_t>, 30> kNamed{{
      {50, B50},           {75, B75},           {110, B110},         {134, B134},
      {150, B150},         {200, B200},         {300, B300},         {600, B600},
      {1200, B1200},       {1800, B1800},       {2400, B2400},       {4800, B4800},
      {9600, B9600},       {19200, B19200},     {38400, B38400},     {57600, B57600},
      {115200, B115200},   {230400, B230400},   {460800, B460800},   {500000, B500000},
      {576000, B576000},   {921600, B921600},   {1000000, B1000000}, {1152000, B1152000},
      {1500000, B1500000}, {2000000, B2000000}, {2500000, B2500000}, {3000000, B3000000},
      {3500000, B3500000}, {4000000, B4000000},
  }};
  for (const auto& [rate, flag] : kNamed) {
    if (rate == baud) return flag;
  }
  return BOTHER | (BOTHER << IBSHIFT);
}

}  // namespace

tcflag_t character_flags(const LineSettings& settings) {
  constexpr std::array<tcflag_t, 4> kSizes{CS5, CS6, CS7, CS8};
  tcflag_t flags = kSizes.at(static_cast<std::size_t>(settings.data_bits - 5));
  if (settings.stop_bits != StopBits::one) flags |= CSTOPB;
  if (settings.parity != Parity::none) flags |= PARENB;
  if (settings.parity == Parity::odd || settings.parity == Parity::mark) flags |= PARODD;
  if (settings.parity == Parity::mark || settings.parity == Parity::space) flags |= CMSPAR;
  if (settings.flow.rtscts) flags |= CRTSCTS;
  return flags;
}

termios2 line_for(const LineSettings& settings, const termios2& old) {
  termios2 line{};
  line.c_iflag = INPCK | PARMRK;
  if (settings.flow.xonxoff) line.c_iflag |= IXON | IXOFF;
  line.c_cflag = CREAD | CLOCAL | speed_flag(settings.baud) | character_flags(settings);
  const bool keep = settings.dtr == ModemLine::keep || settings.rts == ModemLine::keep;
  if (!keep) line.c_cflag |= old.c_cflag & HUPCL;
  line.c_ispeed = line.c_ospeed = settings.baud;
  line.c_cc[VMIN] = 1;
  line.c_cc[VTIME] = 0;
  line.c_cc[VSTART] = 0x11;
  line.c_cc[VSTOP] = 0x13;
  return line;
}

bool close_enough(std::uint32_t wanted, std::uint32_t got) {
  const std::uint32_t off = std::max(wanted, got) - std::min(wanted, got);
  return std::uint64_t{off} * 50 <= wanted;
}

}  // namespace tbgw::serial
