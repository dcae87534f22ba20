// SPDX-License-Identifier: Apache-2.0
#include "run/remote_control.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

#include "core/number.hpp"
#include "core/record.hpp"
#include "core/text.hpp"

namespace tbgw::run {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kMostAsked = 100;
/// A text of a check names every mistake; a client attribute need not hold them all.
constexpr std::size_t kLongestError = 4096;

bool is_own_part(const std::string& key) {
  return key == shared::kGeneral || key == shared::kStorage || key == shared::kLogs ||
         key == shared::kActive;
}

/// Whether another connection is made.
bool is_other_platform(const Json& a, const Json& b) {
  static constexpr std::array<const char*, 8> kMembers{
      "host", "port", "security", "provisioning", "qos", "keep_alive", "proxy_host", "proxy_port"};
  return std::any_of(kMembers.begin(), kMembers.end(), [&](const char* member) {
    return a.value(member, Json()) != b.value(member, Json());
  });
}

}  // namespace

std::string attributes_line(const Json& attributes) {
  Json list = Json::array();
  list.push_back(attributes);
  Json line = Json::object();
  line.emplace("attributes", std::move(list));
  return line.dump(-1, ' ', false, Json::error_handler_t::replace);
}

RemoteControl::RemoteControl(RemoteState state, RemoteState before,
                             const std::vector<std::string>& trial, RemoteCheck check,
                             const std::string& our_version, RemoteTimes times, Time now)
    : state_(std::move(state)),
      before_(std::move(before)),
      check_(std::move(check)),
      times_(times) {
  // One line each: all of them together may be longer than a record.
  const Json attributes = all_attributes(state_, our_version);
  for (const auto& [key, value] : attributes.items()) {
    const bool on_trial = std::find(trial.begin(), trial.end(), key) != trial.end();
    if (!on_trial) publish(key, value);
  }
  begin(trial, now);
}

void RemoteControl::publish(const std::string& key, const Json& value) {
  Json attributes = Json::object();
  attributes.emplace(key, value);
  lines_.push_back(attributes_line(attributes));
}

void RemoteControl::ask(const std::vector<std::string>& keys) {
  if (keys.empty()) return;
  if (asked_.size() >= kMostAsked) asked_.erase(asked_.begin());
  asked_.insert(next_id_);
  lines_.push_back(event_line("attributes-request", "",
                              {{"id", next_id_}, {"scope", "shared"}, {"keys", keys}}));
  ++next_id_;
}

void RemoteControl::event(const Json& event, Time now) {
  const auto name = event.find("event");
  if (name == event.end() || event.contains("device")) return;
  const auto data = event.find("data");
  const bool has_data = data != event.end() && data->is_object();
  if (*name == "platform-up") {
    for (auto& [key, trial] : trials_) {
      if (trial.needs_platform && !trial.up) trial.up = now;
    }
    std::vector<std::string> keys{std::string{shared::kGeneral}, std::string{shared::kStorage},
                                  std::string{shared::kGrpc},    std::string{shared::kLogs},
                                  std::string{shared::kActive},  std::string{shared::kLogLevel}};
    for (const std::string& connector : state_.names())
      keys.push_back(connector);
    ask(keys);
  } else if (*name == "platform-down") {
    for (auto& [key, trial] : trials_) {
      if (trial.needs_platform) trial.up.reset();
    }
  } else if (*name == "attributes" && has_data) {
    take(*data, now);
  } else if (*name == "attributes-response" && has_data) {
    const auto id = event.find("id");
    if (id == event.end() || !id->is_number_integer()) return;
    if (asked_.erase(id->get<std::int64_t>()) > 0) take(*data, now);
  }
}

void RemoteControl::take(const Json& incoming, Time now) {
  if (!trials_.empty()) {
    pending_.update(incoming);
    return;
  }
  RemoteChange change = decide(state_, refused_, incoming, check_);
  for (std::string& notice : change.notices)
    notices_.push_back(std::move(notice));
  if (!(change.next == state_)) {
    before_ = std::exchange(state_, std::move(change.next));
    is_new_ = true;
  }
  for (const RemoteRefusal& refusal : change.refused) {
    refused_[refusal.key] = shared_value(incoming[refusal.key]);
    refuse(refusal.key, refusal.text);
  }
  for (const auto& [key, value] : change.at_once)
    acknowledge(key);
  ask(change.ask);
  begin(change.changed, now);
}

void RemoteControl::begin(const std::vector<std::string>& keys, Time now) {
  for (const std::string& key : keys) {
    Trial trial;
    trial.began = now;
    trial.needs_platform =
        key == shared::kGeneral && is_other_platform(state_.general, before_.general);
    if (is_own_part(key) && !trial.needs_platform) trial.up = now;
    trials_[key] = trial;
    notices_.push_back(in_quotes(key) + ": applying what the platform sent");
  }
}

void RemoteControl::running(const std::string& pipeline, Time now) {
  const auto trial = trials_.find(pipeline);
  if (trial != trials_.end() && !is_own_part(pipeline)) trial->second.up = now;
}

void RemoteControl::stopped(const std::string& pipeline) {
  const auto trial = trials_.find(pipeline);
  if (trial != trials_.end() && !is_own_part(pipeline)) trial->second.up.reset();
}

void RemoteControl::failed(const std::string& name, const std::string& text, Time now) {
  if (trials_.count(name) > 0) {
    fail(name, text);
  } else if (state_.find(name) == nullptr) {
    std::vector<std::string> own;
    for (const auto& [key, trial] : trials_) {
      if (is_own_part(key)) own.push_back(key);
    }
    for (const std::string& key : own)
      fail(key, name + ": " + text);
  }
  go_on(now);
}

/// The shared attribute that is on trial, as it came.
Json RemoteControl::document_of(const std::string& key) const {
  const RemoteConnector* const connector = state_.find(key);
  if (connector != nullptr) return connector->document;
  const auto handled = state_.handled.find(key);
  return handled == state_.handled.end() ? Json() : handled->second;
}

void RemoteControl::fail(const std::string& key, const std::string& text) {
  refused_[key] = document_of(key);
  trials_.erase(key);
  revert(state_, before_, key);
  is_new_ = true;
  refuse(key, text);
}

void RemoteControl::refuse(const std::string& key, const std::string& text) {
  errors_[key] = text;
  notices_.push_back(in_quotes(key) + ": refused what the platform sent, the old goes on: " + text);
  std::string told = text.substr(0, kLongestError);
  while (!told.empty() && !is_utf8(told))
    told.pop_back();
  publish(key + "_CONFIGURATION_ERROR", told);
}

void RemoteControl::acknowledge(const std::string& key) {
  refused_.erase(key);
  if (errors_.erase(key) > 0) publish(key + "_CONFIGURATION_ERROR", "");
  if (key == shared::kGeneral) {
    publish(key, general_attribute(document_of(key)));
  } else if (key == shared::kActive) {
    publish(key, state_.names());
  } else if (const RemoteConnector* const connector = state_.find(key)) {
    publish(key, connector_attribute(*connector));
    const RemoteConnector* const was = before_.find(key);
    if (was == nullptr) publish(std::string{shared::kActive}, state_.names());
  } else {
    publish(key, document_of(key));
  }
}

RemoteControl::Time RemoteControl::bound_of(const Trial& trial) const {
  if (trial.up) return *trial.up + times_.settle;
  return trial.began + (trial.needs_platform ? times_.connect : times_.bound);
}

RemoteControl::Time RemoteControl::next_tick() const {
  Time next = Time::max();
  for (const auto& [key, trial] : trials_)
    next = std::min(next, bound_of(trial));
  return next;
}

void RemoteControl::tick(Time now) {
  std::vector<std::pair<std::string, bool>> over;
  for (const auto& [key, trial] : trials_) {
    if (bound_of(trial) <= now) over.emplace_back(key, trial.up.has_value());
  }
  for (const auto& [key, good] : over) {
    if (good) {
      trials_.erase(key);
      is_new_ = true;  // it is no trial any more
      acknowledge(key);
      notices_.push_back(in_quotes(key) + ": what the platform sent is in use");
    } else {
      const Trial& trial = trials_.at(key);
      const auto waited = trial.needs_platform ? times_.connect : times_.bound;
      fail(key, "did not come up within " + format_duration(waited));
    }
  }
  go_on(now);
}

/// What came meanwhile, once nothing is on trial.
void RemoteControl::go_on(Time now) {
  if (!trials_.empty() || pending_.empty()) return;
  const Json incoming = std::exchange(pending_, Json::object());
  take(incoming, now);
}

std::vector<std::string> RemoteControl::take_lines() {
  return std::exchange(lines_, {});
}

std::vector<std::string> RemoteControl::take_notices() {
  return std::exchange(notices_, {});
}

std::optional<RemoteState> RemoteControl::take_state() {
  if (!std::exchange(is_new_, false)) return std::nullopt;
  return state_;
}

std::vector<std::string> RemoteControl::trial_keys() const {
  std::vector<std::string> keys;
  for (const auto& [key, trial] : trials_)
    keys.push_back(key);
  return keys;
}

}  // namespace tbgw::run
