// SPDX-License-Identifier: Apache-2.0
#include "spool/letter_box.hpp"

#include "core/status.hpp"

namespace tbgw::spool {

void LetterBox::keep(const DeadLetter& letter) {
  kept_.push_back(letter);
  bytes_ += letter.record.size();
  waiting_ = true;
}

Outcome LetterBox::commit() {
  if (!waiting_) return {};
  try {
    while (!kept_.empty()) {
      letters_.keep(kept_.front());
      kept_.pop_front();
    }
  } catch (const Fatal& fatal) {  // the folder cannot be made
    const bool full = fatal.status == Status::cannot_create;
    return {full ? Trouble::full : Trouble::refused, fatal.what()};
  }
  Outcome filed = letters_.retry();
  if (filed) {
    waiting_ = false;
    bytes_ = 0;
  }
  return filed;
}

void LetterBox::add_counters(Counters& counters) const {
  counters.emplace_back("dead", letters_.filed());
  counters.emplace_back("deadDropped", letters_.dropped());
}

}  // namespace tbgw::spool
