// SPDX-License-Identifier: Apache-2.0
#include "tb/spool_link.hpp"

#include <utility>

namespace tbgw::tb {

void SpoolLink::look_for_hello(std::uint64_t line_number) {
  auto hello = uplink_.take_hello();
  if (!hello) return;
  if (line_number == 1) {
    pipe_.emplace(loop_, *std::move(hello));
  } else if (pipe_ && hello->is_good() && pipe_->hello().same_channel(*hello)) {
    pipe_->restart(*std::move(hello));
  } else {
    return;
  }
  uplink_.begin_receipts();
}

void SpoolLink::settle() {
  if (!pipe_) return;
  for (const Receipt& receipt : uplink_.take_receipts())
    pipe_->say(receipt);
  pipe_->flush();
}

bool SpoolLink::finish(Loop::Time until) {
  if (!pipe_) return true;
  settle();
  pipe_->drain(until);
  return pipe_->idle() && !pipe_->gone();
}

void SpoolLink::add_counters(Counters& counters) const {
  if (!pipe_) return;
  counters.emplace_back("spoolAcknowledged", pipe_->told_done());
  counters.emplace_back("spoolDead", pipe_->told_dead());
}

}  // namespace tbgw::tb
