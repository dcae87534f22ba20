// SPDX-License-Identifier: Apache-2.0
#include "core/capture.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include "core/number.hpp"

namespace tbgw {
namespace {

// Later stamps (after the year 5138) are no times; it also keeps sums from overflowing.
constexpr EpochMs kMostStamp = 100'000'000'000'000;

constexpr EpochMs kMostAhead = 1000;

using Bytes = signed char __attribute__((vector_size(16)));

std::size_t offset_of(std::string_view line, std::string_view part) {
  return static_cast<std::size_t>(part.data() - line.data());
}

std::optional<EpochMs> stamp_of(const JsonMember* member) {
  if (member == nullptr || member->type != JsonType::number) return std::nullopt;
  const Result<std::int64_t> value = parse_integer(member->raw, 0, kMostStamp);
  return value ? std::optional(*value) : std::nullopt;
}

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\r';
}

/// The bytes of a member that can go without leaving a broken object: key, value and one comma: the
/// one before it, or the one behind it if nothing before it stays (`gone`: the end of what else is
/// cut at the beginning of the object).
CapturedLine::Edit cut_member(std::string_view line, const JsonMember& member, std::size_t gone) {
  // The keys we cut hold no quote, so the last quote before the value ends the key and the one
  // before that begins it.
  const std::size_t value = offset_of(line, member.raw);
  std::size_t begin = line.rfind('"', line.rfind('"', value - 1) - 1);
  std::size_t end = value + member.raw.size();
  std::size_t before = begin;
  while (before > gone && is_blank(line[before - 1]))
    --before;
  if (before > gone && line[before - 1] == ',') return {before - 1, end, std::nullopt};
  while (is_blank(line[end]))
    ++end;
  if (line[end] == ',') ++end;
  return {begin, end, std::nullopt};
}

bool by_position(const CapturedLine::Edit& a, const CapturedLine::Edit& b) {
  return a.begin < b.begin;
}

}  // namespace

const CapturedLine& CaptureParser::parse(std::string_view line) {
  result_.skip = false;
  result_.time.reset();
  result_.earliest = result_.latest = 0;
  result_.always.clear();
  result_.when_moved.clear();
  take_members(line);
  std::sort(result_.when_moved.begin(), result_.when_moved.end(), by_position);
  return result_;
}

void CaptureParser::take_members(std::string_view line) {
  const auto parsed = line_view_.object(line);
  if (!parsed) return;
  const std::span<const JsonMember> members = *parsed;
  const JsonMember* number = find(members, "_n");
  result_.skip = find(members, "spool") != nullptr || (number != nullptr && members.size() == 1);
  if (result_.skip) return;
  const JsonMember* ts = find(members, "ts");
  const auto stamp = stamp_of(ts);
  const JsonMember* clock = stamp ? find(members, "clock") : nullptr;
  cut(line, number, clock);
  if (stamp) add_stamp(line, ts->raw, *stamp);
  for (const char* name : {"telemetry", "attributes"}) {
    if (const JsonMember* data = find(members, name)) take_entries(line, *data);
  }
  if (const JsonMember* received = find(members, "_t")) take_received(line, *received);
}

void CaptureParser::take_entries(std::string_view line, const JsonMember& data) {
  if (data.type == JsonType::object) return take_entry(line, data);
  if (data.type != JsonType::array) return;
  const auto entries = list_view_.array(data.raw);
  if (!entries) return;
  for (const JsonMember& entry : *entries) {
    if (entry.type == JsonType::object) take_entry(line, entry);
  }
}

/// `{"ts":…,"values":{…}}`; without `values` a `ts` is a key of the device like any other.
void CaptureParser::take_entry(std::string_view line, const JsonMember& entry) {
  const auto members = entry_view_.object(entry.raw);
  if (!members) return;
  const JsonMember* values = find(*members, "values");
  const JsonMember* ts = find(*members, "ts");
  const auto stamp = stamp_of(ts);
  if (values == nullptr || values->type != JsonType::object || !stamp) return;
  add_stamp(line, ts->raw, *stamp);
  cut(line, nullptr, find(*members, "clock"));
}

/// `_t` is a stamp, or `{"ms":…,"boot":…,"up":…}` for a doubtful one, which becomes a plain stamp
/// when it is moved.
void CaptureParser::take_received(std::string_view line, const JsonMember& received) {
  if (const auto stamp = stamp_of(&received)) return add_stamp(line, received.raw, *stamp);
  if (received.type != JsonType::object) return;
  const auto members = entry_view_.object(received.raw);
  if (!members) return;
  if (const auto stamp = stamp_of(find(*members, "ms"))) add_stamp(line, received.raw, *stamp);
}

/// `_n` goes always, `clock` when stamps move; either may be absent.
void CaptureParser::cut(std::string_view line, const JsonMember* number, const JsonMember* clock) {
  const bool number_first =
      number != nullptr && (clock == nullptr || number->raw.data() < clock->raw.data());
  std::size_t gone = 0;
  for (const bool is_number : {number_first, !number_first}) {
    const JsonMember* member = is_number ? number : clock;
    if (member == nullptr) continue;
    const CapturedLine::Edit edit = cut_member(line, *member, gone);
    gone = edit.end;
    (is_number ? result_.always : result_.when_moved).push_back(edit);
  }
}

void CaptureParser::add_stamp(std::string_view line, std::string_view raw, EpochMs stamp) {
  if (!result_.time) {
    result_.time = result_.earliest = result_.latest = stamp;
  }
  result_.earliest = std::min(result_.earliest, stamp);
  result_.latest = std::max(result_.latest, stamp);
  const std::size_t begin = offset_of(line, raw);
  result_.when_moved.push_back({begin, begin + raw.size(), stamp});
}

// Compared sixteen bytes at a time (GCC's and clang's vector types, so for every processor),
// because this is all that a replay at full speed does to a line. What it finds behind the end of
// the line only costs a needless look.
bool CaptureParser::surely_plain(std::string_view line) {
  Bytes found{};
  for (std::size_t i = 0; i < line.size(); i += sizeof(Bytes)) {
    Bytes at;
    Bytes next;
    std::memcpy(&at, line.data() + i, sizeof at);
    std::memcpy(&next, line.data() + i + 1, sizeof next);
    // "_n", "spool", and escapes such as \u005f that could spell them.
    found |= ((at == '_') & (next == 'n')) | ((at == 'o') & (next == 'o')) |
             ((at == '\\') & (next == 'u'));
  }
  std::array<std::uint64_t, 2> any{};
  std::memcpy(any.data(), &found, sizeof found);
  return (any[0] | any[1]) == 0;
}

void append_replayed(std::string& out, std::string_view line, const CapturedLine& captured,
                     std::optional<EpochMs> move) {
  std::size_t done = 0;
  const auto apply = [&](const CapturedLine::Edit& edit) {
    out.append(line, done, edit.begin - done);
    if (edit.stamp) out.append(std::to_string(*edit.stamp + *move));
    done = edit.end;
  };
  auto always = captured.always.begin();
  if (move) {
    for (const CapturedLine::Edit& edit : captured.when_moved) {
      while (always != captured.always.end() && always->begin < edit.begin)
        apply(*always++);
      apply(edit);
    }
  }
  while (always != captured.always.end())
    apply(*always++);
  out.append(line, done).push_back('\n');
}

std::int64_t CaptureSchedule::next(std::optional<EpochMs> time) {
  if (time) {
    if (last_ && *time > *last_) elapsed_ += std::min(*time - *last_, max_gap_ms_);
    last_ = time;
  }
  return elapsed_;
}

EpochMs NowStamps::move(const CapturedLine& line, EpochMs now) {
  EpochMs move = now - line.latest;
  if (line.earliest + move <= last_) {
    const EpochMs apart = last_ + 1 - line.earliest;
    if (line.latest + apart <= now + kMostAhead) {
      move = apart;
    } else {
      ++repeated_;
    }
  }
  last_ = std::max(last_, line.latest + move);
  return move;
}

}  // namespace tbgw
