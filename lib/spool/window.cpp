// SPDX-License-Identifier: Apache-2.0
#include "spool/window.hpp"

namespace tbgw::spool {

std::uint64_t Window::add(std::uint64_t seq, std::size_t bytes) {
  undone_.push_back({seq, static_cast<std::uint32_t>(bytes), false});
  bytes_ += bytes;
  return last_number();
}

void Window::pop() {
  done_seq_ = undone_.front().seq;
  bytes_ -= undone_.front().bytes;
  undone_.pop_front();
  ++first_;
}

Window::Verdict Window::acknowledge(std::uint64_t n) {
  if (n > last_number()) return Verdict::unknown;
  if (n < first_) return Verdict::late;
  while (first_ <= n)
    pop();
  while (!undone_.empty() && undone_.front().buried)
    pop();
  return Verdict::ok;
}

Window::Verdict Window::bury(std::uint64_t n) {
  if (n == 0 || n > last_number()) return Verdict::unknown;
  if (n < first_ || undone_[n - first_].buried) return Verdict::late;
  undone_[n - first_].buried = true;
  while (!undone_.empty() && undone_.front().buried)
    pop();
  return Verdict::ok;
}

std::optional<std::uint64_t> Window::seq_of(std::uint64_t n) const {
  if (n < first_ || n > last_number() || undone_[n - first_].buried) return std::nullopt;
  return undone_[n - first_].seq;
}

}  // namespace tbgw::spool
