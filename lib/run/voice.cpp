// SPDX-License-Identifier: Apache-2.0
#include "run/voice.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <utility>

namespace tbgw::run {

Voice::Voice(Loop& loop, Take take) : loop_(loop), take_(std::move(take)), pipe_(make_pipe()) {
  // The children have the other end: a descriptor of its own, so O_NONBLOCK here is ours alone.
  ::fcntl(pipe_.read.get(), F_SETFL, O_NONBLOCK);
  loop_.watch(pipe_.read.get(), POLLIN, [this](short) { read(); });
}

Voice::~Voice() {
  read();
  if (!waiting_.empty()) {
    const auto [level, text] = split_level(waiting_);
    take_(level, text);
  }
  loop_.forget(pipe_.read.get());
}

std::map<std::string, std::string> Voice::environment() const {
  struct stat info {};
  if (::fstat(pipe_.write.get(), &info) != 0) return {};
  return {{"JOURNAL_STREAM", std::to_string(info.st_dev) + ":" + std::to_string(info.st_ino)}};
}

void Voice::read() {
  std::array<char, 8192> block{};
  while (true) {
    const ssize_t got = ::read(pipe_.read.get(), block.data(), block.size());
    if (got <= 0) return;
    waiting_.append(block.data(), static_cast<std::size_t>(got));
    take_lines();
  }
}

void Voice::take_lines() {
  std::string_view rest = waiting_;
  while (!rest.empty()) {
    std::size_t stop = rest.find('\n');
    if (stop == std::string_view::npos) {
      if (rest.size() < kLongest) break;
      stop = kLongest;
    }
    const auto [level, text] = split_level(rest.substr(0, stop));
    if (!text.empty()) take_(level, text.substr(0, kLongest));
    rest.remove_prefix(
        std::min(stop + (rest[std::min(stop, rest.size() - 1)] == '\n' ? 1U : 0U), rest.size()));
  }
  waiting_.erase(0, waiting_.size() - rest.size());
}

std::pair<log::Level, std::string_view> split_level(std::string_view line) {
  if (line.size() < 3 || line[0] != '<' || line[2] != '>' || line[1] < '0' || line[1] > '7') {
    return {log::Level::warning, line};
  }
  const std::string_view text = line.substr(3);
  if (line[1] <= '3') return {log::Level::error, text};
  if (line[1] == '4') return {log::Level::warning, text};
  return {line[1] == '7' ? log::Level::debug : log::Level::info, text};
}

}  // namespace tbgw::run
