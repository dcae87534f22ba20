// SPDX-License-Identifier: Apache-2.0
#include "route/down_queue.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

namespace tbgw::route {
namespace {

/// The keys that an attributes event gives values to or deletes.
std::set<std::string> keys_of(std::string_view line) {
  std::set<std::string> keys;
  const auto event = nlohmann::json::parse(line, nullptr, false);
  if (!event.is_object()) return keys;
  if (const auto data = event.find("data"); data != event.end() && data->is_object()) {
    for (const auto& [key, value] : data->items())
      keys.insert(key);
  }
  if (const auto deleted = event.find("deleted"); deleted != event.end() && deleted->is_array()) {
    for (const auto& key : *deleted) {
      if (key.is_string()) keys.insert(key.get<std::string>());
    }
  }
  return keys;
}

}  // namespace

bool DownQueue::push(std::string_view line, const Sight& sight, Time now) {
  const std::size_t size = line.size() + 1;
  if (!fits(size)) make_room(size, sight.event == "attributes" ? line : "", sight.device);
  // A line longer than the limit still goes to a pipeline that waits for nothing.
  if (!fits(size) && !items_.empty()) return false;
  Kind kind = Kind::other;
  if (sight.wants_answer()) kind = Kind::rpc;
  if (sight.event == "attributes") kind = Kind::attributes;
  items_.push_back({std::string{line} + "\n",
                    kind,
                    {std::string{sight.device}, std::string{sight.id}, std::string{sight.rpc}},
                    now});
  bytes_ += size;
  return true;
}

void DownQueue::make_room(std::size_t size, std::string_view line, std::string_view device) {
  const std::set<std::string> keys = line.empty() ? std::set<std::string>{} : keys_of(line);
  const auto is_obsolete = [&](const Item& item) {
    if (item.kind != Kind::attributes || item.call.device != device || keys.empty()) return false;
    const std::set<std::string> old = keys_of(item.line);
    return std::includes(keys.begin(), keys.end(), old.begin(), old.end());
  };
  const auto remove = [&](std::size_t index, std::uint64_t& count) {
    bytes_ -= items_[index].line.size();
    items_.erase(items_.begin() + static_cast<std::ptrdiff_t>(index));
    ++count;
  };
  for (std::size_t i = items_.size(); i-- > first_movable();) {
    if (is_obsolete(items_[i])) remove(i, merged_);
  }
  for (std::size_t i = first_movable(); i < items_.size() && !fits(size);) {
    if (items_[i].kind == Kind::attributes) {
      remove(i, dropped_);
    } else {
      ++i;
    }
  }
}

void DownQueue::sent(std::size_t bytes) {
  offset_ += bytes;
  if (offset_ < items_.front().line.size()) return;
  bytes_ -= items_.front().line.size();
  items_.pop_front();
  offset_ = 0;
}

template <class Which>
std::vector<DownQueue::Call> DownQueue::take_calls_if(Which which) {
  std::vector<Call> calls;
  for (std::size_t i = 0; i < items_.size();) {
    Item& item = items_[i];
    if (item.kind != Kind::rpc || !which(i, item)) {
      ++i;
      continue;
    }
    bytes_ -= item.line.size();
    calls.push_back(std::move(item.call));
    items_.erase(items_.begin() + static_cast<std::ptrdiff_t>(i));
  }
  return calls;
}

std::vector<DownQueue::Call> DownQueue::take_expired(Time now) {
  return take_calls_if([&](std::size_t index, const Item& item) {
    return index >= first_movable() && item.since + kPatience <= now;
  });
}

std::vector<DownQueue::Call> DownQueue::take_calls() {
  rewind();
  return take_calls_if([](std::size_t, const Item&) { return true; });
}

DownQueue::Time DownQueue::next_expiry() const {
  Time next = Time::max();
  for (std::size_t i = first_movable(); i < items_.size(); ++i) {
    if (items_[i].kind == Kind::rpc) next = std::min(next, items_[i].since + kPatience);
  }
  return next;
}

}  // namespace tbgw::route
