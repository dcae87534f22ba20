// SPDX-License-Identifier: Apache-2.0
// What a spool in front of us is told of the records that it handed out, by the numbers it gave
// them. Pure.
#pragma once

#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/json_view.hpp"
#include "tb/ledger.hpp"

namespace tbgw::tb {

/// The number that a spool gave a record, the member `_n`; 0 = none.
std::uint64_t delivery_number(std::span<const JsonMember> members);
/// The same of a line that is no JSON, if it begins as a spool writes it.
std::uint64_t delivery_number_of_broken(std::string_view line);

struct Receipt {
  std::uint64_t number = 0;
  /// Why this record alone will never be accepted; "" = this one and all before it are done.
  std::string dead;
};

/// Keeps the numbers of the records that are not done.
class Receipts {
 public:
  /// A spool began to count from 1; what an earlier one handed out is not its business.
  void begin();
  /// Somebody wants receipts.
  [[nodiscard]] bool wanted() const { return wanted_; }

  /// This record has this number, which covers the records without one before it. Numbers rise; of
  /// lines with the same one, the last counts.
  void note(Seq record, std::uint64_t number);
  /// Nothing of this record, or not all of it, will be accepted. One without a number is none of
  /// the spool's.
  void refuse(Seq record, std::string_view reason);
  /// What is to be said, in this order, when all records up to this one are done.
  std::vector<Receipt> take(Seq done_through);
  /// Numbers without a receipt.
  [[nodiscard]] std::size_t open() const { return open_.size(); }

 private:
  struct Open {
    Seq record;
    std::uint64_t number;
    std::string dead;
  };
  std::deque<Open> open_;  ///< both numbers rise
  std::uint64_t last_ = 0;
  bool wanted_ = false;
};

}  // namespace tbgw::tb
