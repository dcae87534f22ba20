// SPDX-License-Identifier: Apache-2.0
#include "convert/timestamp.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdint>
#include <ctime>
#include <optional>
#include <vector>

#include "convert/value.hpp"
#include "core/number.hpp"
#include "core/text.hpp"

namespace tbgw::convert {
namespace {

constexpr std::array<std::string_view, 12> kMonths{"jan", "feb", "mar", "apr", "may", "jun",
                                                   "jul", "aug", "sep", "oct", "nov", "dec"};

struct Digits {
  std::int64_t value = 0;
  std::size_t count = 0;
};

/// A date and time in pieces, as far as they were found.
struct Parts {
  std::vector<Digits> date;  ///< numbers of the date, in their order
  int month_name = 0;        ///< 1 to 12, 0 = none
  std::optional<int> hour;
  int minute = 0;
  int second = 0;
  int millisecond = 0;
  std::optional<int> zone_minutes;
};

class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}

  std::optional<Parts> run() {
    while (!rest_.empty()) {
      const auto c = static_cast<unsigned char>(rest_.front());
      bool good = true;
      if (std::isdigit(c) != 0) {
        good = number();
      } else if (std::isalpha(c) != 0) {
        good = word();
      } else if ((c == '+' || c == '-') && parts_.hour) {
        good = zone(c == '-');
      } else {
        good = std::string_view{" -/.,"}.find(rest_.front()) != std::string_view::npos;
        rest_.remove_prefix(1);
      }
      if (!good) return std::nullopt;
    }
    return std::move(parts_);
  }

 private:
  Digits digits() {
    Digits out;
    while (out.count < rest_.size() && rest_[out.count] >= '0' && rest_[out.count] <= '9' &&
           out.count < 18) {
      out.value = out.value * 10 + (rest_[out.count] - '0');
      ++out.count;
    }
    rest_.remove_prefix(out.count);
    return out;
  }

  bool take(char c) {
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }

  bool number() {
    const Digits found = digits();
    if (!rest_.empty() && rest_.front() == ':' && !parts_.hour) return time(found);
    // Compact times follow a compact date.
    if (found.count == 14)
      return compact(found.value / 1'000'000) && clock(found.value % 1'000'000);
    if (found.count == 8 && parts_.date.empty()) return compact(found.value);
    if ((found.count == 6 || found.count == 4) && parts_.date.size() == 3 && !parts_.hour) {
      return clock(found.count == 6 ? found.value : found.value * 100);
    }
    if (parts_.date.size() == 3) return hour_alone(found);
    parts_.date.push_back(found);
    return true;
  }

  /// "4 pm": a number behind a whole date.
  bool hour_alone(const Digits& found) {
    if (parts_.hour || found.count > 2) return false;
    parts_.hour = static_cast<int>(found.value);
    return true;
  }

  bool compact(std::int64_t date) {
    if (!parts_.date.empty()) return false;
    parts_.date = {{date / 10000, 4}, {date / 100 % 100, 2}, {date % 100, 2}};
    return true;
  }

  bool clock(std::int64_t hms) {
    parts_.hour = static_cast<int>(hms / 10000);
    parts_.minute = static_cast<int>(hms / 100 % 100);
    parts_.second = static_cast<int>(hms % 100);
    fraction();
    return true;
  }

  bool time(const Digits& hour) {
    if (hour.count > 2) return false;
    parts_.hour = static_cast<int>(hour.value);
    take(':');
    const Digits minute = digits();
    if (minute.count == 0 || minute.count > 2) return false;
    parts_.minute = static_cast<int>(minute.value);
    if (!take(':')) return true;
    const Digits second = digits();
    if (second.count == 0 || second.count > 2) return false;
    parts_.second = static_cast<int>(second.value);
    fraction();
    return true;
  }

  void fraction() {
    const bool point = rest_.size() > 1 && (rest_[0] == '.' || rest_[0] == ',') &&
                       rest_[1] >= '0' && rest_[1] <= '9';
    if (!point) return;
    rest_.remove_prefix(1);
    Digits found = digits();
    for (; found.count < 3; ++found.count)
      found.value *= 10;
    for (; found.count > 3; --found.count)
      found.value /= 10;
    parts_.millisecond = static_cast<int>(found.value);
  }

  bool zone(bool west) {
    rest_.remove_prefix(1);
    const Digits first = digits();
    int minutes = 0;
    if (first.count == 4) {
      minutes = static_cast<int>(first.value / 100 * 60 + first.value % 100);
    } else if (first.count == 2 || first.count == 1) {
      minutes = static_cast<int>(first.value * 60);
      if (take(':')) minutes += static_cast<int>(digits().value);
    } else {
      return false;
    }
    if (minutes > 24 * 60) return false;
    parts_.zone_minutes = west ? -minutes : minutes;
    return true;
  }

  bool word() {
    std::string word;
    while (!rest_.empty() && std::isalpha(static_cast<unsigned char>(rest_.front())) != 0) {
      word += static_cast<char>(std::tolower(static_cast<unsigned char>(rest_.front())));
      rest_.remove_prefix(1);
    }
    if (word == "z" || word == "utc" || word == "gmt") {
      parts_.zone_minutes = parts_.zone_minutes.value_or(0);
      return true;
    }
    if (word == "am" || word == "pm") return half_of_day(word == "pm");
    if (word == "t" || word == "at" || word == "of" || word == "st" || word == "nd" ||
        word == "rd" || word == "th") {
      return true;
    }
    if (word.size() < 3) return false;
    const std::string_view start = std::string_view{word}.substr(0, 3);
    const auto month = std::find(kMonths.begin(), kMonths.end(), start);
    if (month != kMonths.end() && parts_.month_name == 0) {
      parts_.month_name = static_cast<int>(month - kMonths.begin()) + 1;
      return true;
    }
    constexpr std::array<std::string_view, 7> kDays{"mon", "tue", "wed", "thu",
                                                    "fri", "sat", "sun"};
    return std::find(kDays.begin(), kDays.end(), start) != kDays.end();
  }

  bool half_of_day(bool afternoon) {
    if (!parts_.hour || *parts_.hour < 1 || *parts_.hour > 12) return false;
    parts_.hour = *parts_.hour % 12 + (afternoon ? 12 : 0);
    return true;
  }

  std::string_view rest_;
  Parts parts_;
};

struct Day {
  std::int64_t year = 0;
  std::int64_t month = 0;
  std::int64_t day = 0;
};

std::int64_t full_year(const Digits& digits) {
  if (digits.count > 2) return digits.value;
  return digits.value + (digits.value < 70 ? 2000 : 1900);
}

std::optional<Day> day_of(const Parts& parts, const DateOrder& order) {
  const auto& numbers = parts.date;
  if (parts.month_name != 0) {
    if (numbers.size() != 2) return std::nullopt;
    const bool year_in_front = numbers[0].count > 2 || numbers[0].value > 31;
    const Digits& day = numbers[year_in_front ? 1 : 0];
    return Day{full_year(numbers[year_in_front ? 0 : 1]), parts.month_name, day.value};
  }
  if (numbers.size() != 3) return std::nullopt;
  if (numbers[0].count > 2 || numbers[0].value > 31 || order.year_first) {
    const bool swap = numbers[1].value > 12 || (order.day_first && numbers[2].value <= 12);
    return Day{full_year(numbers[0]), numbers[swap ? 2 : 1].value, numbers[swap ? 1 : 2].value};
  }
  const bool day_first = numbers[0].value > 12 || (order.day_first && numbers[1].value <= 12);
  return Day{full_year(numbers[2]), numbers[day_first ? 1 : 0].value,
             numbers[day_first ? 0 : 1].value};
}

bool is_real(const Day& day, const Parts& parts) {
  constexpr std::array<int, 12> kLengths{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  if (day.year < 1970 || day.year > 9999 || day.month < 1 || day.month > 12 || day.day < 1) {
    return false;
  }
  const bool leap = day.year % 4 == 0 && (day.year % 100 != 0 || day.year % 400 == 0);
  const int extra = leap && day.month == 2 ? 1 : 0;
  return day.day <= kLengths[static_cast<std::size_t>(day.month - 1)] + extra &&
         parts.hour.value_or(0) < 24 && parts.minute < 60 && parts.second < 61;
}

std::optional<EpochMs> epoch_of_number(std::string_view text) {
  if (text.size() < 9 || text.size() > 16 || text.front() == '0') return std::nullopt;
  const auto number = parse_integer(text, 0, 9'999'999'999'999'999);
  if (!number) return std::nullopt;
  if (text.size() <= 11) return *number * 1000;
  if (text.size() <= 13) return *number;
  if (text.size() == 16) return *number / 1000;
  return std::nullopt;
}

}  // namespace

Result<EpochMs> parse_timestamp(std::string_view text, const DateOrder& order) {
  text = strip(text);
  if (order.numbers) {
    if (const auto number = epoch_of_number(text)) return *number;
  }
  const auto no_time = [&] { return Error{in_quotes(text) + " is no date"}; };
  if (text.empty() || text.size() > 100) return no_time();
  const auto parts = Scanner(text).run();
  if (!parts) return no_time();
  const auto day = day_of(*parts, order);
  if (!day || !is_real(*day, *parts)) return no_time();
  std::tm moment{};
  moment.tm_year = static_cast<int>(day->year - 1900);
  moment.tm_mon = static_cast<int>(day->month - 1);
  moment.tm_mday = static_cast<int>(day->day);
  moment.tm_hour = parts->hour.value_or(0);
  moment.tm_min = parts->minute;
  moment.tm_sec = parts->second;
  moment.tm_isdst = -1;
  const std::time_t seconds =
      parts->zone_minutes ? ::timegm(&moment) - *parts->zone_minutes * 60 : ::mktime(&moment);
  return static_cast<EpochMs>(seconds) * 1000 + parts->millisecond;
}

}  // namespace tbgw::convert
