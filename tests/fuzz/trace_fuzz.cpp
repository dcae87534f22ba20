// SPDX-License-Identifier: Apache-2.0
// library: mqtt
// What --trace shows of a payload: always one JSON value on one line, and never the secret of a
// member that is one by its name.
#include <cstdint>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "mqtt/trace.hpp"

namespace {

void require(bool good) {
  if (!good) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view payload{reinterpret_cast<const char*>(data), size};
  const std::string shown = tbgw::mqtt::shown_payload(payload);
  require(shown.find('\n') == std::string::npos);
  require(nlohmann::json::accept(shown));
  if (payload.find('\0') != std::string_view::npos) return 0;  // where nlohmann's reader ends
  const auto plain = nlohmann::json::parse(payload, nullptr, false);
  if (plain.is_object() && plain.contains("secretKey")) {
    require(nlohmann::json::parse(shown)["secretKey"] == "(hidden)");
  }
  return 0;
}
