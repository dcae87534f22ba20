// SPDX-License-Identifier: Apache-2.0
#include "spool/losses.hpp"

#include <algorithm>

namespace tbgw::spool {
namespace {

std::string records_text(std::uint64_t count) {
  return std::to_string(count) + (count == 1 ? " record" : " records");
}

}  // namespace

std::uint64_t Losses::note(const Reader::Item& item) {
  if (item.kind == Reader::Kind::gap) return note_gap(item);
  if (item.kind == Reader::Kind::damage) note_damage(item);
  return 0;
}

void Losses::note_damage(const Reader::Item& item) {
  const std::pair place{item.segment, item.offset};
  if (damage_seen_ && place <= damage_through_) return;
  damage_seen_ = true;
  damage_through_ = place;
  ++spans_;
  bytes_ += item.bytes;
  tell_(directory_.file(item.segment.text()) + ": damaged: " + std::to_string(item.bytes) +
        " bytes at offset " + std::to_string(item.offset) + "; going on behind them");
}

std::uint64_t Losses::note_gap(const Reader::Item& item) {
  if (item.last <= gap_through_) return 0;
  const std::uint64_t first = std::max(item.first, gap_through_ + 1);
  gap_through_ = item.last;
  if (item.cause == Reader::Cause::noted) return 0;
  const std::uint64_t count = item.last - first + 1;
  const bool damaged = item.cause == Reader::Cause::damaged;
  (damaged ? damaged_ : missing_) += count;
  tell_(directory_.path() + ": " + records_text(count) + " lost (numbers " + std::to_string(first) +
        " to " + std::to_string(item.last) +
        "): " + (damaged ? "damaged" : "dropped or removed before they were delivered"));
  return count;
}

}  // namespace tbgw::spool
