// SPDX-License-Identifier: Apache-2.0
#include "tb/ledger.hpp"

namespace tbgw::tb {

Seq Ledger::open() {
  holds_.push_back(1);
  return opened();
}

void Ledger::hold(Seq record) {
  if (record != 0) ++holds_[record - first_];
}

void Ledger::release(Seq record) {
  if (record == 0) return;
  if (--holds_[record - first_] > 0) return;
  ++done_;
  while (!holds_.empty() && holds_.front() == 0) {
    holds_.pop_front();
    ++first_;
  }
}

}  // namespace tbgw::tb
