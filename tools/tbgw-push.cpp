// SPDX-License-Identifier: Apache-2.0
// tbgw-push: readings to ThingsBoard over MQTT, what the platform says to stdout.
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "core/app.hpp"
#include "core/fd.hpp"
#include "core/filter.hpp"
#include "core/line_input.hpp"
#include "core/log.hpp"
#include "core/loop.hpp"
#include "core/number.hpp"
#include "core/output.hpp"
#include "core/ready.hpp"
#include "core/record.hpp"
#include "core/rejects.hpp"
#include "core/signals.hpp"
#include "core/status_line.hpp"
#include "core/time.hpp"
#include "mqtt/cli_options.hpp"
#include "mqtt/credentials.hpp"
#include "mqtt/reason.hpp"
#include "mqtt/session.hpp"
#include "mqtt/session_text.hpp"
#include "mqtt/target.hpp"
#include "tb/gateway.hpp"
#include "tb/spool_link.hpp"
#include "tb/topics.hpp"

namespace tbgw {
namespace {

using namespace std::chrono_literals;

struct Options {
  CommonOptions common;
  mqtt::CliOptions mqtt;
  tb::UplinkOptions uplink;
  std::chrono::milliseconds drain_timeout{kDrainTimeout};
  const CLI::Option* drain_option = nullptr;
  std::uint64_t memory = std::uint64_t{16} << 20;
  std::uint64_t max_record = kMaxRecord;
  std::string rejects;
  bool dry_run = false;
  bool login = false;
};

void declare(CLI::App& app, Options& options) {
  declare_common(app, options.common, ConfigUse::options,
                 {"tbgw-push mqtt://thingsboard.example.com --token-file token < readings.ndjson",
                  "tbgw-push --dry-run < readings.ndjson"},
                 mqtt::library_version());
  mqtt::declare_options(app, options.mqtt);
  app.add_flag("--dry-run", options.dry_run, "Print 'topic TAB payload' lines; connect to nothing");
  app.add_flag("--login", options.login, "Ask for URL and access token and keep them for later");
  add_duration(app, "--linger", options.uplink.linger,
               "How long a reading may wait for company while more input comes");
  app.add_option("--window", options.uplink.window.messages, "Messages sent and not acknowledged")
      ->type_name("N")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  add_size(app, "--max-payload", options.uplink.max_payload, "Largest MQTT remaining length");
  add_size(app, "--memory", options.memory, "Stop reading when readings not acknowledged need this",
           1);
  add_size(app, "--max-record", options.max_record, "Reject lines longer than this", 1);
  app.add_option("--rejects", options.rejects,
                 "Append records that cannot be sent, or not wholly, to FILE")
      ->type_name("FILE");
  options.drain_option =
      add_duration(app, "--drain-timeout", options.drain_timeout,
                   "Wait so long after SIGTERM; if given, after the end of input too");
}

/// Tells what was wrong with a record, and keeps it.
void reject(Rejects& rejects, const std::vector<tb::Problem>& problems, const Line& line) {
  for (const tb::Problem& problem : problems) {
    rejects.tell("stdin", problem.record, problem.reason);
  }
  if (!problems.empty() && !line.too_long) rejects.keep(line.text);
}

/// What the process needs beside the records it keeps: the program and its libraries, the buffers
/// of input and output, and what libmosquitto copies of the messages in flight.
constexpr std::uint64_t kOverhead = std::uint64_t{9} << 20;
/// Events that may wait for the reader of stdout.
constexpr std::size_t kOutputLimit = std::size_t{256} << 10;
/// How long the end may wait for a slow reader of the last events.
constexpr std::chrono::milliseconds kLastEvents{5000};

class Push {
 public:
  Push(const Options& options, Signals& signals)
      : options_(options),
        url_(options.mqtt.session.endpoint.url()),
        signals_(signals),
        rejects_(options.rejects),
        output_(loop_, STDOUT_FILENO, kOutputLimit),
        status_line_(!options.common.quiet),
        gateway_(options.uplink),
        spool_(loop_, uplink_),
        input_(loop_, STDIN_FILENO, options.max_record + kRecordSlack,
               {[this](const Line& line) { on_line(line); },
                [this] {  // of a spool the window is the bound, and answers must never wait
                  return uplink_.held_bytes() + kOverhead > options_.memory && !spool_.is_up();
                }}),
        session_(loop_, options.mqtt.session,
                 {[this](const mqtt::Up& up) { on_up(up); },
                  [this](const mqtt::Down& down) { on_down(down); },
                  [this](int id, int reason) { on_acknowledged(id, reason); },
                  [this](std::string_view topic, std::string_view payload) {
                    on_message(topic, payload);
                  },
                  [] {}}) {}  // settle() comes before the next wait

  Status run() {
    loop_.watch(signals_.fd(), POLLIN, [this](short) { on_signal(); });
    loop_.before_wait([this] { settle(); });
    if (fd_kind(STDIN_FILENO) == FdKind::terminal) {
      log::warn("reading records from the terminal; end with Ctrl-D");
    }
    if (options_.common.stats.count() > 0) repeat_stats();
    session_.start();
    loop_.run();
    return finish();
  }

 private:
  void on_line(const Line& line) {
    if (loop_.now() != turn_) {  // once for all lines of a turn: the clock costs as much as a line
      turn_ = loop_.now();
      arrived_ = now_ms();
    }
    uplink_.line(line, arrived_, turn_);
    spool_.look_for_hello(line.number);
    const auto problems = uplink_.take_problems();
    if (problems.empty()) return;
    status_line_.clear();
    reject(rejects_, problems, line);
  }

  void on_up(const mqtt::Up& up) {
    say(mqtt::describe(up, url_));
    echoes_ = up.version == mqtt::Version::v311;
    uplink_.connection_up(up.welcome.max_packet, up.welcome.max_messages);
    if (uplink_.has_suspects()) session_.hurry();
    output_.push(tb::platform_up_line(), true);
    notify("STATUS=connected to " + url_);
    if (!std::exchange(was_ready_, true)) {
      announce_ready(options_.common.ready_fd, "connected to " + url_);
    }
  }

  void on_down(const mqtt::Down& down) {
    status_line_.clear();
    mqtt::refuse_to_go_on(down, url_);
    const mqtt::Notice notice = mqtt::describe(down, url_);
    say(notice);
    notify("STATUS=" + notice.text);
    if (!down.loss.was_up) return;
    uplink_.connection_lost(down.loss.over_a_message, down.loss.reason);
    downlink_.connection_lost();
    output_.push(tb::platform_down_line(down.loss.reason), true);
  }

  void on_acknowledged(int id, int reason) {
    if (reason < mqtt::kFirstFailure) return uplink_.acknowledged(id);
    if (reason == mqtt::kQuotaExceeded) return session_.restart(mqtt::reason_text(reason));
    uplink_.refused(id, mqtt::reason_text(reason));
  }

  void on_message(std::string_view topic, std::string_view payload) {
    const bool room = !downlink_.has_kept() && output_.has_room(payload.size() + kRecordSlack);
    const auto taken = downlink_.message(topic, payload, room, loop_.now());
    if (!taken) {
      say({log::Level::warning,
           "ignored a message on " + std::string{topic} + ": " + taken.error().text});
    }
    print_events();
  }

  void on_signal() {
    const Signals::News news = signals_.take();
    if (news.stats) print_stats();
    if (!news.stop) return;
    notify("STOPPING=1");
    stop_by_ = std::min(stop_by_, Loop::Clock::now() + options_.drain_timeout);
    input_.end_at_silence();
  }

  /// What follows from all that happened, before each wait.
  void settle() {
    const Loop::Time now = Loop::Clock::now();
    uplink_.tick(now);
    downlink_.tick(now);
    if (input_.ended() || input_.is_trickle()) uplink_.release_batches();
    if (downlink_.has_kept() && output_.has_room(kOutputLimit / 2)) downlink_.release();
    pump(now);
    input_.resume();
    print_events();
    tell();
    spool_.settle();
    const bool patient = options_.drain_option->count() == 0 && !spool_.is_up();
    if (input_.ended() && stop_by_ == Loop::Time::max() && !patient) {
      stop_by_ = now + options_.drain_timeout;
    }
    const bool all_done = input_.ended() && uplink_.left() == 0;
    if (all_done || now >= stop_by_) return loop_.quit();
    Loop::Time next = std::min({stop_by_, uplink_.next_tick(), gateway_.requests.first_expiry()});
    next = std::min(next, show_status(now));
    loop_.cancel(tick_timer_);
    if (next != Loop::Time::max()) tick_timer_ = loop_.at(next, [] {});
  }

  void pump(Loop::Time now) {
    while (session_.is_up()) {
      const tb::Message* const message = uplink_.next(now);
      if (message == nullptr) break;
      const auto id = session_.publish(message->topic, message->payload);
      if (!id) {
        uplink_.unsendable(id.error().text);
        continue;
      }
      if (echoes_) downlink_.note_own(message->topic, message->payload, now);
      uplink_.sent(*id, now);
    }
    session_.flush();
  }

  void print_events() {
    for (std::string& event : downlink_.take_events())
      output_.push(std::move(event), false);
  }

  /// Records that the platform refused, and what the stages before us have to say.
  void tell() {
    for (const tb::Problem& problem : uplink_.take_problems()) {
      status_line_.clear();
      rejects_.tell("stdin", problem.record, problem.reason);
      rejects_.keep(problem.refused);
    }
    for (const std::string& fault : uplink_.take_faults())
      say({log::Level::warning, fault});
    for (const std::string& heard : uplink_.take_heard())
      say({log::Level::info, heard});
  }

  void say(const mqtt::Notice& notice) {
    if (!log::enabled(notice.level)) return;
    status_line_.clear();
    log::limited(notice.level, "session", notice.text);
  }

  Loop::Time show_status(Loop::Time now) {
    if (!status_line_.enabled()) return Loop::Time::max();
    return status_line_.show((session_.is_up() ? "connected to " : "not connected to ") + url_ +
                                 " | acknowledged " + std::to_string(uplink_.delivered()) +
                                 " | waiting " + std::to_string(uplink_.left()),
                             now);
  }

  void repeat_stats() {
    std::ignore = loop_.after(options_.common.stats, [this] {
      print_stats();
      repeat_stats();
    });
  }

  void print_stats() {
    Counters counters = gateway_.counters();
    counters.emplace_back("connections", session_.connections());
    counters.emplace_back("eventsDropped", output_.dropped());
    spool_.add_counters(counters);
    output_.push(stats_line("tbgw-push", "", counters), true);
  }

  Status finish() {
    status_line_.clear();
    session_.stop();
    const Loop::Time last = std::min(stop_by_, Loop::Clock::now() + kLastEvents);
    const bool told = spool_.finish(last);
    output_.drain(last);
    if (const std::uint64_t left = uplink_.left(); left > 0) {
      left_undone(std::to_string(left) + " records were not acknowledged in time");
    } else if (!told) {
      left_undone("the spool did not take the last acknowledgements");
    }
    return rejects_.told() > 0 ? Status::data_error : Status::ok;
  }

  /// Who asked us to stop knows that something may be left.
  void left_undone(const std::string& text) {
    if (!signals_.stopping()) throw Fatal(Status::try_again, text);
    log::warn(text);
  }

  const Options& options_;
  std::string url_;
  Signals& signals_;
  Loop loop_;
  Rejects rejects_;
  Output output_;
  StatusLine status_line_;
  tb::Gateway gateway_;
  tb::Uplink& uplink_ = gateway_.uplink;
  tb::Downlink& downlink_ = gateway_.downlink;
  tb::SpoolLink spool_;
  LineInput input_;
  mqtt::Session session_;
  Loop::Timer tick_timer_;
  Loop::Time stop_by_ = Loop::Time::max();
  Loop::Time turn_{};
  EpochMs arrived_ = 0;
  bool echoes_ = false;  ///< MQTT 3.1.1: a broker may send us what we sent
  bool was_ready_ = false;
};

/// What would be sent, each record by itself so that the output does not depend on timing.
Status dry_run(const Options& options, Signals& signals) {
  tb::UplinkOptions alone = options.uplink;
  alone.merge = false;
  tb::Gateway gateway(alone);
  tb::Uplink& uplink = gateway.uplink;
  Rejects rejects(options.rejects);
  FilterHooks hooks;
  hooks.line = [&](const Line& line, const std::string& /*input*/, LineWriter& out) {
    const Loop::Time now{};
    uplink.line(line, now_ms(), now);
    reject(rejects, uplink.take_problems(), line);
    int id = 0;
    while (const tb::Message* const message = uplink.next(now)) {
      out.line(message->topic + "\t" + message->payload);
      uplink.sent(++id, now);
      uplink.acknowledged(id);
    }
  };
  hooks.stats = [](LineWriter& /*out*/) {};
  FilterOptions filter;
  filter.max_record = options.max_record;
  if (options.drain_option->count() > 0) filter.drain_timeout = options.drain_timeout;
  LineWriter out(STDOUT_FILENO);
  announce_ready(options.common.ready_fd, "dry run");
  run_filter(filter, hooks, signals, out);
  return rejects.told() > 0 ? Status::data_error : Status::ok;
}

/// What no single option can be asked, and what follows from them.
void complete(Options& options) {
  const auto require = [](bool good, const char* text) {
    if (!good) throw Fatal(Status::usage, text);
  };
  require(options.memory >= kOverhead * 4 / 3, "--memory: at least 12M");
  require(options.uplink.max_payload >= 1024, "--max-payload: at least 1K");
  mqtt::complete_options(options.mqtt);
  mqtt::ConnectionOptions& connection = options.mqtt.session.connection;
  connection.subscriptions.assign(tb::topics::kSubscriptions.begin(),
                                  tb::topics::kSubscriptions.end());
  // Answers go beside the window.
  connection.in_flight = static_cast<unsigned>(options.uplink.window.messages) + 20;
}

Status run(Options& options) {
  if (options.login) {
    const std::string path = mqtt::login(options.mqtt.target.url);
    log::warn("URL and token are kept in " + path + "; 'tbgw-push' alone uses them");
    return Status::ok;
  }
  complete(options);
  Signals signals;
  if (options.dry_run) return dry_run(options, signals);
  const mqtt::Target target = mqtt::find_target(options.mqtt.target);
  for (const std::string& warning : target.warnings)
    log::warn(warning);
  options.mqtt.session.endpoint = target.endpoint;
  options.mqtt.session.connection.user = target.user;
  options.mqtt.session.connection.password = target.password;
  return Push(options, signals).run();
}

}  // namespace
}  // namespace tbgw

int main(int argc, char** argv) {
  CLI::App app{"Bring readings to ThingsBoard, and what it says to stdout", "tbgw-push"};
  return tbgw::guarded(app, [&] {
    tbgw::Options options;
    tbgw::declare(app, options);
    tbgw::parse_command_line(app, options.common, argc, argv);
    return tbgw::run(options);
  });
}
