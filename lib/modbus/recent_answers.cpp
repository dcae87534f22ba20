// SPDX-License-Identifier: Apache-2.0
#include "modbus/recent_answers.hpp"

#include <algorithm>

namespace tbgw::modbus {
namespace {

/// What a unit may take longer than ever before, beside as long again.
constexpr std::chrono::milliseconds kSlack{10};

}  // namespace

const RecentAnswers::Unit* RecentAnswers::find(std::uint8_t unit) const {
  const auto found = units_.find(unit);
  return found == units_.end() ? nullptr : &found->second;
}

RecentAnswers::Doubt RecentAnswers::doubt(std::uint8_t unit, const Request& request,
                                          std::string_view answer, Time now) const {
  const Unit* of = find(unit);
  Doubt doubt = Doubt::none;
  if (of == nullptr) return doubt;
  for (std::size_t i = 0; i < of->count; ++i) {
    const Known& known = of->known[i];
    if (now - known.came > kWindow || known.answer.size() != answer.size()) continue;
    if (known.request == request) continue;
    if (known.answer == answer) return Doubt::repeat;
    if (known.repeats && now <= known.sent + patience(unit, answer.size())) doubt = Doubt::late;
  }
  return doubt;
}

RecentAnswers::Duration RecentAnswers::patience(std::uint8_t unit, std::size_t answer_size) const {
  Duration slowest{0};
  if (const Unit* of = find(unit)) {
    for (std::size_t i = 0; i < of->count; ++i) {
      const Known& known = of->known[i];
      if (known.answer.size() == answer_size) slowest = std::max(slowest, known.came - known.sent);
    }
  }
  return 2 * slowest + kSlack;
}

std::optional<RecentAnswers::Duration> RecentAnswers::age(std::uint8_t unit,
                                                          std::string_view answer, Time now) const {
  const Unit* of = find(unit);
  std::optional<Duration> out;
  if (of == nullptr) return out;
  for (std::size_t i = 0; i < of->count; ++i) {
    const Known& known = of->known[i];
    const Duration ago = now - known.came;
    if (known.answer != answer || ago > kWindow) continue;
    out = std::min(out.value_or(ago), ago);
  }
  return out;
}

void RecentAnswers::note(std::uint8_t unit, const Request& request, std::string_view answer,
                         Time sent, Time now) {
  Unit& of = units_[unit];
  bool repeats = false;
  for (std::size_t i = 0; i < of.count; ++i) {
    const Known& known = of.known[i];
    if (now - known.came <= kWindow && known.request == request && known.answer == answer) {
      repeats = true;
    }
  }
  Known& slot = of.known[of.next];
  slot.request = request;
  slot.answer = answer;
  slot.sent = sent;
  slot.came = now;
  slot.repeats = repeats;
  of.next = (of.next + 1) % kKept;
  of.count = std::min(of.count + 1, kKept);
}

}  // namespace tbgw::modbus
