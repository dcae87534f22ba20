// SPDX-License-Identifier: Apache-2.0
#include "serial/exchange.hpp"

#include <algorithm>

#include "core/number.hpp"

namespace tbgw::serial {

void Exchange::start(Time now) {
  state_ = State::idle;
  poll_due_ = now;
  tries_ = 0;
  late_.reset();
}

void Exchange::stop(const std::string& why, Outcomes& out) {
  const bool under_way = state_ == State::writing || state_ == State::awaiting;
  if (under_way && !polling_) out.emplace_back(Failed{std::move(current_), why});
  for (Command& command : queue_)
    out.emplace_back(Failed{std::move(command), why});
  queue_.clear();
  state_ = State::closed;
}

void Exchange::submit(Command command, Outcomes& out) {
  const char* refusal = nullptr;
  if (state_ == State::closed) refusal = "port is not open";
  if (queue_.size() >= kMostCommands) refusal = "busy";
  if (refusal != nullptr) {
    ++counts_.rejected;
    out.emplace_back(Failed{std::move(command), refusal});
    return;
  }
  ++counts_.commands;
  queue_.push_back(std::move(command));
}

void Exchange::frame(Frame frame, Time now, Outcomes& out) {
  if (take_late(frame, out)) return;
  if (state_ != State::awaiting || frame.first < written_out_) {
    out.emplace_back(Reading{std::move(frame)});
    return;
  }
  state_ = State::idle;
  if (polling_) {
    poll_answered(now, out);
    out.emplace_back(Reading{std::move(frame)});
    return;
  }
  ++counts_.answers;
  if (!current_.rpc.empty()) out.emplace_back(Answer{std::move(current_), std::move(frame)});
}

/// A frame that began in the time after a missing answer is that answer. A poll's is a reading
/// like any other; a command's is nobody's any more.
bool Exchange::take_late(Frame& frame, Outcomes& out) {
  if (!late_ || frame.first < late_->from) return false;
  const bool is_late = frame.first < late_->to;
  const bool polled = late_->polled;
  late_.reset();
  if (!is_late) return false;
  if (polled) {
    out.emplace_back(Reading{std::move(frame)});
  } else {
    ++counts_.late_answers;
  }
  return true;
}

std::string_view Exchange::to_write() const {
  if (state_ != State::writing) return {};
  return std::string_view{polling_ ? poll_.bytes : current_.bytes}.substr(written_);
}

void Exchange::wrote(std::size_t size, Time now, Time out_at, Outcomes& out) {
  written_ += size;
  if (!to_write().empty()) return;
  if (!polling_ && !current_.answer) {
    state_ = State::idle;
    out.emplace_back(Sent{std::move(current_)});
    return;
  }
  state_ = State::awaiting;
  written_out_ = out_at;
  due_ = std::max(now, out_at) + (polling_ ? poll_.answer_timeout : *current_.answer);
}

void Exchange::advance(Time now, bool may_poll, Outcomes& out) {
  if (state_ == State::writing && now >= due_) give_up_writing(now, out);
  if (state_ == State::awaiting && now >= due_) give_up_waiting(now, out);
  if (state_ == State::idle) begin_next(now, may_poll);
}

/// Commands go before polls; what expects an answer waits until none can be late any more.
void Exchange::begin_next(Time now, bool may_poll) {
  if (!queue_.empty()) {
    if (queue_.front().answer && in_grace(now)) return;
    current_ = std::move(queue_.front());
    queue_.pop_front();
    begin(now, false);
    return;
  }
  const bool due = poll_wanted() && (tries_ > 0 || now >= poll_due_);
  if (!due || in_grace(now)) return;
  if (may_poll) {
    ++counts_.polls;
    begin(now, true);
  } else {
    ++counts_.polls_skipped;
    end_poll(now);
  }
}

void Exchange::begin(Time now, bool polling) {
  state_ = State::writing;
  polling_ = polling;
  written_ = 0;
  due_ = now + write_timeout_;
}

void Exchange::give_up_writing(Time now, Outcomes& out) {
  state_ = State::idle;
  discard_ = true;
  if (polling_) {
    poll_failed(now, out);
    return;
  }
  ++counts_.rejected;
  std::string why = "the port took only " + std::to_string(written_) + " of " +
                    std::to_string(current_.bytes.size()) + " bytes in " +
                    format_duration(write_timeout_);
  out.emplace_back(Failed{std::move(current_), std::move(why)});
}

void Exchange::give_up_waiting(Time now, Outcomes& out) {
  state_ = State::idle;
  const Milliseconds timeout = polling_ ? poll_.answer_timeout : *current_.answer;
  late_ = Late{written_out_, due_ + std::min(timeout, kMostGrace), polling_};
  if (polling_) {
    poll_failed(now, out);
    return;
  }
  ++counts_.timeouts;
  out.emplace_back(Failed{std::move(current_), "timeout"});
}

/// One try failed; the miss is the poll's only after the last.
void Exchange::poll_failed(Time now, Outcomes& out) {
  if (tries_ < poll_.retries) {
    ++tries_;
    return;
  }
  ++counts_.poll_misses;
  if (!silent_) {
    const std::uint64_t tries = std::uint64_t{poll_.retries} + 1;
    out.emplace_back(PollFault{false, "does not answer polls (" + std::to_string(tries) +
                                          (tries == 1 ? " try of " : " tries of ") +
                                          format_duration(poll_.answer_timeout) + ")"});
  }
  silent_ = true;
  end_poll(now);
}

void Exchange::poll_answered(Time now, Outcomes& out) {
  if (silent_) out.emplace_back(PollFault{true, "answers polls again"});
  silent_ = false;
  end_poll(now);
}

/// A poll that fell behind is followed by the next at once; none are made up for.
void Exchange::end_poll(Time now) {
  tries_ = 0;
  poll_due_ = std::max(poll_due_ + poll_.every, now);
}

std::optional<Time> Exchange::deadline() const {
  if (state_ == State::writing || state_ == State::awaiting) return due_;
  if (state_ != State::idle) return std::nullopt;
  const Time grace_end = late_ ? late_->to : Time::min();
  if (!queue_.empty()) return grace_end;
  if (!poll_wanted()) return std::nullopt;
  return tries_ > 0 ? grace_end : std::max(grace_end, poll_due_);
}

}  // namespace tbgw::serial
