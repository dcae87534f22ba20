// SPDX-License-Identifier: Apache-2.0
// tbgw-push: readings to ThingsBoard over MQTT, what the platform says to stdout.
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <optional>
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
#include "mqtt/reason.hpp"
#include "mqtt/session.hpp"
#include "mqtt/session_text.hpp"
#include "mqtt/target.hpp"
#include "tb/gateway.hpp"
#include "tb/gateway_proof.hpp"
#include "tb/spool_link.hpp"
#include "tbgw-push-errand.hpp"
#include "tbgw-push-firmware.hpp"
#include "tbgw-push-options.hpp"
#include "tbgw-push-target.hpp"

namespace tbgw {
namespace {

using namespace std::chrono_literals;

/// Events that may wait for the reader of stdout.
constexpr std::size_t kOutputLimit = std::size_t{256} << 10;
/// How long the end may wait for a slow reader of the last events.
constexpr std::chrono::milliseconds kLastEvents{5000};

class Push {
 public:
  Push(const PushOptions& options, const PushTarget& target, Signals& signals)
      : options_(options),
        target_(target),
        signals_(signals),
        rejects_(options.rejects),
        output_(loop_, STDOUT_FILENO, kOutputLimit),
        // Events on the same terminal would stand behind it in one line, and say as much.
        status_line_(!options.common.quiet && fd_kind(STDOUT_FILENO) != FdKind::terminal),
        gateway_(options.uplink,
                 options.uplink.device_api ? tb::StateStore{} : open_state(options, target)),
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
    if (!options_.firmware.empty()) firmware_.emplace(options_.firmware, uplink_, output_);
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
    verdict_ = true;
    say(mqtt::describe(up));
    echoes_ = up.version == mqtt::Version::v311;
    uplink_.doubt_acknowledgements(up.version == mqtt::Version::v311);
    uplink_.connection_up(up.welcome.max_packet, up.welcome.max_messages, loop_.now());
    if (firmware_) firmware_->connection_up(loop_.now());
    if (uplink_.has_suspects()) session_.hurry();
    output_.push(tb::platform_up_line(), true);
    notify("STATUS=connected to " + up.url);
    if (!std::exchange(was_ready_, true)) {
      announce_ready(options_.common.ready_fd, "connected to " + up.url);
    }
  }

  void on_down(const mqtt::Down& down) {
    status_line_.clear();
    verdict_ = true;
    mqtt::refuse_to_go_on(down, target_.without);
    const mqtt::Notice notice = mqtt::describe(down);
    say(notice);
    notify("STATUS=" + notice.text);
    if (!down.loss.was_up) return;
    proof_.connection_lost(down.loss.unacknowledged);
    uplink_.connection_lost(down.loss.over_a_message, down.loss.reason);
    downlink_.connection_lost();
    if (firmware_) firmware_->connection_lost();
    output_.push(tb::platform_down_line(down.loss.reason), true);
  }

  void on_acknowledged(int id, int reason) {
    if (const tb::Message* const message = uplink_.outbox().find(id)) {
      proof_.acknowledged(message->topic);
      const bool is_data = message->kind == tb::Message::Kind::telemetry ||
                           message->kind == tb::Message::Kind::attributes;
      if (is_data && reason < mqtt::kFirstFailure) session_.note_progress();
    }
    if (reason < mqtt::kFirstFailure) return uplink_.acknowledged(id, reason, loop_.now());
    if (reason == mqtt::kQuotaExceeded) {
      return uplink_.over_quota(id, mqtt::reason_text(reason), loop_.now());
    }
    uplink_.refused(id, mqtt::reason_text(reason), reason == mqtt::kImplementationError);
  }

  void on_message(std::string_view topic, std::string_view payload) {
    if (firmware_ && firmware_->message(topic, payload, loop_.now())) return;
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
    if (firmware_) firmware_->tick(now);
    if (input_.ended() || input_.is_trickle()) uplink_.release_batches();
    if (downlink_.has_kept() && output_.has_room(kOutputLimit / 2)) downlink_.release();
    pump(now);
    input_.resume();
    print_events();
    tell();
    keep();
    judge();
    spool_.settle();
    const bool patient = options_.drain_option->count() == 0 && !spool_.is_up();
    if (input_.ended() && stop_by_ == Loop::Time::max() && !patient) {
      stop_by_ = now + options_.drain_timeout;
    }
    // Also who has nothing to send wants to know whether the platform lets us in.
    const bool all_done = input_.ended() && uplink_.left() == 0 && verdict_;
    if (all_done || now >= stop_by_) return loop_.quit();
    Loop::Time next = std::min({stop_by_, uplink_.next_tick(), gateway_.requests.first_expiry(),
                                gateway_.rpcs.first_expiry()});
    if (firmware_) next = std::min(next, firmware_->next_tick());
    next = std::min(next, show_status(now));
    loop_.cancel(tick_timer_);
    if (next != Loop::Time::max()) tick_timer_ = loop_.at(next, [] {});
  }

  /// What must outlive us is on the disk before anything that rests on it is acknowledged.
  void keep() {
    const auto kept = gateway_.keep(now_ms());
    if (!kept) {
      say({log::Level::warning,
           "what devices there are is not kept over a restart: " + kept.error().text});
    }
  }

  /// What is sent for devices behind us is wasted if we are no gateway.
  void judge() {
    if (const auto& limits = uplink_.limits()) proof_.limits(*limits);
    const bool wasted = proof_.is_plain() && gateway_.devices.size() > 1;
    if (!wasted || options_.uplink.device_api || std::exchange(judged_, wasted)) return;
    if (!proof_.was_gateway()) {
      throw Fatal(Status::config, std::string{tb::GatewayProof::kRemedy});
    }
    say({log::Level::error, std::string{tb::GatewayProof::kRemedy}});
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
    for (const std::string& beginning : downlink_.take_withdrawn())
      output_.withdraw(beginning);
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
    return status_line_.show((session_.is_up() ? "connected to " : "not connected to ") +
                                 session_.url() + " | acknowledged " +
                                 std::to_string(uplink_.delivered()) + " | waiting " +
                                 std::to_string(uplink_.left()),
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
    log::error(text);  // a loss, maybe: also with -q
  }

  const PushOptions& options_;
  const PushTarget& target_;
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
  bool verdict_ = false;  ///< the platform let us in, or not, at least once
  tb::GatewayProof proof_;
  std::optional<FirmwareLink> firmware_;
  bool judged_ = false;  ///< it was said that this is none
};

Status run(PushOptions& options) {
  complete(options);
  if (options.login) return login(options);
  if (options.dry_run) {
    mqtt::endpoints_of(options.mqtt.target.urls);
    Signals signals;
    return dry_run(options, signals);
  }
  PushTarget target = find_target(options);
  provision(options, target);
  if (options.check) return check(options, target);
  Signals signals;
  return Push(options, target, signals).run();
}

}  // namespace
}  // namespace tbgw

int main(int argc, char** argv) {
  CLI::App app{"Bring readings to ThingsBoard, and what it says to stdout", "tbgw-push"};
  return tbgw::guarded(app, [&] {
    tbgw::PushOptions options;
    tbgw::declare(app, options);
    tbgw::parse_command_line(app, options.common, argc, argv);
    return tbgw::run(options);
  });
}
