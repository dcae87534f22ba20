// SPDX-License-Identifier: Apache-2.0
// library: convert
// A serial map and what comes in, both from a stranger.
#include "map_and_lines.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return tbgw::fuzz::feed_map(data, size);
}
