// SPDX-License-Identifier: Apache-2.0
#include "core/log.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <map>
#include <string>

#include "core/fd.hpp"

namespace tbgw::log {
namespace {

using Clock = std::chrono::steady_clock;
constexpr int kBurst = 20;
constexpr std::chrono::seconds kWindow{10};

struct Kind {
  Clock::time_point window_start;
  int printed = 0;
  unsigned long long held_back = 0;
};

// The log is the one thing besides the stop pipe that belongs to the whole process.
struct State {
  std::string_view program = "tbgw";
  Level most = Level::warning;
  bool journal = false;
  std::map<std::string_view, Kind> kinds;
};
State& state() {
  static State the_state;
  return the_state;
}

/// $JOURNAL_STREAM is "device:inode" of the journal's stream; only if fd 2 is that very stream do
/// level prefixes make sense (systemd.exec(5)).
bool stderr_is_journal() {
  const char* stream = std::getenv("JOURNAL_STREAM");  // NOLINT(concurrency-mt-unsafe): one thread
  struct stat info {};
  if (stream == nullptr || ::fstat(STDERR_FILENO, &info) != 0) return false;
  return std::to_string(info.st_dev) + ":" + std::to_string(info.st_ino) == stream;
}

/// Whatever a device or a file name says, it gives no orders to a terminal.
void append_printable(std::string& line, std::string_view text) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte >= 0x20 && byte != 0x7f) || c == '\n' || c == '\t') {
      line.push_back(c);
    } else {
      line.append("\\x").append({kDigits[byte >> 4U], kDigits[byte & 0xfU]});
    }
  }
}

void write_line(Level level, std::string_view program, std::string_view text) {
  std::string line;
  if (state().journal) line = "<" + std::to_string(static_cast<int>(level)) + ">";
  line.append(program).append(program.empty() ? "" : ": ");
  append_printable(line, text);
  line.push_back('\n');
  static_cast<void>(write_all(STDERR_FILENO, line));  // nowhere left to complain
}

void print(Level level, std::string_view text) {
  if (enabled(level)) write_line(level, state().program, text);
}

void say_held_back(std::string_view kind, Kind& seen) {
  if (seen.held_back == 0) return;
  print(Level::warning,
        std::to_string(seen.held_back) + " more messages of this kind: " + std::string{kind});
  seen.held_back = 0;
}

}  // namespace

void open(std::string_view program) {
  state().program = program;
  state().journal = stderr_is_journal();
}

void set_level(Level most) {
  state().most = most;
}
bool enabled(Level level) {
  return level <= state().most;
}
std::string_view program() {
  return state().program;
}

void error(std::string_view text) {
  print(Level::error, text);
}
void warn(std::string_view text) {
  print(Level::warning, text);
}
void info(std::string_view text) {
  print(Level::info, text);
}
void debug(std::string_view text) {
  print(Level::debug, text);
}

void relay(Level level, std::string_view text) {
  write_line(level, "", text);
}

void limited(Level level, std::string_view kind, std::string_view text) {
  if (!enabled(level)) return;
  Kind& seen = state().kinds[kind];
  const auto now = Clock::now();
  if (seen.printed == 0 || now - seen.window_start > kWindow) {
    say_held_back(kind, seen);
    seen.window_start = now;
    seen.printed = 0;
  }
  if (seen.printed >= kBurst) {
    ++seen.held_back;
    return;
  }
  ++seen.printed;
  print(level, text);
}

void flush_repeats() {
  for (auto& [kind, seen] : state().kinds)
    say_held_back(kind, seen);
}

}  // namespace tbgw::log
