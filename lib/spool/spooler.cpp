// SPDX-License-Identifier: Apache-2.0
// What a spool process is made of and how its parts talk; spooler_end.cpp has the end of its life.
#include "spool/spooler.hpp"

#include <fcntl.h>
#include <poll.h>

#include <algorithm>
#include <csignal>
#include <nlohmann/json.hpp>
#include <utility>

#include "core/log.hpp"
#include "core/ready.hpp"
#include "core/record.hpp"
#include "spool/child_consumer.hpp"

namespace tbgw::spool {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// What we add to a line must fit into what readers allow beyond --max-record.
constexpr std::size_t kOwnMembers = 256;
constexpr seconds kTick{1};
constexpr milliseconds kFollowEvery{250};

std::size_t longest_line(const Options& options) {
  return options.max_record + kRecordSlack - kOwnMembers;
}

/// Descriptors that a child must not inherit.
void keep_from_child(int fd) {
  if (fd >= 0) ::fcntl(fd, F_SETFD, FD_CLOEXEC);
}

}  // namespace

Spooler::Spooler(const Options& options, Signals& signals)
    : options_(options),
      signals_(signals),
      places_(open_places(options_, [this](const std::string& text) { tell(text); })) {
  std::signal(SIGPIPE, SIG_IGN);
  keep_from_child(options_.accept_fd);
  keep_from_child(options_.ready_fd);
  loop_.watch(signals_.fd(), POLLIN, [this](short) { on_signal(); });
  loop_.before_wait([this] { before_wait(); });
  open_halves();
  open_consumer();
}

Spooler::~Spooler() {
  loop_.forget(signals_.fd());
}

void Spooler::open_halves() {
  Store* store = places_.store();
  Delivery::Options delivery;
  delivery.window_records = options_.window;
  delivery.numbered = options_.acknowledged;
  Delivery::Hooks hooks;
  hooks.done = [this](std::uint64_t seq) {
    if (accepter_) accepter_->done(seq);
  };
  hooks.room = [this] { consumer_->wake(); };
  hooks.nonsense = [this] { consumer_->nonsense(); };
  delivery_.emplace(loop_, places_.backlog(), live_, delivery, std::move(hooks));
  if (store == nullptr) return;

  Accepter::Options accepter;
  accepter.most = longest_line(options_);
  accepter.sync = options_.sync ? options_.sync_every : milliseconds{0};
  accepter.write_behind = options_.write_behind;
  accepter.when_full = options_.when_full;
  accepter.accept_fd = options_.accept_fd;
  Accepter::Hooks news;
  news.news = [this] { consumer_->wake(); };
  news.room = [this] {
    static_cast<void>(loop_.after(milliseconds{0}, [this] { inputs_->resume(); }));
  };
  news.settled = [this] { inputs_->settled(); };
  accepter_.emplace(loop_, *store, live_, accepter, std::move(news));

  Inputs::Hooks lines;
  lines.wants_lines = [this] { return accepter_->wants_lines(); };
  lines.line = [this](const Line& line) {
    lines_came_ = true;
    accepter_->take(line);
  };
  lines.ended = [this] { begin_drain(); };
  inputs_.emplace(loop_, longest_line(options_), std::move(lines));
}

void Spooler::open_consumer() {
  if (!options_.command.empty()) {
    consumer_ = std::make_unique<ChildConsumer>(
        loop_, *delivery_,
        ChildConsumer::Options{options_.command, options_.acknowledged, options_.stall});
    return;
  }
  if (options_.acknowledged) fifo_.emplace(options_);
  consumer_ =
      std::make_unique<FilterConsumer>(loop_, *delivery_, fifo_ ? fifo_->path() : std::string{});
}

Status Spooler::run() {
  try {
    if (inputs_ && !options_.listen.empty()) inputs_->listen(options_.listen);
    if (inputs_ && options_.read_stdin) inputs_->read_stdin();
    consumer_->start();
    follow();
    if (options_.stats.count() > 0) repeat_stats();
    announce_ready(options_.ready_fd, "spooling");
    loop_.run();
  } catch (const ConsumerGone&) {
    wrap_up();
    // A consumer that ends while we do is no news.
    if (phase_ == Phase::running || phase_ == Phase::draining) throw;
  } catch (const Fatal&) {
    wrap_up();
    throw;
  }
  return final_status();
}

/// With --get: somebody else writes the records.
void Spooler::follow() {
  DiskBacklog* followed = places_.followed();
  if (followed == nullptr) return;
  if (const int fd = followed->wake_fd(); fd >= 0) {
    return loop_.watch(fd, POLLIN, [this, followed](short) {
      followed->clear_wake();
      consumer_->wake();
    });
  }
  consumer_->wake();
  follow_timer_ = loop_.after(kFollowEvery, [this] { follow(); });
}

void Spooler::on_signal() {
  const Signals::News news = signals_.take();
  if (news.stats) say_stats();
  if (news.stop) begin_stop();
}

void Spooler::before_wait() {
  if (lines_came_) {
    lines_came_ = false;
    accepter_->end_of_turn();
  }
  if (phase_ != Phase::running) advance();
  keep_ticking();
}

/// No wake-ups while there is nothing to do.
void Spooler::keep_ticking() {
  if (tick_timer_) return;
  const bool waiting = accepter_ && !accepter_->wants_lines();
  if (!waiting && live_.empty() && delivery_->left() == 0) return;
  tick_timer_ = loop_.after(kTick, [this] {
    tick_timer_ = Loop::Timer{};
    tick();
  });
}

void Spooler::tick() {
  live_.expire(Loop::Clock::now());
  if (delivery_->left() == 0 || delivery_->letters_waiting()) delivery_->save();
  if (Store* store = places_.store()) store->tidy();
  consumer_->tick();
}

void Spooler::repeat_stats() {
  stats_timer_ = loop_.after(options_.stats, [this] {
    say_stats();
    repeat_stats();
  });
}

void Spooler::say_stats() {
  Counters counters;
  if (const Store* store = places_.store()) store->add_counters(counters);
  if (accepter_) accepter_->add_counters(counters);
  delivery_->add_counters(counters);
  if (!places_.memory) places_.backlog().add_counters(counters);
  consumer_->add_counters(counters);
  const std::string name = options_.get ? options_.dir + ":" + options_.cursor : options_.dir;
  live_.push(stats_line("tbgw-spool", name, counters), true, Loop::Clock::now());
  consumer_->wake();
}

/// A loss: for people on stderr, and for those who watch the gateway.
void Spooler::tell(const std::string& text) {
  log::limited(log::Level::warning, "loss", text);
  live_.push(fault_line("tbgw-spool", text, "", nlohmann::ordered_json{{"spool", options_.dir}}),
             true, Loop::Clock::now());
}

/// The end came from outside: keep what was read, as far as that is possible.
void Spooler::wrap_up() {
  try {
    if (inputs_) inputs_->stop();
    if (accepter_) accepter_->finish();
  } catch (const Fatal& fatal) {
    log::debug(fatal.what());  // said already, or the reason why we are here
  }
  delivery_->save();
}

}  // namespace tbgw::spool
