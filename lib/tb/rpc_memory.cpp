// SPDX-License-Identifier: Apache-2.0
#include "tb/rpc_memory.hpp"

#include <algorithm>
#include <functional>
#include <utility>

namespace tbgw::tb {
namespace {
// Answers are kept for the rare repeat only; a long one is not worth its memory.
constexpr std::size_t kLongestAnswer = 4096;
}  // namespace

std::string RpcMemory::key(std::string_view device, std::int64_t id) {
  return std::to_string(id) + "/" + std::string{device};
}

RpcMemory::Seen RpcMemory::note(std::string_view device, std::int64_t id, std::string_view content,
                                Time now, std::string& answer) {
  forget_old(now);
  const std::size_t hash = std::hash<std::string_view>{}(content);
  const std::string name = key(device, id);
  if (const auto found = entries_.find(name);
      found != entries_.end() && found->second.content == hash) {
    answer = found->second.answer;
    return found->second.has_answer ? Seen::answered : Seen::open;
  }
  if (open_ >= kMost) return Seen::too_many;
  Entry& entry = entries_[name];
  close(entry, Entry::State::answered);  // an older RPC with this id, from before a restart
  entry = Entry{hash, now, Entry::State::open, false, {}};
  ++open_;
  order_.emplace_back(now, name);
  waiting_.push_back({now, {std::string{device}, id}});
  return Seen::never;
}

void RpcMemory::close(Entry& entry, Entry::State state) {
  if (entry.state == Entry::State::open) --open_;
  entry.state = state;
}

bool RpcMemory::answered(std::string_view device, std::int64_t id, std::string_view data) {
  const auto found = entries_.find(key(device, id));
  if (found == entries_.end()) return true;
  Entry& entry = found->second;
  if (entry.state == Entry::State::expired) return false;
  close(entry, Entry::State::answered);
  if (data.size() > kLongestAnswer) return true;
  entry.has_answer = true;
  entry.answer = data;
  return true;
}

std::vector<RpcMemory::Call> RpcMemory::take_expired(Time now, std::string_view data) {
  std::vector<Call> calls;
  while (!waiting_.empty() && (!is_waiting(waiting_.front()) || first_expiry() <= now)) {
    Waiting first = std::move(waiting_.front());
    waiting_.pop_front();
    if (!is_waiting(first)) continue;
    Entry& entry = entries_[key(first.call.device, first.call.id)];
    close(entry, Entry::State::expired);
    entry.has_answer = true;
    entry.answer = data;
    calls.push_back(std::move(first.call));
  }
  return calls;
}

/// It has no answer, and no newer RPC has its id.
bool RpcMemory::is_waiting(const Waiting& waiting) const {
  const auto found = entries_.find(key(waiting.call.device, waiting.call.id));
  return found != entries_.end() && found->second.seen == waiting.seen &&
         found->second.state == Entry::State::open;
}

void RpcMemory::forget_old(Time now) {
  // What waits is known as long as it does.
  const auto span = std::max<std::chrono::milliseconds>(kSpan, patience_ + std::chrono::seconds{1});
  const auto forget = [this](const std::pair<Time, std::string>& old) {
    const auto found = entries_.find(old.second);
    // The entry may be a newer RPC with the same id.
    if (found == entries_.end() || found->second.seen != old.first) return;
    close(found->second, Entry::State::answered);
    entries_.erase(found);
  };
  while (!order_.empty() && order_.front().first + span <= now) {
    forget(order_.front());
    order_.pop_front();
  }
  if (order_.size() < 2 * kMost) return;
  // Very many in a short time: the older half goes, but for what still waits.
  std::deque<std::pair<Time, std::string>> kept;
  for (std::size_t i = 0; i < order_.size(); ++i) {
    const auto found = entries_.find(order_[i].second);
    const bool waits = found != entries_.end() && found->second.state == Entry::State::open;
    if (waits || i >= kMost) {
      kept.push_back(std::move(order_[i]));
    } else {
      forget(order_[i]);
    }
  }
  order_ = std::move(kept);
  std::erase_if(waiting_, [this](const Waiting& one) { return !is_waiting(one); });
}

}  // namespace tbgw::tb
