// SPDX-License-Identifier: Apache-2.0
// The requests of one unit, and what was learnt about which addresses it lets be read together.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <vector>

#include "modbus/model.hpp"
#include "modbus/schedule.hpp"

namespace tbgw::modbus {

class UnitPlan {
 public:
  /// `once`: every request is made once only. The unit must outlive this object.
  UnitPlan(const Unit& unit, bool once);

  /// In the order in which they are to be made: what scales others comes first.
  [[nodiscard]] const std::vector<Poll>& polls() const { return polls_; }
  /// nullptr: it was divided since.
  [[nodiscard]] const Block* block(std::uint64_t id) const;
  /// The unit refused the block (exception 2 or 3). True: it is now two, and polls() has changed.
  bool divide(std::uint64_t id, Time now);
  /// What was learnt is forgotten once it is an hour old: the unit may have changed. True: polls()
  /// has changed.
  bool renew(Time now);
  /// The borders learnt.
  [[nodiscard]] const std::set<Cut>& learnt() const { return learnt_; }

 private:
  void rebuild();
  void list_polls();

  const Unit& unit_;
  bool once_;
  std::map<std::uint64_t, Block> blocks_;
  std::vector<Poll> polls_;
  std::set<Cut> learnt_;
  Time learnt_at_;
  std::uint64_t next_id_ = 1;
};

}  // namespace tbgw::modbus
