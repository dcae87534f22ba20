// SPDX-License-Identifier: Apache-2.0
#include "core/connector_life.hpp"

#include <poll.h>
#include <unistd.h>

#include "core/filter.hpp"
#include "core/log.hpp"
#include "core/ready.hpp"

namespace tbgw {

LifeSettings life_settings(const CommonOptions& common, std::size_t buffer, std::size_t max_record,
                           std::chrono::milliseconds drain_timeout) {
  LifeSettings settings;
  settings.buffer = buffer;
  settings.max_record = max_record;
  settings.stats = common.stats;
  if (drain_timeout.count() >= 0) settings.drain_timeout = drain_timeout;
  return settings;
}

ConnectorLife::ConnectorLife(const LifeSettings& settings, LifeHooks hooks)
    : settings_(settings),
      hooks_(std::move(hooks)),
      output_(loop_, STDOUT_FILENO, settings.buffer) {
  loop_.watch(signals_.fd(), POLLIN, [this](short) { take_signals(); });
  loop_.before_wait([this] {
    if (hooks_.keep_up) hooks_.keep_up();
    if (input_ && hooks_.is_full) input_->set_paused(hooks_.is_full());
  });
}

void ConnectorLife::take_commands(CommandHooks hooks) {
  hooks.copy = [this](std::string_view line) { output_.push(std::string{line}, false); };
  input_.emplace(loop_, STDIN_FILENO, settings_.max_record, std::move(hooks));
}

void ConnectorLife::run() {
  every_stats();
  if (!ended_) loop_.run();
}

void ConnectorLife::end() {
  ended_ = true;
  loop_.quit();
}

void ConnectorLife::take_signals() {
  const Signals::News news = signals_.take();
  if (news.stats) print_stats();
  if (news.stop) end();
}

void ConnectorLife::every_stats() {
  if (settings_.stats.count() == 0) return;
  static_cast<void>(loop_.after(settings_.stats, [this] {
    print_stats();
    every_stats();
  }));
}

void ConnectorLife::print_stats() {
  const CommandCounts input = input_ ? input_->counts() : CommandCounts{};
  bool first = true;
  for (auto& [name, counters] : hooks_.counters()) {
    if (first) {
      counters.emplace_back("linesRejected", input.rejected);
      counters.emplace_back("linesIgnored", input.ignored);
    }
    first = false;
    std::string line = stats_line(log::program(), name, counters);
    if (output_.has_room(line.size())) output_.push(std::move(line), false);
  }
}

Status ConnectorLife::finish(const std::function<void()>& stop) {
  notify("STOPPING=1");
  if (input_) input_->stop();
  stop();
  const bool hurried = settings_.drain_timeout || signals_.stopping();
  const auto patience = settings_.drain_timeout.value_or(kDrainTimeout);
  const auto until = hurried ? Loop::Clock::now() + patience : Loop::Time::max();
  if (!output_.drain(until)) {
    const std::string text = std::to_string(output_.waiting_records()) +
                             " records could not be written before the drain timeout";
    if (!signals_.stopping()) throw Fatal(Status::try_again, text);
    log::warn(text);
  }
  return input_ && input_->counts().rejected > 0 ? Status::data_error : Status::ok;
}

}  // namespace tbgw
