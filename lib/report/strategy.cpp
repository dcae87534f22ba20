// SPDX-License-Identifier: Apache-2.0
#include "report/strategy.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cmath>

#include "core/number.hpp"
#include "core/text.hpp"

namespace tbgw::report {
namespace {

struct Named {
  std::string_view name;
  Kind kind;
};
// DISABLED comes last: name_of() gives the first name of a kind.
constexpr std::array<Named, 5> kKinds{{
    {"ON_RECEIVED", Kind::on_received},
    {"ON_CHANGE", Kind::on_change},
    {"ON_REPORT_PERIOD", Kind::on_report_period},
    {"ON_CHANGE_OR_REPORT_PERIOD", Kind::on_change_or_report_period},
    {"DISABLED", Kind::on_received},
}};

/// A JSON number as a double; nullopt for other values.
std::optional<double> number_in(std::string_view json) {
  if (json.empty() || (json.front() != '-' && (json.front() < '0' || json.front() > '9'))) {
    return std::nullopt;
  }
  double value = 0;
  const auto [stop, error] = std::from_chars(json.data(), json.data() + json.size(), value);
  if (error != std::errc{} || stop != json.data() + json.size()) return std::nullopt;
  return value;
}

}  // namespace

Result<Kind> parse_kind(std::string_view text) {
  std::string wanted;
  for (const char c : text)
    wanted += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  std::vector<std::string> names;
  for (const Named& known : kKinds) {
    if (known.name == wanted) return known.kind;
    names.emplace_back(known.name);
  }
  const std::string near = nearest(wanted, names);
  return Error{in_quotes(text) + " is no report strategy (ON_RECEIVED, ON_CHANGE, " +
               "ON_REPORT_PERIOD, ON_CHANGE_OR_REPORT_PERIOD)" +
               (near.empty() ? "" : "; did you mean " + near + "?")};
}

std::string_view name_of(Kind kind) {
  for (const Named& known : kKinds) {
    if (known.kind == kind) return known.name;
  }
  return "ON_RECEIVED";
}

Result<Deadband> parse_deadband(std::string_view text) {
  const bool percent = !text.empty() && text.back() == '%';
  const auto value = parse_real(percent ? text.substr(0, text.size() - 1) : text);
  if (!value || *value < 0) return Error{in_quotes(text) + " is no deadband (like 0.5 or 2%)"};
  Deadband out;
  (percent ? out.percent : out.absolute) = *value;
  return out;
}

bool Gate::periodic() const {
  return strategy_.kind == Kind::on_report_period ||
         strategy_.kind == Kind::on_change_or_report_period;
}

/// Whether the value differs from the last one sent, or that one is too old.
bool Gate::news(std::string_view value, Time now) const {
  if (last_.empty() || now - last_at_ >= strategy_.ttl) return true;
  const Deadband& band = strategy_.deadband;
  if (band == Deadband{}) return value != last_;
  const auto is = number_in(value);
  const auto was = number_in(last_);
  if (!is || !was) return value != last_;
  const double allowed = std::max(band.absolute, std::fabs(*was) * band.percent / 100);
  return std::fabs(*is - *was) >= allowed && *is != *was;
}

void Gate::sent(std::string_view value, Time now) {
  last_ = value;
  last_at_ = now;
  held_.reset();
}

/// Moves the end of the running period behind `now`, without drift.
void Gate::pass_periods(Time now) {
  const auto period = std::max(strategy_.period, Milliseconds{1});
  next_ += ((now - next_) / period + 1) * period;
}

/// A sample of an aggregate. What came before the end of the running period is done with it.
bool Gate::collect(std::string_view value, EpochMs ts, Time now) {
  const bool first = running_.empty() && over_.empty() && next_ == Time{};
  if (first) next_ = now + std::max(strategy_.period, Milliseconds{1});
  if (now >= next_) {
    if (!running_.empty()) over_.push_back(running_.finish(strategy_.function));
    pass_periods(now);
  }
  running_.add(value, ts);
  return false;
}

bool Gate::offer(std::string_view value, EpochMs ts, Time now) {
  if (strategy_.kind == Kind::on_received) return true;
  if (aggregates()) return collect(value, ts, now);
  const bool first = last_.empty();
  if (periodic() && first) next_ = now + std::max(strategy_.period, Milliseconds{1});
  if (held_ && now >= next_) {
    // A replay is faster than the clock: nobody took it when its period ended.
    over_.push_back(*held_);
    sent(over_.back().value, next_);
    pass_periods(next_);
  }
  const bool over = periodic() && now >= next_;
  if (over) pass_periods(now);
  const bool changed = strategy_.kind != Kind::on_report_period && news(value, now);
  if (first || over || changed) {
    sent(value, now);
    return true;
  }
  if (periodic()) held_ = Sample{std::string{value}, ts};
  return false;
}

std::optional<Time> Gate::due() const {
  if (!over_.empty()) return next_ - std::max(strategy_.period, Milliseconds{1});
  if (!held_ && running_.empty()) return std::nullopt;
  return next_;
}

std::optional<Sample> Gate::take(Time now) {
  if (!over_.empty()) {
    Sample out = std::move(over_.front());
    over_.erase(over_.begin());
    return out;
  }
  if (now < next_) return std::nullopt;
  if (!running_.empty()) {
    pass_periods(now);
    return running_.finish(strategy_.function);
  }
  if (!held_) return std::nullopt;
  std::optional<Sample> out = std::move(held_);
  pass_periods(now);
  sent(out->value, now);
  return out;
}

void Gate::forget() {
  if (!running_.empty()) over_.push_back(running_.finish(strategy_.function));
  last_.clear();
  held_.reset();
}

}  // namespace tbgw::report
