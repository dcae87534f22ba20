// SPDX-License-Identifier: Apache-2.0
// library: modbus
// Any text as a tag, an endpoint, an address and the pairs of an RPC: an error in words or
// something whole, and what is printed of a tag is read back.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "modbus/endpoint.hpp"
#include "modbus/rpc_syntax.hpp"
#include "modbus/tag_notation.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tbgw::modbus;
  if (size > 2000) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto tags = parse_tag(text, notation_defaults());
  if (!tags && tags.error().text.empty()) std::abort();
  if (tags) {
    for (const Tag& tag : *tags) {
      if (tag.count == 0 || tag.address + std::uint32_t{tag.count} > 0x10000U) std::abort();
      const std::string printed = notation_of(tag);
      const auto again = parse_tag(printed, notation_defaults());
      // A key with a '=' or a sign in it is not printed so that it can be read.
      if (tag.key.find_first_of("=,/:") == std::string::npos &&
          tag.scale_from.find_first_of(",/=") == std::string::npos) {
        if (!again || again->empty() || notation_of(again->front()) != printed) std::abort();
      }
    }
  }
  for (const unsigned base : {0U, 1U}) {
    const auto place = parse_place(text, base, base == 0);
    if (place && place->first > place->last) std::abort();
    if (!place && place.error().text.empty()) std::abort();
  }
  const auto endpoint = parse_endpoint(text);
  if (endpoint && (endpoint->units.empty() || endpoint->bus.name.empty())) std::abort();
  const auto pairs = parse_pairs(text);
  if (pairs && !pairs->is_object()) std::abort();
  return 0;
}
