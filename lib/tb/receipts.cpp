// SPDX-License-Identifier: Apache-2.0
#include "tb/receipts.hpp"

#include <algorithm>
#include <limits>

#include "core/number.hpp"

namespace tbgw::tb {
namespace {

std::uint64_t positive(std::string_view digits) {
  constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
  return static_cast<std::uint64_t>(parse_integer(digits, 1, kMost).value_or(0));
}

}  // namespace

std::uint64_t delivery_number(std::span<const JsonMember> members) {
  const JsonMember* const number = find(members, "_n");
  return number == nullptr ? 0 : positive(number->raw);
}

std::uint64_t delivery_number_of_broken(std::string_view line) {
  constexpr std::string_view kBegin = "{\"_n\":";
  if (line.substr(0, kBegin.size()) != kBegin) return 0;
  line.remove_prefix(kBegin.size());
  return positive(line.substr(0, line.find_first_not_of("0123456789")));
}

void Receipts::begin() {
  open_.clear();
  last_ = 0;
  wanted_ = true;
}

void Receipts::note(Seq record, std::uint64_t number) {
  if (number > last_) {
    open_.push_back({record, number, {}});
    last_ = number;
  } else if (!open_.empty() && number == open_.back().number) {
    open_.back().record = record;
  }
}

void Receipts::refuse(Seq record, std::string_view reason) {
  const auto found = std::lower_bound(open_.begin(), open_.end(), record,
                                      [](const Open& a, Seq b) { return a.record < b; });
  const bool known = found != open_.end() && found->record == record;
  if (known && found->dead.empty()) found->dead = reason;
}

std::vector<Receipt> Receipts::take(Seq done_through) {
  std::vector<Receipt> out;
  std::uint64_t done = 0;
  while (!open_.empty() && open_.front().record <= done_through) {
    Open& first = open_.front();
    if (first.dead.empty()) {
      done = first.number;
    } else {
      out.push_back({first.number, std::move(first.dead)});
    }
    open_.pop_front();
  }
  if (done > 0) out.push_back({done, {}});
  return out;
}

}  // namespace tbgw::tb
