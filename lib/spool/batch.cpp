// SPDX-License-Identifier: Apache-2.0
#include "spool/batch.hpp"

#include <algorithm>
#include <iterator>

namespace tbgw::spool {
namespace {
constexpr std::size_t kBlock = std::size_t{64} << 10;
}

void Batch::push(std::string_view record) {
  if (blocks_.empty() || blocks_.back().text.size() + record.size() > kBlock) {
    blocks_.push_back({{}, {}, popped_ + size_});
  }
  Block& block = blocks_.back();
  block.text.append(record);
  block.ends.push_back(block.text.size());
  ++size_;
  bytes_ += record.size();
}

void Batch::pop_front(std::size_t count) {
  for (; count > 0; --count) {
    bytes_ -= at(0).size();
    ++popped_;
    --size_;
    const Block& front = blocks_.front();
    if (popped_ == front.first + front.ends.size()) blocks_.pop_front();
  }
}

void Batch::pop_back(std::size_t count) {
  for (; count > 0; --count) {
    Block& block = blocks_.back();
    bytes_ -= at(size_ - 1).size();
    --size_;
    block.ends.pop_back();
    block.text.resize(block.ends.empty() ? 0 : block.ends.back());
    if (popped_ + size_ == block.first) blocks_.pop_back();
  }
}

const Batch::Block& Batch::block_of(std::uint64_t position) const {
  const auto next = std::upper_bound(
      blocks_.begin(), blocks_.end(), position,
      [](std::uint64_t wanted, const Block& block) { return wanted < block.first; });
  return *std::prev(next);
}

std::string_view Batch::at(std::size_t i) const {
  const Block& block = block_of(popped_ + i);
  const std::size_t index = popped_ + i - block.first;
  const std::size_t begin = index == 0 ? 0 : block.ends[index - 1];
  return std::string_view{block.text}.substr(begin, block.ends[index] - begin);
}

}  // namespace tbgw::spool
