// SPDX-License-Identifier: Apache-2.0
#include "spool/accepter.hpp"

#include <array>

#include "core/log.hpp"
#include "core/status.hpp"
#include "core/time.hpp"

namespace tbgw::spool {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

/// A batch of this size is committed whatever the time.
constexpr std::size_t kBatchBytes = std::size_t{1} << 20;
/// Of a line that is too long the dead letter has only the beginning.
constexpr std::size_t kKeptOfLong = 4096;
/// A commit may take long, on a card a tenth of a second: the consumer gets its lines before.
constexpr std::chrono::milliseconds kHandOver{1};
/// Waits between tries after I/O errors; after the last one it is over.
constexpr std::array<seconds, 3> kTries{seconds{1}, seconds{2}, seconds{4}};

std::string records_text(std::uint64_t count) {
  return std::to_string(count) + (count == 1 ? " record" : " records");
}

}  // namespace

Accepter::Accepter(Loop& loop, Store& store, LiveLines& live, const Options& options, Hooks hooks)
    : loop_(loop),
      store_(store),
      live_(live),
      options_(options),
      hooks_(std::move(hooks)),
      intake_(options.most),
      report_(loop, options.accept_fd) {}

Accepter::~Accepter() {
  loop_.cancel(timer_);
}

void Accepter::take(const Line& line) {
  ++lines_;
  const Intake::Verdict verdict = intake_.judge(line);
  if (!verdict.refused.empty()) return file(line, verdict.refused);
  if (verdict.traffic != Traffic::stored) {
    ++live_taken_;
    live_.push(verdict.text, verdict.traffic == Traffic::passing, Loop::Clock::now());
    return hooks_.news();
  }
  const std::uint64_t seq = store_.append(verdict.text);
  if (options_.write_behind.count() > 0) waiting_.push_back({seq, lines_, Loop::Clock::now()});
  if (store_.pending_bytes() >= kBatchBytes) flush(true);
}

void Accepter::file(const Line& line, std::string_view reason) {
  ++refused_;
  log::limited(log::Level::warning, "refused",
               "input line " + std::to_string(line.number) + ": " + std::string{reason} +
                   "; it goes to the dead letters");
  if (!store_.can_file()) {
    ++unfiled_;
    return;
  }
  DeadLetter letter;
  letter.time = now_ms();
  letter.reason = reason;
  letter.record = line.too_long ? line.text.substr(0, kKeptOfLong) : line.text;
  letter.cut = line.too_long;
  store_.file(letter);
  if (!store_.can_file()) flush(true);
}

bool Accepter::commit_is_due() const {
  return Loop::Clock::now() - last_commit_ >= options_.sync;
}

void Accepter::end_of_turn() {
  if (blocked_) return;
  if (!store_.pending()) {
    if (lines_ > settled_) settle(lines_);
    return;
  }
  if (!waiting_.empty()) {
    hooks_.news();
    return flush_at(waiting_.front().since + options_.write_behind);
  }
  const bool due = commit_is_due();
  if (due && options_.sync.count() == 0) return flush(true);
  flush(false);
  if (!blocked_) flush_at(due ? Loop::Clock::now() + kHandOver : last_commit_ + options_.sync);
}

void Accepter::flush_at(Time due) {
  if (timer_) return;
  timer_ = loop_.at(due, [this] { on_timer(); });
}

void Accepter::on_timer() {
  timer_ = Loop::Timer{};
  if (!blocked_ && !waiting_.empty()) {
    // The record that the timer was set for may be done and the oldest now be younger.
    const Time due = waiting_.front().since + options_.write_behind;
    if (due > Loop::Clock::now()) return flush_at(due);
  }
  if (blocked_ || store_.pending()) flush(true);
}

void Accepter::flush(bool commit) {
  while (true) {
    const Outcome outcome = commit ? store_.commit() : store_.write();
    if (outcome) break;
    if (!make_room(outcome)) return hooks_.news();  // a part may have found room
  }
  failures_ = 0;
  unblock();
  if (commit) {
    loop_.cancel(timer_);
    last_commit_ = Loop::Clock::now();
  }
  // Writing accepts too, where nothing is synced.
  if (!store_.pending()) {
    waiting_.clear();
    settle(lines_);
  }
  hooks_.news();
}

/// What can be done about it was done: true = try again. False: lines have to wait.
bool Accepter::make_room(const Outcome& outcome) {
  if (outcome.trouble == Trouble::full && options_.when_full == WhenFull::fail) {
    throw Fatal(Status::try_again, outcome.text + " (--when-full fail)");
  }
  std::optional<std::uint64_t> dropped;
  if (outcome.trouble == Trouble::full && options_.when_full == WhenFull::drop_oldest) {
    dropped = store_.drop_oldest();
  }
  if (outcome.trouble == Trouble::full && options_.when_full == WhenFull::drop_newest) {
    dropped = store_.drop_newest();
    if (store_.pending_records() > 0) dropped.reset();
  }
  if (!dropped) {
    block(outcome);
    return false;
  }
  dropped_ += *dropped;
  if (*dropped > 0) {
    log::limited(log::Level::warning, "dropped",
                 outcome.text + ": " + records_text(*dropped) + " dropped (--when-full)");
  }
  return true;
}

void Accepter::block(const Outcome& outcome) {
  const bool broken = outcome.trouble == Trouble::broken;
  if (broken && static_cast<std::size_t>(failures_) >= kTries.size()) {
    throw Fatal(Status::io_error, outcome.text + "; " + records_text(store_.pending_records()) +
                                      " were read and not accepted");
  }
  const auto now = Loop::Clock::now();
  const auto wait = broken ? kTries[static_cast<std::size_t>(failures_++)] : seconds{1};
  loop_.cancel(timer_);
  flush_at(now + wait);
  const bool again = blocked_ && outcome.text == obstacle_ && now - said_ < minutes{1};
  blocked_ = true;
  obstacle_ = outcome.text;
  if (again && !broken) return;
  said_ = now;
  std::string text = outcome.text + "; input waits";
  if (outcome.trouble == Trouble::full) text += " for " + store_.slowest();
  if (broken) text += ", next try in " + std::to_string(wait.count()) + " s in a new segment";
  log::warn(text);
}

void Accepter::unblock() {
  if (!blocked_) return;
  blocked_ = false;
  log::warn("there is room again: input goes on");
  hooks_.room();
}

void Accepter::done(std::uint64_t seq) {
  if (options_.write_behind.count() <= 0 || store_.discard(seq) == 0) return;
  while (!waiting_.empty() && waiting_.front().seq <= seq)
    waiting_.pop_front();
  settle(waiting_.empty() ? lines_ : waiting_.front().line - 1);
}

bool Accepter::finish() {
  flush(true);
  return !blocked_;
}

void Accepter::report_late_drops() {
  const std::uint64_t late = store_.take_late_drops();
  dropped_ += late;
  if (late > 0) report_.say(settled_, dropped_);
}

void Accepter::settle(std::uint64_t lines) {
  if (lines == settled_) return;
  settled_ = lines;
  dropped_ += store_.take_late_drops();
  report_.say(lines, dropped_);
  if (lines == lines_) hooks_.settled();
}

void Accepter::add_counters(Counters& counters) const {
  counters.emplace_back("lines", lines_);
  counters.emplace_back("refusedLines", refused_);
  counters.emplace_back("unfiledLines", unfiled_);
  counters.emplace_back("liveLines", live_taken_);
  counters.emplace_back("blocked", blocked_ ? 1 : 0);
}

}  // namespace tbgw::spool
