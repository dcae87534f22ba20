// SPDX-License-Identifier: Apache-2.0
// tbgw-replay: captured records again, in their own time or as fast as the consumer takes them.
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/app.hpp"
#include "core/capture.hpp"
#include "core/fd.hpp"
#include "core/filter.hpp"
#include "core/line_reader.hpp"
#include "core/log.hpp"
#include "core/loop.hpp"
#include "core/number.hpp"
#include "core/output.hpp"
#include "core/ready.hpp"
#include "core/record.hpp"
#include "core/signals.hpp"

namespace tbgw {
namespace {

struct Options {
  CommonOptions common;
  std::vector<std::string> files;
  std::string speed = "1";
  std::string ts = "keep";
  std::chrono::milliseconds max_gap{0};
  std::uint64_t max_record = kMaxRecord;
  std::chrono::milliseconds drain_timeout = kDrainTimeout;
  CLI::Option* drain_option = nullptr;  ///< was the timeout given?
  bool loop = false;
};

/// CLI11's way to check --speed: "" or what is wrong.
std::string check_speed(const std::string& text) {
  if (text == "max") return "";
  const Result<double> factor = parse_real(text);
  if (factor && *factor >= 0.001 && *factor <= 1e6) return "";
  return "'" + text + "' is neither \"max\" nor a factor from 0.001 to 1000000";
}

void declare(CLI::App& app, Options& options) {
  declare_common(app, options.common, ConfigUse::options,
                 {"tbgw-replay capture.ndjson | tbgw-convert map.json",
                  "tbgw-replay --speed max --ts now capture.ndjson | tbgw-push"});
  app.add_option("FILE", options.files, "Captures, replayed in this order (default: -, stdin)")
      ->type_name("")
      ->default_str("");
  app.add_option("--speed", options.speed, "Times the captured speed; max waits for nothing")
      ->type_name("N|max")
      ->check(check_speed)
      ->capture_default_str();
  app.add_flag("--loop", options.loop, "Begin again at the end, for ever");
  app.add_option("--ts", options.ts,
                 "Stamps: keep them, move each to now, or shift all so that the first is now")
      ->type_name("HOW")
      ->check(CLI::IsMember({"keep", "now", "shift"}))
      ->capture_default_str();
  add_duration(app, "--max-gap", options.max_gap,
               "Wait no longer than this captured time between two records (0 = no limit)");
  add_size(app, "--max-record", options.max_record, "Leave out lines longer than this", 1);
  options.drain_option =
      add_duration(app, "--drain-timeout", options.drain_timeout,
                   "Give up writing this long after SIGTERM; if given, after the end of input too");
}

/// The operands, one after the other, as lines.
class Input {
 public:
  explicit Input(const Options& options)
      : files_(options.files.empty() ? std::vector<std::string>{"-"} : options.files),
        max_record_(options.max_record) {
    // What cannot be read is better said now than hours into the replay.
    for (const std::string& file : files_) {
      if (file == "-") continue;
      if (::access(file.c_str(), R_OK) != 0 || std::filesystem::is_directory(file)) {
        open_for_reading(file);
      }
    }
  }

  /// The first or next file; false after the last one, and from then on the first again.
  bool open_next() {
    reader_.reset();
    if (next_ == files_.size()) {
      next_ = 0;
      return false;
    }
    const std::string& file = files_[next_++];
    file_ = file == "-" ? Fd{} : open_for_reading(file);
    name_ = file == "-" ? "stdin" : file;
    if (fd() == STDIN_FILENO && fd_kind(STDIN_FILENO) == FdKind::terminal) {
      log::warn("reading records from the terminal; end with Ctrl-D");
    }
    reader_ = std::make_unique<LineReader>(fd(), max_record_ + kRecordSlack);
    return true;
  }

  [[nodiscard]] int fd() const { return file_ ? file_.get() : STDIN_FILENO; }
  [[nodiscard]] const std::string& name() const { return name_; }
  LineReader& reader() { return *reader_; }
  /// A read would not wait.
  [[nodiscard]] bool ready() const {
    pollfd polled{fd(), POLLIN, 0};
    return ::poll(&polled, 1, 0) > 0;
  }

 private:
  std::vector<std::string> files_;
  std::size_t max_record_;
  std::size_t next_ = 0;
  Fd file_;
  std::string name_;
  std::unique_ptr<LineReader> reader_;
};

/// Bytes that may wait for a consumer that is slower than the capture.
constexpr std::size_t kAhead = std::size_t{256} << 10;
constexpr std::chrono::hours kLongWait{1};

class Replay {
 public:
  Replay(const Options& options, Signals& signals)
      : options_(options), signals_(signals), input_(options), schedule_(max_gap(options)) {
    if (options.speed != "max") {
      speed_ = *parse_real(options.speed);
      paced_.emplace(loop_, STDOUT_FILENO, kAhead);
    } else {
      loop_.watch(STDOUT_FILENO, 0, [](short revents) {
        if ((revents & POLLERR) != 0) throw ConsumerGone{};
      });
    }
  }

  Status run() {
    loop_.watch(signals_.fd(), POLLIN, [this](short) { take_signals(); });
    writer_.watch_stop(signals_.fd(), [this] { take_signals(); });
    loop_.before_wait([this] { advance(); });
    if (options_.common.stats.count() > 0) repeat_stats();
    input_.open_next();
    announce_ready(options_.common.ready_fd, "replaying");
    loop_.run();
    return status();
  }

 private:
  static std::int64_t max_gap(const Options& options) {
    return options.max_gap.count() > 0 ? options.max_gap.count()
                                       : std::numeric_limits<std::int32_t>::max() * 1000LL;
  }

  /// Sends what is due, then says what to wait for: more input, the time of the next line, room
  /// before the consumer, or nothing more.
  void advance() {
    if (stats_asked_) write_stats();
    while (!ended_ && (pending_ || next_line())) {
      pending_ = true;
      if (paced_ && !may_go()) return;
      pending_ = false;
      send();
    }
    if (ended_) return finish();
    loop_.watch(input_.fd(), POLLIN, [this](short) { on_input(); });
    if (!input_.ready()) writer_.flush();
  }

  /// The end of input waits for the consumer as long as it takes, unless a limit was given.
  void finish() {
    if (stop_by_ == Loop::Time::max() && options_.drain_option->count() > 0) set_deadline();
    writer_.flush();
    if (paced_ && stop_by_ != Loop::Time::max()) paced_->drain(stop_by_);
    if (!paced_ || paced_->empty() || stop_by_ != Loop::Time::max()) loop_.quit();
  }

  void set_deadline() {
    stop_by_ = Loop::Clock::now() + options_.drain_timeout;
    writer_.set_deadline(stop_by_);
  }

  Status status() const {
    const std::uint64_t lost = writer_.lost_lines() + (paced_ ? paced_->waiting_records() : 0);
    if (lost > 0) {
      const std::string text =
          std::to_string(lost) + " records could not be written before the drain timeout";
      if (!signals_.stopping()) throw Fatal(Status::try_again, text);
      log::warn(text);
    }
    return rejected_ > 0 && !signals_.stopping() ? Status::data_error : Status::ok;
  }

  void on_input() {
    // Forgotten while nothing more is wanted: a pipe without writers would wake us for ever.
    loop_.forget(input_.fd());
    at_end_ = input_.reader().fill() == LineReader::Fill::end;
  }

  /// Takes the next line worth sending into line_ and captured_. False: nothing is there now, or
  /// (ended_) ever.
  bool next_line() {
    while (true) {
      while (input_.reader().next(line_)) {
        if (look_at_line()) return true;
      }
      if (!at_end_) return false;
      at_end_ = false;
      if (!input_.open_next() && !begin_again()) {
        ended_ = true;
        return false;
      }
    }
  }

  bool begin_again() {
    if (!options_.loop) return false;
    if (sent_ == sent_before_) {
      log::warn("nothing to repeat: no record was found in a whole pass");
      return false;
    }
    sent_before_ = sent_;
    shift_.reset();
    return input_.open_next();
  }

  bool look_at_line() {
    if (line_.too_long) {
      ++rejected_;
      log::limited(log::Level::error, "too long",
                   input_.name() + ":" + std::to_string(line_.number) + ": longer than " +
                       std::to_string(options_.max_record) + " bytes, left out (see --max-record)");
      return false;
    }
    const bool as_it_is = !paced_ && keep_ && CaptureParser::surely_plain(line_.text);
    captured_ = as_it_is ? &plain_ : &parser_.parse(line_.text);
    if (captured_->skip) {
      ++skipped_;
      return false;
    }
    if (paced_) set_due();
    return true;
  }

  void set_due() {
    const auto now = Loop::Clock::now();
    if (start_ == Loop::Time{}) start_ = now;
    const double elapsed = static_cast<double>(schedule_.next(captured_->time)) / speed_;
    due_ = start_ + std::chrono::duration_cast<Loop::Clock::duration>(
                        std::chrono::duration<double, std::milli>(elapsed));
    if (due_ - now > kLongWait) {
      log::warn(input_.name() + ":" + std::to_string(line_.number) + ": this record is due in " +
                format_duration(std::chrono::duration_cast<std::chrono::seconds>(due_ - now)) +
                "; --max-gap shortens such waits");
    }
  }

  /// The pending line is due and has room; otherwise a timer or the consumer wakes us.
  bool may_go() {
    if (due_ > Loop::Clock::now()) {
      loop_.cancel(timer_);
      timer_ = loop_.at(due_, [] {});
      return false;
    }
    return paced_->empty() || paced_->has_room(line_.text.size() + kRecordSlack);
  }

  void send() {
    ++sent_;
    if (paced_) {
      std::string record;
      append_replayed(record, line_.text, *captured_, move());
      record.pop_back();
      return paced_->push(std::move(record), false);
    }
    append_replayed(writer_.buffer(), line_.text, *captured_, move());
    writer_.end_record();
  }

  std::optional<EpochMs> move() {
    if (keep_ || !captured_->time) return std::nullopt;
    const EpochMs now = now_ms();
    if (options_.ts == "now") return now_stamps_.move(*captured_, now);
    // A pass begins behind the one before, or stamps would come twice.
    if (!shift_) shift_ = std::max(now, last_shifted_ + 1) - *captured_->time;
    last_shifted_ = std::max(last_shifted_, *captured_->time + *shift_);
    return shift_;
  }

  /// Also called while a write waits for the consumer, so it writes nothing itself.
  void take_signals() {
    const Signals::News news = signals_.take();
    stats_asked_ = stats_asked_ || news.stats;
    if (!news.stop || stop_by_ != Loop::Time::max()) return;
    ended_ = true;
    set_deadline();
  }

  void repeat_stats() {
    stats_timer_ = loop_.after(options_.common.stats, [this] {
      stats_asked_ = true;
      repeat_stats();
    });
  }

  void write_stats() {
    stats_asked_ = false;
    const std::string line = stats_line("tbgw-replay", "",
                                        {{"sent", sent_},
                                         {"skipped", skipped_},
                                         {"rejected", rejected_},
                                         {"repeatedStamps", now_stamps_.repeated()}});
    if (paced_) return paced_->push(line, true);
    writer_.line(line);
  }

  const Options& options_;
  Signals& signals_;
  Loop loop_;
  Input input_;
  CaptureParser parser_;
  const CapturedLine plain_{};
  CaptureSchedule schedule_;
  const bool keep_ = options_.ts == "keep";
  NowStamps now_stamps_;
  std::optional<EpochMs> shift_;  ///< --ts shift: set by the first stamp of a pass
  EpochMs last_shifted_ = 0;      ///< the latest stamp that --ts shift gave
  double speed_ = 1;
  std::optional<Output> paced_;  ///< unless --speed max
  LineWriter writer_{STDOUT_FILENO};

  Line line_;
  const CapturedLine* captured_ = nullptr;
  bool pending_ = false;  ///< line_ waits to be sent
  Loop::Time start_{};    ///< when the first line went
  Loop::Time due_{};
  Loop::Timer timer_;
  Loop::Timer stats_timer_;
  bool at_end_ = false;  ///< of the current file
  bool ended_ = false;   ///< nothing more will be sent
  Loop::Time stop_by_ = Loop::Time::max();
  bool stats_asked_ = false;

  std::uint64_t sent_ = 0;
  std::uint64_t sent_before_ = 0;  ///< at the beginning of this pass
  std::uint64_t skipped_ = 0;
  std::uint64_t rejected_ = 0;
};

Status run(const Options& options) {
  if (options.loop &&
      (options.files.empty() ||
       std::find(options.files.begin(), options.files.end(), "-") != options.files.end())) {
    throw Fatal(Status::usage, "--loop needs files: standard input cannot be read again");
  }
  Signals signals;
  return Replay(options, signals).run();
}

}  // namespace
}  // namespace tbgw

int main(int argc, char** argv) {
  CLI::App app{"Replay captured records with their own timing", "tbgw-replay"};
  return tbgw::guarded(app, [&] {
    tbgw::Options options;
    tbgw::declare(app, options);
    tbgw::parse_command_line(app, options.common, argc, argv);
    return tbgw::run(options);
  });
}
