// SPDX-License-Identifier: Apache-2.0
#include "spool/ack_line.hpp"

#include "core/line_reader.hpp"
#include "core/number.hpp"

namespace tbgw::spool {

void AckLines::feed(std::string_view bytes, const std::function<void(const AckLine&)>& on_line) {
  rest_.append(bytes);
  std::size_t begin = 0;
  while (true) {
    const std::size_t newline = rest_.find('\n', begin);
    if (newline == std::string::npos) break;
    // Room behind the line for a reader that looks past its end.
    if (rest_.capacity() < newline + kLinePadding) rest_.reserve(newline + 2 * kLinePadding);
    const std::string_view line{rest_.data() + begin, newline - begin};
    AckLine ack;
    if (skipping_) {
      skipping_ = false;
    } else if (read(line, ack)) {
      on_line(ack);
    } else {
      ++garbled_;
    }
    begin = newline + 1;
  }
  rest_.erase(0, begin);
  if (rest_.size() > kMaxLine) {
    if (!skipping_) ++garbled_;
    skipping_ = true;
    rest_.clear();
  }
}

void AckLines::restart() {
  if (!rest_.empty() && !skipping_) ++garbled_;
  rest_.clear();
  skipping_ = false;
}

bool AckLines::read(std::string_view line, AckLine& ack) {
  const auto members = json_.object(line);
  if (!members) return false;
  const JsonMember* run = find(*members, "run");
  const JsonMember* number = find(*members, "ack");
  ack.dead = number == nullptr;
  if (ack.dead) number = find(*members, "dead");
  if (run == nullptr || run->type != JsonType::string || number == nullptr) return false;
  const auto value = parse_integer(number->text, 0, INT64_MAX);
  if (number->type != JsonType::number || !value) return false;
  ack.run = run->text;
  ack.number = static_cast<std::uint64_t>(*value);
  const JsonMember* reason = find(*members, "reason");
  if (ack.dead && reason != nullptr && reason->type == JsonType::string) ack.reason = reason->text;
  return true;
}

}  // namespace tbgw::spool
