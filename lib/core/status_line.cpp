// SPDX-License-Identifier: Apache-2.0
#include "core/status_line.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <chrono>

#include "core/fd.hpp"

namespace tbgw {
namespace {

constexpr std::chrono::milliseconds kInterval{500};
constexpr std::string_view kClear = "\r\033[K";

/// What fits without a line break, which could not be taken back.
std::size_t columns() {
  winsize size{};
  const bool known = ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1;
  return known ? size.ws_col - 1U : 79U;
}

}  // namespace

StatusLine::StatusLine(bool enabled) : enabled_(enabled && ::isatty(STDERR_FILENO) == 1) {}

Loop::Time StatusLine::show(std::string_view text, Loop::Time now) {
  if (!enabled_ || text == shown_) return Loop::Time::max();
  if (now - last_ < kInterval) return last_ + kInterval;
  shown_ = text;
  last_ = now;
  const std::string out = std::string{kClear}.append(text.substr(0, columns()));
  [[maybe_unused]] const auto written = write_all(STDERR_FILENO, out);
  return Loop::Time::max();
}

void StatusLine::clear() {
  if (shown_.empty()) return;
  shown_.clear();
  [[maybe_unused]] const auto written = write_all(STDERR_FILENO, kClear);
}

}  // namespace tbgw
