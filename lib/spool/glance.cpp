// SPDX-License-Identifier: Apache-2.0
#include "spool/glance.hpp"

#include <array>
#include <cstring>

#include "core/record.hpp"

namespace tbgw::spool {
namespace {

constexpr std::size_t kLost = std::string_view::npos;

/// Walks JSON that is assumed to be valid. Whatever it does not expect makes it give up (kLost),
/// so that it can be wrong only about text that is no JSON.
class Walk {
 public:
  explicit Walk(std::string_view text) : text_(text) {}

  /// Walks the object that begins at `at`; `member(key, value_at)` returns the value's end.
  /// Returns the position behind the object.
  template <class F>
  std::size_t object(std::size_t at, F&& member) const {
    if (!is(at, '{')) return kLost;
    at = space(at + 1);
    if (is(at, '}')) return at + 1;
    while (is(at, '"')) {
      const std::size_t key_end = text_.find('"', at + 1);
      if (key_end == kLost) return kLost;
      const std::string_view key = text_.substr(at + 1, key_end - at - 1);
      at = space(key_end + 1);
      if (!is(at, ':') || key.find('\\') != kLost) return kLost;
      at = member(key, space(at + 1));
      if (at == kLost) return kLost;
      at = space(at);
      if (is(at, '}')) return at + 1;
      if (!is(at, ',')) return kLost;
      at = space(at + 1);
    }
    return kLost;
  }

  /// Walks the array that begins at `at`; `element(value_at)` returns the value's end.
  template <class F>
  std::size_t array(std::size_t at, F&& element) const {
    if (!is(at, '[')) return kLost;
    at = space(at + 1);
    if (is(at, ']')) return at + 1;
    while (at < text_.size()) {
      at = element(at);
      if (at == kLost) return kLost;
      at = space(at);
      if (is(at, ']')) return at + 1;
      if (!is(at, ',')) return kLost;
      at = space(at + 1);
    }
    return kLost;
  }

  /// The position behind the value that begins at `at`.
  [[nodiscard]] std::size_t value(std::size_t at) const {
    if (at >= text_.size()) return kLost;
    if (text_[at] == '"') return string(at);
    if (text_[at] == '{' || text_[at] == '[') return nested(at);
    while (at < text_.size() && std::strchr(",]} \t", text_[at]) == nullptr)
      ++at;
    return at < text_.size() ? at : kLost;
  }

  [[nodiscard]] bool is(std::size_t at, char c) const {
    return at < text_.size() && text_[at] == c;
  }

 private:
  [[nodiscard]] std::size_t space(std::size_t at) const {
    while (at < text_.size() && (text_[at] == ' ' || text_[at] == '\t'))
      ++at;
    return at;
  }

  [[nodiscard]] std::size_t string(std::size_t at) const {
    for (++at; at < text_.size(); ++at) {
      if (text_[at] == '"') return at + 1;
      if (text_[at] == '\\') ++at;
    }
    return kLost;
  }

  [[nodiscard]] std::size_t nested(std::size_t at) const {
    int depth = 0;
    while (at < text_.size()) {
      const char c = text_[at];
      if (c == '"') {
        at = string(at);
        continue;
      }
      if (c == '{' || c == '[') ++depth;
      if ((c == '}' || c == ']') && --depth == 0) return at + 1;
      ++at;
    }
    return kLost;
  }

  std::string_view text_;
};

/// Members that make a line something else than a reading or a raw record, or that a spool owns.
bool is_special(std::string_view key) {
  constexpr std::array<std::string_view, 6> kSpecial{"event", "rpc", "send", "spool", "_n", "_t"};
  for (const std::string_view special : kSpecial) {
    if (key == special) return true;
  }
  return false;
}

/// Walks one telemetry entry and says through `untimed` whether it lacks a time of its own.
std::size_t walk_entry(const Walk& walk, std::size_t at, bool& untimed) {
  bool ts = false;
  bool values = false;
  const std::size_t end = walk.object(at, [&](std::string_view key, std::size_t value_at) {
    ts = ts || key == "ts";
    values = values || key == "values";
    return walk.value(value_at);
  });
  untimed = untimed || !(ts && values);
  return end;
}

Traffic traffic_of_event(std::string_view event) {
  if (event == "rpc-reply" || event == "attributes-request") return Traffic::live;
  if (event == "stats" || event == "fault") return Traffic::passing;
  return Traffic::stored;
}

}  // namespace

bool LineGlance::quick(std::string_view line, Glance& glance) {
  const Walk walk(line);
  bool ts = false;
  bool data = false;
  bool telemetry = false;
  bool untimed = false;
  const auto entry = [&](std::size_t at) { return walk_entry(walk, at, untimed); };
  const std::size_t end = walk.object(0, [&](std::string_view key, std::size_t at) {
    if (is_special(key)) return kLost;
    ts = ts || key == "ts";
    data = data || key == "data";
    if (key != "telemetry") return walk.value(at);
    if (telemetry) return kLost;
    telemetry = true;
    return walk.is(at, '[') ? walk.array(at, entry) : entry(at);
  });
  if (end != line.size()) return false;
  glance = {Traffic::stored, data ? !ts : untimed};
  return true;
}

Glance LineGlance::look(std::string_view line) {
  Glance glance;
  return quick(line, glance) ? glance : full(line);
}

Glance LineGlance::full(std::string_view line) {
  const auto read = line_.object(line);
  if (!read) return {};
  const auto& members = *read;
  if (find(members, "_n") != nullptr) return {Traffic::foreign, false};
  switch (kind_of(members)) {
    case LineKind::hello:
      return {Traffic::foreign, false};
    case LineKind::event:
      return {traffic_of_event(find(members, "event")->text), false};
    case LineKind::answer:
      return {Traffic::live, false};
    case LineKind::command:
      return {};
    case LineKind::raw:
      break;
    case LineKind::reading:
      break;
  }
  if (find(members, "_t") != nullptr) return {};
  if (kind_of(members) == LineKind::raw) return {Traffic::stored, find(members, "ts") == nullptr};
  const JsonMember* telemetry = find(members, "telemetry");
  return {Traffic::stored, telemetry != nullptr && has_untimed(*telemetry)};
}

bool LineGlance::has_untimed(const JsonMember& telemetry) {
  if (telemetry.type == JsonType::object) return !is_timed(telemetry.raw);
  if (telemetry.type != JsonType::array) return false;
  const auto entries = entries_.array(telemetry.raw);
  if (!entries) return false;
  for (const JsonMember& entry : *entries) {
    if (entry.type == JsonType::object && !is_timed(entry.raw)) return true;
  }
  return false;
}

bool LineGlance::is_timed(std::string_view entry) {
  const auto members = entry_.object(entry);
  return members && find(*members, "ts") != nullptr && find(*members, "values") != nullptr;
}

}  // namespace tbgw::spool
