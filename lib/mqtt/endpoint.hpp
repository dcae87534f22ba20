// SPDX-License-Identifier: Apache-2.0
// Where a broker is: the URL a person types, and the addresses behind its name.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/resolver.hpp"
#include "core/result.hpp"

namespace tbgw::mqtt {

struct Endpoint {
  std::string host;
  std::uint16_t port = 1883;
  bool tls = false;

  bool operator==(const Endpoint&) const = default;
  /// "mqtts://tb.example.com:8883"
  [[nodiscard]] std::string url() const;
};

/// mqtt://HOST[:PORT] (1883), mqtts://HOST[:PORT] (8883), or HOST[:PORT] for mqtt://. An IPv6
/// address stands in brackets. A user name or password in it is refused: it would be seen by
/// everybody who lists processes.
Result<Endpoint> parse_endpoint(std::string_view url);

/// A SOCKS 5 proxy; host "" = none.
struct Proxy {
  std::string host;
  std::uint16_t port = 1080;
  std::string user;
  std::string password;
};
/// socks5://HOST[:PORT] (1080), or socks5h://, which is the same: the proxy looks names up.
Result<Proxy> parse_proxy(std::string_view url);

/// One way to reach an endpoint, as libmosquitto takes it.
struct Route {
  std::string host;   ///< an address; with TLS the name, which the certificate must bear
  std::string bind;   ///< local address to bind to, "" = any. With TLS it picks the address family
  std::string proxy;  ///< the address of the proxy; it looks the host up
  std::string shown;  ///< for messages
};

/// The ways to it, from the addresses of the endpoint's host, or of the proxy's. libmosquitto
/// itself connects to the first address only and never tries another one.
std::vector<Route> routes_to(const Endpoint& endpoint, const Proxy& proxy,
                             const std::vector<Address>& addresses);

}  // namespace tbgw::mqtt
