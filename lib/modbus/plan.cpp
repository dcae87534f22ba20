// SPDX-License-Identifier: Apache-2.0
#include "modbus/plan.hpp"

#include <algorithm>
#include <map>

namespace tbgw::modbus {
namespace {

/// What a request costs beside its cells, in bytes on a serial line: 8 asked, 5 around the answer,
/// two silences, and what the unit thinks.
constexpr std::int64_t kOverheadBytes = 28;
/// Stands for "after each connect only" where periods are compared.
constexpr Milliseconds kOnce{std::chrono::hours{24 * 365}};

class Planner {
 public:
  Planner(std::span<const Tag> tags, const ReadLimits& limits, std::span<const Cut> cuts)
      : tags_(tags), limits_(limits), cuts_(cuts.begin(), cuts.end()) {
    std::sort(cuts_.begin(), cuts_.end());
  }

  /// Plans the tags (of one table and period, in order of address), given the blocks of the same
  /// table with shorter periods.
  void add(const std::vector<std::size_t>& tags, Milliseconds period);
  std::vector<Block> take() { return std::move(blocks_); }

 private:
  bool absorb(std::size_t index);
  void append(std::vector<Block>& blocks, std::size_t index, Milliseconds period) const;
  bool merge(const Block& block);
  [[nodiscard]] std::optional<Block> together(const Block& a, const Block& b) const;
  [[nodiscard]] bool cut_within(Table table, std::uint32_t first, std::uint32_t last) const;
  [[nodiscard]] std::uint32_t most(const Block& block) const;
  void sort_tags(Block& block) const;

  std::span<const Tag> tags_;
  const ReadLimits& limits_;
  std::vector<Cut> cuts_;
  std::vector<Block> blocks_;
};

bool Planner::cut_within(Table table, std::uint32_t first, std::uint32_t last) const {
  if (first > 0xffff) return false;
  const auto cut =
      std::lower_bound(cuts_.begin(), cuts_.end(), Cut{table, static_cast<std::uint16_t>(first)});
  return cut != cuts_.end() && cut->table == table && cut->address <= last;
}

/// The most cells of a request that reads this block.
std::uint32_t Planner::most(const Block& block) const {
  std::uint32_t most = is_bits(block.table) ? limits_.bits : limits_.registers;
  for (const std::size_t index : block.tags) {
    const std::uint32_t own = tags_[index].most_per_request;
    if (own != 0) most = std::min(most, own);
  }
  return most;
}

void Planner::sort_tags(Block& block) const {
  std::sort(block.tags.begin(), block.tags.end(), [&](std::size_t a, std::size_t b) {
    return tags_[a].address != tags_[b].address ? tags_[a].address < tags_[b].address : a < b;
  });
}

/// Both in one request, if that is allowed.
std::optional<Block> Planner::together(const Block& a, const Block& b) const {
  const Block& first = a.address <= b.address ? a : b;
  const Block& second = a.address <= b.address ? b : a;
  const std::uint32_t gap = is_bits(a.table) ? limits_.gap_bits : limits_.gap_registers;
  if (second.address >= first.end() &&
      (second.address - first.end() > gap || cut_within(a.table, first.end(), second.address))) {
    return std::nullopt;
  }
  Block out = a;
  out.address = first.address;
  out.count = static_cast<std::uint16_t>(std::max(first.end(), second.end()) - first.address);
  out.tags.insert(out.tags.end(), b.tags.begin(), b.tags.end());
  // Tags that share cells with more than the limit allows are no reason to read more at once.
  if (out.count > most(out) && out.count > std::max(a.count, b.count)) return std::nullopt;
  sort_tags(out);
  return out;
}

/// A tag whose cells are read anyway.
bool Planner::absorb(std::size_t index) {
  const Tag& tag = tags_[index];
  for (Block& block : blocks_) {
    if (tag.address < block.address || tag.address + std::uint32_t{tag.count} > block.end())
      continue;
    if (tag.most_per_request != 0 && block.count > tag.most_per_request) continue;
    block.tags.push_back(index);
    sort_tags(block);
    return true;
  }
  return false;
}

/// To the last block, or a new one.
void Planner::append(std::vector<Block>& blocks, std::size_t index, Milliseconds period) const {
  const Tag& tag = tags_[index];
  const Block own{tag.table(), tag.address, tag.count, period, {index}};
  if (!blocks.empty()) {
    if (auto joined = together(blocks.back(), own)) {
      blocks.back() = *std::move(joined);
      return;
    }
  }
  blocks.push_back(own);
}

/// Into a block that is read more often, if its cells cost less there than in their own request.
bool Planner::merge(const Block& block) {
  const std::int64_t bits = is_bits(block.table) ? 1 : 16;
  for (Block& other : blocks_) {
    if (other.period >= block.period) continue;
    auto joined = together(other, block);
    if (!joined) continue;
    const std::int64_t added = (joined->count - other.count) * bits;
    const std::int64_t saved = 8 * kOverheadBytes + block.count * bits;
    // added / short period ≤ saved / long period
    const std::int64_t ratio =
        block.period.count() / std::max<std::int64_t>(1, other.period.count());
    if (added * ratio > saved) continue;
    other = *std::move(joined);
    return true;
  }
  return false;
}

void Planner::add(const std::vector<std::size_t>& tags, Milliseconds period) {
  std::vector<Block> own;
  for (const std::size_t index : tags) {
    if (!absorb(index)) append(own, index, period);
  }
  std::vector<Block> kept;
  for (Block& block : own) {
    if (!merge(block)) kept.push_back(std::move(block));
  }
  blocks_.insert(blocks_.end(), kept.begin(), kept.end());
}

}  // namespace

std::vector<Block> plan(std::span<const Tag> tags, Milliseconds period, const ReadLimits& limits,
                        std::span<const Cut> cuts) {
  std::map<std::pair<Table, Milliseconds>, std::vector<std::size_t>> groups;
  for (std::size_t i = 0; i < tags.size(); ++i) {
    if (!tags[i].reads()) continue;
    const Milliseconds own = tags[i].once ? kOnce : tags[i].period.value_or(period);
    groups[{tags[i].table(), own}].push_back(i);
  }
  std::vector<Block> out;
  for (auto group = groups.begin(); group != groups.end();) {
    const Table table = group->first.first;
    Planner planner(tags, limits, cuts);
    for (; group != groups.end() && group->first.first == table; ++group) {
      std::stable_sort(
          group->second.begin(), group->second.end(),
          [&](std::size_t a, std::size_t b) { return tags[a].address < tags[b].address; });
      planner.add(group->second, group->first.second);
    }
    for (Block& block : planner.take())
      out.push_back(std::move(block));
  }
  std::stable_sort(out.begin(), out.end(), [](const Block& a, const Block& b) {
    if (a.period != b.period) return a.period < b.period;
    return a.table != b.table ? a.table < b.table : a.address < b.address;
  });
  for (Block& block : out) {
    if (block.period == kOnce) block.period = Milliseconds{0};
  }
  return out;
}

std::vector<Block> halves(const Block& block, std::span<const Tag> tags) {
  // The border that no tag lies across and that divides the tags most evenly.
  const std::size_t count = block.tags.size();
  std::size_t best = 0;
  std::uint32_t end = block.address;
  for (std::size_t i = 0; i < count; ++i) {
    const Tag& tag = tags[block.tags[i]];
    const bool better = std::max(i, count - i) < std::max(best, count - best);
    if (i > 0 && tag.address >= end && (best == 0 || better)) best = i;
    end = std::max(end, tag.address + std::uint32_t{tag.count});
  }
  if (best == 0) return {};
  std::vector<Block> out(2, Block{block.table, 0, 0, block.period, {}});
  for (std::size_t i = 0; i < count; ++i)
    out[i < best ? 0 : 1].tags.push_back(block.tags[i]);
  for (Block& half : out) {
    half.address = tags[half.tags.front()].address;
    std::uint32_t last = half.address;
    for (const std::size_t index : half.tags)
      last = std::max(last, tags[index].address + std::uint32_t{tags[index].count});
    half.count = static_cast<std::uint16_t>(last - half.address);
  }
  return out;
}

Cut cut_before(const Block& second) {
  return {second.table, second.address};
}

}  // namespace tbgw::modbus
