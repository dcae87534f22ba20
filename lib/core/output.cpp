// SPDX-License-Identifier: Apache-2.0
#include "core/output.hpp"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "core/fd.hpp"
#include "core/status.hpp"

namespace tbgw {
namespace {
// POSIX PIPE_BUF on Linux: what a pipe that polls writable takes at once, and atomically.
constexpr std::size_t kAtomic = 4096;
// Written in one turn of the loop at most: then the others have theirs.
constexpr int kPieces = 16;
}  // namespace

Output::Output(Loop& loop, int fd, std::size_t limit) : loop_(loop), fd_(fd), limit_(limit) {
  loop_.watch(fd_, 0, [this](short revents) { on_ready(revents); });
}

Output::~Output() {
  loop_.forget(fd_);
}

void Output::push(std::string record, bool droppable) {
  record.push_back('\n');
  while (droppable && bytes_ + record.size() > limit_) {
    if (!drop_oldest()) {
      ++dropped_;
      return;
    }
  }
  bytes_ += record.size();
  records_.push_back({std::move(record), droppable});
  loop_.set_events(fd_, POLLOUT);
}

/// The first record may be half written: it can no longer be dropped.
bool Output::drop_oldest() {
  const auto from = records_.begin() + (offset_ > 0 ? 1 : 0);
  const auto victim =
      std::find_if(from, records_.end(), [](const Record& record) { return record.droppable; });
  if (victim == records_.end()) return false;
  bytes_ -= victim->text.size();
  records_.erase(victim);
  ++dropped_;
  return true;
}

std::size_t Output::withdraw(std::string_view beginning) {
  const std::size_t before = records_.size();
  const auto from = records_.begin() + (offset_ > 0 ? 1 : 0);
  const auto end = std::remove_if(from, records_.end(), [&](const Record& record) {
    if (std::string_view{record.text}.substr(0, beginning.size()) != beginning) return false;
    bytes_ -= record.text.size();
    return true;
  });
  records_.erase(end, records_.end());
  if (records_.empty()) loop_.set_events(fd_, 0);
  return before - records_.size();
}

void Output::on_ready(short revents) {
  if ((revents & (POLLERR | POLLNVAL)) != 0) throw ConsumerGone{};
  if ((revents & POLLOUT) != 0) {
    // Records may be many times as long as the bytes they were made of: one piece for each read of
    // a busy source would never catch up.
    int pieces = kPieces;
    do {
      write_some();
    } while (--pieces > 0 && !records_.empty() && takes_more());
  }
  // A socket's peer that closed: the next write would say EPIPE.
  if ((revents & POLLHUP) != 0 && (revents & POLLOUT) == 0) throw ConsumerGone{};
}

bool Output::takes_more() const {
  pollfd polled{fd_, POLLOUT, 0};
  return ::poll(&polled, 1, 0) > 0 && polled.revents == POLLOUT;
}

void Output::write_some() {
  std::array<char, kAtomic> block{};
  std::size_t used = 0;
  std::size_t skip = offset_;
  for (const Record& record : records_) {
    const std::size_t rest = record.text.size() - skip;
    if (used > 0 && used + rest > kAtomic) break;  // a record that fits a block is never torn
    const std::size_t part = std::min(rest, kAtomic - used);
    std::memcpy(block.data() + used, record.text.data() + skip, part);
    used += part;
    skip = 0;
    if (used == kAtomic) break;
  }
  if (used > 0) {
    const ssize_t put = ::write(fd_, block.data(), used);
    if (put < 0) {
      if (errno == EPIPE) throw ConsumerGone{};
      if (errno == EINTR || errno == EAGAIN) return;
      throw_errno(Status::io_error, "cannot write to standard output");
    }
    std::size_t gone = static_cast<std::size_t>(put);
    bytes_ -= gone;
    while (gone > 0) {
      const std::size_t rest = records_.front().text.size() - offset_;
      if (gone < rest) {
        offset_ += gone;
        break;
      }
      gone -= rest;
      offset_ = 0;
      records_.pop_front();
      ++written_;
    }
  }
  if (records_.empty()) loop_.set_events(fd_, 0);
}

bool Output::drain(Loop::Time until) {
  while (!records_.empty()) {
    int wait = -1;
    if (until != Loop::Time::max()) {
      const auto left = std::chrono::ceil<Loop::Duration>(until - Loop::Clock::now());
      if (left <= Loop::Duration{0}) return false;
      wait = static_cast<int>(std::min<long long>(left.count(), 1000));
    }
    pollfd polled{fd_, POLLOUT, 0};
    if (::poll(&polled, 1, wait) > 0) on_ready(polled.revents);
  }
  return true;
}

LineWriter::LineWriter(int fd) : fd_(fd) {
  buffer_.reserve(kBlock * 2);
}

/// Waits until the reader takes something; false when the deadline has passed.
bool LineWriter::wait_writable() {
  while (true) {
    int wait = -1;
    if (deadline_ != Loop::Time::max()) {
      const auto left = std::chrono::ceil<Loop::Duration>(deadline_ - Loop::Clock::now());
      wait = static_cast<int>(std::clamp<long long>(left.count(), 0, 60000));
    }
    std::array<pollfd, 2> polled{{{fd_, POLLOUT, 0}, {stop_fd_, POLLIN, 0}}};
    ::poll(polled.data(), polled.size(), wait);
    if (polled[1].revents != 0) on_news_();
    if (polled[0].revents != 0) return true;
    if (deadline_ <= Loop::Clock::now()) return false;
  }
}

void LineWriter::flush() {
  std::string_view rest = buffer_;
  while (!rest.empty()) {
    if (!wait_writable()) {
      lost_lines_ += static_cast<std::uint64_t>(std::count(rest.begin(), rest.end(), '\n'));
      rest = {};
      break;
    }
    // Once a deadline is set no write may block.
    const bool hurried = deadline_ != Loop::Time::max();
    const ssize_t put =
        ::write(fd_, rest.data(), hurried ? std::min(rest.size(), kAtomic) : rest.size());
    if (put >= 0) {
      rest.remove_prefix(static_cast<std::size_t>(put));
    } else if (errno == EPIPE) {
      throw ConsumerGone{};  // SIGPIPE was ignored by whoever started us
    } else if (errno != EINTR && errno != EAGAIN) {
      throw_errno(Status::io_error, "cannot write to standard output");
    }
  }
  buffer_.clear();
}

void print(std::string_view text) {
  LineWriter out(STDOUT_FILENO);
  out.buffer() += text;
  out.flush();
}

}  // namespace tbgw
