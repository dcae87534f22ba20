// SPDX-License-Identifier: Apache-2.0
// The other half of Poller: what answers mean, and what becomes of units and connections.
#include <algorithm>
#include <utility>

#include "core/number.hpp"
#include "modbus/poller.hpp"

namespace tbgw::modbus {
namespace {

std::string describe_block(const Block& block) {
  std::string out = describe(block.table, block.address);
  if (block.count > 1) out += " and " + std::to_string(block.count - 1) + " more";
  return out;
}

bool is_address_trouble(std::uint8_t exception) {
  return exception == 2 || exception == 3;
}

}  // namespace

Poller::UnitState::UnitState(const Unit& unit, bool once) : plan(unit, once) {
  std::set<std::string> sources;
  for (const Tag& tag : unit.tags)
    sources.insert(tag.scale_from);
  for (const Tag& tag : unit.tags)
    scales.push_back(sources.count(tag.key) != 0);
}

void Poller::take_poll_end(const Job& job, TransactionEnd& end, bool retry) {
  if (retry) return;
  if (end.kind != TransactionEnd::Kind::answered) {
    // Said once for an outage: when the unit is given up.
    const Block* block = states_[job.unit].plan.block(job.id);
    if (schedule_.is_offline(job.unit) || block == nullptr) return;
    hooks_.fault(units_[job.unit],
                 Fault{end.text + " to " + describe_block(*block), *block, 0, job.attempt + 1});
    return;
  }
  if (end.answer.kind == Answer::Kind::exception) {
    take_refusal(job.unit, job.id, end);
  } else {
    take_answer(job.unit, job.id, end);
  }
}

void Poller::take_answer(std::size_t unit, std::uint64_t id, const TransactionEnd& end) {
  UnitState& state = states_[unit];
  const Block* block = state.plan.block(id);
  if (block == nullptr) return;
  state.failing.erase(id);
  note_exponents(unit, *block, end.answer);
  decode_block(unit, *block, end);
  if (!state.plan.learnt().empty() && state.plan.renew(Loop::Clock::now())) {
    schedule_.set_polls(unit, state.plan.polls(), Loop::Clock::now());
  }
}

void Poller::take_refusal(std::size_t unit, std::uint64_t id, const TransactionEnd& end) {
  UnitState& state = states_[unit];
  const Block* found = state.plan.block(id);
  if (found == nullptr) return;
  const Block block = *found;
  const std::string text = describe_block(block) + ": " + end.answer.text;
  const Time now = Loop::Clock::now();
  if (is_address_trouble(end.answer.exception) && state.plan.divide(id, now)) {
    hooks_.say(log::Level::info, units_[unit]->device_name + ": " + text +
                                     "; it is read in smaller pieces from now on");
    schedule_.set_polls(unit, state.plan.polls(), now);
    return;
  }
  // A fault when it starts, not each time.
  if (!state.failing.insert(id).second) return;
  hooks_.fault(units_[unit], Fault{text, block, end.answer.exception, 1});
}

void Poller::note_exponents(std::size_t unit, const Block& block, const Answer& answer) {
  const Unit& of = *units_[unit];
  for (const std::size_t index : block.tags) {
    const Tag& tag = of.tags[index];
    if (!states_[unit].scales[index]) continue;
    const auto exponent =
        decode_exponent(tag, Cells{answer.cells}.subspan(block.offset(tag), tag.count));
    states_[unit].exponents[tag.key] = exponent ? std::optional<int>{*exponent} : std::nullopt;
  }
}

void Poller::decode_block(std::size_t unit, const Block& block, const TransactionEnd& end) {
  const Unit& of = *units_[unit];
  std::vector<Reading> readings;
  readings.reserve(block.tags.size());
  for (const std::size_t index : block.tags) {
    const Tag& tag = of.tags[index];
    if (tag.hidden) continue;
    int exponent = 0;
    if (!tag.scale_from.empty()) {
      const auto known = states_[unit].exponents.find(tag.scale_from);
      if (known == states_[unit].exponents.end() || !known->second) {
        ++counts_.no_value;
        continue;
      }
      exponent = *known->second;
    }
    auto value =
        decode(tag, Cells{end.answer.cells}.subspan(block.offset(tag), tag.count), exponent);
    if (value) {
      readings.push_back({&tag, *std::move(value)});
    } else {
      ++counts_.no_value;
    }
  }
  if (!readings.empty()) hooks_.readings(of, stamps_.next(end.at), std::move(readings));
}

void Poller::change_health(std::size_t unit, bool online, const std::string& why) {
  if (!online) {
    states_[unit].exponents.clear();
    states_[unit].failing.clear();
  }
  hooks_.health(*units_[unit], online, why);
  if (online) identify(unit);
}

void Poller::connection_opened() {
  const Time now = Loop::Clock::now();
  if (std::exchange(trouble_said_, false)) {
    hooks_.say(log::Level::warning, bus_.name + ": connected");
  }
  schedule_.connected(now);
  pump();
}

void Poller::connection_lost(const std::string& why) {
  last_trouble_ = why;
  hooks_.say(log::Level::info, bus_.name + ": " + why);
}

/// One message for an outage, however long it lasts; the units are gone once the first attempts
/// were all in vain.
void Poller::connection_failed(const std::string& why, bool last) {
  if (!trouble_said_ || why != last_trouble_) {
    hooks_.say(trouble_said_ ? log::Level::info : log::Level::warning, bus_.name + ": " + why);
  }
  trouble_said_ = true;
  last_trouble_ = why;
  if (!last) return;
  bool news = false;
  for (std::size_t i = 0; i < units_.size(); ++i) {
    if (!schedule_.give_up(i)) continue;
    news = true;
    change_health(i, false, std::string{kNoConnection} + ": " + why);
  }
  if (news) {
    const std::string again = once_ ? "" : "; tried again in " + format_duration(bus_.pause);
    hooks_.fault(nullptr, Fault{why + again, {}, 0, bus_.attempts});
  }
}

}  // namespace tbgw::modbus
