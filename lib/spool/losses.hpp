// SPDX-License-Identifier: Apache-2.0
// What a reader could not read, told to people and counted, each place once.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <utility>

#include "spool/directory.hpp"
#include "spool/reader.hpp"

namespace tbgw::spool {

class Losses {
 public:
  /// `tell` gets one sentence for each loss.
  Losses(const Directory& directory, std::function<void(const std::string& text)> tell)
      : directory_(directory), tell_(std::move(tell)) {}

  /// Takes note of an item of kind damage or gap. Returns how many records were lost by it;
  /// 0 = nothing, or it is known already (a reader that went back meets it again).
  std::uint64_t note(const Reader::Item& item);

  [[nodiscard]] std::uint64_t damaged_spans() const { return spans_; }
  [[nodiscard]] std::uint64_t damaged_bytes() const { return bytes_; }
  [[nodiscard]] std::uint64_t damaged_records() const { return damaged_; }
  /// Records that are not there any more without a trace.
  [[nodiscard]] std::uint64_t missing_records() const { return missing_; }

 private:
  void note_damage(const Reader::Item& item);
  std::uint64_t note_gap(const Reader::Item& item);

  const Directory& directory_;
  std::function<void(const std::string& text)> tell_;
  std::pair<SegmentName, std::uint64_t> damage_through_{};  ///< the last place reported
  bool damage_seen_ = false;
  std::uint64_t gap_through_ = 0;  ///< the last number reported
  std::uint64_t spans_ = 0;
  std::uint64_t bytes_ = 0;
  std::uint64_t damaged_ = 0;
  std::uint64_t missing_ = 0;
};

}  // namespace tbgw::spool
