// SPDX-License-Identifier: Apache-2.0
// library: spool
// The acknowledgement channel, from any bytes: however reads cut them the same lines are heard, and
// whatever they say, nothing is done that was not handed out, and nothing is undone again.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "spool/ack_line.hpp"
#include "spool/window.hpp"

namespace {

using namespace tbgw::spool;

void require(bool condition) {
  if (!condition) std::abort();
}

struct Heard {
  std::string run;
  std::uint64_t number;
  bool dead;
  std::string reason;
  bool operator==(const Heard&) const = default;
};

std::pair<std::vector<Heard>, std::uint64_t> hear(std::string_view bytes, std::size_t piece) {
  AckLines lines;
  std::vector<Heard> heard;
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    lines.feed(bytes.substr(at, piece), [&](const AckLine& ack) {
      heard.push_back({std::string{ack.run}, ack.number, ack.dead, std::string{ack.reason}});
    });
  }
  return {std::move(heard), lines.garbled()};
}

void check_window(const std::vector<Heard>& heard) {
  constexpr std::uint64_t kGiven = 40;
  Window window(kGiven, 1 << 20);
  for (std::uint64_t n = 1; n <= kGiven; ++n)
    window.add(100 + n, 10);
  for (const Heard& ack : heard) {
    const std::uint64_t before = window.done_seq();
    const std::size_t undone = window.undone();
    const Window::Verdict verdict =
        ack.dead ? window.bury(ack.number) : window.acknowledge(ack.number);
    require((verdict == Window::Verdict::unknown) ==
            (ack.number > kGiven || (ack.dead && ack.number == 0)));
    require(window.done_seq() >= before && window.done_seq() <= 100 + kGiven);
    require(window.undone() <= undone && window.undone_bytes() == 10 * window.undone());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > AckLines::kMaxLine)
    return 0;  // such a line is garbage only once it is seen to be long
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto whole = hear(bytes, std::max<std::size_t>(size, 1));
  require(whole == hear(bytes, 7));
  check_window(whole.first);
  return 0;
}
