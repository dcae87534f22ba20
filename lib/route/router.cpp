// SPDX-License-Identifier: Apache-2.0
// A router's life: what it opens, its turns, its end.
#include "route/router.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <utility>

#include "core/fd.hpp"
#include "core/log.hpp"
#include "core/ready.hpp"
#include "core/record.hpp"
#include "core/status.hpp"
#include "core/text.hpp"

namespace tbgw::route {
namespace {

/// Bytes of records that may wait for the reader of stdout; then pipelines are not read.
constexpr std::size_t kAhead = std::size_t{256} << 10;

std::vector<std::string> inputs_of(const Options& options) {
  std::vector<std::string> inputs{"-"};
  for (const PipelineOptions& pipeline : options.pipelines)
    inputs.push_back(pipeline.up);
  return inputs;
}

}  // namespace

Router::Router(Options options, Signals& signals)
    : options_(std::move(options)),
      signals_(signals),
      owners_(names_of(options_.pipelines), Loop::Clock::now()),
      out_(loop_, STDOUT_FILENO, kAhead),
      rejects_(options_.rejects, inputs_of(options_)) {
  std::signal(SIGPIPE, SIG_IGN);  // a pipeline that died must not end the others
  open_table();
  open_pipelines();
  if (!options_.tap.empty()) taps_ = std::make_unique<Taps>(loop_, options_.tap);
  // A terminal is not read: a job in the background would stop.
  if (fd_kind(STDIN_FILENO) != FdKind::terminal) {
    commands_ = std::make_unique<LineInput>(
        loop_, STDIN_FILENO, options_.max_record + kRecordSlack,
        LineInput::Hooks{[this](const Line& line) { down(line); }, [] { return false; }});
  }
}

/// Two routers would write over each other's table.
void Router::open_table() {
  const std::string lock = options_.table + ".lock";
  lock_ = Fd{::open(lock.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600)};
  if (!lock_) throw_errno(Status::cannot_create, lock);
  if (::flock(lock_.get(), LOCK_EX | LOCK_NB) != 0) {
    throw Fatal(Status::try_again, options_.table + ": another tbgw-route has this table");
  }
  std::uint64_t number = 0;
  const auto take = [this, &number](std::string_view line) {
    ++number;
    if (owners_.take(line)) return;
    log::limited(log::Level::warning, "lines of the table",
                 options_.table + ":" + std::to_string(number) +
                     ": not understood, left out: " + in_quotes(line));
  };
  auto journal = Journal::open(options_.table, {take, [this] { return owners_.journal(); }});
  if (!journal) throw Fatal(Status::cannot_create, journal.error().text);
  journal_ = std::move(*journal);
}

void Router::open_pipelines() {
  for (std::size_t i = 0; i < options_.pipelines.size(); ++i) {
    Pipeline& pipeline = pipelines_.emplace_back();
    pipeline.options = options_.pipelines[i];
    const std::string& name = pipeline.options.name;
    pipeline.up = std::make_unique<UpPipe>(
        loop_, pipeline.options.up, options_.max_record,
        UpPipe::Hooks{[this, i](const Line& line) { up(i, line); },
                      [this] { return !out_.has_room(staged_bytes_); },
                      [name] { log::info(name + ": the pipeline closed its end"); }});
    pipeline.down = std::make_unique<DownPipe>(
        loop_, pipeline.options.down, options_.queue,
        [this, name](const std::vector<DownQueue::Call>& calls, const char* why) {
          for (const DownQueue::Call& call : calls)
            answer(call, "the pipeline " + name + " " + why);
        });
  }
}

Status Router::run() {
  loop_.watch(signals_.fd(), POLLIN, [this](short) { take_signals(); });
  loop_.before_wait([this] { before_wait(); });
  if (options_.stats.count() > 0) {
    stats_ = loop_.after(options_.stats, [this] { print_stats(); });
  }
  watch_silence();
  announce_ready(options_.ready_fd, "routing " + std::to_string(pipelines_.size()) + " pipelines");
  while (!is_done())
    loop_.turn();
  return end();
}

/// The pipelines have turns in being first, so that none fills the room that there is each time.
void Router::before_wait() {
  keep_table();
  for (std::size_t i = 0; i < pipelines_.size(); ++i) {
    pipelines_[(first_ + i) % pipelines_.size()].up->resume();
  }
  first_ = (first_ + 1) % pipelines_.size();
  if (commands_) commands_->resume();
  keep_table();
  if (is_done()) loop_.quit();
}

void Router::take_signals() {
  const Signals::News news = signals_.take();
  if (news.stats) print_stats();
  if (news.stop && !stop_by_) begin_stop();
}

/// The pipelines are stopped as well: what they still say is passed on.
void Router::begin_stop() {
  stop_by_ = Loop::Clock::now() + options_.drain_timeout;
  notify("STOPPING=1");
  for (Pipeline& pipeline : pipelines_)
    pipeline.up->end_at_silence();
}

bool Router::is_done() const {
  if (stop_by_ && *stop_by_ <= Loop::Clock::now()) return true;
  const auto ended = [&](const Pipeline& pipeline) {
    return pipeline.up->ended() ||
           (options_.once && pipeline.up->was_closed() && !pipeline.up->is_held());
  };
  return (stop_by_ || options_.once) && std::all_of(pipelines_.begin(), pipelines_.end(), ended);
}

Status Router::end() {
  keep_table();
  for (Pipeline& pipeline : pipelines_)
    pipeline.down->flush();
  const bool all = out_.drain(stop_by_.value_or(Loop::Time::max()));
  if (!all) {
    throw Fatal(Status::try_again, std::to_string(out_.waiting_records()) +
                                       " records were not taken by the reader of stdout");
  }
  return rejects_.told() > 0 && !stop_by_ ? Status::data_error : Status::ok;
}

void Router::print_stats() {
  if (options_.stats.count() > 0) {
    loop_.cancel(stats_);
    stats_ = loop_.after(options_.stats, [this] { print_stats(); });
  }
  for (const Pipeline& pipeline : pipelines_) {
    const Counts& counts = pipeline.counts;
    const DownQueue& queue = pipeline.down->queue();
    count(stats_line("tbgw-route", pipeline.options.name,
                     {{"records", counts.records},
                      {"rejected", counts.rejected},
                      {"filtered", counts.filtered},
                      {"commands", counts.commands},
                      {"busy", counts.busy},
                      {"waiting", queue.lines()},
                      {"merged", queue.merged()},
                      {"dropped", queue.dropped()}}));
  }
  count(stats_line(
      "tbgw-route", "",
      {{"devices", owners_.size()}, {"unknown", unknown_}, {"badCommands", bad_commands_}}));
}

void Router::count(std::string event) {
  if (taps_) taps_->news("", event);
  out_.push(std::move(event), true);
}

}  // namespace tbgw::route
