// SPDX-License-Identifier: Apache-2.0
// tbgw-spool: accepts records, keeps them, and delivers them until they are acknowledged.
#include <fcntl.h>

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/app.hpp"
#include "core/help.hpp"
#include "core/log.hpp"
#include "core/number.hpp"
#include "core/signals.hpp"
#include "spool/cursor.hpp"
#include "spool/options.hpp"
#include "spool/sender.hpp"
#include "spool/spooler.hpp"

namespace tbgw {
namespace {

struct Options {
  CommonOptions common;
  spool::Options spool;
  std::vector<std::string> operands;
  std::string sync = "100ms";
  std::string when_full = "block";
  std::string ack = "line";
  std::string to;
  std::uint64_t max_bytes = 0;
  std::chrono::milliseconds drain_timeout{-1};
  CLI::Option* max_bytes_option = nullptr;
};

constexpr std::uint64_t kMemoryBytes = std::uint64_t{64} << 20;

/// CLI11's way to check --sync: "" or what is wrong.
std::string check_sync(const std::string& text) {
  if (text == "always" || text == "none" || parse_duration(text)) return "";
  return "'" + text + "' is neither \"always\" nor \"none\" nor a duration such as 100ms";
}

std::string check_cursor(const std::string& name) {
  return spool::valid_cursor_name(name) ? "" : "'" + name + "' is no name for a cursor";
}

void declare_keeping(CLI::App& app, Options& options) {
  constexpr auto kGroup = "Keeping";
  spool::Options& spool = options.spool;
  app.add_option("--sync", options.sync,
                 "Time between syncs of the disk; always: after each read, none: never")
      ->type_name("DURATION|always|none")
      ->check(check_sync)
      ->group(kGroup)
      ->capture_default_str();
  options.max_bytes = spool.writer.max_bytes;
  options.max_bytes_option =
      add_size(app, "--max-bytes", options.max_bytes, "Keep at most SIZE (--memory: 64M)");
  options.max_bytes_option->group(kGroup);
  add_size(app, "--min-free", spool.writer.min_free, "Leave SIZE free on the file system")
      ->group(kGroup);
  add_duration(app, "--max-age", spool.max_age, "Drop records older than this (0 = never)")
      ->group(kGroup);
  add_size(app, "--segment-bytes", spool.writer.segment_bytes, "Size of a segment file")
      ->group(kGroup);
  app.add_option("--when-full", options.when_full, "What to do when there is no room")
      ->type_name("HOW")
      ->check(CLI::IsMember({"block", "drop-oldest", "drop-newest", "fail"}))
      ->group(kGroup)
      ->capture_default_str();
  add_duration(app, "--write-behind", spool.write_behind,
               "Write only what is not acknowledged within DURATION (0 = everything)")
      ->group(kGroup);
  app.add_flag("--memory", spool.memory, "No DIR: keep records in memory only")->group(kGroup);
}

void declare_delivering(CLI::App& app, Options& options) {
  constexpr auto kGroup = "Delivering";
  spool::Options& spool = options.spool;
  app.add_option("--window", spool.window, "Records that may be out and undone (4 MiB at most)")
      ->type_name("N")
      ->check(CLI::Range(1, 65536))
      ->group(kGroup)
      ->capture_default_str();
  app.add_option("--ack", options.ack,
                 "When a record is done: line (acknowledged) or write (written)")
      ->type_name("HOW")
      ->check(CLI::IsMember({"line", "write"}))
      ->group(kGroup)
      ->capture_default_str();
  app.add_flag("--get", spool.get, "Only deliver; another process accepts")->group(kGroup);
  app.add_option("--cursor", spool.cursor, "The position to go on from, with --get")
      ->type_name("NAME")
      ->check(check_cursor)
      ->group(kGroup);
  add_duration(app, "--stall", spool.stall,
               "Restart CMD when it acknowledges nothing for so long (0 = never)")
      ->group(kGroup);
}

void declare(CLI::App& app, Options& options) {
  constexpr auto kGroup = "Accepting";
  declare_common(app, options.common, ConfigUse::options,
                 {"tbgw-serial /dev/ttyUSB0 | tbgw-convert map.json | tbgw-spool q | tbgw-push",
                  "tbgw-replay capture.ndjson | tbgw-spool q -- tbgw-push"});
  show_usage(app, {"tbgw-spool [OPTIONS] DIR [-] [-- CMD [ARG...]]",
                   "tbgw-spool --memory [OPTIONS] [-] [-- CMD [ARG...]]",
                   "tbgw-spool --get --cursor NAME [OPTIONS] DIR [-- CMD [ARG...]]",
                   "tbgw-spool --to SOCK [OPTIONS]"});
  app.add_option("DIR", options.operands, "The spool's folder, made if absent")
      ->type_name("")
      ->default_str("");
  app.add_option("--listen", options.spool.listen,
                 "Accept lines from writers that connect to SOCK; stdin only with -")
      ->type_name("SOCK")
      ->group(kGroup);
  app.add_option("--to", options.to, "Send stdin to the spool that listens at SOCK")
      ->type_name("SOCK")
      ->group(kGroup);
  app.add_option("--accept-fd", options.spool.accept_fd,
                 "Write {\"accepted\":LINES} to descriptor N after each commit")
      ->type_name("N")
      ->check(CLI::Range(2, 1 << 20))
      ->group(kGroup)
      ->default_str("");
  add_size(app, "--max-record", options.spool.max_record, "Refuse lines longer than this", 1)
      ->group(kGroup);
  declare_keeping(app, options);
  declare_delivering(app, options);
  add_duration(app, "--drain-timeout", options.drain_timeout,
               "Longest wait at the end (default: none, 5s after SIGTERM)")
      ->default_str("");
}

/// Takes the operands: DIR unless --memory or --to, then `-`.
void take_operands(Options& options) {
  std::vector<std::string>& operands = options.operands;
  spool::Options& spool = options.spool;
  const bool dash = !operands.empty() && operands.back() == "-";
  if (dash) operands.pop_back();
  const bool needs_dir = !spool.memory && options.to.empty();
  if (operands.size() != (needs_dir ? 1U : 0U)) {
    throw Fatal(Status::usage,
                needs_dir ? "exactly one DIR is needed" : "no DIR goes with --memory or --to");
  }
  if (needs_dir) spool.dir = operands.front();
  spool.read_stdin = dash || spool.listen.empty();
}

void refuse(bool wrong, const std::string& text) {
  if (wrong) throw Fatal(Status::usage, text);
}

void check_together(const Options& options) {
  const spool::Options& spool = options.spool;
  refuse(spool.get != !spool.cursor.empty(), "--get and --cursor go together");
  refuse(spool.get && (spool.memory || !spool.listen.empty()),
         "--get only delivers: it goes with neither --memory nor --listen");
  refuse(spool.memory && spool.write_behind.count() > 0,
         "--write-behind needs a disk: it does not go with --memory");
  refuse(!options.to.empty() && (!spool.listen.empty() || spool.get || !spool.command.empty()),
         "--to only sends: it goes with none of --listen, --get and CMD");
  refuse(spool.accept_fd >= 0 && ::fcntl(spool.accept_fd, F_GETFD) < 0,
         "--accept-fd: descriptor " + std::to_string(spool.accept_fd) + " is not open");
  refuse(spool.writer.segment_bytes < spool::kLeastSegmentBytes ||
             spool.writer.segment_bytes > spool::kMostSegmentBytes,
         "--segment-bytes: from 8K to 64M");
  refuse(
      !spool.memory && options.max_bytes != 0 && options.max_bytes < 4 * spool::kLeastSegmentBytes,
      "--max-bytes: at least 32K, or 0 for no bound");
  refuse(spool.max_record < 64 || spool.max_record > (std::uint64_t{1} << 20),
         "--max-record: from 64 to 1M");
}

/// The words of the options become what the spool is built from.
void settle(Options& options) {
  spool::Options& spool = options.spool;
  take_operands(options);
  check_together(options);
  const std::map<std::string, spool::WhenFull> policies{
      {"block", spool::WhenFull::block},
      {"drop-oldest", spool::WhenFull::drop_oldest},
      {"drop-newest", spool::WhenFull::drop_newest},
      {"fail", spool::WhenFull::fail}};
  spool.when_full = policies.at(options.when_full);
  spool.sync = options.sync != "none";
  spool.sync_every = std::chrono::milliseconds{0};
  if (const auto every = parse_duration(options.sync)) spool.sync_every = *every;
  spool.writer.sync = spool.sync;
  spool.writer.max_bytes = options.max_bytes;
  if (spool.memory && options.max_bytes_option->count() == 0) spool.writer.max_bytes = kMemoryBytes;
  // What would never find room is refused at once.
  constexpr std::uint64_t kLeastRoom = 2048;
  if (const std::uint64_t most = spool.writer.max_bytes; most > 2 * kLeastRoom) {
    spool.max_record = std::min(spool.max_record, most - kLeastRoom);
  }
  spool.acknowledged = options.ack == "line";
  if (options.drain_timeout.count() >= 0) spool.drain_timeout = options.drain_timeout;
  spool.stats = options.common.stats;
  spool.ready_fd = options.common.ready_fd;
}

Status run(Options options) {
  settle(options);
  Signals signals;
  if (options.to.empty()) return spool::Spooler(options.spool, signals).run();
  spool::Sender::Options sender;
  sender.socket = options.to;
  sender.max_record = options.spool.max_record;
  sender.drain_timeout = options.spool.drain_timeout;
  sender.stats = options.spool.stats;
  sender.ready_fd = options.spool.ready_fd;
  return spool::Sender(std::move(sender), signals).run();
}

/// Cuts CMD, everything behind the first "--", off the command line. CLI11 would mix it with DIR.
std::vector<std::string> cut_command(int& argc, char** argv) {
  char** const end = argv + argc;
  char** const dashes =
      std::find_if(argv, end, [](const char* word) { return std::string_view{word} == "--"; });
  if (dashes == end) return {};
  argc = static_cast<int>(dashes - argv);
  return {dashes + 1, end};
}

}  // namespace
}  // namespace tbgw

int main(int argc, char** argv) {
  CLI::App app{"Keep records on disk and deliver them until they are acknowledged", "tbgw-spool"};
  return tbgw::guarded(app, [&] {
    tbgw::Options options;
    tbgw::declare(app, options);
    options.spool.command = tbgw::cut_command(argc, argv);
    tbgw::parse_command_line(app, options.common, argc, argv);
    return tbgw::run(std::move(options));
  });
}
