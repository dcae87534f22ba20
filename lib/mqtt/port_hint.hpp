// SPDX-License-Identifier: Apache-2.0
// What a server speaks that does not answer like an MQTT broker: mixed-up ports are the commonest
// mistake of all.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tbgw::mqtt {

/// A remedy to be put behind the reason why an attempt failed; "" = nothing is known. `first` is
/// what the server sent first, as it came from the network; "" = it hung up without a word.
std::string port_hint(bool tls, std::uint16_t port, std::string_view first);

}  // namespace tbgw::mqtt
