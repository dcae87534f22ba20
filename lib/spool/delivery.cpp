// SPDX-License-Identifier: Apache-2.0
#include "spool/delivery.hpp"

#include <algorithm>

#include "core/log.hpp"
#include "core/text.hpp"
#include "core/time.hpp"
#include "spool/intake.hpp"

namespace tbgw::spool {
namespace {

/// The position is written down after so much was done: a crash repeats at most this and the
/// window. It is synced once a second.
constexpr std::uint64_t kSaveAfterRecords = 1000;
constexpr std::chrono::seconds kSaveAfter{1};

}  // namespace

Delivery::Delivery(Loop& loop, Backlog& backlog, LiveLines& live, const Options& options,
                   Hooks hooks)
    : loop_(loop),
      backlog_(backlog),
      live_(live),
      options_(options),
      hooks_(std::move(hooks)),
      window_(options.window_records, options.window_bytes) {}

Delivery::~Delivery() {
  loop_.cancel(save_timer_);
}

void Delivery::begin_run(std::string run, std::string hello) {
  run_ = std::move(run);
  hello_ = std::move(hello);
  handed_out_ -= window_.undone();
  window_ = Window(options_.window_records, options_.window_bytes);
  held_.reset();
  burying_.clear();
  run_acknowledged_ = false;
  last_progress_ = Loop::Clock::now();
  backlog_.rewind();
}

std::optional<std::uint64_t> Delivery::next(std::string& out) {
  if (!hello_.empty()) {
    out.append(std::exchange(hello_, ""));
    return 0;
  }
  if (!live_.empty() && live_.pop(out, Loop::Clock::now())) return 0;
  return records_stopped_ ? std::nullopt : next_record(out);
}

std::optional<std::uint64_t> Delivery::next_record(std::string& out) {
  if (!window_.has_room(0)) return std::nullopt;
  std::uint64_t seq = 0;
  std::string_view payload;
  if (held_) {
    seq = held_->first;
    payload = held_->second;
  } else {
    const auto record = backlog_.next();
    if (!record) return std::nullopt;
    seq = record->seq;
    payload = record->payload;
  }
  if (!window_.has_room(payload.size())) {
    if (!held_) held_.emplace(seq, payload);
    return std::nullopt;
  }
  if (window_.undone() == 0) last_progress_ = Loop::Clock::now();
  const std::uint64_t number = window_.add(seq, payload.size());
  if (options_.numbered) {
    member_ = "\"_n\":" + std::to_string(number);
    append_spliced(out, member_, payload);
  } else {
    out.append(payload);
  }
  out.push_back('\n');
  held_.reset();
  ++handed_out_;
  return number;
}

void Delivery::written(std::uint64_t number) {
  if (!options_.numbered && number > 0) note(window_.acknowledge(number));
}

void Delivery::acknowledge(const AckLine& line) {
  if (line.run != run_) {
    ++other_run_;
    return;
  }
  run_acknowledged_ = true;
  if (line.dead) return bury(line.number, line.reason);
  note(window_.acknowledge(line.number));
}

void Delivery::bury(std::uint64_t number, std::string_view reason) {
  if (std::count(burying_.begin(), burying_.end(), number) != 0) return note(Window::Verdict::late);
  const auto seq = window_.seq_of(number);
  if (!seq) return note(window_.bury(number));  // late, or never handed out
  const auto payload = backlog_.fetch(*seq);
  if (!payload) return note(window_.bury(number));  // dropped meanwhile, and counted there
  log::limited(log::Level::warning, "dead letter",
               "given up (" + in_quotes(reason, 200) + "): " + in_quotes(*payload));
  DeadLetter letter;
  letter.time = now_ms();
  letter.reason = reason;
  letter.seq = *seq;
  letter.record = *payload;
  burying_.push_back(number);
  window_.hold(number);
  if (backlog_.file_dead(letter)) bury_waiting();
}

/// The letters of all these are durable now.
void Delivery::bury_waiting() {
  while (!burying_.empty()) {
    const std::uint64_t number = burying_.front();
    burying_.pop_front();
    note(window_.bury(number));
  }
}

void Delivery::note(Window::Verdict verdict) {
  switch (verdict) {
    case Window::Verdict::ok:
      return on_progress();
    case Window::Verdict::late:
      ++late_;
      return;
    case Window::Verdict::unknown:
      ++unknown_;
      log::limited(log::Level::warning, "unknown ack",
                   "the consumer acknowledged a record that it was never given: ignored");
      return hooks_.nonsense();
  }
}

void Delivery::on_progress() {
  last_progress_ = Loop::Clock::now();
  const std::uint64_t before = delivered_;
  delivered_ = handed_out_ - window_.undone();
  unsaved_ += delivered_ - before;
  const std::uint64_t seq = window_.done_seq();
  if (seq > 0) {
    backlog_.done(seq);
    hooks_.done(seq);
  }
  if (unsaved_ >= kSaveAfterRecords) save_position(false);
  if (!save_timer_) {
    save_timer_ = loop_.after(kSaveAfter, [this] {
      save_timer_ = Loop::Timer{};
      save();
    });
  }
  hooks_.room();
}

void Delivery::save_position(bool sync) {
  if (sync && !burying_.empty() && backlog_.file_waiting()) bury_waiting();
  unsaved_ = 0;
  if (const Outcome saved = backlog_.save(sync); !saved) {
    log::limited(
        log::Level::warning, "cursor",
        "the position cannot be saved (" + saved.text + "): after a crash more is delivered again");
  }
}

std::uint64_t Delivery::left() const {
  return backlog_.waiting_records() + window_.undone() + (held_ ? 1 : 0);
}

bool Delivery::nothing_left() const {
  return left() == 0 && live_.empty() && hello_.empty();
}

void Delivery::add_counters(Counters& counters) const {
  counters.emplace_back("delivered", delivered_);
  counters.emplace_back("undelivered", left());
  counters.emplace_back("undeliveredBytes", backlog_.waiting_bytes() + window_.undone_bytes());
  counters.emplace_back("inWindow", window_.undone());
  counters.emplace_back("otherRunAcks", other_run_);
  counters.emplace_back("lateAcks", late_);
  counters.emplace_back("unknownAcks", unknown_);
  counters.emplace_back("liveExpired", live_.expired());
  counters.emplace_back("liveDropped", live_.dropped());
  counters.emplace_back("statsDropped", live_.passing_dropped());
}

}  // namespace tbgw::spool
