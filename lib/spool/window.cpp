// SPDX-License-Identifier: Apache-2.0
#include "spool/window.hpp"

namespace tbgw::spool {

std::uint64_t Window::add(std::uint64_t seq, std::size_t bytes) {
  undone_.push_back({seq, static_cast<std::uint32_t>(bytes), Grave::none});
  bytes_ += bytes;
  return last_number();
}

void Window::pop_done() {
  while (!undone_.empty()) {
    const Entry& front = undone_.front();
    const bool done =
        front.grave == Grave::buried || (front.grave == Grave::none && first_ <= acknowledged_);
    if (!done) return;
    done_seq_ = front.seq;
    bytes_ -= front.bytes;
    undone_.pop_front();
    ++first_;
  }
}

Window::Verdict Window::acknowledge(std::uint64_t n) {
  if (n > last_number()) return Verdict::unknown;
  if (n < first_ || n <= acknowledged_) return Verdict::late;
  acknowledged_ = n;
  pop_done();
  return Verdict::ok;
}

void Window::hold(std::uint64_t n) {
  undone_[n - first_].grave = Grave::held;
}

Window::Verdict Window::bury(std::uint64_t n) {
  if (n == 0 || n > last_number()) return Verdict::unknown;
  if (n < first_ || undone_[n - first_].grave == Grave::buried) return Verdict::late;
  undone_[n - first_].grave = Grave::buried;
  pop_done();
  return Verdict::ok;
}

std::optional<std::uint64_t> Window::seq_of(std::uint64_t n) const {
  if (n < first_ || n > last_number()) return std::nullopt;
  const Entry& entry = undone_[n - first_];
  return entry.grave == Grave::none ? std::optional(entry.seq) : std::nullopt;
}

}  // namespace tbgw::spool
