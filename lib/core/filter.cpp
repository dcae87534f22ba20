// SPDX-License-Identifier: Apache-2.0
#include "core/filter.hpp"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "core/fd.hpp"
#include "core/log.hpp"
#include "core/status.hpp"

namespace tbgw {
namespace {

class Filter {
 public:
  Filter(const FilterOptions& options, const FilterHooks& hooks, Signals& signals, LineWriter& out)
      : options_(options), hooks_(hooks), signals_(signals), out_(out) {}

  void run() {
    out_.watch_stop(signals_.fd(), [this] { take_signals(); });
    const std::vector<std::string> inputs =
        options_.inputs.empty() ? std::vector<std::string>{"-"} : options_.inputs;
    for (const std::string& path : inputs) {
      if (ended_) break;
      const bool is_stdin = path == "-";
      const Fd owned = is_stdin ? Fd{} : open_for_reading(path);
      read(is_stdin ? STDIN_FILENO : owned.get(), is_stdin ? "stdin" : path);
    }
    if (!signals_.stopping() && options_.drain_timeout) {
      out_.set_deadline(Loop::Clock::now() + *options_.drain_timeout);
    }
    out_.flush();
    if (out_.lost_lines() > 0) give_up();
  }

 private:
  /// One input until its end, or the end of life.
  void read(int fd, const std::string& name) {
    LineReader reader(fd, options_.max_record + kRecordSlack);
    bool at_end = false;
    while (!at_end && !ended_) {
      if (!wait(fd)) continue;
      at_end = reader.fill() == LineReader::Fill::end;
      Line line;
      while (reader.next(line))
        hooks_.line(line, name, out_);
      tick();  // also while the input never pauses
      last_input_ = Loop::Clock::now();
    }
  }

  /// True if fd can be read now. Looks first without waiting; flushes before it waits.
  bool wait(int fd) {
    int limit = 0;
    while (true) {
      std::array<pollfd, 3> polled{{{fd, POLLIN, 0}, {signals_.fd(), POLLIN, 0}, {1, 0, 0}}};
      if (::poll(polled.data(), polled.size(), limit) < 0 && errno != EINTR) {
        throw_errno(Status::software, "poll");
      }
      if ((polled[2].revents & POLLERR) != 0) throw ConsumerGone{};
      take_signals();
      write_stats();
      tick();
      if (polled[0].revents != 0) return true;
      if (ended_) return false;
      out_.flush();
      limit = wait_ms();
    }
  }

  void take_signals() {
    const Signals::News news = signals_.take();
    const auto now = Loop::Clock::now();
    stats_asked_ = stats_asked_ || news.stats;
    if (news.stop && stop_at_ == Loop::Time::max()) {
      stop_at_ = now + options_.drain_timeout.value_or(kDrainTimeout);
      last_input_ = now;
      out_.set_deadline(stop_at_);
    }
    if (signals_.stopping() && (now >= stop_at_ || now - last_input_ >= kDrainSilence)) {
      ended_ = true;
    }
  }

  void write_stats() {
    const auto now = Loop::Clock::now();
    const bool due = options_.stats.count() > 0 && now >= next_stats_;
    if (stats_asked_ || due) hooks_.stats(out_);
    if (due) next_stats_ = now + options_.stats;
    stats_asked_ = false;
  }

  void tick() {
    if (!hooks_.due) return;
    const auto due = hooks_.due();
    if (due && Loop::Clock::now() >= *due) hooks_.tick(out_);
  }

  [[nodiscard]] int wait_ms() const {
    Loop::Time until = Loop::Time::max();
    if (signals_.stopping()) until = std::min(stop_at_, last_input_ + kDrainSilence);
    if (options_.stats.count() > 0) until = std::min(until, next_stats_);
    if (hooks_.due) until = std::min(until, hooks_.due().value_or(Loop::Time::max()));
    if (until == Loop::Time::max()) return -1;
    const auto left = std::chrono::ceil<Loop::Duration>(until - Loop::Clock::now()).count();
    return static_cast<int>(std::clamp<long long>(left, 0, 3600000));
  }

  void give_up() const {
    const std::string text = std::to_string(out_.lost_lines()) +
                             " records could not be written before the drain timeout";
    if (!signals_.stopping()) throw Fatal(Status::try_again, text);
    log::warn(text);
  }

  const FilterOptions& options_;
  const FilterHooks& hooks_;
  Signals& signals_;
  LineWriter& out_;
  Loop::Time stop_at_ = Loop::Time::max();
  Loop::Time last_input_ = Loop::Clock::now();
  Loop::Time next_stats_ = Loop::Clock::now() + options_.stats;
  bool stats_asked_ = false;
  bool ended_ = false;
};

}  // namespace

void run_filter(const FilterOptions& options, const FilterHooks& hooks, Signals& signals,
                LineWriter& out) {
  Filter(options, hooks, signals, out).run();
}

}  // namespace tbgw
