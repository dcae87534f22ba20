// SPDX-License-Identifier: Apache-2.0
#include "modbus/unit_plan.hpp"

#include <algorithm>

namespace tbgw::modbus {
namespace {

constexpr std::chrono::hours kLearntFor{1};

}  // namespace

UnitPlan::UnitPlan(const Unit& unit, bool once) : unit_(unit), once_(once) {
  rebuild();
}

void UnitPlan::rebuild() {
  std::vector<Cut> cuts = unit_.holes;
  cuts.insert(cuts.end(), learnt_.begin(), learnt_.end());
  std::map<std::uint64_t, Block> before = std::move(blocks_);
  blocks_.clear();
  for (Block& block : plan(unit_.tags, unit_.period, unit_.limits, cuts)) {
    if (once_) block.period = Milliseconds{0};
    // What stays as it was keeps its deadline.
    const auto same = std::find_if(before.begin(), before.end(),
                                   [&](const auto& old) { return old.second == block; });
    const std::uint64_t id = same == before.end() ? next_id_++ : same->first;
    blocks_.emplace(id, std::move(block));
  }
  list_polls();
}

void UnitPlan::list_polls() {
  std::set<std::string> sources;
  for (const Tag& tag : unit_.tags) {
    if (!tag.scale_from.empty()) sources.insert(tag.scale_from);
  }
  const auto scales = [&](const Block& block) {
    return std::any_of(block.tags.begin(), block.tags.end(), [&](std::size_t index) {
      return sources.count(unit_.tags[index].key) != 0;
    });
  };
  polls_.clear();
  for (const bool first : {true, false}) {
    for (const auto& [id, block] : blocks_) {
      if (scales(block) == first) polls_.push_back({id, block.period});
    }
  }
}

const Block* UnitPlan::block(std::uint64_t id) const {
  const auto found = blocks_.find(id);
  return found == blocks_.end() ? nullptr : &found->second;
}

bool UnitPlan::divide(std::uint64_t id, Time now) {
  const auto found = blocks_.find(id);
  if (found == blocks_.end()) return false;
  const std::vector<Block> parts = halves(found->second, unit_.tags);
  if (parts.empty()) return false;
  if (learnt_.empty()) learnt_at_ = now;
  learnt_.insert(cut_before(parts[1]));
  blocks_.erase(found);
  for (const Block& part : parts)
    blocks_.emplace(next_id_++, part);
  list_polls();
  return true;
}

bool UnitPlan::renew(Time now) {
  if (learnt_.empty() || now - learnt_at_ < kLearntFor) return false;
  learnt_.clear();
  rebuild();
  return true;
}

}  // namespace tbgw::modbus
