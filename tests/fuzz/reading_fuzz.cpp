// SPDX-License-Identifier: Apache-2.0
// library: tb
// The way up: whatever lines come, what is published is JSON within the size limit, and once all of
// it is acknowledged (or refused) no record is left undone. The first byte picks what the platform
// does, the second the size limit; the rest are lines.
#include <cstdint>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "core/line_reader.hpp"
#include "tb/gateway.hpp"

namespace {

using namespace tbgw;
using namespace tbgw::tb;

void require(bool good) {
  if (!good) std::abort();
}

/// Publishes and answers until nothing is left. `answers`: one bit each, 1 = refused.
void settle(Uplink& uplink, unsigned answers, std::size_t limit, Time now) {
  int id = 0;
  // Each refusal halves the messages at least, so this ends; the bound only shows if it did not.
  for (int round = 0; round < 10'000; ++round) {
    std::vector<int> sent;
    while (const Message* const message = uplink.next(now)) {
      require(message->topic.size() + message->payload.size() + 5 <= limit ||
              message->kind == Message::Kind::connect ||
              message->kind == Message::Kind::disconnect ||
              message->kind == Message::Kind::request || message->kind == Message::Kind::claim);
      require(nlohmann::json::accept(message->payload));
      sent.push_back(++id);
      uplink.sent(id, now);
    }
    if (sent.empty()) return;
    if ((answers & 0x80U) != 0 && round == 0) {
      uplink.connection_lost();
      uplink.connection_up(0, 0);
      continue;
    }
    for (const int one : sent) {
      answers = (answers >> 1U) | ((answers & 1U) << 6U);
      if ((answers & 1U) != 0) {
        uplink.refused(one, "no");
      } else {
        uplink.acknowledged(one);
      }
    }
  }
  require(false);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  UplinkOptions options;
  options.max_payload = 1024 + std::size_t{data[1]} * 16;
  options.merge = (data[0] & 0x40U) == 0;
  Gateway gateway(options);
  const Time now{std::chrono::hours{1}};
  std::string_view rest{reinterpret_cast<const char*>(data + 2), size - 2};
  std::string line;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    line.assign(rest.substr(0, end)).append(kLinePadding, '\0');
    gateway.uplink.line({std::string_view{line}.substr(0, end)}, 1'700'000'000'000, now);
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  gateway.uplink.release_batches();
  settle(gateway.uplink, data[0], options.max_payload, now);
  require(gateway.uplink.ledger().undone() == 0);
  require(gateway.uplink.outbox().bytes() == 0);
  return 0;
}
