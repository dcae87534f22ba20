// SPDX-License-Identifier: Apache-2.0
#include "core/time.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/timex.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <ctime>

#include "core/fd.hpp"
#include "core/number.hpp"
#include "core/status.hpp"
#include "core/text.hpp"
#include "core/version.hpp"

namespace tbgw {
namespace {

constexpr EpochMs kAhead = 1000;
constexpr std::int64_t kRememberEvery = 60'000;

std::int64_t clock_ms(clockid_t which) {
  timespec time{};
  ::clock_gettime(which, &time);
  return std::int64_t{time.tv_sec} * 1000 + time.tv_nsec / 1'000'000;
}

std::string first_word(const std::string& path) {
  const Fd fd{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  std::array<char, 64> text{};
  const ssize_t got = fd ? ::read(fd.get(), text.data(), text.size()) : 0;
  std::string word(text.data(), got > 0 ? static_cast<std::size_t>(got) : 0);
  word.erase(std::min(word.find_first_of(" \n"), word.size()));
  return word;
}

}  // namespace

EpochMs now_ms() {
  return clock_ms(CLOCK_REALTIME);
}
std::int64_t uptime_ms() {
  return clock_ms(CLOCK_BOOTTIME);
}
std::string boot_id() {
  return first_word("/proc/sys/kernel/random/boot_id");
}

EpochMs StampSpreader::next(EpochMs at) {
  if (at > last_ || last_ - at > 2 * kAhead) {
    last_ = at;  // the usual case, or the clock was set back
  } else if (last_ - at < kAhead) {
    ++last_;
  } else {
    ++repeated_;
  }
  return last_;
}

ClockTrust::ClockTrust() : trusted_after_(kBuildSeconds * 1000) {
  const char* folder = std::getenv("STATE_DIRECTORY");  // NOLINT(concurrency-mt-unsafe): one thread
  if (folder == nullptr) return;
  state_file_ = std::string{folder} + "/trusted-time";
  const auto kept = parse_integer(first_word(state_file_), 0, INT64_MAX);
  if (kept && *kept > trusted_after_) trusted_after_ = *kept;
}

std::optional<std::string> ClockTrust::doubt(EpochMs stamp) {
  const std::int64_t up = uptime_ms();
  if (up - asked_up_ms_ >= 1000) {
    timex kernel{};
    unsynchronised_ = ::adjtimex(&kernel) < 0 || (kernel.status & STA_UNSYNC) != 0;
    asked_up_ms_ = up;
  }
  if (!unsynchronised_) remember(stamp);
  if (!unsynchronised_ || stamp >= trusted_after_) return std::nullopt;
  return "\"clock\":{\"boot\":" + json_string(boot_id()) + ",\"up\":" + std::to_string(up) + "}";
}

/// Keeps the last trusted time, at most once a minute; a reader never sees half a number.
void ClockTrust::remember(EpochMs stamp) {
  if (state_file_.empty() || stamp <= trusted_after_) return;
  const std::int64_t up = uptime_ms();
  if (remembered_up_ms_ != 0 && up - remembered_up_ms_ < kRememberEvery) return;
  remembered_up_ms_ = up;
  const std::string fresh = state_file_ + ".new";
  const Fd fd{::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644)};
  if (fd && write_all(fd.get(), std::to_string(stamp) + "\n")) {
    static_cast<void>(std::rename(fresh.c_str(), state_file_.c_str()));
  }
}

}  // namespace tbgw
