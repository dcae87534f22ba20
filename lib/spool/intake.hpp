// SPDX-License-Identifier: Apache-2.0
// The front door of a spool: which lines may become records, and what is added to them.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "core/line_reader.hpp"
#include "core/time.hpp"
#include "spool/glance.hpp"

namespace tbgw::spool {

/// Why a line may not be stored, "" = it may: first byte `{`, last `}`, at most `most` bytes,
/// UTF-8, no control byte but TAB (so that no separator of the disk format can be inside).
std::string_view refusal(std::string_view line, std::size_t most);

/// Appends `line` with `member` ("\"_n\":17", no comma) as its first member. `line` is an object.
void append_spliced(std::string& out, std::string_view member, std::string_view line);

/// Judges lines and gives those without a time the time of acceptance.
class Intake {
 public:
  /// Lines of up to `most` bytes.
  explicit Intake(std::size_t most) : most_(most) {}

  struct Verdict {
    Traffic traffic = Traffic::stored;
    std::string_view refused;  ///< why this line is none of ours; then nothing else counts
    std::string_view text;     ///< the line to store or to pass on; lives as the line, or until
                               ///< the next call
  };
  Verdict judge(const Line& line);

 private:
  /// `"_t":1790000000123`, or with boot and up while the clock is doubtful.
  std::string acceptance_time();

  std::size_t most_;
  LineGlance glance_;
  ClockTrust clock_;
  std::string stamped_;
};

}  // namespace tbgw::spool
