// SPDX-License-Identifier: Apache-2.0
// What a spool must know of a line, found without reading more of it than that.
#pragma once

#include <string_view>

#include "core/json_view.hpp"

namespace tbgw::spool {

/// How a line travels (tbgw-record(5) names the kinds).
enum class Traffic {
  stored,   ///< kept until acknowledged, in order: readings, raw records, all other events
  live,     ///< overtakes what is stored and expires: rpc-reply, attributes-request, answers
  passing,  ///< stats and fault: passed on if there is room
  foreign,  ///< the hello or a numbered record of another spool
};

struct Glance {
  Traffic traffic = Traffic::stored;
  bool untimed = false;  ///< it holds values without a time of their own, and no _t
  bool operator==(const Glance&) const = default;
};

/// Looks at lines. Reuse one object; it keeps its memory.
class LineGlance {
 public:
  /// kLinePadding readable bytes must follow the line. A line that is no valid JSON is `stored`:
  /// judging it is the consumer's business.
  Glance look(std::string_view line);

  /// The two ways look() goes, open to tests: quick() knows the plain lines our own tools print
  /// and answers false for every other; full() reads any JSON.
  static bool quick(std::string_view line, Glance& glance);
  Glance full(std::string_view line);

 private:
  bool has_untimed(const JsonMember& telemetry);
  bool is_timed(std::string_view entry);

  JsonView line_;
  JsonView entries_;
  JsonView entry_;
};

}  // namespace tbgw::spool
