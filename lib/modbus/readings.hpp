// SPDX-License-Identifier: Apache-2.0
// Values read to readings on stdout, as far as the report strategies let them pass.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/time.hpp"
#include "modbus/poller.hpp"
#include "report/strategy.hpp"

namespace tbgw::modbus {

class ReadingWriter {
 public:
  /// The values of one answer as a line (without newline); "" if none of them is to be sent now.
  std::string line(const Unit& unit, EpochMs ts, const std::vector<Reading>& readings, Time now);
  /// The unit is gone: nothing of it is held back any more, and its next values are news.
  void forget(const Unit& unit);
  /// When take() has something; Time::max() = never, as things are.
  [[nodiscard]] Time due() const;
  /// Lines of what was held back until now.
  std::vector<std::string> take(Time now);
  /// Values that were held back or left out.
  [[nodiscard]] std::uint64_t filtered() const { return filtered_; }

 private:
  struct Value {
    const Tag* tag;
    std::string_view text;
    EpochMs ts;
  };
  struct Gated {
    report::Gate gate;
    const Unit* unit;
    std::optional<Time> due;
  };
  bool passes(const Unit& unit, const Reading& reading, EpochMs ts, Time now);
  void set_due(const Tag* tag, Gated& gated);
  std::string write(const Unit& unit, std::vector<Value>& values);

  std::unordered_map<const Tag*, Gated> gates_;
  std::set<std::pair<Time, const Tag*>> held_;
  ClockTrust trust_;
  std::uint64_t filtered_ = 0;
};

}  // namespace tbgw::modbus
