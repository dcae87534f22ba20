// SPDX-License-Identifier: Apache-2.0
#include "modbus/poller.hpp"

#include <algorithm>
#include <random>
#include <utility>

#include "modbus/timing.hpp"

namespace tbgw::modbus {
namespace {

constexpr std::uint64_t kOwn = std::uint64_t{1} << 63;
constexpr Milliseconds kOwnPatience{30000};

Outcome outcome_of(const TransactionEnd& end) {
  switch (end.kind) {
    case TransactionEnd::Kind::answered:
      break;
    case TransactionEnd::Kind::sent:
    case TransactionEnd::Kind::refused:
      return Outcome::answered;
    case TransactionEnd::Kind::silent:
      return Outcome::silent;
    case TransactionEnd::Kind::garbled:
      return Outcome::unreachable;
    case TransactionEnd::Kind::cut_off:
      return Outcome::cut_off;
  }
  switch (end.answer.exception) {
    case 5:
    case 6:
      return Outcome::busy;
    case 10:
    case 11:
      return Outcome::unreachable;
    default:
      return Outcome::answered;
  }
}

/// The steady clock's time of 1970, as the clocks stand now.
Time epoch_now() {
  return Loop::Clock::now() - Milliseconds{now_ms()};
}

}  // namespace

Poller::Poller(Loop& loop, const Bus& bus, std::vector<const Unit*> units,
               std::unique_ptr<Stream> stream, bool once, PollerHooks hooks)
    : loop_(loop),
      bus_(bus),
      units_(std::move(units)),
      once_(once),
      hooks_(std::move(hooks)),
      schedule_(bus.framing == Framing::tcp, std::random_device{}()),
      channel_(loop, bus, std::move(stream),
               {[this](TransactionEnd end) { take_end(std::move(end)); },
                [this] { connection_opened(); },
                [this](const std::string& why) { connection_lost(why); },
                [this](const std::string& why, bool last) { connection_failed(why, last); },
                [this](std::uint8_t unit, std::optional<Milliseconds> age) {
                  const std::size_t index = index_of(unit);
                  if (index < units_.size()) schedule_.stale(index, Loop::Clock::now(), age);
                }}) {
  const Time now = Loop::Clock::now();
  schedule_.set_epoch(epoch_now());
  states_.reserve(units_.size());
  for (const Unit* unit : units_) {
    states_.emplace_back(*unit, once);
    const std::size_t index = schedule_.add_unit(
        {unit->retries, unit->delay, unit->aligned && !once, unit->phase, unit->unit_id}, now);
    schedule_.set_polls(index, states_.back().plan.polls(), now);
  }
}

Poller::~Poller() {
  loop_.cancel(timer_);
  for (auto& [id, command] : commands_)
    loop_.cancel(command.timer);
}

std::size_t Poller::index_of(std::uint8_t unit_id) const {
  const auto found = std::find_if(units_.begin(), units_.end(),
                                  [&](const Unit* unit) { return unit->unit_id == unit_id; });
  return static_cast<std::size_t>(found - units_.begin());
}

Result<void> Poller::open(bool keep_trying) {
  auto done = channel_.open();
  if (!done && keep_trying) {
    channel_.retry(done.error().text);
    return {};
  }
  pump();
  return done;
}

void Poller::command(std::uint64_t id, Operation operation, Loop::Time deadline) {
  const auto unit = std::find(units_.begin(), units_.end(), &operation.unit());
  const auto index = static_cast<std::size_t>(unit - units_.begin());
  auto [at, is_new] = commands_.emplace(id, Command{std::move(operation), index, {}});
  static_cast<void>(is_new);
  if (!at->second.operation.next()) {
    finish_command(id);
    return;
  }
  at->second.timer = loop_.at(deadline, [this, id] {
    const auto found = commands_.find(id);
    if (found == commands_.end()) return;
    found->second.operation.fail(channel_.is_open() ? "no answer in time"
                                                    : "not connected: " + last_trouble_);
    finish_command(id);
  });
  schedule_.add_command(index, id, Loop::Clock::now());
  pump();
}

/// Starts what is due, as far as the bus takes it.
void Poller::pump() {
  if (pumping_ || stopped_) return;
  pumping_ = true;
  Loop::Time now = Loop::Clock::now();
  while (channel_.ready_at() <= now) {
    const auto job = schedule_.take(now, hooks_.may_poll());
    if (!job) break;
    start(*job);
    now = Loop::Clock::now();
  }
  pumping_ = false;
  channel_.flush();
  arm();
}

void Poller::arm() {
  loop_.cancel(timer_);
  held_ = false;
  const Loop::Time ready = channel_.ready_at();
  if (stopped_ || ready == Loop::Time::max()) return;
  const Loop::Time due = schedule_.due();
  if (due == Loop::Time::max()) return;
  // Where nobody takes values there is nothing to do until someone does.
  held_ = !hooks_.may_poll();
  if (held_ && !schedule_.has_commands()) return;
  timer_ = loop_.at(std::max(ready, due), [this] { pump(); });
}

void Poller::start(const Job& job) {
  Transaction transaction;
  transaction.id = next_transaction_++;
  const Unit& unit = *units_[job.unit];
  transaction.unit = unit.unit_id;
  std::optional<Request> request;
  if (job.kind == Job::Kind::command) {
    const auto command = commands_.find(job.id);
    if (command != commands_.end()) request = command->second.operation.next();
  } else if (const Block* block = states_[job.unit].plan.block(job.id)) {
    request = read_request(block->table, block->address, block->count);
  }
  if (!request) {
    // Nobody waits for it any more.
    schedule_.finish(job, Outcome::answered, Loop::Clock::now(), Milliseconds{0});
    return;
  }
  transaction.request = *std::move(request);
  transaction.timeout = response_timeout(bus_, unit, transaction.request);
  jobs_.emplace_back(transaction.id, job);
  channel_.start(std::move(transaction));
}

void Poller::take_end(TransactionEnd end) {
  const auto found = std::find_if(jobs_.begin(), jobs_.end(),
                                  [&](const auto& known) { return known.first == end.id; });
  if (found == jobs_.end()) return;
  const Job job = found->second;
  jobs_.erase(found);
  const Time now = Loop::Clock::now();
  if (units_[job.unit]->aligned) schedule_.set_epoch(epoch_now());
  const Verdict verdict = schedule_.finish(job, outcome_of(end), now, end.spent);
  if (verdict.online) {
    const bool exception = end.answer.kind == Answer::Kind::exception;
    change_health(job.unit, *verdict.online, exception ? end.answer.text : end.text);
  }
  if (job.kind == Job::Kind::command) {
    take_command_end(job, end, verdict.retry);
  } else {
    // Where answers name their request, the unit works on the next one while this is decoded.
    if (end.kind == TransactionEnd::Kind::answered && bus_.framing == Framing::tcp) pump();
    take_poll_end(job, end, verdict.retry);
  }
  pump();
}

void Poller::take_command_end(const Job& job, TransactionEnd& end, bool retry) {
  const auto found = commands_.find(job.id);
  if (found == commands_.end()) {
    schedule_.drop_command(job.id);
    return;
  }
  if (retry) return;
  Operation& operation = found->second.operation;
  operation.take_end(end);
  if (operation.next()) {
    schedule_.add_command(job.unit, job.id, Loop::Clock::now());
  } else {
    finish_command(job.id);
  }
}

void Poller::finish_command(std::uint64_t id) {
  const auto found = commands_.find(id);
  Command command = std::move(found->second);
  commands_.erase(found);
  loop_.cancel(command.timer);
  schedule_.drop_command(id);
  const OperationResult& result = command.operation.result();
  if (id < kOwn) {
    hooks_.done(id, result);
  } else if (result.good) {
    hooks_.identified(*units_[command.unit], result.value);
  } else {
    hooks_.say(log::Level::info,
               units_[command.unit]->device_name + ": does not identify itself: " + result.error);
  }
}

void Poller::identify(std::size_t unit) {
  if (!units_[unit]->identify) return;
  command(next_own_++, Operation::identify(*units_[unit]), Loop::Clock::now() + kOwnPatience);
}

void Poller::stop() {
  stopped_ = true;
  loop_.cancel(timer_);
  channel_.stop();
  while (!commands_.empty()) {
    const auto first = commands_.begin();
    if (first->first >= kOwn) {
      loop_.cancel(first->second.timer);
      commands_.erase(first);
      continue;
    }
    first->second.operation.fail("the connector is stopping");
    finish_command(first->first);
  }
}

bool Poller::is_finished() const {
  return jobs_.empty() && !schedule_.has_single_polls() && commands_.empty();
}

PollerCounts Poller::counts() const {
  PollerCounts out = counts_;
  out.channel = channel_.counts();
  out.schedule = schedule_.counts();
  return out;
}

}  // namespace tbgw::modbus
