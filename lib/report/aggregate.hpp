// SPDX-License-Identifier: Apache-2.0
// One value made of the samples of a period. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/result.hpp"
#include "core/time.hpp"

namespace tbgw::report {

enum class Function : std::uint8_t { none, least, most, average, sum, count, last };

/// "MIN", "MAX", "AVG", "SUM", "COUNT", "LAST" or "NONE", in any case.
Result<Function> parse_function(std::string_view text);

/// A sample as it is sent: its value as JSON text, and its own time.
struct Sample {
  std::string value;
  EpochMs ts = 0;
  bool operator==(const Sample&) const = default;
};

/// Holds every sum of 64-bit numbers that can occur.
__extension__ using Wide = __int128;

/// The samples of a period so far. What is no number has no least or average: where one came, the
/// result is the last sample.
class Aggregate {
 public:
  void add(std::string_view value, EpochMs ts);
  [[nodiscard]] bool empty() const { return count_ == 0; }
  /// The result, with the time of the last sample. Whole numbers stay whole and exact as long as
  /// 64 bits hold them; an average is always written as a double. The next period starts.
  Sample finish(Function function);

 private:
  [[nodiscard]] std::string result(Function function) const;

  std::uint64_t count_ = 0;
  bool numbers_ = true;  ///< all were
  bool whole_ = true;    ///< all were, and their sum fits
  Wide whole_sum_ = 0;
  long double sum_ = 0;
  double least_ = 0;
  double most_ = 0;
  std::string least_text_;
  std::string most_text_;
  Sample last_;
};

}  // namespace tbgw::report
