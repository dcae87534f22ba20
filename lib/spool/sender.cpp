// SPDX-License-Identifier: Apache-2.0
#include "spool/sender.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "core/filter.hpp"
#include "core/listener.hpp"
#include "core/log.hpp"
#include "core/number.hpp"
#include "core/ready.hpp"

namespace tbgw::spool {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// What may wait for its acceptance; then standard input has to wait.
constexpr std::size_t kMostRecords = 8192;
constexpr std::size_t kMostBytes = std::size_t{1} << 20;
constexpr std::size_t kBlock = std::size_t{64} << 10;
constexpr milliseconds kFirstBackOff{100};
constexpr milliseconds kMostBackOff{5000};
/// At the end of input: so long without an acceptance.
constexpr seconds kPatience{120};
constexpr milliseconds kLook{50};

}  // namespace

Sender::Sender(Options options, Signals& signals)
    : options_(std::move(options)),
      signals_(signals),
      reader_(STDIN_FILENO, options_.max_record + kRecordSlack) {}

Sender::~Sender() {
  disconnect();
}

Status Sender::run() {
  loop_.watch(signals_.fd(), POLLIN, [this](short) {
    const Signals::News news = signals_.take();
    if (news.stats) say_stats();
    if (!news.stop) return;
    // Silence counts from here on: what the sources have to say at the end is still to come.
    last_read_ = Loop::Clock::now();
    deadline_ = last_read_ + options_.drain_timeout.value_or(kDrainTimeout);
  });
  loop_.before_wait([this] { before_wait(); });
  if (options_.stats.count() > 0) repeat_stats();
  connect();
  announce_ready(options_.ready_fd, "sending");
  loop_.run();
  loop_.forget(signals_.fd());
  if (kept_.empty()) return skipped_ > 0 && at_end_ ? Status::data_error : Status::ok;
  log::error(std::to_string(kept_.size()) + (kept_.size() == 1 ? " line was" : " lines were") +
             " not accepted at " + options_.socket);
  return Status::try_again;
}

void Sender::before_wait() {
  const Loop::Time now = Loop::Clock::now();
  if (finished(now)) return loop_.quit();
  const bool room = kept_.size() < kMostRecords && kept_.bytes() < kMostBytes;
  if (reading_ && (!room || at_end_)) {
    loop_.forget(STDIN_FILENO);
    reading_ = false;
  } else if (!reading_ && room && !at_end_) {
    take_lines();
    loop_.watch(STDIN_FILENO, POLLIN, [this](short) { on_stdin(); });
    reading_ = true;
  }
  if (socket_)
    loop_.set_events(socket_.get(),
                     sent_ < kept_.size() || !out_.empty() ? POLLIN | POLLOUT : POLLIN);
  if (at_end_ || signals_.stopping()) {
    loop_.cancel(look_timer_);
    look_timer_ = loop_.after(kLook, [] {});
  }
}

bool Sender::finished(Loop::Time now) {
  if (at_end_ && kept_.empty()) return true;
  if (now >= deadline_) return true;
  if (signals_.stopping()) return kept_.empty() && now - last_read_ >= kDrainSilence;
  if (!at_end_) return false;
  return now - std::max(last_progress_, last_read_) >= kPatience;
}

void Sender::on_stdin() {
  last_read_ = Loop::Clock::now();
  at_end_ = reader_.fill() == LineReader::Fill::end;
  if (at_end_ && options_.drain_timeout) {
    deadline_ = std::min(deadline_, last_read_ + *options_.drain_timeout);
  }
  take_lines();
}

void Sender::take_lines() {
  Line line;
  while (reader_.next(line)) {
    if (line.too_long) {
      ++skipped_;
      log::limited(
          log::Level::error, "too long",
          "input line " + std::to_string(line.number) + ": longer than --max-record, left out");
      continue;
    }
    if (kept_.empty()) last_progress_ = Loop::Clock::now();
    kept_.push(line.text);
  }
}

void Sender::connect() {
  socket_ = connect_to(options_.socket);
  if (socket_) {
    if (said_absent_) log::warn(options_.socket + ": connected");
    said_absent_ = false;
    back_off_ = milliseconds{0};
    loop_.watch(socket_.get(), POLLIN, [this](short revents) { on_socket(revents); });
    return;
  }
  if (!said_absent_) {
    log::warn(options_.socket + ": " + errno_text(errno) + "; trying until a spool listens there");
  }
  said_absent_ = true;
  back_off_ = std::clamp(back_off_ * 2, kFirstBackOff, kMostBackOff);
  connect_timer_ = loop_.after(back_off_, [this] { connect(); });
}

/// Everything that was not accepted is sent again over the next connection.
void Sender::disconnect() {
  if (socket_) loop_.forget(socket_.get());
  socket_.reset();
  out_.clear();
  in_.clear();
  sent_ = 0;
  accepted_here_ = 0;
}

void Sender::on_socket(short revents) {
  if ((revents & (POLLIN | POLLERR | POLLHUP)) != 0) receive();
  if (socket_ && (revents & POLLOUT) != 0) send_some();
}

void Sender::receive() {
  std::array<char, 4096> block{};
  const ssize_t got = ::recv(socket_.get(), block.data(), block.size(), MSG_DONTWAIT);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (got <= 0) {
    disconnect();
    return connect();
  }
  in_.append(block.data(), static_cast<std::size_t>(got));
  std::size_t newline = 0;
  while ((newline = in_.find('\n')) != std::string::npos) {
    accept(std::string_view{in_}.substr(0, newline));
    in_.erase(0, newline + 1);
  }
}

/// {"accepted":LINES}, counted over this connection.
void Sender::accept(std::string_view report) {
  constexpr std::string_view kStart = "{\"accepted\":";
  if (report.substr(0, kStart.size()) != kStart) return;
  report.remove_prefix(kStart.size());
  const auto lines = parse_integer(report.substr(0, report.find_first_of(",}")), 0, INT64_MAX);
  if (!lines || static_cast<std::uint64_t>(*lines) <= accepted_here_) return;
  const std::size_t fresh =
      std::min<std::size_t>(static_cast<std::uint64_t>(*lines) - accepted_here_, sent_);
  kept_.pop_front(fresh);
  sent_ -= fresh;
  accepted_here_ += fresh;
  accepted_ += fresh;
  last_progress_ = Loop::Clock::now();
}

void Sender::send_some() {
  while (out_.size() < kBlock && sent_ < kept_.size())
    out_.append(kept_.at(sent_++)) += '\n';
  const ssize_t put = ::send(socket_.get(), out_.data(), out_.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  if (put > 0) out_.erase(0, static_cast<std::size_t>(put));
  // A lost peer is told by receive().
}

void Sender::repeat_stats() {
  stats_timer_ = loop_.after(options_.stats, [this] {
    say_stats();
    repeat_stats();
  });
}

void Sender::say_stats() const {
  static_cast<void>(write_all(STDOUT_FILENO, stats_line("tbgw-spool", options_.socket,
                                                        {{"accepted", accepted_},
                                                         {"waiting", kept_.size()},
                                                         {"skipped", skipped_},
                                                         {"connected", socket_ ? 1U : 0U}}) +
                                                 "\n"));
}

}  // namespace tbgw::spool
