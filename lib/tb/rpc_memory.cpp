// SPDX-License-Identifier: Apache-2.0
#include "tb/rpc_memory.hpp"

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
  entries_[name] = Entry{hash, now, false, {}};
  order_.emplace_back(now, name);
  return Seen::never;
}

void RpcMemory::answered(std::string_view device, std::int64_t id, std::string_view data) {
  const auto found = entries_.find(key(device, id));
  if (found == entries_.end()) return;
  if (data.size() > kLongestAnswer) return;
  found->second.has_answer = true;
  found->second.answer = data;
}

void RpcMemory::forget_old(Time now) {
  while (!order_.empty() && (order_.front().first + kSpan <= now || order_.size() >= kMost)) {
    const auto& [seen, name] = order_.front();
    // The entry may be a newer RPC with the same id.
    if (const auto found = entries_.find(name);
        found != entries_.end() && found->second.seen == seen) {
      entries_.erase(found);
    }
    order_.pop_front();
  }
}

}  // namespace tbgw::tb
